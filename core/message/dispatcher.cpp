#include "message/dispatcher.h"

#include <tenon/log.h>

#include <condition_variable>
#include <optional>
#include <utility>

#include "message/core.h"
#include "message/errors.h"

namespace tenon::message {
namespace {

ErrorCode stopping() { return make_error(kStopping, "the node takes no messages now"); }

const HandledMessage* find(const std::shared_ptr<const MessageTable>& table, const Value& message) {
  return table != nullptr ? table->find(message.type_id()) : nullptr;
}

ErrorCode not_handled(const std::shared_ptr<const MessageTable>& table, const Value& message) {
  if (table == nullptr) return stopping();
  return make_error(kNoService, "no service handles the message", std::string(message.type_name()));
}

ErrorCode replaced(const HandledMessage& handled) {
  return make_error(kReplaced, "the plugin that answers the message is being replaced", handled.described());
}

const std::shared_ptr<const Caller>& node_caller() {
  static const auto kCaller = std::make_shared<const Caller>(Caller{"node", true, {}});
  return kCaller;
}

}  // namespace

DispatcherCore::DispatcherCore(DispatcherOptions options)
    : clock_(options.clock ? std::move(options.clock) : std::make_shared<flow::SystemClock>()),
      threads_(options.threads) {}

void DispatcherCore::open(std::shared_ptr<const MessageTable> table, Dispatcher::StartRun start_run) {
  const std::lock_guard lock(mutex_);
  executor_ = std::make_unique<flow::Executor>("tenon-message", threads_);
  table_ = std::move(table);
  start_run_ = std::move(start_run);
}

void DispatcherCore::set_table(std::shared_ptr<const MessageTable> table) {
  // The old one goes outside of the lock.
  const std::lock_guard lock(mutex_);
  if (!closed_) table_.swap(table);
}

void DispatcherCore::close() {
  std::vector<CallPtr> left;
  std::unique_ptr<flow::Executor> executor;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    table_.reset();
    executor = std::move(executor_);
    for (const auto& [id, call] : pending_) left.emplace_back(call);
  }
  for (const CallPtr& call : left) call->settle(stopping());
  executor.reset();
}

bool DispatcherCore::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  if (executor_ == nullptr) return false;
  executor_->post(std::move(work));
  return true;
}

Result<std::uint64_t> DispatcherCore::start_run(flow::RunRequest request) const {
  return start_run_(std::move(request));
}

void DispatcherCore::arm(CallUnderWay& call) {
  const CallPtr self(&call);
  bool refused = false;
  {
    const std::lock_guard lock(mutex_);
    refused = closed_;
    if (!refused && pending_.emplace(call.id(), &call).second && !call.unlimited_ &&
        call.deadline() != flow::Clock::TimePoint::max()) {
      call.timer_ = clock_->at(call.deadline(), [self] { self->time_is_up(); });
    }
  }
  if (refused) call.settle(stopping());
}

void DispatcherCore::disarm(CallUnderWay& call) noexcept {
  flow::Clock::TimerId timer = 0;
  {
    const std::lock_guard lock(mutex_);
    pending_.erase(call.id());
    timer = std::exchange(call.timer_, 0);
  }
  // Not under the lock: the clock forgets what the timer keeps, which may be the last reference.
  if (timer != 0) clock_->cancel(timer);
}

void DispatcherCore::wait_without_end(CallUnderWay& call) noexcept {
  flow::Clock::TimerId timer = 0;
  {
    const std::lock_guard lock(mutex_);
    call.unlimited_ = true;
    timer = std::exchange(call.timer_, 0);
  }
  if (timer != 0) clock_->cancel(timer);
}

std::vector<std::string> DispatcherCore::describe(const std::vector<std::uint64_t>& calls) const {
  std::vector<std::string> texts;
  for (const std::uint64_t id : calls) {
    const auto found = pending_.find(id);
    if (found == pending_.end()) continue;
    const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(clock_->now() - found->second->since());
    texts.push_back(found->second->handled().described() + ", for " + std::to_string(age.count()) + " ms");
  }
  return texts;
}

