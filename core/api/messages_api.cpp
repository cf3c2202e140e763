#include "api/messages_api.h"

#include <tenon/described.h>
#include <tenon/log.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <utility>

#include "api/json_text.h"
#include "api/problem.h"
#include "api/reply.h"
#include "api/run_events.h"
#include "api/runs_api.h"
#include "descriptor/diagnostics.h"
#include "flow/run.h"
#include "message/errors.h"

namespace tenon::api {
namespace {

/// How long the start of a run waits for the journal before its caller is told that it may come later.
constexpr std::chrono::milliseconds kStartPatience{5000};
/// The dispatcher ends a call in time: this is for what would be a fault of ours.
constexpr std::chrono::milliseconds kSlack{5000};
constexpr std::chrono::milliseconds kLongest{std::chrono::hours(24)};

/// An answer on its way from a service to the server.
class AnswerUnderWay {
 public:
  void answer(Result<Value> value) {
    settle([&] { answer_ = std::move(value); });
  }
  void started(std::uint64_t run) {
    settle([&] { run_ = run; });
  }
  void notify(std::function<void()> wake) {
    {
      const std::lock_guard lock(mutex_);
      if (!settled()) {
        wake_ = std::move(wake);
        return;
      }
    }
    wake();
  }
  /// What has come first, if anything has.
  [[nodiscard]] std::pair<std::optional<Result<Value>>, std::optional<std::uint64_t>> take() {
    const std::lock_guard lock(mutex_);
    return {std::move(answer_), run_};
  }
  [[nodiscard]] bool is_settled() const {
    const std::lock_guard lock(mutex_);
    return settled();
  }

 private:
  [[nodiscard]] bool settled() const { return answer_.has_value() || run_.has_value(); }
  template <class Set>
  void settle(const Set& set) {
    std::function<void()> wake;
    {
      const std::lock_guard lock(mutex_);
      if (settled()) return;  // of a run, its start has been told
      set();
      wake = std::exchange(wake_, nullptr);
    }
    if (wake) wake();
  }

