#include "message/call.h"

#include <tenon/described.h>
#include <tenon/log.h>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

#include "flow/engine.h"
#include "message/core.h"
#include "message/errors.h"

namespace tenon::message {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::milliseconds timeout_of(const HandledMessage& handled, const CallOptions& options) {
  return options.timeout.count() > 0 ? options.timeout : handled.timeout;
}

ErrorCode threw(const HandledMessage& handled, const std::string& who, const std::string& what) {
  return make_error(kThrew, "a handler or an interceptor threw an exception", handled.name + ": " + who + ": " + what);
}

/// What is thrown, as an error.
ErrorCode caught(const HandledMessage& handled, const std::string& who) {
  try {
    throw;
  } catch (const Error& e) {
    return e.error();
  } catch (const std::exception& e) {
    return threw(handled, who, e.what());
  } catch (...) {
    return threw(handled, who, "not a std::exception");
  }
}

/// The members that a schema has.
Json only(const Json& message, const Json& schema) {
  const Json* properties = schema.find("properties");
  Json part = Json::object();
  for (const auto& [name, value] : *message.as_object()) {
    if (properties != nullptr && properties->find(name) != nullptr) part.add(name, value);
  }
  return part;
}

}  // namespace

CallUnderWay::CallUnderWay(std::shared_ptr<DispatcherCore> core, std::shared_ptr<const MessageTable> table,
                           const HandledMessage& handled, Value message, CallOptions options, MessageHost::Done done)
    : CallState(std::move(message)),
      core_(std::move(core)),
      table_(std::move(table)),
      handled_(handled),
      options_(std::move(options)),
      done_(std::move(done)),
      since_(core_->now()),
      deadline_(timeout_of(handled_, options_).count() > 0 ? since_ + timeout_of(handled_, options_)
                                                           : Clock::time_point::max()),
      id_(core_->next_id()) {}

CallUnderWay::~CallUnderWay() {
  for (const auto& gate : handled_.gates) gate->leave();
}

const void* CallUnderWay::as(std::uint64_t type) const noexcept { return handled_.entry->as(message_, type); }

void CallUnderWay::answer(Result<Value> answer) noexcept {
  if (answered_.exchange(true)) {
    log::error("a call was answered after its answer",
               {{"code", kAnsweredTwice}, {"message", handled_.name}, {"handler", handled_.service}});
    return;
  }
  leave_queue();
  if (settled()) {
    log::info("a call was answered when its caller waited no longer",
              {{"message", handled_.name}, {"handler", handled_.service}});
    return;
  }
  settle(std::move(answer));
}

void CallUnderWay::started(std::uint64_t run) noexcept {
  core_->wait_without_end(*this);  // a run has its own times
  if (options_.started) options_.started(run);
}

void CallUnderWay::dropped() noexcept {
  // Within the handler: whether it has thrown is known when it returns.
  Phase calling = Phase::kCalling;
  if (phase_.compare_exchange_strong(calling, Phase::kLetGo)) return;
  answer(dropped_error());
}

void CallUnderWay::cancel() noexcept {
  settle(make_error(kCancelled, "a call was cancelled by its caller", handled_.name));
}

void CallUnderWay::settle(Result<Value> answer) noexcept {
  if (settled_.exchange(true)) return;
  if (armed_.load()) disarm();
  const MessageHost::Done done = std::exchange(done_, nullptr);
  done(std::move(answer));
}

void CallUnderWay::arm() {
  armed_.store(true);
  core_->arm(*this);
  if (settled_.load()) disarm();
}

void CallUnderWay::disarm() noexcept { core_->disarm(*this); }

ErrorCode CallUnderWay::dropped_error() const {
  return make_error(kDropped, "a handler let go of a call without an answer", handled_.described());
}

bool CallUnderWay::intercept() {
  for (const InterceptorUse& use : handled_.interceptors) {
    Verdict verdict;
    try {
      InterceptedMessage message(
          *this, [](void* self, Value changed) { static_cast<CallUnderWay*>(self)->message_ = std::move(changed); },
          this);
      verdict = use.interceptor->intercept(message);
    } catch (...) {
      verdict = Result<Value>(caught(handled_, "interceptor '" + use.bean + "'"));
    }
    if (!verdict) continue;
    answer(*std::move(verdict));
    return false;
  }
  return true;
}

