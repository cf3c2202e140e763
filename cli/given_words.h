#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tenon::cli {

/// The command line, as far as it can be read without knowing the command.
struct GivenWords {
  /// Of `--socket`; empty if it is not there.
  std::string socket;
  bool help = false;
  /// What stands before the first option that is not every command's: the command, and maybe more.
  std::vector<std::string> words;
  /// Where each of them stands among the arguments.
  std::vector<std::size_t> places;
};

/// `arguments`: without the program.
[[nodiscard]] GivenWords read_words(const std::vector<std::string>& arguments);

}  // namespace tenon::cli
