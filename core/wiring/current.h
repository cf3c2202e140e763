#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "wiring/wiring.h"

namespace tenon::wiring {

/// The wiring that counts now, for those who go on when the next one comes. A handle: copies are the same. Any thread.
/// Whoever works with a wiring holds it for that time only, as nothing of it goes as long.
class Current {
 public:
  Current(std::shared_ptr<Wiring> first)  // NOLINT(google-explicit-constructor): where no other one comes
      : state_(std::make_shared<State>()) {
    state_->wiring = std::move(first);
  }

  [[nodiscard]] std::shared_ptr<Wiring> get() const {
    const std::lock_guard lock(state_->mutex);
    return state_->wiring;
  }

  void set(std::shared_ptr<Wiring> next) const {
    std::shared_ptr<Wiring> former;  // goes outside of the lock
    const std::lock_guard lock(state_->mutex);
    former = std::exchange(state_->wiring, std::move(next));
  }

 private:
  struct State {
    std::mutex mutex;
    std::shared_ptr<Wiring> wiring;
  };
  std::shared_ptr<State> state_;
};

}  // namespace tenon::wiring
