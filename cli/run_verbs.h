#pragma once

#include <tenon/json.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api_client.h"
#include "run_filter.h"

/// What operators do to runs.
namespace tenon::cli {

struct VerbOptions {
  std::string why;
  /// Of skip-step and mark-done, as `run show` numbers them: from 1.
  std::optional<unsigned> step;
  /// Of mark-done: a file of one JSON object, `-` for standard input, empty for none.
  std::string data;
  bool dry_run = false;
};

/// To one run.
void act_on_run(const ApiClient& client, std::string_view verb, const std::string& id, const VerbOptions& options,
                bool json);
/// To all that match: a line each. A Failure if it could not be done to some.
void act_on_runs(const ApiClient& client, std::string_view verb, RunFilter filter, const VerbOptions& options,
                 bool json);
/// What a cancel would undo, in order.
void preview_cancel(const ApiClient& client, const std::string& id, bool json);

/// `{id, chain, state, what was done, would be done, or why it was not}` of a run that was acted on.
[[nodiscard]] std::vector<std::string> acted_row(std::string_view verb, const Json& run, bool dry_run);
/// `{step, flow, plugin, note}`.
[[nodiscard]] std::vector<std::string> undo_row(const Json& undo);

}  // namespace tenon::cli
