#include "api/debts_api.h"

#include <tenon/described.h>

#include <optional>
#include <utility>
#include <vector>

#include "api/problem.h"
#include "api/query.h"
#include "api/recorded_run.h"
#include "api/recorded_steps.h"
#include "api/reply.h"
#include "api/run_filter.h"
#include "journal/debts.h"
#include "journal/errors.h"
#include "journal/records.h"

namespace tenon::api {
namespace {

using journal::DebtState;

Result<void> read_states(std::string_view text, std::vector<DebtState>& states) {
  while (true) {
    const std::string_view name = text.substr(0, text.find(','));
    const std::optional<DebtState> state = journal::debt_state_of_name(name);
    if (!state) return bad_parameter("state", "some of open, awaited, taken, paid, settled", name);
    states.push_back(*state);
    if (name.size() == text.size()) return {};
    text.remove_prefix(name.size() + 1);
  }
}

Result<void> read_one(const std::string& name, const std::string& text, journal::DebtFilter& filter) {
  if (name == "state") return read_states(text, filter.states);
  if (name == "run") {
    const Result<std::uint64_t> run = read_run_id(name, text);
    if (!run) return run.error();
    filter.run = *run;
  } else if (name == "plugin") {
    filter.plugin = text;
  } else if (name == "chain") {
    filter.chain = text;
  } else if (name == "after") {
    filter.after = text;
  } else if (name == "limit") {
    const Result<std::uint64_t> limit = read_count(name, text, 1, kMostListed);
    if (!limit) return limit.error();
    filter.limit = *limit;
  } else {
    return unknown_parameter(name, {"state", "run", "plugin", "chain", "limit", "after"});
  }
  return {};
}

/// The one member that a body may have, a text; nothing if it is not there.
Result<std::string> read_text_member(const std::string& body, std::string_view name) {
  const Result<Json> json = body.empty() ? Result<Json>(Json::object()) : read_object(body);
  if (!json) return json.error();
  std::string text;
  for (const auto& [member, value] : *json->as_object()) {
    if (member != name) return make_error("JSON.1004", "unknown member", "$." + member);
    if (value.as_string() == nullptr) return detail::mismatch("$." + member, "string", value);
    text = *value.as_string();
  }
  return text;
}

HttpResponse no_debt(const std::string& key) { return no_such("debt", key); }

}  // namespace

void DebtsApi::add_routes(Router& router) const {
  using Parameters = std::vector<std::string>;
  router.add("GET", "/v1/debts", "List what undos owe",
             [this](const HttpRequest& request, const Parameters&) { return list(request); });
  router.add("GET", "/v1/debts/{key}", "Show one debt",
             [this](const HttpRequest&, const Parameters& p) { return show(p[0]); });
  router.add("POST", "/v1/debts/{key}/retry", "Try an undo again now",
             [this](const HttpRequest& request, const Parameters& p) { return retry(request, p[0]); });
  router.add("POST", "/v1/debts/{key}/settle", "Say for a reason that nothing of it is left",
             [this](const HttpRequest& request, const Parameters& p) { return settle(request, p[0]); });
}

HttpResponse DebtsApi::list(const HttpRequest& request) const {
  const Result<QueryParameters> parameters = read_query(request.target);
  if (!parameters) return failure(parameters.error());
  journal::DebtFilter filter;
  std::string query;
  for (const auto& [name, text] : *parameters) {
    if (Result<void> read = read_one(name, text, filter); !read) return failure(read.error());
    if (name != "after") query += name + "=" + query_text(text) + "&";
  }
  if (store_ == nullptr) return reply(Json::array());
  return reply_later([this, filter = std::move(filter), query]() mutable {
    // One more than is asked for tells whether there are others.
    ++filter.limit;
    Result<std::vector<journal::Debt>> debts = store_->find_debts(filter);
    if (!debts) return failure(debts.error());
    const bool more = debts->size() == filter.limit;
    if (more) debts->pop_back();
    Json list = Json::array();
    for (const journal::Debt& debt : *debts) list.push(debt_json(debt));
    HttpResponse response = reply(list);
    if (more) {
      response.headers.emplace_back(
          "Link", "</v1/debts?" + query + "after=" + query_text(debts->back().key) + ">; rel=\"next\"");
    }
    return response;
  });
}

HttpResponse DebtsApi::show(const std::string& key) const {
  if (store_ == nullptr) return no_debt(key);
  return reply_later([this, key] {
    const Result<std::optional<journal::Debt>> debt = store_->find_debt(key);
    if (!debt) return failure(debt.error());
    if (!*debt) return no_debt(key);
    std::vector<journal::StoredValue> data;
    if (!(*debt)->data.empty()) {
      if (const Result<void> read = journal::read_values((*debt)->data, -1, data); !read) return failure(read.error());
    }
    return reply(debt_json(**debt).add("data", data_json(data)));
  });
}

HttpResponse DebtsApi::retry(const HttpRequest& request, const std::string& key) const {
  if (!is_json(request.content_type)) return problem(415, "expected application/json, found " + request.content_type);
  Result<std::string> why = read_text_member(request.body, "why");
  if (!why) return failure(why.error());
  if (store_ == nullptr) return no_debt(key);
  return reply_later([this, key, why = std::move(why).value(), peer = request.peer] {
    return answer(key, store_->retry_debt(key, user_name(peer), why));
  });
}

HttpResponse DebtsApi::settle(const HttpRequest& request, const std::string& key) const {
  if (!is_json(request.content_type)) return problem(415, "expected application/json, found " + request.content_type);
  Result<std::string> reason = read_text_member(request.body, "reason");
  if (!reason) return failure(reason.error());
  if (reason->empty()) {
    return failure(make_error("JSON.1005", "member missing", "$.reason: why nothing is left to be undone"));
  }
  if (store_ == nullptr) return no_debt(key);
  return reply_later([this, key, reason = std::move(reason).value(), peer = request.peer] {
    return answer(key, store_->settle_debt(key, user_name(peer), reason));
  });
}

HttpResponse DebtsApi::answer(const std::string& key, const Result<void>& done) const {
  const Result<std::optional<journal::Debt>> debt = store_->find_debt(key);
  if (!done && done.error().code == journal::kNoSuchDebt && debt) {
    if (!*debt) return no_debt(key);
    return problem(409, make_error(journal::kNoSuchDebt, "this can't be done to the debt now",
                                   key + " is " + std::string(journal::debt_state_name((*debt)->state))));
  }
  if (!done) return failure(done.error());
  if (!debt) return failure(debt.error());
  return *debt ? reply(debt_json(**debt), 202) : no_debt(key);
}

}  // namespace tenon::api
