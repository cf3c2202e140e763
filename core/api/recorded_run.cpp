#include "api/recorded_run.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include "api/problem.h"
#include "api/query.h"
#include "api/recorded_steps.h"
#include "api/run_record.h"
#include "flow/run.h"
#include "journal/actions.h"

namespace tenon::api {
namespace {

using journal::RunPhase;

bool has_ended(const journal::RunSummary& run) { return run.ended != 0; }

void set(Json& object, std::string_view name, Json value) {
  for (auto& [known, member] : *object.as_object()) {
    if (known != name) continue;
    member = std::move(value);
    return;
  }
  object.add(name, std::move(value));
}

Json names_json(const std::vector<std::string>& names) {
  Json list = Json::array();
  for (const std::string& name : names) list.push(name);
  return list;
}

double duration_ms(const journal::RunSummary& run) {
  const auto now =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::chrono::microseconds until(has_ended(run) ? run.ended : now.count());
  return milliseconds(until - std::chrono::microseconds(run.started));
}

Json head(const journal::RunSummary& run) {
  Json json = Json::object()
                  .add("id", flow::run_name(run.id))
                  .add("chain", run.chain)
                  .add("state", journal::phase_name(run.phase))
                  .add("started", recorded_time(run.started));
  if (has_ended(run)) json.add("ended", recorded_time(run.ended));
  json.add("duration_ms", duration_ms(run));
  return json;
}

Json action_json(const journal::Action& action) {
  Json json = Json::object()
                  .add("at", recorded_time(action.at))
                  .add("verb", journal::verb_name(action.verb))
                  .add("who", action.who)
                  .add("why", action.why);
  if (!action.detail.is_null()) json.add("detail", action.detail);
  return json;
}

Json entry_json(const journal::RunEntry& entry, const std::vector<StepTitle>& steps) {
  Json json = Json::object()
                  .add("sequence", entry.sequence)
                  .add("kind", journal::kind_name(entry.kind))
                  .add("at", recorded_time(entry.at));
  if (entry.kind == flow::JournalRecord::Kind::kClosed) return json;
  json.add("step", entry.step);
  if (entry.step < steps.size()) json.add("name", steps[entry.step].name);
  if (entry.attempt > 1) json.add("attempt", entry.attempt);
  if (entry.error) json.add("error", error_json(*entry.error));
  if (entry.wait > 0) json.add("wait_ms", entry.wait);
  return json;
}

/// What stands in both forms of a run. Without the lists, which come last.
void add_facts(Json& json, const journal::RunHistory& history) {
  if (!history.run.parked.empty()) json.add("parked", history.run.parked);
  json.add("debts", names_json(history.debts));
  json.add("input", data_json(history.input));
}

void add_lists(Json& json, const RecordedRun& run) {
  Json actions = Json::array();
  for (const journal::Action& action : run.history.actions) actions.push(action_json(action));
  json.add("actions", std::move(actions));
  Json records = Json::array();
  for (const journal::RunEntry& entry : run.history.entries) records.push(entry_json(entry, run.steps));
  json.add("records", std::move(records));
}

bool was_cancelled(const journal::RunHistory& history) {
  return std::any_of(history.actions.begin(), history.actions.end(),
                     [](const journal::Action& action) { return action.verb == journal::Verb::kCancel; });
}

bool is(const Json& object, std::string_view name, std::string_view text) {
  const Json* member = object.find(name);
  return member != nullptr && member->as_string() != nullptr && *member->as_string() == text;
}

}  // namespace

std::string recorded_time(std::int64_t microseconds) {
  return timestamp(std::chrono::system_clock::time_point(std::chrono::microseconds(microseconds)));
}

void add_summary(Json& run, const journal::RunSummary& recorded) {
  if (recorded.phase == RunPhase::kPaused && run.find("ended") == nullptr) {
    set(run, "state", journal::phase_name(RunPhase::kPaused));
  }
  // An earlier start is that of the process which this one has taken the run over from.
  const Json* started = run.find("started");
  const Result<std::int64_t> here = read_moment("started", started != nullptr ? *started->as_string() : "", 0);
  if (here && *here > recorded.started) {
    set(run, "started", recorded_time(recorded.started));
    set(run, "duration_ms", duration_ms(recorded));
  }
  run.add("recoveries", recorded.recoveries);
}

Json recorded_summary(const journal::RunSummary& run) {
  Json json = head(run);
  json.add("recoveries", run.recoveries);
  if (!run.parked.empty()) json.add("parked", run.parked);
  if (!run.locks.empty()) json.add("locks", names_json(run.locks));
  if (run.error) json.add("error", run.error->to_string());
  return json;
}

Json recorded_json(const RecordedRun& run) {
  const journal::RunSummary& summary = run.history.run;
  const RecordedSteps steps(run);
  Json json = head(summary);
  if (!summary.locks.empty()) json.add("locks", names_json(summary.locks));
  if (was_cancelled(run.history)) json.add("cancelled", true);
  json.add("recoveries", summary.recoveries);
  add_facts(json, run.history);
  json.add("steps", steps.json());
  if (summary.error) json.add("error", error_json(*summary.error));
  if (has_ended(summary)) {
    // As a run's result has it: what a run that failed had done is undone.
    std::vector<journal::StoredValue> data = run.history.input;
    if (summary.phase == RunPhase::kSucceeded) {
      const std::vector<journal::StoredValue>& written = steps.data();
      data.insert(data.end(), written.begin(), written.end());
    }
    json.add("data", data_json(data));
  }
  add_lists(json, run);
  return json;
}

void add_record(Json& run, const RecordedRun& record) {
  add_summary(run, record.history.run);
  Json recorded = RecordedSteps(record).json();
  for (auto& [name, member] : *run.as_object()) {
    if (name != "steps" || member.as_array() == nullptr) continue;
    Json::Array& steps = *member.as_array();
    for (std::size_t i = 0; i < std::min(steps.size(), recorded.as_array()->size()); ++i) {
      if (is(steps[i], "state", "pending")) steps[i] = std::move((*recorded.as_array())[i]);
    }
  }
  add_facts(run, record.history);
  add_lists(run, record);
}

Json debt_json(const journal::Debt& debt) {
  Json json = Json::object()
                  .add("key", debt.key)
                  .add("run", flow::run_name(debt.run))
                  .add("step", debt.step)
                  .add("flow", debt.flow)
                  .add("plugin", debt.plugin)
                  .add("chain", debt.chain)
                  .add("state", journal::debt_state_name(debt.state))
                  .add("attempts", debt.attempts)
                  .add("created", recorded_time(debt.created));
  if (debt.state == journal::DebtState::kOpen) json.add("next_at", recorded_time(debt.next_at));
  if (!debt.on_event.empty()) json.add("on_event", debt.on_event);
  json.add("error", error_json(debt.error));
  return json;
}

}  // namespace tenon::api
