#include "api/node_api.h"

#include <tenon/log.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>

#include "api/chain_json.h"
#include "api/json_text.h"
#include "api/openapi.h"
#include "api/problem.h"
#include "api/reply.h"
#include "api/run_body.h"
#include "api/run_state_json.h"
#include "api/wiring_json.h"
#include "descriptor/diagnostics.h"

namespace tenon::api {
namespace {

/// Runs that have ended but for late answers, and that are looked at besides those in flight.
constexpr std::size_t kMostLate = 1000;
/// A status must come at once, however many runs there are: of those in flight so many are looked at.
constexpr std::size_t kMostInspected = 10'000;

Json journal_json(const journal::JournalState& state) {
  Json json = Json::object().add("available", state.available);
  if (!state.available) json.add("reason", state.reason).add("since", timestamp(state.since));
  return json.add("queued", std::uint64_t{state.queued}).add("commits", state.commits).add("records", state.records);
}

}  // namespace

NodeApi::NodeApi(std::string version, wiring::Current wiring, flow::Engine& engine, RunLog& runs,
                 message::Dispatcher& dispatcher, RunStore* store, message::EventHub* events, RequestLog* requests,
                 wiring::Reloader* reloader, plugin::Generations* generations)
    : version_(std::move(version)),
      wiring_(std::move(wiring)),
      engine_(engine),
      run_store_(store),
      drills_(wiring_, engine, runs),
      runs_(wiring_, engine, runs, store),
      verbs_(engine, runs, store),
      debts_(store),
      messages_(wiring_, dispatcher, engine, runs, store, requests),
      configs_(wiring_.get()->configs),
      plugins_(wiring_, reloader, generations, engine),
      properties_(wiring_),
      tags_(wiring_) {
  if (events != nullptr) events_ = std::make_unique<const EventsApi>(*events);
  rewire();
}

void NodeApi::rewire() {
  const std::shared_ptr<const message::MessageTable> table = wiring_.get()->messages;
  auto surface = std::make_shared<Surface>();
  add_routes(surface->router);
  surface->openapi = print_json(openapi_json(version_, surface->router.descriptions(), *table));
  messages_.add_messages(surface->router, table);
  std::shared_ptr<const Surface> former = std::move(surface);  // goes outside of the lock
  const std::lock_guard lock(mutex_);
  surface_.swap(former);
}

std::shared_ptr<const NodeApi::Surface> NodeApi::surface() const {
  const std::lock_guard lock(mutex_);
  return surface_;
}

HttpResponse NodeApi::handle(const HttpRequest& request) const { return surface()->router.route(request); }

void NodeApi::add_routes(Router& router) {
  const auto get = [&router](std::string_view path, std::string_view summary, auto handler) {
    router.add("GET", path, summary,
               [handler](const HttpRequest&, const Parameters& parameters) { return handler(parameters); });
  };
  get("/openapi.json", "Describe this API", [this](const Parameters&) {
    HttpResponse response;
    response.body = surface()->openapi;
    return response;
  });
  get("/v1/status", "Tell how the node is", [this](const Parameters&) { return status(); });
  plugins_.add_routes(router);
  get("/v1/drivers", "List the drivers", [this](const Parameters&) { return reply(drivers_json(*wiring_.get())); });
  get("/v1/extensions", "List the extensions, in the order of their calls",
      [this](const Parameters&) { return reply(extensions_json(*wiring_.get())); });
  get("/v1/chains", "List the chains", [this](const Parameters&) { return reply(chains_json(*wiring_.get())); });
  get("/v1/chains/{name}", "Show one chain: its steps, policies and data",
      [this](const Parameters& p) { return chain(p[0]); });
  get("/v1/chains/{name}/drills/latest", "Show the latest drill of a chain",
      [this](const Parameters& p) { return latest_drill(p[0]); });
  router.add("POST", "/v1/chains/{name}/drills", "Let a chain fail at each step, and compare what is left",
             [this](const HttpRequest& request, const Parameters& p) { return start_drill(request, p[0]); });
  runs_.add_routes(router);
  verbs_.add_routes(router);
  debts_.add_routes(router);
  messages_.add_routes(router);
  configs_.add_routes(router);
  properties_.add_routes(router);
  tags_.add_routes(router);
  if (events_ != nullptr) events_->add_routes(router);
}

HttpResponse NodeApi::status() const {
  const auto wiring = wiring_.get();
  const std::size_t in_flight = engine_.in_flight();
  const auto states = states_by_id(engine_, std::min(in_flight, kMostInspected) + kMostLate);
  const auto late = std::count_if(states.begin(), states.end(), [](const auto& entry) { return entry.second.ended; });
  Json body = Json::object()
                  .add("version", version_)
                  .add("state", stopping_ ? "stopping" : "running")
                  .add("since", timestamp(since_))
                  .add("pid", static_cast<std::int64_t>(::getpid()))
                  .add("plugins", std::uint64_t{wiring->plugins.size()})
                  .add("beans", std::uint64_t{wiring->bean_infos.size()})
                  .add("drivers", std::uint64_t{wiring->drivers.size()})
                  .add("extensions", std::uint64_t{wiring->extensions.size()})
                  .add("chains", std::uint64_t{wiring->chains.size()})
                  .add("messages", std::uint64_t{wiring->messages->messages().size()})
                  .add("runs_in_flight", std::uint64_t{in_flight})
                  .add("runs_waiting_late", std::int64_t{late});
  if (Json reload = plugins_.last_reload(); reload.as_object() != nullptr) body.add("last_reload", std::move(reload));
  if (store_) body.add("store", store_());
  if (crashes_) {
    const Json told = crashes_();
    for (const auto& [name, value] : *told.as_object()) body.add(name, value);
  }
  if (run_store_ == nullptr) return reply(body);
  const journal::JournalState journal = run_store_->journal();
  const journal::KeeperState keeper = run_store_->keeper();
  body.add("journal", journal_json(journal))
      .add("runs_recovering", std::uint64_t{keeper.recovering})
      .add("runs_parked", std::uint64_t{keeper.parked});
  if (!journal.available) return reply(body);
  return reply_later([store = run_store_, body]() mutable {
    // A status without them is better than none.
    if (const Result<std::uint64_t> debts = store->count_debts()) body.add("debts_open", *debts);
    return reply(body);
  });
}

HttpResponse NodeApi::chain(const std::string& name) const {
  const auto found = wiring_.get()->find_chain(name);
  return found ? reply(chain_json(*found)) : no_such("chain", name);
}

HttpResponse NodeApi::start_drill(const HttpRequest& request, const std::string& chain) {
  if (!is_json(request.content_type)) return problem(415, "expected application/json, found " + request.content_type);
  DrillRequest drill;
  drill.chain = wiring_.get()->find_chain(chain);
  if (!drill.chain) return no_such("chain", chain);
  Result<RunBody> body = read_run_body(request.body, true);
  if (!body) return failure(body.error());
  if (std::optional<HttpResponse> refused = refused_by_journal(run_store_)) return *std::move(refused);
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
  if (!wiring_.get()->find_chain(chain)) return no_such("chain", chain);
  const auto record = drills_.latest(chain);
  return record ? reply(record->json()) : no_such("drill of chain", chain);
}

}  // namespace tenon::api
