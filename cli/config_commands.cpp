#include <CLI/CLI.hpp>
#include <string>

#include "commands.h"
#include "config_command.h"
#include "event_command.h"
#include "property_command.h"

namespace tenon::cli {
namespace {

template <class Command>
CLI::App* add(CLI::App* group, const char* name, const char* what, Command command) {
  CLI::App* added = group->add_subcommand(name, what);
  added->callback(command);
  return added;
}

CLI::App* add_group(CLI::App& app, const char* name, const char* what) {
  CLI::App* group = app.add_subcommand(name, what);
  group->require_subcommand(1);
  return group;
}

void add_config(CLI::App& app, Arguments& a) {
  CLI::App* config = add_group(app, "config", "Global config: values that count at once");
  const auto add_name = [&](CLI::App* command) {
    command->add_option("CONFIG", a.name, "The config: CATEGORY.NAME")->required();
    return command;
  };
  const auto add_resource = [&](CLI::App* command) {
    command->add_option("--resource", a.filter.resource, "The value for this resource and what belongs to it")
        ->type_name("KIND:ID");
    return command;
  };
  add(config, "list", "List them with their values", [&a] { list_configs(a.client(), a.name, a.json); })
      ->add_option("--category", a.name, "Of this category")
      ->type_name("CATEGORY");
  add_resource(add_name(add(config, "get", "Print the value of one",
                            [&a] { get_config(a.client(), a.name, a.filter.resource, a.json); })));
  CLI::App* set = add_resource(add_name(
      add(config, "set", "Set one", [&a] { set_config(a.client(), a.name, a.value, a.filter.resource, a.json); })));
  set->add_option("VALUE", a.value, "The value; after -- if it begins with -")->required();
  add_resource(add_name(add(config, "reset", "Take back what was set",
                            [&a] { reset_config(a.client(), a.name, a.filter.resource, a.json); })));
  add_resource(add_name(add(config, "explain", "Show which values there are, and which one counts",
                            [&a] { explain_config(a.client(), a.name, a.filter.resource, a.json); })));
}

void add_property(CLI::App& app, Arguments& a) {
  CLI::App* property = add_group(app, "property", "Global properties: values that count from the start of the node");
  const auto add_name = [&](CLI::App* command) {
    command->add_option("NAME", a.name, "The property")->required();
    return command;
  };
  const auto add_file = [&](CLI::App* command) {
    command->add_option("--properties", a.tenond.properties, "The properties file to be changed")
        ->type_name("FILE")
        ->required();
  };
  add(property, "list", "List those of the running node", [&a] { list_properties(a.client(), a.json); });
  add_name(add(property, "get", "Print the value that the running node has",
               [&a] { get_property(a.client(), a.name, a.json); }));
  add_name(add(property, "explain", "Show which values there are, and which one counts",
               [&a] { explain_property(a.client(), a.name, a.json); }));
  CLI::App* set = add_name(add(property, "set", "Set one in a properties file",
                               [&a] { set_property(a.tenond.properties, a.name, a.value); }));
  set->add_option("VALUE", a.value, "The value")->required();
  add_file(set);
  add_file(add_name(add(property, "reset", "Remove its line from a properties file",
                        [&a] { reset_property(a.tenond.properties, a.name); })));
}

void add_tag(CLI::App& app, Arguments& a) {
  CLI::App* tag = add_group(app, "tag", "Tags of resources");
  CLI::App* list =
      add(tag, "list", "List those that are set", [&a] { list_tags(a.client(), a.filter.resource, a.value, a.json); });
  list->add_option("--resource", a.filter.resource, "Of this resource")->type_name("KIND:ID");
  list->add_option("--pattern", a.value, "Of this pattern, as it is declared");
  add(tag, "patterns", "List the patterns that descriptors declare", [&a] { list_tag_patterns(a.client(), a.json); });
  const auto add_both = [&](CLI::App* command) {
    command->add_option("RESOURCE", a.filter.resource, "The resource: KIND:ID")->required();
    command->add_option("TAG", a.value, "The tag")->required();
  };
  add_both(add(tag, "add", "Set one", [&a] { cli::add_tag(a.client(), a.filter.resource, a.value, a.json); }));
  add_both(add(tag, "remove", "Take one away", [&a] { remove_tag(a.client(), a.filter.resource, a.value); }));
}

void add_event(CLI::App& app, Arguments& a) {
  CLI::App* event = add_group(app, "event", "What has happened: events of resources and configs");
  const auto add_filter = [&](CLI::App* command) {
    command->add_option("--path", a.value, "Only of these paths; * is any segment, ** any number: /vms/*/created")
        ->type_name("PATTERN");
    command->add_option("--after", a.after, "Only those after the one with this id")->type_name("ID");
    return command;
  };
  add_filter(add(event, "list", "List those that are kept, the newest last",
                 [&a] {
                   list_events(a.client(), {a.value, a.after, a.filter.limit}, a.json);
                 }))
      ->add_option("--limit", a.filter.limit, "How many at most")
      ->type_name("N");
  add_filter(add(event, "watch", "Print each as it happens; with --after, those since then first", [&a] {
    watch_events(a.client(), {a.value, a.after, {}}, a.json);
  }));
}

}  // namespace

void add_config_commands(CLI::App& app, Arguments& arguments) {
  add_config(app, arguments);
  add_property(app, arguments);
  add_tag(app, arguments);
  add_event(app, arguments);
}

}  // namespace tenon::cli
