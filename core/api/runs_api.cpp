#include "api/runs_api.h"

#include <tenon/log.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>

#include "api/problem.h"
#include "api/query.h"
#include "api/recorded_run.h"
#include "api/reply.h"
#include "api/run_body.h"
#include "api/run_events.h"
#include "api/run_filter.h"
#include "api/run_start.h"
#include "api/run_state_json.h"
#include "flow/run.h"
#include "journal/pending.h"
#include "store/errors.h"

namespace tenon::api {
namespace {

/// How long the start of a run waits for the journal before its caller is told that it may come later.
constexpr std::chrono::milliseconds kStartPatience{5000};
/// Runs that have ended but for late answers, and that are looked at besides those in flight.
constexpr std::size_t kMostLate = 1000;

HttpResponse stream(std::shared_ptr<RunRecord> record, const flow::Engine& engine) {
  HttpResponse response;
  response.events = std::make_shared<RunEvents>(std::move(record), engine);
  return response;
}

bool is_paused(const flow::RunState& state) {
  return !state.places.empty() && std::all_of(state.places.begin(), state.places.end(), [](const auto& place) {
    return place.waiting == flow::Waiting::kPaused;
  });
}

void set_state(Json& run, std::string_view state) {
  for (auto& [name, member] : *run.as_object()) {
    if (name == "state") member = Json(state);
  }
}

/// What it is at, added to what its record says.
void add_live(Json& run, const flow::RunState* state) {
  if (state == nullptr) return;
  add_state(run, *state);
  if (!state->ended && is_paused(*state)) set_state(run, journal::phase_name(journal::RunPhase::kPaused));
}

/// All of a run that has ended, as the stream that somebody asks for who would have followed it.
class EndedRunEvents final : public EventSource {
 public:
  explicit EndedRunEvents(const Json& run) : text_(event_text("run", run) + event_text("end", run)) {}
  std::string take() override { return std::exchange(text_, {}); }
  bool ended() const override { return text_.empty(); }
  void notify(std::function<void()> /*wake*/) override {}

