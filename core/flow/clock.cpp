#include "flow/clock.h"

#include <pthread.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

namespace tenon::flow {
namespace {

/// Calls by their time; those of one time in the order in which they were made.
class Timers {
 public:
  using TimePoint = Clock::TimePoint;

  Clock::TimerId add(TimePoint time, std::function<void()> work) {
    const Clock::TimerId id = ++last_;
    times_.emplace(id, due_.emplace(std::pair(time, id), std::move(work)).first);
    return id;
  }
  /// The call, to be destroyed where no lock is held; nothing if there is none.
  std::function<void()> remove(Clock::TimerId id) {
    const auto found = times_.find(id);
    if (found == times_.end()) return {};
    return take(found->second);
  }
  [[nodiscard]] TimePoint next() const { return due_.empty() ? TimePoint::max() : due_.begin()->first.first; }
  [[nodiscard]] std::function<void()> take_first() { return take(due_.begin()); }

 private:
  using Due = std::map<std::pair<TimePoint, Clock::TimerId>, std::function<void()>>;
  std::function<void()> take(Due::iterator call) {
    std::function<void()> work = std::move(call->second);
    times_.erase(call->first.second);
    due_.erase(call);
    return work;
  }

  Due due_;
  std::unordered_map<Clock::TimerId, Due::iterator> times_;
  Clock::TimerId last_ = 0;
};

}  // namespace

struct SystemClock::State {
  std::mutex mutex;
  std::condition_variable changed;
  Timers timers;
  bool ends = false;
  std::thread thread;

  void run() {
    std::unique_lock lock(mutex);
    while (!ends) {
      const TimePoint next = timers.next();
      if (next == TimePoint::max()) {
        changed.wait(lock);
      } else if (next > std::chrono::steady_clock::now()) {
        changed.wait_until(lock, next);
      } else {
        std::function<void()> work = timers.take_first();
        lock.unlock();
        work();
        work = nullptr;  // what it keeps goes before the lock is taken
        lock.lock();
      }
    }
  }
};

SystemClock::SystemClock() : state_(std::make_unique<State>()) {
  state_->thread = std::thread([this] { state_->run(); });
  ::pthread_setname_np(state_->thread.native_handle(), "tenon-clock");
}

SystemClock::~SystemClock() {
  {
    std::lock_guard lock(state_->mutex);
    state_->ends = true;
  }
  state_->changed.notify_one();
  state_->thread.join();
}

Clock::TimePoint SystemClock::now() const { return std::chrono::steady_clock::now(); }

Clock::TimerId SystemClock::at(TimePoint time, std::function<void()> work) {
  TimerId id = 0;
  bool earliest = false;
  {
    std::lock_guard lock(state_->mutex);
    earliest = time < state_->timers.next();
    id = state_->timers.add(time, std::move(work));
  }
  if (earliest) state_->changed.notify_one();
  return id;
}

bool SystemClock::cancel(TimerId timer) {
  std::function<void()> work;
  std::lock_guard lock(state_->mutex);
  work = state_->timers.remove(timer);
  return work != nullptr;
}

struct VirtualClock::State {
  mutable std::mutex mutex;
  Timers timers;
  TimePoint now{std::chrono::hours(1)};
};

VirtualClock::VirtualClock() : state_(std::make_unique<State>()) {}
VirtualClock::~VirtualClock() = default;

Clock::TimePoint VirtualClock::now() const {
  std::lock_guard lock(state_->mutex);
  return state_->now;
}

Clock::TimerId VirtualClock::at(TimePoint time, std::function<void()> work) {
  std::lock_guard lock(state_->mutex);
  return state_->timers.add(time, std::move(work));
}

bool VirtualClock::cancel(TimerId timer) {
  std::function<void()> work;
  std::lock_guard lock(state_->mutex);
  work = state_->timers.remove(timer);
  return work != nullptr;
}

void VirtualClock::advance(Duration duration) {
  std::unique_lock lock(state_->mutex);
  const TimePoint end = state_->now + duration;
  while (state_->timers.next() <= end) {
    state_->now = std::max(state_->now, state_->timers.next());
    std::function<void()> work = state_->timers.take_first();
    lock.unlock();
    work();
    work = nullptr;
    lock.lock();
  }
  state_->now = end;
}

Clock::TimePoint VirtualClock::next() const {
  std::lock_guard lock(state_->mutex);
  return state_->timers.next();
}

}  // namespace tenon::flow
