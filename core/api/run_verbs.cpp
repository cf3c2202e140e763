#include "api/run_verbs.h"

#include <tenon/described.h>
#include <tenon/log.h>

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "api/problem.h"
#include "api/query.h"
#include "api/recorded_run.h"
#include "api/reply.h"
#include "api/run_filter.h"
#include "api/runs_api.h"
#include "descriptor/diagnostics.h"
#include "flow/run.h"
#include "journal/actions.h"
#include "journal/errors.h"
#include "journal/pending.h"

namespace tenon::api {
namespace {

using journal::RunPhase;
using journal::Verb;

/// Of one request that acts on many.
constexpr std::size_t kMostAtOnce = 500;

constexpr std::array<Verb, 6> kVerbs{Verb::kCancel, Verb::kPause,    Verb::kResume,
                                     Verb::kRetry,  Verb::kSkipStep, Verb::kMarkDone};

std::vector<std::string> verb_names() {
  std::vector<std::string> names;
  for (const Verb verb : kVerbs) names.emplace_back(journal::verb_name(verb));
  return names;
}

std::optional<Verb> read_verb(std::string_view name) {
  const std::optional<Verb> verb = journal::verb_of_name(name);
  return verb && std::find(kVerbs.begin(), kVerbs.end(), *verb) != kVerbs.end() ? verb : std::nullopt;
}

bool names_a_step(Verb verb) { return verb == Verb::kSkipStep || verb == Verb::kMarkDone; }

/// The members of a body that say what is to be done. False if the member is none of them.
Result<bool> read_member(const std::string& name, const Json& value, journal::RunOrder& order) {
  if (name == "why") {
    if (value.as_string() == nullptr) return detail::mismatch("$.why", "string", value);
    order.why = *value.as_string();
  } else if (name == "step" && names_a_step(order.verb)) {
    const std::int64_t* step = value.as_int();
    if (step == nullptr || *step < 0 || *step > std::numeric_limits<std::uint32_t>::max()) {
      return make_error("JSON.1002", "number out of range", "$.step: expected the index of a step, from 0");
    }
    order.step = static_cast<std::uint32_t>(*step);
  } else if (name == "data" && order.verb == Verb::kMarkDone) {
    if (value.as_object() == nullptr) return detail::mismatch("$.data", "object", value);
    for (const auto& [key, item] : *value.as_object()) order.data.emplace_back(key, item);
  } else {
    return false;
  }
  return true;
}

/// That a verb which names a step was given one.
Result<void> check_step(const Json& body, Verb verb) {
  if (!names_a_step(verb) || body.find("step") != nullptr) return {};
  return make_error("JSON.1005", "member missing", "$.step: the index of the step, from 0");
}

/// `{"why": TEXT, "step": N, "data": {…}}`; an empty body is one without members.
Result<void> read_order(const std::string& text, journal::RunOrder& order) {
  const Result<Json> body = text.empty() ? Result<Json>(Json::object()) : read_object(text);
  if (!body) return body.error();
  for (const auto& [name, value] : *body->as_object()) {
    const Result<bool> known = read_member(name, value, order);
    if (!known) return known.error();
    if (!*known) return make_error("JSON.1004", "unknown member", "$." + name);
  }
  return check_step(*body, order.verb);
}

/// What is to be done to many.
struct ManyOrder {
  journal::RunOrder order;
  journal::RunFilter filter;
  bool dry_run = false;
};

Result<Verb> verb_member(const Json& body) {
  const Json* member = body.find("verb");
  const std::string* name = member != nullptr ? member->as_string() : nullptr;
  if (name == nullptr) return make_error("JSON.1005", "member missing", "$.verb");
  if (const std::optional<Verb> verb = read_verb(*name)) return *verb;
  std::string names;
  for (const std::string& known : verb_names()) names.append(names.empty() ? "" : ", ").append(known);
  return make_error(kBadParameter, "a parameter is wrong",
                    "$.verb: expected one of " + names + ", found '" + *name + "'");
}

Result<journal::RunFilter> filter_member(const Json& body) {
  const Json* member = body.find("filter");
  if (member == nullptr) return make_error("JSON.1005", "member missing", "$.filter");
  const Result<QueryParameters> parameters = filter_parameters(*member);
  if (!parameters) return parameters.error();
  const bool chooses = std::any_of(parameters->begin(), parameters->end(),
                                   [](const auto& one) { return one.first != "limit" && one.first != "before"; });
  if (!chooses) {
    return make_error(kBadParameter, "a parameter is wrong",
                      "$.filter: without a condition all runs would be meant; for that, name their states");
  }
  Result<journal::RunFilter> filter = read_run_filter(*parameters, journal::microseconds_now());
  if (!filter) return filter;
  if (filter->phases.empty()) {
    filter->phases = {RunPhase::kRunning, RunPhase::kUndoing, RunPhase::kPaused, RunPhase::kParked};
  }
  filter->limit = std::min(filter->limit, kMostAtOnce);
  return filter;
}

Result<ManyOrder> read_many(const std::string& text) {
  const Result<Json> body = read_object(text);
  if (!body) return body.error();
  ManyOrder many;
  const Result<Verb> verb = verb_member(*body);
  if (!verb) return verb.error();
  many.order.verb = *verb;
  Result<journal::RunFilter> filter = filter_member(*body);
  if (!filter) return std::move(filter).error();
  many.filter = std::move(filter).value();
  for (const auto& [name, value] : *body->as_object()) {
    if (name == "verb" || name == "filter") continue;
    if (name == "dry_run") {
      if (value.as_bool() == nullptr) return detail::mismatch("$.dry_run", "boolean", value);
      many.dry_run = *value.as_bool();
      continue;
    }
    const Result<bool> known = read_member(name, value, many.order);
    if (!known) return known.error();
    if (!*known) return make_error("JSON.1004", "unknown member", "$." + name);
  }
  if (Result<void> good = check_step(*body, many.order.verb); !good) return std::move(good).error();
  return many;
}

Json undo_json(const std::vector<journal::PreviewedUndo>& undos) {
  Json list = Json::array();
  for (const journal::PreviewedUndo& undo : undos) {
    list.push(Json::object()
                  .add("step", undo.step)
                  .add("name", undo.flow)
                  .add("plugin", undo.plugin)
                  .add("perhaps_begun", undo.perhaps_begun)
                  .add("has_undo", undo.has_undo));
  }
  return list;
}

HttpResponse needs_a_store() { return problem(409, "this node has no store: a run can only be cancelled"); }

}  // namespace

void RunVerbs::add_routes(Router& router) const {
  using Parameters = std::vector<std::string>;
  router.add("POST", "/v1/runs/actions", "Act on all runs that a filter chooses",
             [this](const HttpRequest& request, const Parameters&) { return act_on_all(request); });
  router.add("POST", "/v1/runs/{id}/{verb}", "Act on one run",
             [this](const HttpRequest& request, const Parameters& p) { return act(request, p[0], p[1]); });
  router.add("DELETE", "/v1/runs/{id}", "Ask a run to end: what it did is undone",
             [this](const HttpRequest& request, const Parameters& p) { return remove(request, p[0]); });
  router.add("GET", "/v1/runs/{id}/cancel-preview", "Tell what a cancel would undo",
             [this](const HttpRequest&, const Parameters& p) { return preview(p[0]); });
}

HttpResponse RunVerbs::act(const HttpRequest& request, const std::string& run, const std::string& verb) const {
  if (!is_json(request.content_type)) return problem(415, "expected application/json, found " + request.content_type);
  const auto id = parse_run_name(run);
  if (!id) return no_such("run", run);
  const std::optional<Verb> known = read_verb(verb);
  if (!known)
    return problem(404, "nothing called '" + verb + "' is done to runs" + descriptor::suggestion(verb, verb_names()));
  journal::RunOrder order;
  order.run = *id;
  order.verb = *known;
  if (Result<void> read = read_order(request.body, order); !read) return failure(read.error());
  if (store_ == nullptr) return *known == Verb::kCancel ? remove(request, run) : needs_a_store();
  return reply_later([this, order = std::move(order), peer = request.peer]() mutable {
    order.who = user_name(peer);
    return give(order);
  });
}

HttpResponse RunVerbs::remove(const HttpRequest& request, const std::string& run) const {
  const auto id = parse_run_name(run);
  if (!id) return no_such("run", run);
  const auto record = runs_.find(*id);
  const bool ended = record && record->summary().find("ended") != nullptr;
  if (store_ != nullptr && !ended) {
    return reply_later([this, run = *id, peer = request.peer] {
      journal::RunOrder order;
      order.run = run;
      order.who = user_name(peer);
      return give(order);
    });
  }
  if (!record) return no_such("run", run);
  // One that has ended meanwhile is what the caller wanted as well.
  if (engine_.cancel(*id)) log::info("run cancelled", {{"run", run}, {"uid", request.peer}});
  return reply(record->summary(), 202);
}

HttpResponse RunVerbs::preview(const std::string& run) const {
  const auto id = parse_run_name(run);
  if (!id) return no_such("run", run);
  if (store_ == nullptr) return needs_a_store();
  return reply_later([this, run, id = *id] {
    const Result<std::vector<journal::PreviewedUndo>> undos = store_->preview_cancel(id);
    if (!undos) return failure(undos.error());
    return reply(Json::object().add("id", run).add("undo", undo_json(*undos)));
  });
}

HttpResponse RunVerbs::give(const journal::RunOrder& order) const {
  if (const Result<void> given = store_->order(order); !given) return failure(given.error());
  return reply(summary(order.run), 202);
}

Json RunVerbs::summary(std::uint64_t run) const {
  if (const auto record = runs_.find(run)) {
    const std::optional<flow::RunState> state = engine_.inspect(run);
    return live_summary(*record, state ? &*state : nullptr);
  }
  const Result<std::optional<RecordedRun>> record = store_->read_run(run);
  if (record && *record) return recorded_summary((*record)->history.run);
  return Json::object().add("id", flow::run_name(run));
}

Json RunVerbs::give_one(const journal::RunOrder& order, const journal::RunSummary& run, bool dry_run) const {
  Json json = Json::object()
                  .add("id", flow::run_name(run.id))
                  .add("chain", run.chain)
                  .add("state", journal::phase_name(run.phase));
  Result<void> given = dry_run ? store_->may_order(order) : store_->order(order);
  if (given && dry_run && order.verb == Verb::kCancel) {
    const Result<std::vector<journal::PreviewedUndo>> undos = store_->preview_cancel(run.id);
    if (undos) json.add("undo", undo_json(*undos));
    if (!undos) given = undos.error();
  }
  json.add("done", !dry_run && given.ok());
  if (!given) json.add("error", error_json(given.error()));
  return json;
}

HttpResponse RunVerbs::act_on_all(const HttpRequest& request) const {
  if (!is_json(request.content_type)) return problem(415, "expected application/json, found " + request.content_type);
  Result<ManyOrder> read = read_many(request.body);
  if (!read) return failure(read.error());
  if (store_ == nullptr) return needs_a_store();
  return reply_later([this, many = std::move(read).value(), peer = request.peer]() mutable {
    const Result<journal::RunPage> page = store_->find_runs(many.filter);
    if (!page) return failure(page.error());
    many.order.who = user_name(peer);
    Json runs = Json::array();
    std::uint64_t failed = 0;
    for (const journal::RunSummary& run : page->runs) {
      many.order.run = run.id;
      Json one = give_one(many.order, run, many.dry_run);
      if (one.find("error") != nullptr) ++failed;
      runs.push(std::move(one));
    }
    Json body = Json::object()
                    .add("verb", journal::verb_name(many.order.verb))
                    .add("dry_run", many.dry_run)
                    .add("done", many.dry_run ? std::uint64_t{0} : page->runs.size() - failed)
                    .add("failed", failed);
    if (page->next != 0) body.add("next", flow::run_name(page->next));
    body.add("runs", std::move(runs));
    return reply(body);
  });
}

}  // namespace tenon::api
