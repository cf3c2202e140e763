#pragma once

#include <string>
#include <vector>

#include "message_commands.h"

/// What the command line tells about the commands that messages are.
namespace tenon::cli {

/// The commands with what they do, a line each; sorted, so that those of one noun stand together.
[[nodiscard]] std::string commands_text(const std::vector<MessageCommand>& commands);

/// The commands that begin with this word.
[[nodiscard]] std::vector<MessageCommand> commands_of(const std::vector<MessageCommand>& commands,
                                                      const std::string& noun);

/// `there is no command 'l2-network shw' (did you mean 'l2-network show'?)`; of a noun that there is, without one near,
/// what it has. `others`: the commands that are no messages.
[[nodiscard]] std::string unknown_command(const std::vector<std::string>& words,
                                          const std::vector<MessageCommand>& commands,
                                          const std::vector<std::string>& others);

/// What may follow these arguments: words of commands, options, or the texts that an option may have.
[[nodiscard]] std::vector<std::string> completions(const std::vector<MessageCommand>& commands,
                                                   const std::vector<std::string>& arguments);

}  // namespace tenon::cli
