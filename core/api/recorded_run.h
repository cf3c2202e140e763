#pragma once

#include <tenon/json.h>

#include <cstdint>
#include <string>

#include "api/run_store.h"

/// Runs and debts as the store has them, in the form in which the API shows those in flight (RunRecord).
namespace tenon::api {

/// `{id, chain, state, started, ended, duration_ms, recoveries, parked, locks, error}`, without what there is none of;
/// the error as text.
[[nodiscard]] Json recorded_summary(const journal::RunSummary& run);

/// `{id, chain, state, started, ended, duration_ms, locks, cancelled, recoveries, parked, debts, input, steps: [STEP…],
/// error, data, actions: [{at, verb, who, why, detail}…], records: [{sequence, kind, step, name, attempt, at, error,
/// wait_ms}…]}`. A step is as RunRecord has it, but for times: of them only `ended_ms` and `undo_ended_ms` are
/// recorded; and with `data`: what it wrote, if it is not undone. `data`: as it is when the run has ended.
[[nodiscard]] Json recorded_json(const RecordedRun& run);

/// Adds to the summary of a run as this process has seen it what the record knows better: `recoveries`, the state
/// `paused`, and when it was started if it was taken over.
void add_summary(Json& run, const journal::RunSummary& recorded);

/// Adds to a run as this process has seen it, besides that, what only the record knows: `parked`, `debts`, `input`,
/// `actions`, `records`, and steps that were over before this process took the run up.
void add_record(Json& run, const RecordedRun& record);

/// `{key, run, step, flow, plugin, chain, state, attempts, created, next_at, on_event, error}`; `next_at` while it is
/// open.
[[nodiscard]] Json debt_json(const journal::Debt& debt);

/// Microseconds since 1970 UTC as RFC 3339 has them.
[[nodiscard]] std::string recorded_time(std::int64_t microseconds);

}  // namespace tenon::api
