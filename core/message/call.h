#pragma once

#include <tenon/message.h>

#include <atomic>
#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "flow/clock.h"
#include "flow/permits.h"
#include "message/table.h"

namespace tenon::message {

class DispatcherCore;

/// One call under way. Any thread.
///
/// It ends twice: for the caller, who hears the answer, or that there is none in time; and for the handler, who answers
/// or lets go of it, and keeps its place in the queue of its key until then.
class CallUnderWay final : public CallState {
 public:
  /// `handled` is of `table`, which the call keeps.
  CallUnderWay(std::shared_ptr<DispatcherCore> core, std::shared_ptr<const MessageTable> table,
               const HandledMessage& handled, Value message, CallOptions options, MessageHost::Done done);

  [[nodiscard]] const void* as(std::uint64_t type) const noexcept override;
  [[nodiscard]] std::string_view name() const noexcept override { return handled_.name; }
  [[nodiscard]] const Caller& caller() const noexcept override { return *options_.caller; }
  [[nodiscard]] std::string_view key() const noexcept override { return options_.key; }
  [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept override { return deadline_; }
  [[nodiscard]] bool cancelled() const noexcept override { return settled(); }
  void answer(Result<Value> answer) noexcept override;
  void started(std::uint64_t run) noexcept override;
  void dropped() noexcept override;
  void cancel() noexcept override;

  /// Asks the interceptors and brings it to its handler, or into the queue. On a thread that may block, if the message
  /// needs one.
  void begin();
  /// The caller hears this, unless it has heard something before.
  void settle(Result<Value> answer) noexcept;
  [[nodiscard]] bool settled() const noexcept { return settled_.load(std::memory_order_acquire); }
  /// Lets the caller hear MESSAGE.1004 when its time is up.
  void arm();

  [[nodiscard]] const HandledMessage& handled() const noexcept { return handled_; }
  [[nodiscard]] std::chrono::steady_clock::time_point since() const noexcept { return since_; }
  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  /// The key that it waits for, or holds; empty if it has none.
  [[nodiscard]] const std::string& queue_name() const noexcept { return queue_name_; }
  [[nodiscard]] bool waits_in_queue() const noexcept { return waits_.load(std::memory_order_acquire); }

 private:
  friend class DispatcherCore;
  enum class Phase : std::uint8_t {
    kBefore,   ///< the handler has not been called
    kCalling,  ///< it has not returned yet
    kLetGo,    ///< it has not returned yet, and holds the call no more
    kAfter,    ///< it has returned
  };

  void destroy() noexcept override { delete this; }
  ~CallUnderWay();
  [[nodiscard]] bool intercept();
  /// False if it waits there.
  [[nodiscard]] bool enter_queue();
  void handle();
  void call_handler();
  void start_run();
  void leave_queue() noexcept;
  void time_is_up();
  void disarm() noexcept;
  [[nodiscard]] ErrorCode dropped_error() const;

  const std::shared_ptr<DispatcherCore> core_;
  const std::shared_ptr<const MessageTable> table_;
  const HandledMessage& handled_;
  const CallOptions options_;
  MessageHost::Done done_;
  const std::chrono::steady_clock::time_point since_;
  const std::chrono::steady_clock::time_point deadline_;
  const std::uint64_t id_;
  std::atomic<Phase> phase_{Phase::kBefore};
  std::atomic<bool> settled_{false};
  std::atomic<bool> answered_{false};
  std::atomic<bool> armed_{false};
  /// Of the queue. Written by the thread that brings it in, before anybody is told of it.
  std::string queue_name_;
  flow::Permits::Request place_ = 0;
  std::atomic<bool> waits_{false};
  std::atomic<bool> in_queue_{false};
  // Under the core's lock.
  flow::Clock::TimerId timer_ = 0;
  bool unlimited_ = false;
};

using CallPtr = boost::intrusive_ptr<CallUnderWay>;
inline void intrusive_ptr_add_ref(CallUnderWay* call) noexcept { call->add_reference(); }
inline void intrusive_ptr_release(CallUnderWay* call) noexcept { call->drop_reference(); }

}  // namespace tenon::message
