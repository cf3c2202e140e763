#include "inspect_runs.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "debt_command.h"
#include "format.h"
#include "json_access.h"
#include "terminal.h"
#include "waiting_text.h"

namespace tenon::cli {
namespace {

std::string number_text(const Json& object, std::string_view name) {
  return std::to_string(static_cast<long long>(number_of(object, name, -1)) + 1);
}

std::string place_waits(const Json& place) {
  if (place.find("waiting") == nullptr) return {};
  return waiting_cell(place, text_of(place, "what"), number_of(place, "waited_ms", -1));
}

void print_places(const Json::Array& places, const Terminal& terminal) {
  if (places.empty()) return;
  std::cout << heading_text("At work", terminal);
  Table table({"#", "FLOW", "WAY", "ATTEMPT", "WAITS"});
  for (const Json& place : places) table.add(place_row(place));
  std::cout << table.render(terminal);
}

void print_steps(const Json::Array& steps, const Terminal& terminal) {
  std::cout << heading_text("Steps", terminal);
  Table table({"#", "FLOW", "STATE", "TRIES", "TIME", "UNDO", "NOTE"});
  for (const Json& step : steps) {
    const bool begun = step.find("duration_ms") != nullptr;
    const bool undone = step.find("undo_duration_ms") != nullptr;
    const bool late = flag_of(step, "undone_late");
    table.add({number_text(step, "index"), text_of(step, "name"), text_of(step, "state") + (late ? " late" : ""),
               count_of(step, "attempt"), begun ? duration_text(number_of(step, "duration_ms")) : "",
               undone ? duration_text(number_of(step, "undo_duration_ms")) : "", text_of(step, "what")});
  }
  std::cout << table.render(terminal);
}

void print_actions(const Json::Array& actions, const Terminal& terminal) {
  if (actions.empty()) return;
  std::cout << heading_text("Actions", terminal);
  Table table({"AT", "VERB", "WHAT", "WHO", "WHY"});
  for (const Json& action : actions) table.add(action_row(action));
  std::cout << table.render(terminal);
}

/// What the run owes still.
void print_debts(const ApiClient& client, const Json& run, const Terminal& terminal) {
  if (list_of(run, "debts").empty()) return;
  const Json debts = client.get("/v1/debts?run=" + segment(text_of(run, "id")));
  if (debts.as_array() == nullptr || debts.as_array()->empty()) return;  // paid meanwhile
  std::cout << heading_text("Debts", terminal);
  Table table({"KEY", "CHAIN", "FLOW", "STATE", "TRIES", "NEXT", "ERROR"});
  for (const Json& debt : *debts.as_array()) table.add(debt_row(debt));
  std::cout << table.render(terminal);
}

/// Why only what the node has in memory is shown, if so.
std::string record_error(const Json& run) {
  const Json* error = run.find("record_error");
  return error != nullptr ? "can't be read: " + error_text(*error) : std::string();
}

}  // namespace

bool is_stuck(const Json& run, double seconds) {
  const Json::Array& places = list_of(run, "places");
  return std::any_of(places.begin(), places.end(),
                     [&](const Json& place) { return number_of(place, "waited_ms", -1) >= seconds * 1000; });
}

std::vector<std::string> run_row(const Json& run) {
  std::string step;
  std::string waits;
  for (const Json& place : list_of(run, "places")) {
    step.append(step.empty() ? "" : ", ").append(number_text(place, "step")).append("/").append(count_of(run, "steps"));
    step += " " + text_of(place, "name");
    const std::string what = place_waits(place);
    if (!what.empty()) waits.append(waits.empty() ? "" : ", ").append(what);
  }
  if (step.empty() && run.find("step") != nullptr) {
    step = number_text(run, "step") + "/" + count_of(run, "steps") + " " + text_of(run, "step_name");
  }
  if (waits.empty()) waits = text_of(run, "parked");
  return {text_of(run, "id"),
          text_of(run, "chain"),
          text_of(run, "state"),
          text_of(run, "started"),
          duration_text(number_of(run, "duration_ms")),
          step,
          waits,
          text_of(run, "error")};
}

std::vector<std::string> place_row(const Json& place) {
  const std::string attempt = count_of(place, "attempt");
  return {number_text(place, "step"), text_of(place, "name"), text_of(place, "direction"),
          attempt.empty() ? "1" : attempt, place_waits(place)};
}

std::vector<std::string> action_row(const Json& action) {
  const Json* detail = action.find("detail");
  std::string what;
  if (detail != nullptr && detail->find("step") != nullptr) what = "step " + number_text(*detail, "step");
  if (detail != nullptr && detail->find("debt") != nullptr) what = "debt " + text_of(*detail, "debt");
  return {text_of(action, "at"), text_of(action, "verb"), what, text_of(action, "who"), text_of(action, "why")};
}

void list_runs(const ApiClient& client, const RunFilter& filter, std::optional<double> stuck_s, bool json) {
  const std::string query = filter.query();
  std::string target = "/v1/runs" + query;
  if (stuck_s) target.append(query.empty() ? "?" : "&").append("live=true");
  Page runs = client.page(target);
  if (stuck_s && runs.list.as_array() != nullptr) {
    std::erase_if(*runs.list.as_array(), [&](const Json& run) { return !is_stuck(run, *stuck_s); });
  }
  print_list(runs.list, json, {"ID", "CHAIN", "STATE", "STARTED", "TIME", "STEP", "WAITS", "ERROR"}, run_row);
  if (runs.more && !json) {
    std::cout << "there are older ones: --before " << text_of(runs.list.as_array()->back(), "id") << '\n';
  }
}

void show_run(const ApiClient& client, const std::string& id, bool json) {
  const Json run = client.get("/v1/runs/" + segment(id));
  if (json) return print_answer(run);
  const Terminal terminal = Terminal::of_stdout();
  std::cout << facts_text({{"run", text_of(run, "id")},
                           {"chain", text_of(run, "chain")},
                           {"state", text_of(run, "state") + (flag_of(run, "cancelled") ? ", cancelled" : "")},
                           {"started", text_of(run, "started")},
                           {"ended", text_of(run, "ended")},
                           {"time", duration_text(number_of(run, "duration_ms"))},
                           {"locks", joined(list_of(run, "locks"))},
                           {"recoveries", number_of(run, "recoveries") > 0 ? count_of(run, "recoveries") : ""},
                           {"parked", text_of(run, "parked")},
                           {"record", record_error(run)}},
                          terminal);
  print_places(list_of(run, "places"), terminal);
  print_steps(list_of(run, "steps"), terminal);
  if (const Json* error = run.find("error")) {
    std::cout << heading_text("Error", terminal) << error_text(*error) << '\n';
  }
  print_debts(client, run, terminal);
  print_actions(list_of(run, "actions"), terminal);
  if (const Json* data = run.find("data");
      data != nullptr && data->as_object() != nullptr && !data->as_object()->empty()) {
    std::cout << heading_text("Data", terminal);
    print_answer(*data);
  }
}

}  // namespace tenon::cli
