#include <CLI/CLI.hpp>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "api_client.h"
#include "chain_command.h"
#include "commands.h"
#include "failure.h"
#include "given_words.h"
#include "inspect.h"
#include "inspect_messages.h"
#include "install_paths.h"
#include "message_app.h"
#include "tenond_command.h"

namespace {

using namespace tenon::cli;

constexpr const char* kExitStatus =
    "\nExit status:\n"
    "  0  done; a run succeeded, a check found no error\n"
    "  1  failed: the reason is the first line on standard error\n"
    "  2  the command line is wrong\n"
    "  3  the node can't be reached\n";

/// A group of commands: `tenon plugin …`.
CLI::App* add_group(CLI::App& app, const char* name, const char* what) {
  CLI::App* group = app.add_subcommand(name, what);
  group->require_subcommand(1);
  return group;
}

template <class Command>
CLI::App* add_command(CLI::App& parent, const char* name, const char* what, Command command) {
  CLI::App* added = parent.add_subcommand(name, what);
  added->callback(command);
  return added;
}

void add_name(CLI::App* command, Arguments& arguments, const char* option, const char* what) {
  command->add_option(option, arguments.name, what)->required();
}

void add_input(CLI::App* command, Arguments& arguments) {
  command->add_option("--input", arguments.input, "The chain's inputs, as one JSON object; - for standard input")
      ->type_name("FILE");
}

/// Of commands that tenond executes.
void add_properties(CLI::App* command, Arguments& arguments) {
  command->add_option("--properties", arguments.tenond.properties, "Properties file of the node")->type_name("FILE");
  command->add_option("--set", arguments.tenond.set, "Set one property; may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

void add_check(CLI::App& app, Arguments& arguments) {
  CLI::App* command = add_command(app, "check", "Check the descriptors and libraries, starting nothing", [&arguments] {
    arguments.tenond.json = arguments.json;
    check(arguments.tenond, arguments.syntax);
  });
  add_properties(command, arguments);
  command->add_option("--syntax", arguments.syntax, "Check these descriptors alone, without libraries")
      ->type_name("FILE");
}

void add_store(CLI::App& app, Arguments& arguments) {
  CLI::App* group = add_group(app, "store", "The database of a node, looked after without the node");
  const auto add = [&](const char* verb, const char* what) {
    CLI::App* command = add_command(*group, verb, what, [&arguments, verb] {
      arguments.tenond.json = arguments.json;
      std::vector<std::string> words{verb};
      if (!arguments.name.empty()) words.push_back(arguments.name);
      store(arguments.tenond, words);
    });
    add_properties(command, arguments);
    return command;
  };
  add("status", "Show where it is, its size and its migrations");
  add("migrate", "Apply the migrations that it lacks, as a node does at its start");
  add_name(add("copy", "Copy a SQLite store into an empty PostgreSQL database; no node may run"), arguments, "TARGET",
           "The database: postgresql://… or host=… dbname=…");
}

void add_inspection(CLI::App& app, Arguments& a) {
  add_command(app, "status", "Show how the node is", [&a] { show_status(a.client(), a.json); });

  add_plugin_commands(app, a);

  CLI::App* driver = add_group(app, "driver", "The drivers: kind, type, factory");
  add_command(*driver, "list", "List them", [&a] { list_drivers(a.client(), a.json); });

  CLI::App* extension = add_group(app, "extension", "The extensions, in the order of their calls");
  add_command(*extension, "list", "List them", [&a] { list_extensions(a.client(), a.json); });

  CLI::App* chain = add_group(app, "chain", "The chains of flows");
  add_command(*chain, "list", "List them", [&a] { list_chains(a.client(), a.json); });
  CLI::App* show = add_command(*chain, "show", "Show one: its steps, policies and data", [&a] {
    if (a.graph.empty()) return show_chain(a.client(), a.name, a.json);
    draw_chain(a.client(), a.name, a.graph, a.output);
  });
  add_name(show, a, "NAME", "The chain");
  CLI::Option* graph = show->add_option("--graph", a.graph, "Draw it instead: dot, or svg with Graphviz");
  graph->type_name("FORMAT")->check(CLI::IsMember({"dot", "svg"}));
  show->add_option("--output", a.output, "Where the drawing goes; without it, to standard output")
      ->type_name("FILE")
      ->needs(graph);
  CLI::App* drill =
      add_command(*chain, "drill", "Let one fail at each step in each way, and show what its undo leaves behind",
                  [&a] { drill_chain(a.client(), a.name, a.input, a.json); });
  add_name(drill, a, "CHAIN", "The chain");
  add_input(drill, a);
}

void add_messages(CLI::App& app, Arguments& a) {
  CLI::App* message = add_group(app, "message", "The messages that services answer; each is a command, too");
  add_command(*message, "list", "List them", [&a] { list_messages(a.client(), a.json); });
  add_name(add_command(*message, "show", "Show one: its fields, interceptors, and who answers it",
                       [&a] { show_message(a.client(), a.name, a.json); }),
           a, "NAME", "The message");

  CLI::App* call = add_group(app, "call", "The messages that are not answered yet");
  add_command(*call, "list", "List them", [&a] { list_calls(a.client(), a.json); });

  CLI::App* error = add_group(app, "error", "The error codes of the plugins");
  add_command(*error, "list", "List them", [&a] { list_errors(a.client(), a.json); });
  add_name(add_command(*error, "show", "Show one: what it means, and what can be done about it",
                       [&a] { show_error(a.client(), a.name, a.json); }),
           a, "CODE", "The error code");
}

/// What the arguments say; the exit status.
int run(CLI::App& app, Arguments& arguments, const std::vector<std::string>& given) {
  if (!given.empty() && given.front() == kCompleteWords) {
    complete_words(arguments, {given.begin() + 1, given.end()});
    return EXIT_SUCCESS;
  }
  const GivenWords words = read_words(given);
  if (!words.socket.empty()) arguments.socket = words.socket;
  if (words.words.empty() && words.help) app.footer("\n" + message_commands_help(arguments.socket) + kExitStatus);
  if (!is_built_in(app, words.words)) {
    if (const std::optional<int> status = run_message_command(app, arguments, given)) return *status;
  }
  try {
    app.parse(std::vector<std::string>(given.rbegin(), given.rend()));
    return EXIT_SUCCESS;
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : static_cast<int>(ExitStatus::kUsage);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");
  std::signal(SIGPIPE, SIG_IGN);
  Arguments arguments;
  const char* socket = std::getenv("TENON_SOCKET");
  arguments.socket = socket != nullptr && *socket != '\0' ? socket : kSocket;
  CLI::App app("Speaks with a Tenon node.", "tenon");
  app.set_version_flag("--version", std::string("tenon ") + kVersion);
  app.add_option("--socket", arguments.socket, "The node's socket")
      ->type_name("PATH")
      ->envname("TENON_SOCKET")
      ->capture_default_str();
  app.add_flag("--json", arguments.json, "Print what the node answers, as JSON");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kExitStatus);
  add_check(app, arguments);
  add_store(app, arguments);
  add_inspection(app, arguments);
  add_run_commands(app, arguments);
  add_messages(app, arguments);
  add_config_commands(app, arguments);
  try {
    const int status = run(app, arguments, {argv + 1, argv + argc});
    std::cout.flush();
    return std::cout ? status : static_cast<int>(ExitStatus::kFailed);
  } catch (const Failure& e) {
    std::cout.flush();
    std::cerr << "tenon: " << e.what() << '\n';
    return static_cast<int>(e.status());
  } catch (const std::exception& e) {
    std::cerr << "tenon: " << e.what() << '\n';
    return static_cast<int>(ExitStatus::kFailed);
  }
}
