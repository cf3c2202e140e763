#include "flow/testing/run_trace.h"

#include <algorithm>

namespace tenon::testing {

using flow::Direction;
using flow::Waiting;

RunTrace::RunTrace(std::vector<std::string> steps) : steps_(std::move(steps)), begun_(steps_.size()) {}

void RunTrace::note(std::string line) {
  std::lock_guard lock(mutex_);
  lines_.push_back(std::move(line));
  news_.notify_all();
}

void RunTrace::step_begun(std::uint64_t /*run*/, std::size_t step, Direction direction,
                          std::uint32_t /*attempt*/) noexcept {
  if (direction != Direction::kForward) return;
  std::lock_guard lock(mutex_);
  begun_[step] = true;
}

void RunTrace::step_ended(std::uint64_t /*run*/, std::size_t /*step*/, Direction /*direction*/,
                          const ErrorCode* /*error*/) noexcept {}

void RunTrace::step_skipped(std::uint64_t /*run*/, std::size_t step) noexcept { note("skip " + steps_[step]); }

void RunTrace::step_waits(std::uint64_t /*run*/, std::size_t /*step*/, Waiting waiting,
                          std::string_view /*what*/) noexcept {
  std::lock_guard lock(mutex_);
  backoff_begins_ = waiting == Waiting::kBackoff;
}

void RunTrace::undone_late(std::uint64_t /*run*/, std::size_t /*step*/, const ErrorCode* /*error*/) noexcept {}

void RunTrace::progress(std::uint64_t /*run*/, std::size_t /*step*/, int /*percent*/,
                        std::string_view /*what*/) noexcept {}

void RunTrace::ended(flow::RunResult result) {
  std::lock_guard lock(mutex_);
  result_ = std::move(result);
  news_.notify_all();
}

std::vector<std::string> RunTrace::lines() const {
  std::lock_guard lock(mutex_);
  return lines_;
}

bool RunTrace::begun(std::size_t step) const {
  std::lock_guard lock(mutex_);
  return begun_[step];
}

const flow::RunResult* RunTrace::result() const {
  std::lock_guard lock(mutex_);
  return result_ ? &*result_ : nullptr;
}

void RunTrace::timer_set(flow::Clock::TimePoint time) {
  std::lock_guard lock(mutex_);
  if (!std::exchange(backoff_begins_, false)) return;
  backoff_ = true;
  backoff_over_ = time;
  news_.notify_all();
}

flow::Clock::TimePoint RunTrace::backoff_over() const {
  std::lock_guard lock(mutex_);
  return backoff_over_;
}

RunTrace::News RunTrace::wait(std::string_view line, std::ptrdiff_t times,
                              std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  while (true) {
    if (!line.empty() && std::count(lines_.begin(), lines_.end(), line) >= times) return News::kHappened;
    if (result_) return News::kEnded;
    if (std::exchange(backoff_, false)) return News::kBackoff;
    if (news_.wait_until(lock, deadline) == std::cv_status::timeout) return News::kTooLate;
  }
}

}  // namespace tenon::testing
