#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

namespace tenon::flow {

/// Time as the engine sees it: what o'clock it is, and calls at a later time. Any thread may call.
class Clock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::steady_clock::duration;
  using TimerId = std::uint64_t;

  virtual ~Clock() = default;
  [[nodiscard]] virtual TimePoint now() const = 0;

  /// Calls `work` once, at the time or soon after it, never from within this call. `work` must be short and not throw.
  virtual TimerId at(TimePoint time, std::function<void()> work) = 0;
  /// Forgets the call. False if it has been made, or is being made right now on another thread.
  virtual bool cancel(TimerId timer) = 0;
};

/// Real time, on a thread of its own.
class SystemClock final : public Clock {
 public:
  SystemClock();
  /// Calls that are still due are not made.
  ~SystemClock() override;
  SystemClock(const SystemClock&) = delete;
  SystemClock& operator=(const SystemClock&) = delete;

  [[nodiscard]] TimePoint now() const override;
  TimerId at(TimePoint time, std::function<void()> work) override;
  bool cancel(TimerId timer) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Time that stands still until it is told to go on: for tests.
class VirtualClock final : public Clock {
 public:
  VirtualClock();
  ~VirtualClock() override;
  VirtualClock(const VirtualClock&) = delete;
  VirtualClock& operator=(const VirtualClock&) = delete;

  [[nodiscard]] TimePoint now() const override;
  TimerId at(TimePoint time, std::function<void()> work) override;
  bool cancel(TimerId timer) override;

  /// Lets the time pass; makes the calls that become due, in the order of their times, on this thread, each at its
  /// time.
  void advance(Duration duration);
  /// When the next call is due, or TimePoint::max().
  [[nodiscard]] TimePoint next() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tenon::flow
