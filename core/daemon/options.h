#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tenon::daemon {

/// `--verify FILE`.
struct VerifyOptions {
  std::filesystem::path file;
  /// Empty: none.
  std::filesystem::path descriptor;
  /// So often it is loaded and unloaded, with its beans and without.
  std::uint32_t rounds = 1000;
  /// Only what fails is printed.
  bool quiet = false;
};

/// `--new NAME`.
struct NewPluginOptions {
  std::string name;
  /// `driver`, `flow`, `service` or `extension`.
  std::string template_kind;
  /// The kind of driver, or the interface.
  std::string variant;
  /// Empty: NAME.
  std::filesystem::path folder;
};

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
  std::optional<VerifyOptions> verify;
  std::optional<NewPluginOptions> new_plugin;
  bool json = false;
};

/// The options, or the exit status if there is nothing more to do: help and the like are printed already. 2: the
/// command line is wrong.
[[nodiscard]] std::variant<Options, int> parse_options(int argc, const char* const* argv);

}  // namespace tenon::daemon
