#include "api/node_api.h"

#include <tenon/inventory.h>
#include <tenon/log.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "api/chain_json.h"
#include "api/json_text.h"
#include "api/problem.h"
#include "api/run_events.h"
#include "api/run_state_json.h"
#include "api/wiring_json.h"
#include "descriptor/diagnostics.h"
#include "flow/run.h"

namespace tenon::api {
namespace {

/// Runs that have ended but for late answers, and that are looked at besides those in flight.
constexpr std::size_t kMostLate = 1000;
/// A status must come at once, however many runs there are: of those in flight so many are looked at.
constexpr std::size_t kMostInspected = 10'000;

constexpr std::chrono::milliseconds kLongestGrace = std::chrono::hours(1);

using Input = std::vector<std::pair<std::string, Value>>;

HttpResponse reply(const Json& body, unsigned status = 200) {
  HttpResponse response;
  response.status = status;
  response.body = print_json(body);
  return response;
}

HttpResponse stream(std::shared_ptr<RunRecord> record, const flow::Engine& engine) {
  HttpResponse response;
  response.events = std::make_shared<RunEvents>(std::move(record), engine);
  return response;
}

bool wants_events(const HttpRequest& request) { return request.accept == "text/event-stream"; }

HttpResponse no_such(std::string_view what, const std::string& name) {
  return problem(404, "there is no " + std::string(what) + " '" + name + "'");
}

bool is_json(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  return type.empty() || type == "application/json";
}

/// What a POST may hold.
struct Body {
  Input input;
  std::optional<std::chrono::milliseconds> grace;
};

/// `{"input": {KEY: JSON…}, "grace_ms": NUMBER}`; both may be left out, and there is a grace for drills only.
Result<Body> read_body(const std::string& text, bool drill) {
  Result<Json> json = parse_json(text);
  if (!json) return std::move(json).error();
  const Json::Object* members = json->as_object();
  if (members == nullptr) return detail::mismatch("$", "object", *json);
  Body body;
  for (const auto& [name, value] : *members) {
    if (name == "input") {
      if (value.as_object() == nullptr) return detail::mismatch("$.input", "object", value);
      for (const auto& [key, item] : *value.as_object()) body.input.emplace_back(key, Value::of<Json>(item));
    } else if (drill && name == "grace_ms") {
      const std::int64_t* grace = value.as_int();
      if (grace == nullptr || *grace < 0 || *grace > kLongestGrace.count()) {
        return make_error("JSON.1002", "number out of range",
                          "$.grace_ms: expected a whole number from 0 to " + std::to_string(kLongestGrace.count()));
      }
      body.grace = std::chrono::milliseconds(*grace);
    } else {
      return make_error("JSON.1004", "unknown member", "$." + name);
    }
  }
  return body;
}

unsigned status_of(const ErrorCode& error) {
  if (error.code == "FLOW.1011") return 503;
  return error.code == "FLOW.1012" || error.code == "FLOW.1013" || error.code == "FLOW.1015" ? 422 : 400;
}

}  // namespace

NodeApi::NodeApi(std::string version, std::shared_ptr<const wiring::Wiring> wiring, flow::Engine& engine, RunLog& runs)
    : version_(std::move(version)),
      wiring_(std::move(wiring)),
      engine_(engine),
      runs_(runs),
      drills_(wiring_, engine, runs) {
  const auto get = [this](std::string_view path, auto handler) {
    router_.add("GET", path,
                [handler](const HttpRequest&, const Parameters& parameters) { return handler(parameters); });
  };
  get("/v1/status", [this](const Parameters&) { return status(); });
  get("/v1/plugins", [this](const Parameters&) { return reply(plugins_json(*wiring_)); });
  get("/v1/plugins/{name}", [this](const Parameters& p) { return plugin(p[0]); });
  get("/v1/drivers", [this](const Parameters&) { return reply(drivers_json(*wiring_)); });
  get("/v1/extensions", [this](const Parameters&) { return reply(extensions_json(*wiring_)); });
  get("/v1/chains", [this](const Parameters&) { return reply(chains_json(*wiring_)); });
  get("/v1/chains/{name}", [this](const Parameters& p) { return chain(p[0]); });
  get("/v1/resources", [this](const Parameters&) { return resource_kinds(); });
  get("/v1/resources/{kind}", [this](const Parameters& p) { return resources(p[0]); });
  get("/v1/runs", [this](const Parameters&) { return list_runs(); });
  get("/v1/runs/{id}", [this](const Parameters& p) { return run(p[0]); });
  get("/v1/runs/{id}/events", [this](const Parameters& p) { return events(p[0]); });
  router_.add("POST", "/v1/chains/{name}/runs",
              [this](const HttpRequest& request, const Parameters& p) { return start_run(request, p[0]); });
  get("/v1/chains/{name}/drills/latest", [this](const Parameters& p) { return latest_drill(p[0]); });
  router_.add("POST", "/v1/chains/{name}/drills",
              [this](const HttpRequest& request, const Parameters& p) { return start_drill(request, p[0]); });
  router_.add("DELETE", "/v1/runs/{id}",
              [this](const HttpRequest& request, const Parameters& p) { return cancel(request, p[0]); });
}

HttpResponse NodeApi::status() const {
  const std::size_t in_flight = engine_.in_flight();
  const auto states = states_by_id(engine_, std::min(in_flight, kMostInspected) + kMostLate);
  const auto late = std::count_if(states.begin(), states.end(), [](const auto& entry) { return entry.second.ended; });
  Json body = Json::object()
                  .add("version", version_)
                  .add("state", stopping_ ? "stopping" : "running")
                  .add("since", timestamp(since_))
                  .add("pid", static_cast<std::int64_t>(::getpid()))
                  .add("plugins", std::uint64_t{wiring_->plugins.size()})
                  .add("beans", std::uint64_t{wiring_->bean_infos.size()})
                  .add("drivers", std::uint64_t{wiring_->drivers.size()})
                  .add("extensions", std::uint64_t{wiring_->extensions.size()})
                  .add("chains", std::uint64_t{wiring_->chains.size()})
                  .add("runs_in_flight", std::uint64_t{in_flight})
                  .add("runs_waiting_late", std::int64_t{late});
  if (store_) body.add("store", store_());
  return reply(body);
}

HttpResponse NodeApi::plugin(const std::string& name) const {
  const wiring::PluginInfo* found = wiring_->find_plugin(name);
  return found != nullptr ? reply(plugin_json(*wiring_, *found)) : no_such("plugin", name);
}

HttpResponse NodeApi::chain(const std::string& name) const {
  const auto found = wiring_->find_chain(name);
  return found ? reply(chain_json(*found)) : no_such("chain", name);
}

HttpResponse NodeApi::resource_kinds() const {
  Json kinds = Json::array();
  for (const ExtensionEntry& entry : wiring_->extension_list(std::string(Inventory::kInterface))) {
    kinds.push(static_cast<const Inventory*>(entry.object)->kind());
  }
  return reply(kinds);
}

HttpResponse NodeApi::resources(const std::string& kind) const {
  std::vector<std::string> kinds;
  for (const ExtensionEntry& entry : wiring_->extension_list(std::string(Inventory::kInterface))) {
    const auto* inventory = static_cast<const Inventory*>(entry.object);
    kinds.push_back(inventory->kind());
    if (kinds.back() != kind) continue;
    HttpResponse response;
    response.work = [inventory, wiring = wiring_] {
      Result<std::vector<Json>> list = inventory->list();
      return list ? reply(Json(std::move(list).value())) : problem(500, list.error());
    };
    return response;
  }
  return problem(404, "there is no kind of resource '" + kind + "'" + descriptor::suggestion(kind, kinds));
}

HttpResponse NodeApi::start_run(const HttpRequest& request, const std::string& chain) const {
  if (!is_json(request.content_type)) return problem(415, "expected application/json, found " + request.content_type);
  const auto found = wiring_->find_chain(chain);
  if (!found) return no_such("chain", chain);
  Result<Body> body = read_body(request.body, false);
  if (!body) return problem(400, body.error());
  Result<std::shared_ptr<RunRecord>> record = runs_.start(engine_, found, std::move(body->input));
  if (!record) return problem(status_of(record.error()), record.error());

  const std::string name = (*record)->name();
  log::info("run started", {{"run", name}, {"chain", chain}, {"uid", request.peer}});
  // Whoever wants to follow the run gets its events at once: with a second request it might come too late.
  HttpResponse response = wants_events(request) ? stream(std::move(*record), engine_) : reply((*record)->json(), 202);
  response.headers.emplace_back("Location", "/v1/runs/" + name);
  return response;
}

HttpResponse NodeApi::start_drill(const HttpRequest& request, const std::string& chain) {
  if (!is_json(request.content_type)) return problem(415, "expected application/json, found " + request.content_type);
  DrillRequest drill;
  drill.chain = wiring_->find_chain(chain);
  if (!drill.chain) return no_such("chain", chain);
  Result<Body> body = read_body(request.body, true);
  if (!body) return problem(400, body.error());
  drill.input = std::move(body->input);
  if (body->grace) drill.grace = *body->grace;
  const std::shared_ptr<Drills::Job> job = drills_.start(std::move(drill));
  if (!job) return problem(409, "a drill of chain '" + chain + "' is under way");

  log::info("drill started", {{"chain", chain}, {"uid", request.peer}});
  HttpResponse response;
  if (wants_events(request)) {
    response.events = std::make_shared<DrillEvents>(job);
  } else {
    response = reply(job->record->json(), 202);
  }
  response.headers.emplace_back("Location", "/v1/chains/" + chain + "/drills/latest");
  return response;
}

HttpResponse NodeApi::latest_drill(const std::string& chain) const {
  if (!wiring_->find_chain(chain)) return no_such("chain", chain);
  const auto record = drills_.latest(chain);
  return record ? reply(record->json()) : no_such("drill of chain", chain);
}

HttpResponse NodeApi::list_runs() const {
  const std::vector<std::shared_ptr<RunRecord>> records = runs_.records();
  const auto states = states_by_id(engine_, records.size() + kMostLate);
  Json list = Json::array();
  for (const auto& record : records) {
    Json run = record->summary();
    const auto state = states.find(record->id());
    if (state != states.end()) add_state(run, state->second);
    list.push(std::move(run));
  }
  return reply(list);
}

HttpResponse NodeApi::run(const std::string& name) const {
  const auto id = parse_run_name(name);
  const auto record = id ? runs_.find(*id) : nullptr;
  if (!record) return no_such("run", name);
  Json run = record->json();
  if (const std::optional<flow::RunState> state = engine_.inspect(*id)) add_state(run, *state);
  return reply(run);
}

HttpResponse NodeApi::events(const std::string& name) const {
  const auto id = parse_run_name(name);
  auto record = id ? runs_.find(*id) : nullptr;
  return record ? stream(std::move(record), engine_) : no_such("run", name);
}

HttpResponse NodeApi::cancel(const HttpRequest& request, const std::string& name) const {
  const auto id = parse_run_name(name);
  const auto record = id ? runs_.find(*id) : nullptr;
  if (!record) return no_such("run", name);
  // One that has ended meanwhile is what the caller wanted as well.
  if (engine_.cancel(*id)) log::info("run cancelled", {{"run", name}, {"uid", request.peer}});
  return reply(record->summary(), 202);
}

}  // namespace tenon::api
