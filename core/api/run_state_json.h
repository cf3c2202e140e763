#pragma once

#include <tenon/json.h>

#include <cstddef>
#include <cstdint>
#include <map>

#include "flow/engine.h"

/// What the engine tells of runs, as the API shows it.
namespace tenon::api {

/// Adds to what a record says of a run what it is at now: `{cancelled, locks, places}`. A place is `{step, name,
/// direction, attempt, waiting, what, holders, waited_ms}`, without what there is none of; holders are names of runs.
void add_state(Json& run, const flow::RunState& state);

/// Names of the runs that hold what this run waits for at a step: an empty list if there are none.
[[nodiscard]] Json holders_json(const flow::RunState& state, std::size_t step);

/// The runs that have not ended, and those that have but for late answers, by their ids: at most `limit` of them.
[[nodiscard]] std::map<std::uint64_t, flow::RunState> states_by_id(const flow::Engine& engine, std::size_t limit);

}  // namespace tenon::api
