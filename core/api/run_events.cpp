#include "api/run_events.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "api/json_text.h"
#include "api/run_state_json.h"

namespace tenon::api {
namespace {

/// Whether others may hold what this step waits for.
bool waits_for_others(const Json& step) {
  const Json* waiting = step.find("waiting");
  if (waiting == nullptr) return false;
  return *waiting == Json(flow::waiting_name(flow::Waiting::kLock)) ||
         *waiting == Json(flow::waiting_name(flow::Waiting::kConcurrency));
}

void add_holders(Json& step, const flow::RunState& state) {
  const std::int64_t* index = step.find("index")->as_int();
  if (index == nullptr || !waits_for_others(step)) return;
  Json holders = holders_json(state, static_cast<std::size_t>(*index));
  if (!holders.as_array()->empty()) step.add("holders", std::move(holders));
}

/// To the step, or to all steps of the run, that the event tells of.
void add_holders(RunEvent& event, const flow::Engine& engine, std::uint64_t run) {
  Json::Array* steps = nullptr;
  for (auto& [name, member] : *event.data.as_object()) {
    if (event.name == "run" && name == "steps") steps = member.as_array();
  }
  const bool waits = event.name == "step"
                         ? waits_for_others(event.data)
                         : steps != nullptr && std::any_of(steps->begin(), steps->end(), waits_for_others);
  if (!waits) return;
  const std::optional<flow::RunState> state = engine.inspect(run);
  if (!state) return;
  if (steps == nullptr) return add_holders(event.data, *state);
  for (Json& step : *steps) add_holders(step, *state);
}

}  // namespace

std::string event_text(std::string_view name, const Json& data) {
  return std::string("event: ").append(name).append("\ndata: ").append(print_json(data)).append("\n\n");
}

std::string RunEvents::take() {
  std::string text;
  for (RunEvent& event : record_->read(cursor_)) {
    add_holders(event, engine_, record_->id());
    text += event_text(event.name, event.data);
  }
  return text;
}

void RunEvents::notify(std::function<void()> wake) {
  wake_ = std::move(wake);
  record_->watch(weak_from_this());
}

}  // namespace tenon::api
