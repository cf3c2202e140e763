#include "inspect.h"

#include <iostream>
#include <utility>
#include <vector>

#include "answer_view.h"
#include "format.h"
#include "json_access.h"
#include "plugin_command.h"
#include "terminal.h"

namespace tenon::cli {
namespace {

/// One row a property; the class stands in the first of its rows.
void print_classes(const Json::Array& classes, const Terminal& terminal) {
  std::cout << heading_text("Classes", terminal);
  Table table({"CLASS", "KIND", "INTERFACES", "UNDO"});
  for (const Json& item : classes) {
    const bool flow = item.find("has_undo") != nullptr;
    table.add({text_of(item, "name"), text_of(item, "kind"), joined(list_of(item, "interfaces")),
               !flow                       ? ""
               : flag_of(item, "has_undo") ? "yes"
                                           : "no"});
  }
  std::cout << table.render(terminal);
}

void print_properties(const Json::Array& classes, const Terminal& terminal) {
  Table table({"CLASS", "PROPERTY", "TYPE", "REQUIRED", "DESCRIPTION"});
  bool any = false;
  for (const Json& item : classes) {
    for (const Json& property : list_of(item, "properties")) {
      any = true;
      table.add({text_of(item, "name"), text_of(property, "name"), text_of(property, "type"),
                 flag_of(property, "required") ? "yes" : "no", text_of(property, "description")});
    }
  }
  if (!any) return;
  std::cout << heading_text("Properties", terminal);
  std::cout << table.render(terminal);
}

void print_keys(const Json::Array& classes, const Terminal& terminal) {
  Table table({"FLOW", "USE", "KEY", "TYPE"});
  bool any = false;
  for (const Json& item : classes) {
    for (const char* use : {"reads", "optional", "writes"}) {
      for (const Json& key : list_of(item, use)) {
        any = true;
        table.add({text_of(item, "name"), use, text_of(key, "key"), text_of(key, "type")});
      }
    }
  }
  if (!any) return;
  std::cout << heading_text("Data of flows", terminal);
  std::cout << table.render(terminal);
}

/// Both, with a blank between them if there are both.
std::string joined_words(const std::string& first, const std::string& second) {
  return first.empty() || second.empty() ? first + second : first + " " + second;
}

/// `written`, or since when it is not, and why.
std::string journal_text(const Json& status) {
  const Json* journal = status.find("journal");
  if (journal == nullptr) return {};
  if (flag_of(*journal, "available")) return "written";
  return "waits since " + text_of(*journal, "since") + ": " + text_of(*journal, "reason");
}

/// `crasher: SIGSEGV at TIME, in flow crasher.Crash of run 0…1 (REPORT)`.
std::string crash_text(const Json& crash) {
  const std::string plugin = text_of(crash, "plugin");
  std::string text = (plugin.empty() ? "the node itself" : plugin) + ": " + text_of(crash, "signal");
  if (const std::string reason = text_of(crash, "reason"); !reason.empty()) text += ", " + reason;
  text += ", " + text_of(crash, "time");
  if (const std::string flow = text_of(crash, "flow"); !flow.empty())
    text += ", in flow " + flow + " of run " + text_of(crash, "run");
  return text + " (" + text_of(crash, "report") + ")";
}

}  // namespace

void show_status(const ApiClient& client, bool json) {
  const Json status = client.get("/v1/status");
  if (json) return print_answer(status);
  const Json* told = status.find("store");
  const Json store = told != nullptr ? *told : Json();
  std::vector<std::pair<std::string, std::string>> facts{
      {"node", "tenond " + text_of(status, "version")},
      {"state", text_of(status, "state")},
      {"since", text_of(status, "since")},
      {"process", count_of(status, "pid")},
      {"plugins", count_of(status, "plugins")},
      {"last reload", last_reload_text(status)},
      {"beans", count_of(status, "beans")},
      {"drivers", count_of(status, "drivers")},
      {"extensions", count_of(status, "extensions")},
      {"chains", count_of(status, "chains")},
      {"runs in flight", count_of(status, "runs_in_flight")},
      {"late answers", count_of(status, "runs_waiting_late")},
      {"store", joined_words(text_of(store, "engine"), text_of(store, "place"))},
      {"store state", joined_words(text_of(store, "state"), text_of(store, "error"))},
      {"journal", journal_text(status)},
      {"recovering", count_of(status, "runs_recovering")},
      {"parked", count_of(status, "runs_parked")},
      {"debts", count_of(status, "debts_open")}};
  for (const Json& one : list_of(status, "quarantine"))
    facts.emplace_back("quarantine", text_of(one, "plugin") + ", since " + text_of(one, "since"));
  for (const Json& one : list_of(status, "left_out")) facts.emplace_back("left out", *one.as_string());
  for (const Json& one : list_of(status, "crashes")) facts.emplace_back("last crash", crash_text(one));
  std::cout << facts_text(facts, Terminal::of_stdout());
}

void list_plugins(const ApiClient& client, bool json) {
  print_list(client.get("/v1/plugins"), json,
             {"NAME", "VERSION", "STATE", "GENERATION", "LOADED", "REQUIRES", "CLASSES", "PINS", "HELD BY", "FILE"},
             [](const Json& item) -> std::vector<std::string> {
               return {text_of(item, "name"),        text_of(item, "version"), text_of(item, "state"),
                       count_of(item, "generation"), text_of(item, "loaded"),  joined(list_of(item, "requires")),
                       count_of(item, "classes"),    count_of(item, "pins"),   text_of(item, "held_by"),
                       text_of(item, "file")};
             });
}

void show_plugin(const ApiClient& client, const std::string& name, bool json) {
  const Json plugin = client.get("/v1/plugins/" + segment(name));
  if (json) return print_answer(plugin);
  const Terminal terminal = Terminal::of_stdout();
  std::cout << facts_text({{"plugin", text_of(plugin, "name")},
                           {"version", text_of(plugin, "version")},
                           {"state", text_of(plugin, "state")},
                           {"generation", count_of(plugin, "generation")},
                           {"file", text_of(plugin, "file")},
                           {"descriptor", text_of(plugin, "place")},
                           {"loaded", text_of(plugin, "loaded")},
                           {"requires", joined(list_of(plugin, "requires"))},
                           {"pins", count_of(plugin, "pins")}},
                          terminal);
  const Json::Array& classes = list_of(plugin, "classes");
  print_classes(classes, terminal);
  print_properties(classes, terminal);
  print_keys(classes, terminal);
  if (list_of(plugin, "beans").empty()) return;
  std::cout << heading_text("Beans", terminal);
  Table beans({"ID", "CLASS", "PLACE"});
  for (const Json& bean : list_of(plugin, "beans")) {
    beans.add({text_of(bean, "id"), text_of(bean, "class"), text_of(bean, "place")});
  }
  std::cout << beans.render(terminal);
}

void list_drivers(const ApiClient& client, bool json) {
  print_list(client.get("/v1/drivers"), json, {"KIND", "TYPE", "BEAN", "RESOURCE", "PLUGIN", "PLACE"},
             [](const Json& item) -> std::vector<std::string> {
               return {text_of(item, "kind"),     text_of(item, "type"),   text_of(item, "bean"),
                       text_of(item, "resource"), text_of(item, "plugin"), text_of(item, "place")};
             });
}

void list_extensions(const ApiClient& client, bool json) {
  print_list(client.get("/v1/extensions"), json, {"INTERFACE", "ORDER", "BEAN", "PLUGIN", "PLACE"},
             [](const Json& item) -> std::vector<std::string> {
               return {text_of(item, "interface"), count_of(item, "order"), text_of(item, "bean"),
                       text_of(item, "plugin"), text_of(item, "place")};
             });
}

}  // namespace tenon::cli
