#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "notify_socket.h"
#include "process.h"
#include "support/temp_folder.h"
#include "tenon/json.h"

namespace tenon::test {

/// What a command has done.
struct Outcome {
  int status;
  std::string output;
  std::string errors;
};

/// A real node in a temporary folder, with the plugin `gate` and chains of its flows, and the real command line.
class NodeTest : public ::testing::Test {
 protected:
  using Settings = std::vector<std::pair<std::string, std::string>>;

  NodeTest();

  /// A tenond with the folders of this test, and these properties besides.
  Process spawn(const Settings& settings = {}, std::vector<std::string> arguments = {});
  /// Starts the node and waits until it says that it is ready.
  void start(const Settings& settings = {});
  /// Sends SIGTERM and waits for the end; the exit status.
  int stop();

  /// Runs a command of `tenon` to its end.
  Outcome tenon(std::vector<std::string> arguments, const std::string& input = {});
  /// Starts one that takes longer.
  Process start_tenon(std::vector<std::string> arguments, const std::string& input = {});
  /// What a command prints with --json.
  Json json(std::vector<std::string> arguments);

  /// A folder for one run, and the input that names it.
  std::filesystem::path run_folder(const std::string& name);
  std::string run_input(const std::filesystem::path& folder);
  /// Waits until the run with this folder stands at its gate.
  void wait_for_gate(const std::filesystem::path& folder);
  void open_gate(const std::filesystem::path& folder);

  TempFolder folder_;
  std::filesystem::path socket_ = folder_.path() / "node.sock";
  NotifySocket notifications_{folder_.path() / "notify"};
  std::optional<Process> node_;
};

/// The text of a member, or `(none)`.
[[nodiscard]] std::string text_of(const Json& json, std::string_view name);

}  // namespace tenon::test
