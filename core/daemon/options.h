#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::daemon {

/// The command line of tenond.
struct Options {
  /// Nothing: the installed file, if there is one.
  std::optional<std::filesystem::path> properties;
  /// `--set NAME=VALUE`, in order.
  std::vector<std::pair<std::string, std::string>> set;
  bool check = false;
  /// `--check --syntax FILE…`: these files alone, without libraries.
  std::vector<std::filesystem::path> syntax;
  /// `--store VERB [TARGET]`: `status`, `migrate`, or `copy` with its target.
  std::vector<std::string> store;
  bool json = false;
};

/// The options, or the exit status if there is nothing more to do: help and the like are printed already. 2: the
/// command line is wrong.
[[nodiscard]] std::variant<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace tenon::daemon
