#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "flow/clock.h"
#include "flow/testing/run_trace.h"

namespace tenon::testing {

/// Virtual time that tells a trace of the timers that are set.
class TestClock final : public flow::Clock {
 public:
  /// Called when no engine uses this.
  void tell(std::shared_ptr<RunTrace> trace) { trace_ = std::move(trace); }

  [[nodiscard]] TimePoint now() const override { return time_.now(); }
  TimerId at(TimePoint time, std::function<void()> work) override {
    const TimerId timer = time_.at(time, std::move(work));
    if (trace_) trace_->timer_set(time);
    return timer;
  }
  bool cancel(TimerId timer) override { return time_.cancel(timer); }
  void advance(Duration duration) { time_.advance(duration); }

 private:
  flow::VirtualClock time_;
  std::shared_ptr<RunTrace> trace_;
};

}  // namespace tenon::testing