 private:
  std::string text_;
};

HttpResponse overdue(const std::string& run) {
  HttpResponse response = failure(store::store_error(
      store::kUnreachable, "run " + run + " is not recorded yet: it begins when the store is back, if the node lives"));
  response.headers.emplace_back("Location", "/v1/runs/" + run);
  return response;
}

}  // namespace

std::optional<HttpResponse> refused_by_journal(const RunStore* store) {
  if (store == nullptr) return std::nullopt;
  const journal::JournalState state = store->journal();
  if (state.available) return std::nullopt;
  return failure(store::store_error(
      store::kUnreachable, "no run begins until it is back; since " + timestamp(state.since) + ": " + state.reason));
}

Json live_summary(const RunRecord& record, const flow::RunState* state) {
  Json run = record.summary();
  add_live(run, state);
  return run;
}

void RunsApi::add_routes(Router& router) const {
  using Parameters = std::vector<std::string>;
  router.add("POST", "/v1/chains/{name}/runs", "Start a run of a chain",
             [this](const HttpRequest& request, const Parameters& p) { return start(request, p[0]); });
  router.add("GET", "/v1/runs", "List runs, the newest first",
             [this](const HttpRequest& request, const Parameters&) { return list(request); });
  router.add("GET", "/v1/runs/{id}", "Show one run",
             [this](const HttpRequest&, const Parameters& p) { return show(p[0]); });
  router.add("GET", "/v1/runs/{id}/events", "Follow a run to its end",
             [this](const HttpRequest&, const Parameters& p) { return events(p[0]); });
}

HttpResponse RunsApi::start(const HttpRequest& request, const std::string& chain) const {
  if (!is_json(request.content_type)) return problem(415, "expected application/json, found " + request.content_type);
  flow::RunRequest run;
  run.chain = wiring_.get()->find_chain(chain);
  if (!run.chain) return no_such("chain", chain);
  Result<RunBody> body = read_run_body(request.body, false);
  if (!body) return failure(body.error());
  if (std::optional<HttpResponse> refused = refused_by_journal(store_)) return *std::move(refused);
  run.input = std::move(body->input);
  const std::shared_ptr<RunStart> beginning = RunStart::watch(run);
  Result<std::shared_ptr<RunRecord>> started = runs_.start(engine_, std::move(run));
  if (!started) return failure(started.error());

  const std::string name = (*started)->name();
  log::info("run started", {{"run", name}, {"chain", chain}, {"uid", request.peer}});
  // Whoever wants to follow the run gets its events at once: with a second request it might come too late.
  const auto answer = [this, beginning, record = *started, name, follow = wants_events(request)] {
    switch (beginning->state()) {
      case RunStart::State::kWaits: return overdue(name);
      case RunStart::State::kRefused: return failure(beginning->error());
      case RunStart::State::kDurable: break;
    }
    HttpResponse response = follow ? stream(record, engine_) : reply(record->json(), 202);
    response.headers.emplace_back("Location", "/v1/runs/" + name);
    return response;
  };
  HttpResponse response;
  response.later = std::make_shared<LaterAnswer>();
  response.later->notify = [beginning](std::function<void()> wake) { beginning->notify(std::move(wake)); };
  response.later->patience = kStartPatience;
  response.later->answer = answer;
  return response;
}

HttpResponse RunsApi::list(const HttpRequest& request) const {
  Result<QueryParameters> parameters = read_query(request.target);
  if (!parameters) return failure(parameters.error());
  bool live = store_ == nullptr;
  std::string query;
  for (auto one = parameters->begin(); one != parameters->end();) {
    if (one->first == "live") {
      if (one->second != "true") return failure(bad_parameter("live", "true", one->second));
      live = true;
      one = parameters->erase(one);
      continue;
    }
    if (one->first != "before") query += one->first + "=" + query_text(one->second) + "&";
    ++one;
  }
  Result<journal::RunFilter> filter = read_run_filter(*parameters, journal::microseconds_now());
  if (!filter) return failure(filter.error());
  if (live) return list_live(*filter);
  return reply_later([this, filter = std::move(filter).value(), query] { return list_recorded(filter, query); });
}

HttpResponse RunsApi::list_live(const journal::RunFilter& filter) const {
  const std::vector<std::shared_ptr<RunRecord>> records = runs_.records();
  const auto states = states_by_id(engine_, records.size() + kMostLate);
  static const std::vector<std::string> kNone;
  Json list = Json::array();
  for (const auto& record : records) {
    if (list.as_array()->size() == filter.limit) break;
    const auto state = states.find(record->id());
    const bool known = state != states.end();
    Json run = live_summary(*record, known ? &state->second : nullptr);
    if (matches(filter, record->id(), run, known ? state->second.locks : kNone)) list.push(std::move(run));
  }
  return reply(list);
}

HttpResponse RunsApi::list_recorded(const journal::RunFilter& filter, const std::string& query) const {
  const Result<journal::RunPage> page = store_->find_runs(filter);
  if (!page) return failure(page.error());
  Json list = Json::array();
  for (const journal::RunSummary& summary : page->runs) {
    const auto record = runs_.find(summary.id);
    if (!record) {
      list.push(recorded_summary(summary));
      continue;
    }
    const std::optional<flow::RunState> state = engine_.inspect(summary.id);
    Json run = live_summary(*record, state ? &*state : nullptr);
    add_summary(run, summary);
    list.push(std::move(run));
  }
  HttpResponse response = reply(list);
  if (page->next != 0) {
    const std::string next = "/v1/runs?" + query + "before=" + flow::run_name(page->next);
    response.headers.emplace_back("Link", "<" + next + ">; rel=\"next\"");
  }
  return response;
}

Json RunsApi::live_json(std::uint64_t run) const {
  const auto record = runs_.find(run);
  if (!record) return {};
  Json json = record->json();
  const std::optional<flow::RunState> state = engine_.inspect(run);
  add_live(json, state ? &*state : nullptr);
  return json;
}

HttpResponse RunsApi::show(const std::string& name) const {
  const auto id = parse_run_name(name);
  if (!id) return no_such("run", name);
  if (store_ == nullptr) {
    const Json live = live_json(*id);
    return live.is_null() ? no_such("run", name) : reply(live);
  }
  return reply_later([this, name, run = *id] {
    const Result<std::optional<RecordedRun>> record = store_->read_run(run);
    Json live = live_json(run);
    if (live.is_null()) {
      if (!record) return failure(record.error());
      return *record ? reply(recorded_json(**record)) : no_such("run", name);
    }
    if (!record) {
      live.add("record_error", error_json(record.error()));
    } else if (*record) {
      add_record(live, **record);
    }
    return reply(live);
  });
}

HttpResponse RunsApi::events(const std::string& name) const {
  const auto id = parse_run_name(name);
  if (!id) return no_such("run", name);
  if (auto record = runs_.find(*id)) return stream(std::move(record), engine_);
  if (store_ == nullptr) return no_such("run", name);
  return reply_later([this, name, run = *id] {
    const Result<std::optional<RecordedRun>> record = store_->read_run(run);
    if (!record) return failure(record.error());
    if (!*record) return no_such("run", name);
    const journal::RunSummary& summary = (*record)->history.run;
    if (summary.ended == 0) {
      return problem(409, "run '" + name + "' is not at work on this node: it is " +
                              std::string(journal::phase_name(summary.phase)) +
                              (summary.parked.empty() ? "" : ": " + summary.parked));
    }
    HttpResponse response;
    response.events = std::make_shared<EndedRunEvents>(recorded_json(**record));
    return response;
  });
}

}  // namespace tenon::api
