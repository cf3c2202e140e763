#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "commands.h"

/// The commands that are known only when the node has been asked: one for each of its messages.
namespace tenon::cli {

/// Before words, instead of a command: prints what may follow them. For the shell's completion, not for people.
inline constexpr std::string_view kCompleteWords = "--complete-words";
/// Prints nothing if no node answers at once.
void complete_words(const Arguments& arguments, const std::vector<std::string>& words);

/// The commands of the node's messages as a part of the help, or one line that says why there are none.
[[nodiscard]] std::string message_commands_help(const std::string& socket);

/// Whether it is the app's to say what these words mean: they begin with a command of it, or there are none.
[[nodiscard]] bool is_built_in(const CLI::App& app, const std::vector<std::string>& words);

/// Runs the command that the node has for these arguments; the exit status. Null if the node can't be asked and the
/// first word is one of the app's. Throws Failure; one of kUsage for a command that nobody knows.
[[nodiscard]] std::optional<int> run_message_command(const CLI::App& app, Arguments& arguments,
                                                     const std::vector<std::string>& given);

}  // namespace tenon::cli
