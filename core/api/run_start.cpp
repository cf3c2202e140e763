#include "api/run_start.h"

#include <utility>

namespace tenon::api {

std::shared_ptr<RunStart> RunStart::watch(flow::RunRequest& request) {
  auto start = std::make_shared<RunStart>();
  request.accepted = [start](std::uint64_t) { start->settle(State::kDurable, {}); };
  request.done = [start, done = std::move(request.done)](flow::RunResult result) {
    start->settle(State::kRefused, result.error);
    if (done) done(std::move(result));
  };
  return start;
}

RunStart::State RunStart::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

ErrorCode RunStart::error() const {
  const std::lock_guard lock(mutex_);
  return error_.value_or(ErrorCode());
}

void RunStart::notify(std::function<void()> wake) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kWaits) {
      wake_ = std::move(wake);
      return;
    }
  }
  wake();
}

void RunStart::settle(State state, const std::optional<ErrorCode>& error) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kWaits) return;  // a run that was accepted ends some time
    state_ = state;
    error_ = error;
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) wake();
}

}  // namespace tenon::api
