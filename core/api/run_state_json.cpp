#include "api/run_state_json.h"

#include <string_view>
#include <utility>

#include "api/run_record.h"
#include "flow/run.h"

namespace tenon::api {
namespace {

std::string_view direction_name(flow::Direction direction) {
  switch (direction) {
    case flow::Direction::kForward: return "forward";
    case flow::Direction::kUndo: return "undo";
    case flow::Direction::kCheck: return "check";
  }
  return "?";
}

Json names_json(const std::vector<std::uint64_t>& runs) {
  Json names = Json::array();
  for (const std::uint64_t run : runs) names.push(flow::run_name(run));
  return names;
}

Json place_json(const flow::RunPlace& place) {
  Json json = Json::object();
  json.add("step", std::uint64_t{place.step})
      .add("name", place.step_name)
      .add("direction", direction_name(place.direction));
  if (place.attempt > 1) json.add("attempt", place.attempt);
  if (place.waiting != flow::Waiting::kNothing) json.add("waiting", flow::waiting_name(place.waiting));
  if (!place.what.empty()) json.add("what", place.what);
  if (!place.holders.empty()) json.add("holders", names_json(place.holders));
  if (place.waited) json.add("waited_ms", milliseconds(*place.waited));
  return json;
}

}  // namespace

void add_state(Json& run, const flow::RunState& state) {
  if (state.cancelled) run.add("cancelled", true);
  if (!state.locks.empty()) {
    Json locks = Json::array();
    for (const std::string& lock : state.locks) locks.push(lock);
    run.add("locks", std::move(locks));
  }
  Json places = Json::array();
  for (const flow::RunPlace& place : state.places) places.push(place_json(place));
  run.add("places", std::move(places));
}

Json holders_json(const flow::RunState& state, std::size_t step) {
  for (const flow::RunPlace& place : state.places) {
    if (place.step == step) return names_json(place.holders);
  }
  return Json::array();
}

std::map<std::uint64_t, flow::RunState> states_by_id(const flow::Engine& engine, std::size_t limit) {
  std::map<std::uint64_t, flow::RunState> states;
  for (flow::RunState& state : engine.inspect_all(limit)) {
    const std::uint64_t id = state.id;
    states.emplace(id, std::move(state));
  }
  return states;
}

}  // namespace tenon::api
