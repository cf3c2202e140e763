#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "commands.h"
#include "inspect.h"
#include "plugin_command.h"

namespace tenon::cli {
namespace {

template <class Command>
CLI::App* add(CLI::App* group, const char* name, const char* what, Command command) {
  CLI::App* added = group->add_subcommand(name, what);
  added->callback(command);
  return added;
}

void add_verify(CLI::App* plugin, Arguments& a) {
  CLI::App* command = add(plugin, "verify", "Check whether a library keeps the rules of plugins, without a node", [&a] {
    a.tenond.json = a.json;
    verify(a.tenond, a.library);
  });
  command->add_option("FILE", a.library.file, "The library")->required();
  command->add_option("--descriptor", a.library.descriptor, "Its descriptor, whose beans are started, too")
      ->type_name("FILE");
  command->add_option("--rounds", a.library.rounds, "So often it is loaded and unloaded (default 1000)")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--properties", a.tenond.properties, "Properties file for the descriptor")->type_name("FILE");
  command->add_option("--set", a.tenond.set, "Set one property; may be repeated")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
}

}  // namespace

void add_plugin_commands(CLI::App& app, Arguments& a) {
  CLI::App* plugin =
      app.add_subcommand("plugin", "The plugins: which are loaded, their life, and whether one may be loaded");
  plugin->require_subcommand(1);
  add(plugin, "list", "List them", [&a] { list_plugins(a.client(), a.json); });
  add(plugin, "show", "Show one: its classes, properties and beans", [&a] { show_plugin(a.client(), a.name, a.json); })
      ->add_option("NAME", a.name, "The plugin")
      ->required();
  add(plugin, "reload", "Look at all descriptors and libraries again, and take up what has changed",
      [&a] { reload_plugins(a.client(), a.json); });
  const auto order = [&](const char* verb, const char* what) {
    add(plugin, verb, what, [&a, verb] { order_plugin(a.client(), a.name, verb, a.json); })
        ->add_option("NAME", a.name, "The plugin")
        ->required();
  };
  order("disable", "Leave one out, now and at later starts");
  order("enable", "Take one back that was disabled");
  order("remove", "Leave one out, and delete its library and its descriptors");
  add_verify(plugin, a);

  CLI::App* made = app.add_subcommand("new", "Begin something new");
  made->require_subcommand(1);
  CLI::App* command = add(made, "plugin", "Write a folder that builds a plugin, with a test and a descriptor",
                          [&a] { new_plugin(a.made); });
  command->add_option("NAME", a.made.name, "The plugin: small letters, digits and _")->required();
  CLI::Option_group* which = command->add_option_group("what it has to begin with");
  which->add_option("--driver", a.made.driver, "A driver of this kind")->type_name("KIND");
  which->add_flag("--flow", a.made.flow, "A flow and a chain");
  which->add_flag("--service", a.made.service, "A service and a message");
  which->add_option("--extension", a.made.extension, "An extension of this interface")->type_name("INTERFACE");
  which->require_option(1);
  command->add_option("--folder", a.made.folder, "Where (default: NAME)")->type_name("DIR");
}

}  // namespace tenon::cli