bool CallUnderWay::enter_queue() {
  const Json json = message_.json();
  std::vector<std::pair<std::string, Value>> fields;
  for (const std::string& key : handled_.queue->key.keys()) {
    if (const Json* field = json.find(key)) fields.emplace_back(key, Value::of<Json>(*field));
  }
  const Result<std::string> name = handled_.queue->key.name([&](std::string_view key) -> const Value* {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return field.first == key; });
    return found != fields.end() ? &found->second : nullptr;
  });
  if (!name) {
    answer(name.error());
    return false;
  }
  queue_name_ = *name;
  in_queue_ = true;
  waits_ = true;
  const CallPtr self(this);
  const bool entered = core_->queues.take(
      queue_name_, handled_.queue->parallelism, id_,
      [self] {
        self->waits_ = false;
        // Not on the thread of the call that has ended, which may be within anything.
        if (self->core_->post([self] { self->handle(); })) return;
        self->answer(make_error(kStopping, "the node takes no messages now"));
      },
      place_);
  if (entered) waits_ = false;
  return entered;
}

void CallUnderWay::leave_queue() noexcept {
  if (in_queue_.exchange(false)) core_->queues.give_back(queue_name_, id_);
}

void CallUnderWay::begin() {
  if (settled()) return;
  if (!intercept()) return;
  if (handled_.queue && !enter_queue()) return;
  handle();
}

void CallUnderWay::handle() {
  if (settled()) {
    answered_ = true;
    leave_queue();
    return;
  }
  if (handled_.run) return start_run();
  call_handler();
}

void CallUnderWay::call_handler() {
  phase_ = Phase::kCalling;
  const CallPtr self(this);
  add_reference();
  try {
    handled_.handler->call(handled_.object, AnyCall(this));
  } catch (...) {
    ErrorCode error = caught(handled_, "bean '" + handled_.service + "'");
    if (phase_.exchange(Phase::kAfter) == Phase::kLetGo) return answer(std::move(error));
    log::error("a handler threw after it gave its call away",
               {{"message", handled_.name}, {"handler", handled_.service}, {"error", error.to_string()}});
    return;
  }
  if (phase_.exchange(Phase::kAfter) == Phase::kLetGo) answer(dropped_error());
}

void CallUnderWay::start_run() {
  const RunRule& rule = *handled_.run;
  flow::RunRequest request;
  request.chain = rule.chain;
  const Json json = message_.json();
  for (const RunInput& input : rule.inputs) {
    const Json* field = input.field.empty() ? &json : json.find(input.field);
    Json value = field != nullptr ? *field : Json();
    if (!input.as.empty()) {
      const HandledMessage* part = table_->find(input.as);
      if (part != nullptr) value = only(value, part->schema);
    }
    request.input.emplace_back(input.key, Value::of<Json>(std::move(value)));
  }
  request.start_key = options_.key;
  const CallPtr self(this);
  request.accepted = [self](std::uint64_t run) { self->started(run); };
  request.done = [self, &rule](flow::RunResult result) {
    if (result.error) return self->answer(*std::move(result.error));
    if (rule.reply.empty()) return self->answer(Value::of<NoReply>({}));
    const Value* reply = result.find(rule.reply);
    self->answer(reply != nullptr ? Result<Value>(*reply)
                                  : Result<Value>(make_error(
                                        "MESSAGE.1007", "a reply of another type",
                                        self->handled_.name + ": the run has no value under '" + rule.reply + "'")));
  };
  const Result<std::uint64_t> run = core_->start_run(std::move(request));
  if (!run) answer(run.error());
}

void CallUnderWay::time_is_up() {
  std::string details = handled_.described();
  if (waits_ && core_->queues.withdraw(queue_name_, place_)) {
    in_queue_ = false;
    answered_ = true;
    for (const std::string& holder : core_->holders(queue_name_)) details.append("; held by ").append(holder);
    log::warning("a call waited too long for those before it", {{"message", handled_.name}, {"key", queue_name_}});
    return settle(make_error(kQueueStuck, "calls with the same key were not answered in time",
                             "key '" + queue_name_ + "': " + details));
  }
  const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(deadline_ - since_);
  log::warning("a handler has not answered in time", {{"message", handled_.name},
                                                      {"handler", handled_.service},
                                                      {"plugin", handled_.service_plugin},
                                                      {"waited_ms", waited.count()}});
  settle(make_error(kTimeout, "a call was not answered in time",
                    details + ", after " + std::to_string(waited.count()) + " ms"));
}

}  // namespace tenon::message
