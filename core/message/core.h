#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "flow/clock.h"
#include "flow/executor.h"
#include "flow/permits.h"
#include "message/call.h"
#include "message/dispatcher.h"
#include "message/table.h"

namespace tenon::message {

/// What a dispatcher and its calls share; a call may outlive the dispatcher.
class DispatcherCore : public std::enable_shared_from_this<DispatcherCore> {
 public:
  explicit DispatcherCore(DispatcherOptions options);

  void open(std::shared_ptr<const MessageTable> table, Dispatcher::StartRun start_run);
  void set_table(std::shared_ptr<const MessageTable> table);
  void close();

  /// Null if no messages are taken now.
  [[nodiscard]] std::shared_ptr<const MessageTable> table() const {
    const std::lock_guard lock(mutex_);
    return table_;
  }
  /// False if there are no threads any more.
  bool post(std::function<void()> work);
  [[nodiscard]] Result<std::uint64_t> start_run(flow::RunRequest request) const;

  void arm(CallUnderWay& call);
  void disarm(CallUnderWay& call) noexcept;
  /// Its time is never up.
  void wait_without_end(CallUnderWay& call) noexcept;
  [[nodiscard]] std::uint64_t next_id() noexcept { return next_id_.fetch_add(1, std::memory_order_relaxed); }
  [[nodiscard]] flow::Clock::TimePoint now() const { return clock_->now(); }

  [[nodiscard]] std::vector<CallReport> pending() const;
  /// Who holds the key now, each described.
  [[nodiscard]] std::vector<std::string> holders(const std::string& key) const;

  flow::Permits queues;

 private:
  [[nodiscard]] std::vector<std::string> describe(const std::vector<std::uint64_t>& calls) const;

  const std::shared_ptr<flow::Clock> clock_;
  const std::size_t threads_;
  std::atomic<std::uint64_t> next_id_{1};
  mutable std::mutex mutex_;
  // Under the lock.
  bool closed_ = false;
  std::shared_ptr<const MessageTable> table_;
  Dispatcher::StartRun start_run_;
  std::unique_ptr<flow::Executor> executor_;
  std::map<std::uint64_t, CallUnderWay*> pending_;
};

}  // namespace tenon::message