  mutable std::mutex mutex_;
  std::optional<Result<Value>> answer_;
  std::optional<std::uint64_t> run_;
  std::function<void()> wake_;
};

HttpResponse value_reply(const message::HandledMessage& handled, const Value& value) {
  if (handled.entry->reply_type_id == kTypeId<NoReply>) {
    HttpResponse response;
    response.status = handled.route->status;
    return response;
  }
  return reply(value.json(), handled.route->status);
}

Json error_code_json(const descriptor::ErrorCodeDefinition& error) {
  Json json = Json::object().add("code", error.code).add("description", error.description);
  if (!error.remedy.empty()) json.add("remedy", error.remedy);
  if (error.status) json.add("status", std::int64_t{*error.status});
  return json.add("place", error.place.to_string());
}

}  // namespace

MessagesApi::MessagesApi(wiring::Current wiring, message::Dispatcher& dispatcher, flow::Engine& engine, RunLog& runs,
                         RunStore* store, RequestLog* requests)
    : wiring_(std::move(wiring)),
      dispatcher_(dispatcher),
      engine_(engine),
      runs_(runs),
      store_(store),
      requests_(requests) {}

/// A message that is ready to be sent.
struct MessagesApi::Sending {
  Handled handled;
  Value message;
  CallOptions options;
  bool follow = false;
};

void MessagesApi::add_routes(Router& router) const {
  router.add("GET", "/v1/messages", "List the messages", [this](const HttpRequest&, const Parameters&) {
    Json list = Json::array();
    const std::shared_ptr<const message::MessageTable> table = wiring_.get()->messages;
    for (const message::HandledMessage& message : table->messages()) list.push(message_json(message));
    return reply(list);
  });
  router.add("GET", "/v1/messages/{name}", "Show one message",
             [this](const HttpRequest&, const Parameters& p) { return show(p[0]); });
  router.add("GET", "/v1/calls", "List the calls that are not answered yet",
             [this](const HttpRequest&, const Parameters&) { return calls(); });
  router.add("GET", "/v1/errors", "List the error codes", [this](const HttpRequest&, const Parameters&) {
    Json list = Json::array();
    const auto wiring = wiring_.get();
    for (const auto& error : wiring->errors) list.push(error_code_json(error));
    return reply(list);
  });
  router.add("GET", "/v1/errors/{code}", "Show one error code",
             [this](const HttpRequest&, const Parameters& p) { return error(p[0]); });
}

void MessagesApi::add_messages(Router& router, const std::shared_ptr<const message::MessageTable>& table) const {
  for (const message::HandledMessage& message : table->messages()) {
    if (!message.route) continue;
    router.add(message.route->method, message.route->path, message.description,
               [this, handled = Handled(table, &message)](const HttpRequest& request, const Parameters& p) {
                 return send(request, handled, p);
               });
  }
}

HttpResponse MessagesApi::send(const HttpRequest& request, const Handled& known, const Parameters& parameters) const {
  const message::HandledMessage& handled = *known;
  if (!is_json(request.content_type)) return problem(415, "expected application/json, found " + request.content_type);
  CallOptions options;
  options.caller = caller(request.peer, request.id);
  if (handled.role == "admin" && !options.caller->is_admin) {
    return refused(make_error(message::kForbidden, "the caller may not send this message",
                              handled.name + " is for administrators, and not for " + options.caller->user));
  }
  const Result<Json> json = read_message(request, handled, parameters);
  if (!json) return refused(json.error());
  Result<Value> message = handled.entry->read(*json);
  if (!message) return refused(message.error());
  if (auto fits = handled.fields.check(*json); !fits) return refused(fits.error());
  if (handled.run) {
    if (std::optional<HttpResponse> refusal = refused_by_journal(store_)) return *std::move(refusal);
  }

  Sending sending{known, *std::move(message), std::move(options), wants_events(request)};
  if (request.idempotency_key.empty() || request.method == "GET" || requests_ == nullptr) {
    return dispatch(std::move(sending));
  }
  if (!RequestLog::is_key(request.idempotency_key)) {
    return refused(make_error(kBadKey, "no key of a request", "expected 1 to 255 printable characters without blanks"));
  }
  sending.follow = false;  // what is answered is kept, and a stream can't be
  return reply_later([this, request, sending] { return send_once(request, sending); });
}

HttpResponse MessagesApi::send_once(const HttpRequest& request, Sending sending) const {
  const std::string caller = sending.options.caller->user;
  const std::string& key = request.idempotency_key;
  Result<RequestLog::Begun> begun = requests_->begin(caller, request);
  if (!begun) return refused(begun.error());
  if (begun->answer) return *std::move(begun->answer);
  const auto kept = [this, caller, key](HttpResponse answer) {
    requests_->end(caller, key, answer);
    return answer;
  };
  if (begun->run) return kept(started(*begun->run, false));
  sending.options.key = RequestLog::run_key(caller, key);
  HttpResponse response = dispatch(std::move(sending));
  if (!response.later) return kept(std::move(response));
  const auto later = std::make_shared<LaterAnswer>(*response.later);
  later->answer = [answer = response.later->answer, kept] {
    return reply_later([found = answer(), kept] { return kept(found); });
  };
  response.later = later;
  return response;
}

HttpResponse MessagesApi::dispatch(Sending sending) const {
  const message::HandledMessage& handled = *sending.handled;
  CallOptions& options = sending.options;
  const auto under_way = std::make_shared<AnswerUnderWay>();
  options.started = [under_way](std::uint64_t run) { under_way->started(run); };
  dispatcher_.ask(std::move(sending.message), std::move(options),
                  [under_way](Result<Value> answer) { under_way->answer(std::move(answer)); });
  const auto answer = [this, under_way, known = sending.handled, follow = sending.follow] {
    auto [value, run] = under_way->take();
    if (run) return started(*run, follow);
    if (!value) return problem(504, "there is no answer yet: " + known->described());
    return *value ? value_reply(*known, **value) : refused(value->error());
  };
  if (under_way->is_settled()) return answer();
  HttpResponse response;
  response.later = std::make_shared<LaterAnswer>();
  response.later->notify = [under_way](std::function<void()> wake) { under_way->notify(std::move(wake)); };
  response.later->patience = handled.run                   ? kStartPatience
                             : handled.timeout.count() > 0 ? handled.timeout + kSlack
                                                           : kLongest;
  response.later->answer = answer;
  return response;
}

HttpResponse MessagesApi::started(std::uint64_t run, bool follow) const {
  const std::shared_ptr<RunRecord> record = runs_.find(run);
  HttpResponse response;
  if (record != nullptr && follow) {
    response.events = std::make_shared<RunEvents>(record, engine_);
  } else {
    response = reply(record != nullptr ? record->json() : Json::object().add("id", flow::run_name(run)), 202);
  }
  response.headers.emplace_back("Location", "/v1/runs/" + flow::run_name(run));
  return response;
}

HttpResponse MessagesApi::refused(const ErrorCode& error) const {
  const auto wiring = wiring_.get();
  const auto known =
      std::lower_bound(wiring->errors.begin(), wiring->errors.end(), error.code,
                       [](const auto& declared, const std::string& code) { return declared.code < code; });
  if (known == wiring->errors.end() || known->code != error.code) return failure(error);
  return failure(error, known->status ? *known->status : status_of(error), known->remedy);
}

HttpResponse MessagesApi::show(const std::string& name) const {
  const std::shared_ptr<const message::MessageTable> table = wiring_.get()->messages;
  if (const message::HandledMessage* message = table->find(std::string_view(name))) {
    return reply(message_json(*message));
  }
  std::vector<std::string> names;
  for (const message::HandledMessage& message : table->messages()) names.push_back(message.name);
  return problem(404, "there is no message '" + name + "'" + descriptor::suggestion(name, names));
}

HttpResponse MessagesApi::calls() const {
  Json list = Json::array();
  for (const message::CallReport& call : dispatcher_.pending()) {
    Json json = Json::object()
                    .add("message", call.message)
                    .add("handler", call.handler)
                    .add("caller", call.caller)
                    .add("age_ms", std::int64_t{call.age.count()});
    if (call.waits) {
      Json behind = Json::array();
      for (const std::string& holder : call.behind) behind.push(holder);
      json.add("waits_for", call.key).add("behind", std::move(behind));
    }
    list.push(std::move(json));
  }
  return reply(list);
}

HttpResponse MessagesApi::error(const std::string& code) const {
  std::vector<std::string> codes;
  const auto wiring = wiring_.get();
  for (const auto& error : wiring->errors) {
    if (error.code == code) return reply(error_code_json(error));
    codes.push_back(error.code);
  }
  return problem(404, "there is no error code '" + code + "'" + descriptor::suggestion(code, codes));
}

std::shared_ptr<const Caller> MessagesApi::caller(uid_t user, const std::string& request) const {
  std::string name;
  {
    const std::lock_guard lock(mutex_);
    std::string& known = names_[user];
    if (known.empty()) known = user_name(user);
    name = known;
  }
  return std::make_shared<const Caller>(Caller{std::move(name), is_administrator(user), request});
}

}  // namespace tenon::api