std::vector<std::string> DispatcherCore::holders(const std::string& key) const {
  const std::vector<std::uint64_t> calls = queues.holders(key);
  const std::lock_guard lock(mutex_);
  return describe(calls);
}

std::vector<CallReport> DispatcherCore::pending() const {
  const std::lock_guard lock(mutex_);
  std::vector<CallReport> reports;
  for (const auto& [id, call] : pending_) {
    CallReport report;
    report.message = call->handled().name;
    report.handler = call->handled().run ? call->handled().run->chain->name : call->handled().service;
    report.caller = call->caller().user;
    report.age = std::chrono::duration_cast<std::chrono::milliseconds>(clock_->now() - call->since());
    report.waits = call->waits_in_queue();
    if (report.waits) {
      report.key = call->queue_name();
      report.behind = describe(queues.holders(report.key));
    }
    reports.push_back(std::move(report));
  }
  return reports;
}

Dispatcher::Dispatcher(DispatcherOptions options) : core_(std::make_shared<DispatcherCore>(std::move(options))) {}

Dispatcher::~Dispatcher() { close(); }

void Dispatcher::open(std::shared_ptr<const MessageTable> table, StartRun start_run) {
  core_->open(std::move(table), std::move(start_run));
}

void Dispatcher::set_table(std::shared_ptr<const MessageTable> table) { core_->set_table(std::move(table)); }

void Dispatcher::close() { core_->close(); }

std::shared_ptr<const MessageTable> Dispatcher::table() const { return core_->table(); }

PendingCall Dispatcher::ask(Value message, CallOptions options, Done done) {
  std::shared_ptr<const MessageTable> table = core_->table();
  const HandledMessage* handled = find(table, message);
  if (handled == nullptr) {
    done(not_handled(table, message));
    return {};
  }
  if (ServiceGate* closed = enter(handled->gates)) {
    // Waits on another thread, then asks whoever answers by then.
    const auto waits = std::make_shared<std::function<void()>>(
        [this, table, handled, closed, message = std::move(message), options = std::move(options), done]() mutable {
          if (!closed->wait()) return done(replaced(*handled));
          (void)ask(std::move(message), std::move(options), std::move(done));
        });
    if (!core_->post([waits] { (*waits)(); })) done(stopping());
    return {};
  }
  if (options.caller == nullptr) options.caller = node_caller();
  const CallPtr call(
      new CallUnderWay(core_, std::move(table), *handled, std::move(message), std::move(options), std::move(done)),
      false);
  if (handled->blocks) {
    call->arm();
    if (!core_->post([call] { call->begin(); })) call->settle(stopping());
  } else {
    call->begin();
    if (!call->settled()) call->arm();
  }
  call->add_reference();
  return PendingCall(call.get());
}

Result<Value> Dispatcher::call(Value message, CallOptions options) {
  std::shared_ptr<const MessageTable> table;
  const HandledMessage* handled = nullptr;
  ServiceGate* closed = nullptr;
  do {
    table = core_->table();
    handled = find(table, message);
    if (handled == nullptr) return not_handled(table, message);
    closed = enter(handled->gates);
    if (closed != nullptr && !closed->wait()) return replaced(*handled);
  } while (closed != nullptr);
  if (options.caller == nullptr) options.caller = node_caller();
  struct Waiter {
    std::mutex mutex;
    std::condition_variable heard;
    std::optional<Result<Value>> answer;
  } waiter;
  const CallPtr call(new CallUnderWay(core_, std::move(table), *handled, std::move(message), std::move(options),
                                      [&waiter](Result<Value> answer) {
                                        const std::lock_guard lock(waiter.mutex);
                                        waiter.answer = std::move(answer);
                                        waiter.heard.notify_one();
                                      }),
                     false);
  call->begin();
  if (!call->settled()) call->arm();
  std::unique_lock lock(waiter.mutex);
  waiter.heard.wait(lock, [&] { return waiter.answer.has_value(); });
  return *std::move(waiter.answer);
}

std::vector<CallReport> Dispatcher::pending() const { return core_->pending(); }

}  // namespace tenon::message
