#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "api/config_api.h"
#include "api/debts_api.h"
#include "api/drills.h"
#include "api/events_api.h"
#include "api/http.h"
#include "api/messages_api.h"
#include "api/plugins_api.h"
#include "api/properties_api.h"
#include "api/router.h"
#include "api/run_log.h"
#include "api/run_store.h"
#include "api/run_verbs.h"
#include "api/runs_api.h"
#include "api/tags_api.h"
#include "flow/engine.h"
#include "wiring/current.h"

namespace tenon::api {

/// The node's API, version 1: what it is made of, its runs, and what they owe. docs: `GET /v1/status`,
/// `/v1/plugins[/{name}]`, `/v1/drivers`, `/v1/extensions`,
/// `/v1/chains[/{name}[/drills/latest]]`, `/openapi.json`; `POST /v1/chains/{name}/drills`; and what RunsApi, RunVerbs,
/// DebtsApi, MessagesApi, EventsApi, ConfigApi, PropertiesApi and TagsApi have. Errors are problems (RFC 9457); what
/// needs the store, which is away, is answered with 503. A POST that accepts `text/event-stream` alone is answered with
/// the events of the run or drill.
class NodeApi {
 public:
  /// The engine, the log, the dispatcher and the store must outlive this. `store`, `events` and
  /// `requests`: null if there is no store. `reloader`, `generations`: null where plugins neither come nor go.
  NodeApi(std::string version, wiring::Current wiring, flow::Engine& engine, RunLog& runs,
          message::Dispatcher& dispatcher, RunStore* store = nullptr, message::EventHub* events = nullptr,
          RequestLog* requests = nullptr, wiring::Reloader* reloader = nullptr,
          plugin::Generations* generations = nullptr);

  /// [server thread]
  [[nodiscard]] HttpResponse handle(const HttpRequest& request) const;
  /// From now on it has the routes of the current wiring; requests under way are answered by those they began with.
  /// One thread at a time.
  void rewire();
  /// What the status shows of the store: `{engine, place, state, …}`. Before the first request. It must answer at once.
  void set_store(std::function<Json()> status) { store_ = std::move(status); }
  /// What the status shows of crashes, likewise: members that are added to it.
  void set_crashes(std::function<Json()> status) { crashes_ = std::move(status); }
  /// As PluginsApi::set_quarantined.
  void set_quarantined(std::function<std::vector<std::string>()> quarantined) {
    plugins_.set_quarantined(std::move(quarantined));
  }
  /// From now on the status says so. That no runs start is the engine's part. Any thread.
  void set_stopping() noexcept { stopping_ = true; }

 private:
  using Parameters = std::vector<std::string>;
  /// What a request sees.
  struct Surface {
    Router router;
    std::string openapi;
  };

  void add_routes(Router& router);
  [[nodiscard]] std::shared_ptr<const Surface> surface() const;
  [[nodiscard]] HttpResponse status() const;
  [[nodiscard]] HttpResponse chain(const std::string& name) const;
  [[nodiscard]] HttpResponse start_drill(const HttpRequest& request, const std::string& chain);
  [[nodiscard]] HttpResponse latest_drill(const std::string& chain) const;

  const std::string version_;
  const wiring::Current wiring_;
  flow::Engine& engine_;
  RunStore* const run_store_;
  const std::chrono::system_clock::time_point since_ = std::chrono::system_clock::now();
  std::function<Json()> store_;
  std::function<Json()> crashes_;
  std::atomic<bool> stopping_{false};
  Drills drills_;
  const RunsApi runs_;
  const RunVerbs verbs_;
  const DebtsApi debts_;
  const MessagesApi messages_;
  std::unique_ptr<const EventsApi> events_;
  const ConfigApi configs_;
  PluginsApi plugins_;
  const PropertiesApi properties_;
  const TagsApi tags_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Surface> surface_;
};

}  // namespace tenon::api
