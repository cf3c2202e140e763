#pragma once

#include <tenon/error.h>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/clock.h"
#include "flow/engine.h"
#include "flow/observer.h"

namespace tenon::testing {

/// Notes what one run does, and lets a test wait for it. Any thread may call.
class RunTrace final : public flow::RunObserver {
 public:
  /// The names of the run's steps.
  explicit RunTrace(std::vector<std::string> steps);

  void note(std::string line);
  void ended(flow::RunResult result);
  /// The engine has set a timer.
  void timer_set(flow::Clock::TimePoint time);

  void step_begun(std::uint64_t run, std::size_t step, flow::Direction direction,
                  std::uint32_t attempt) noexcept override;
  void step_ended(std::uint64_t run, std::size_t step, flow::Direction direction,
                  const ErrorCode* error) noexcept override;
  void step_skipped(std::uint64_t run, std::size_t step) noexcept override;
  void step_waits(std::uint64_t run, std::size_t step, flow::Waiting waiting, std::string_view what) noexcept override;
  void undone_late(std::uint64_t run, std::size_t step, const ErrorCode* error) noexcept override;
  void progress(std::uint64_t run, std::size_t step, int percent, std::string_view what) noexcept override;

  [[nodiscard]] std::vector<std::string> lines() const;
  /// Whether the step has begun in this run.
  [[nodiscard]] bool begun(std::size_t step) const;
  /// How the run ended, once it has.
  [[nodiscard]] const flow::RunResult* result() const;

  enum class News { kHappened, kBackoff, kEnded, kTooLate };
  /// Waits for the end of the run or, if there is a `line`, until it was noted so often; tells of a wait between
  /// attempts once.
  News wait(std::string_view line, std::ptrdiff_t times, std::chrono::steady_clock::time_point deadline);
  /// When that wait is over.
  [[nodiscard]] flow::Clock::TimePoint backoff_over() const;

 private:
  const std::vector<std::string> steps_;
  mutable std::mutex mutex_;
  std::condition_variable news_;
  std::vector<std::string> lines_;
  std::vector<bool> begun_;
  std::optional<flow::RunResult> result_;
  bool backoff_begins_ = false;  // its timer comes next
  bool backoff_ = false;
  flow::Clock::TimePoint backoff_over_;
};

}  // namespace tenon::testing
