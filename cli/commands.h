#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api_client.h"
#include "run_command.h"
#include "run_filter.h"
#include "run_verbs.h"
#include "tenond_command.h"

namespace CLI {
class App;
}  // namespace CLI

/// The command line: what it may hold, and which command it calls.
namespace tenon::cli {

/// What the command line holds, for all commands.
struct Arguments {
  std::string socket;
  bool json = false;
  std::string name;
  std::string value;
  std::string input;
  std::string graph;
  std::string output;
  std::optional<double> stuck_s;
  bool watch = false;
  RunFilter filter;
  std::string after;
  VerbOptions verb;
  TenondOptions tenond;
  std::vector<std::string> syntax;
  VerifyCommand library;
  NewPluginCommand made;

  [[nodiscard]] ApiClient client() const { return ApiClient(socket); }
  [[nodiscard]] Watch watching() const { return watch ? Watch::kYes : Watch::kNo; }
};

/// `tenon run …`, `tenon runs …`, `tenon debt …`. The arguments must outlive the app.
void add_run_commands(CLI::App& app, Arguments& arguments);
/// `tenon plugin …`, `tenon new plugin`. Likewise.
void add_plugin_commands(CLI::App& app, Arguments& arguments);
/// `tenon config …`, `tenon property …`, `tenon tag …`, `tenon event …`. Likewise.
void add_config_commands(CLI::App& app, Arguments& arguments);

}  // namespace tenon::cli
