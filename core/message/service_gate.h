#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace tenon::message {

/// Keeps calls out of a plugin while its beans are stopped to make room for others. Only for plugins that ask for that:
/// it takes a lock. Any thread.
class ServiceGate {
 public:
  /// False if it is closed: then nobody has entered.
  [[nodiscard]] bool enter() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    ++inside_;
    return true;
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    --inside_;
  }
  /// Waits until it is open; false if that takes longer than `close` said.
  [[nodiscard]] bool wait() {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, patience_, [this] { return !closed_; });
  }

  void close(std::chrono::milliseconds patience) {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    patience_ = patience;
  }
  void open() {
    const std::lock_guard lock(mutex_);
    closed_ = false;
    opened_.notify_all();
  }
  [[nodiscard]] std::size_t inside() const {
    const std::lock_guard lock(mutex_);
    return inside_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable opened_;
  bool closed_ = false;
  std::chrono::milliseconds patience_{0};
  std::size_t inside_ = 0;
};

using ServiceGates = std::vector<std::shared_ptr<ServiceGate>>;

/// Enters all; null, or the one that is closed, and none is entered then.
[[nodiscard]] inline ServiceGate* enter(const ServiceGates& gates) {
  for (std::size_t i = 0; i < gates.size(); ++i) {
    if (gates[i]->enter()) continue;
    for (std::size_t entered = 0; entered < i; ++entered) gates[entered]->leave();
    return gates[i].get();
  }
  return nullptr;
}

}  // namespace tenon::message
