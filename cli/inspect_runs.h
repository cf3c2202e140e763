#pragma once

#include <tenon/json.h>

#include <optional>
#include <string>
#include <vector>

#include "api_client.h"
#include "run_filter.h"

/// The commands that show runs: tables, or with `json` what the API answers.
namespace tenon::cli {

/// `stuck_s`: of those that the node has at work, only the ones that have waited so many seconds at least for one
/// thing.
void list_runs(const ApiClient& client, const RunFilter& filter, std::optional<double> stuck_s, bool json);
void show_run(const ApiClient& client, const std::string& id, bool json);

/// Whether a run of the API's list has waited for one thing so long at least.
[[nodiscard]] bool is_stuck(const Json& run, double seconds);
/// `{id, chain, state, started, time, step, what it waits for, error}`.
[[nodiscard]] std::vector<std::string> run_row(const Json& run);
/// A row a place where a run is at work: `{step, flow, way, attempt, what it waits for}`.
[[nodiscard]] std::vector<std::string> place_row(const Json& place);
/// What an operator did: `{when, verb, who, why, what else}`.
[[nodiscard]] std::vector<std::string> action_row(const Json& action);

}  // namespace tenon::cli
