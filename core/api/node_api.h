#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "api/drills.h"
#include "api/http.h"
#include "api/router.h"
#include "api/run_log.h"
#include "flow/engine.h"
#include "wiring/wiring.h"

namespace tenon::api {

/// The node's API, version 1: what it is made of, and its runs. docs: `GET /v1/status`, `/v1/plugins[/{name}]`,
/// `/v1/drivers`, `/v1/extensions`, `/v1/resources[/{kind}]`, `/v1/chains[/{name}[/drills/latest]]`,
/// `/v1/runs[/{id}[/events]]`; `POST /v1/chains/{name}/runs`, `/v1/chains/{name}/drills`; `DELETE /v1/runs/{id}`.
/// Errors are problems (RFC 9457). A POST that accepts `text/event-stream` alone is answered with the events of the run
/// or drill.
class NodeApi {
 public:
  /// The engine and the log must outlive this.
  NodeApi(std::string version, std::shared_ptr<const wiring::Wiring> wiring, flow::Engine& engine, RunLog& runs);

  /// [server thread]
  [[nodiscard]] HttpResponse handle(const HttpRequest& request) const { return router_.route(request); }
  /// What the status shows of the store: `{engine, place, state, …}`. Before the first request. It must answer at once.
  void set_store(std::function<Json()> status) { store_ = std::move(status); }
  /// From now on the status says so. That no runs start is the engine's part. Any thread.
  void set_stopping() noexcept { stopping_ = true; }

 private:
  using Parameters = std::vector<std::string>;
  [[nodiscard]] HttpResponse status() const;
  [[nodiscard]] HttpResponse plugin(const std::string& name) const;
  [[nodiscard]] HttpResponse chain(const std::string& name) const;
  /// The kinds that the extensions of tenon.Inventory/1 list.
  [[nodiscard]] HttpResponse resource_kinds() const;
  [[nodiscard]] HttpResponse resources(const std::string& kind) const;
  [[nodiscard]] HttpResponse start_run(const HttpRequest& request, const std::string& chain) const;
  [[nodiscard]] HttpResponse start_drill(const HttpRequest& request, const std::string& chain);
  [[nodiscard]] HttpResponse latest_drill(const std::string& chain) const;
  [[nodiscard]] HttpResponse list_runs() const;
  [[nodiscard]] HttpResponse run(const std::string& name) const;
  [[nodiscard]] HttpResponse events(const std::string& name) const;
  [[nodiscard]] HttpResponse cancel(const HttpRequest& request, const std::string& name) const;

  const std::string version_;
  const std::shared_ptr<const wiring::Wiring> wiring_;
  flow::Engine& engine_;
  RunLog& runs_;
  const std::chrono::system_clock::time_point since_ = std::chrono::system_clock::now();
  std::function<Json()> store_;
  std::atomic<bool> stopping_{false};
  Drills drills_;
  Router router_;
};

}  // namespace tenon::api
