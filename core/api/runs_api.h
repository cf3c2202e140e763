#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/http.h"
#include "api/router.h"
#include "api/run_log.h"
#include "api/run_store.h"
#include "flow/engine.h"
#include "journal/runs.h"
#include "wiring/current.h"

namespace tenon::api {

/// Runs are started and looked at: `POST /v1/chains/{name}/runs`; `GET /v1/runs`, `/v1/runs/{id}`,
/// `/v1/runs/{id}/events`.
class RunsApi {
 public:
  /// All but the wiring must outlive this. `store`: null if there is none: runs are then known as long as the log keeps
  /// them.
  RunsApi(wiring::Current wiring, flow::Engine& engine, RunLog& runs, RunStore* store)
      : wiring_(std::move(wiring)), engine_(engine), runs_(runs), store_(store) {}

  void add_routes(Router& router) const;

 private:
  /// Answered with 202 once the run is durable.
  [[nodiscard]] HttpResponse start(const HttpRequest& request, const std::string& chain) const;
  /// `?state=&chain=&resource=&error=&since=&until=&limit=&before=` of the store; `&live=true`: of those that this
  /// process knows, which needs no store. A list that goes on has a `Link` to the rest.
  [[nodiscard]] HttpResponse list(const HttpRequest& request) const;
  [[nodiscard]] HttpResponse show(const std::string& name) const;
  [[nodiscard]] HttpResponse events(const std::string& name) const;

  /// [may block]
  [[nodiscard]] HttpResponse list_recorded(const journal::RunFilter& filter, const std::string& query) const;
  [[nodiscard]] HttpResponse list_live(const journal::RunFilter& filter) const;
  /// What this process knows of the run, or null.
  [[nodiscard]] Json live_json(std::uint64_t run) const;

  const wiring::Current wiring_;
  flow::Engine& engine_;
  RunLog& runs_;
  RunStore* const store_;
};

/// That new runs and drills are refused now, as the journal's store is away: 503. Nothing if they are not.
[[nodiscard]] std::optional<HttpResponse> refused_by_journal(const RunStore* store);

/// The run's summary with what the engine knows: `{…, cancelled, locks, places}`, and the state `paused` while all that
/// it does is wait for an operator.
[[nodiscard]] Json live_summary(const RunRecord& record, const flow::RunState* state);

}  // namespace tenon::api
