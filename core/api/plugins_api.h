#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "api/http.h"
#include "api/router.h"
#include "flow/engine.h"
#include "wiring/current.h"
#include "wiring/reloader.h"

namespace tenon::api {

/// The runs in flight that need this very generation, in words; empty if there is none.
[[nodiscard]] std::string runs_holding(const flow::Engine& engine, const plugin::Generation& generation);

/// Plugins and their life: `GET /v1/plugins[/{name}]`; for administrators `POST /v1/plugins/reload` and `POST
/// /v1/plugins/{name}/disable|enable|remove`, which answer with the reload when it has ended, or with a problem (409)
/// that has its diagnostics.
class PluginsApi {
 public:
  /// All but the wiring must outlive this. `reloader`: null where nothing is loaded anew.
  PluginsApi(wiring::Current wiring, wiring::Reloader* reloader, plugin::Generations* generations,
             const flow::Engine& engine)
      : wiring_(std::move(wiring)), reloader_(reloader), generations_(generations), engine_(engine) {}

  void add_routes(Router& router) const;
  /// What the status shows of the last reload; null if there was none.
  [[nodiscard]] Json last_reload() const;
  /// Who tells which plugins are in quarantine. Before the first request; must answer at once.
  void set_quarantined(std::function<std::vector<std::string>()> quarantined) { quarantined_ = std::move(quarantined); }

 private:
  [[nodiscard]] HttpResponse list() const;
  [[nodiscard]] HttpResponse show(const std::string& name) const;
  [[nodiscard]] HttpResponse order(const HttpRequest& request, wiring::PluginOrder::Verb verb,
                                   const std::string& plugin) const;
  /// Generations that were replaced or removed and are still there.
  [[nodiscard]] std::vector<Json> former() const;

  const wiring::Current wiring_;
  wiring::Reloader* const reloader_;
  plugin::Generations* const generations_;
  const flow::Engine& engine_;
  std::function<std::vector<std::string>()> quarantined_;
};

}  // namespace tenon::api
