#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "api/http.h"
#include "api/router.h"
#include "api/run_log.h"
#include "api/run_store.h"
#include "flow/engine.h"
#include "journal/run_keeper.h"
#include "journal/runs.h"

namespace tenon::api {

/// What operators do to runs. `POST /v1/runs/{id}/{cancel|pause|resume|retry|skip-step|mark-done}` with `{why, step,
/// data}`, and `DELETE /v1/runs/{id}`, which cancels; `GET /v1/runs/{id}/cancel-preview`; `POST /v1/runs/actions` for
/// many at once.
class RunVerbs {
 public:
  /// All must outlive this. `store`: null if there is none: a run can be cancelled then, and that is all.
  RunVerbs(flow::Engine& engine, RunLog& runs, RunStore* store) : engine_(engine), runs_(runs), store_(store) {}

  void add_routes(Router& router) const;

 private:
  [[nodiscard]] HttpResponse act(const HttpRequest& request, const std::string& run, const std::string& verb) const;
  [[nodiscard]] HttpResponse remove(const HttpRequest& request, const std::string& run) const;
  [[nodiscard]] HttpResponse preview(const std::string& run) const;
  /// `{"verb": VERB, "filter": {…}, "why": TEXT, "step": N, "data": {…}, "dry_run": true}` → `{verb, dry_run, runs:
  /// [{id, chain, state, done, undo, error}…], done, failed, next}`. A filter without a state is for runs that have not
  /// ended; `next` is the `before` of what is left.
  [[nodiscard]] HttpResponse act_on_all(const HttpRequest& request) const;

  /// [may block]
  [[nodiscard]] HttpResponse give(const journal::RunOrder& order) const;
  [[nodiscard]] Json give_one(const journal::RunOrder& order, const journal::RunSummary& run, bool dry_run) const;
  /// A run as the list has it.
  [[nodiscard]] Json summary(std::uint64_t run) const;

  flow::Engine& engine_;
  RunLog& runs_;
  RunStore* const store_;
};

}  // namespace tenon::api
