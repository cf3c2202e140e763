#include "config/notifier.h"

#include <tenon/log.h>

#include <exception>
#include <utility>
#include <vector>

namespace tenon::config {
namespace {

template <class Call>
void guarded(const Call& call) {
  try {
    call();
  } catch (const std::exception& e) {
    log::error("who was told of a changed config threw an exception", {{"error", e.what()}});
  } catch (...) {
    log::error("who was told of a changed config threw an exception", {{"error", "not a std::exception"}});
  }
}

}  // namespace

Notifier::~Notifier() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::uint64_t Notifier::subscribe(const ConfigSlot* slot, Changed changed) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t subscription = next_subscription_++;
  subscriptions_.emplace(subscription, Subscription{slot, std::make_shared<const Changed>(std::move(changed))});
  return subscription;
}

void Notifier::unsubscribe(std::uint64_t subscription) {
  std::unique_lock lock(mutex_);
  subscriptions_.erase(subscription);
  if (std::this_thread::get_id() == thread_.get_id()) return;
  changed_.wait(lock, [&] { return telling_ != subscription; });
}

void Notifier::set_listener(Listener listener) {
  const std::lock_guard lock(mutex_);
  listener_ = std::make_shared<const Listener>(std::move(listener));
}

void Notifier::post(const ConfigSlot* slot, const ConfigValue* before, const ConfigValue* now) {
  std::vector<std::uint64_t> meant;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, subscription] : subscriptions_) {
      if (subscription.slot == slot) meant.push_back(number);
    }
  }
  for (const std::uint64_t subscription : meant) post_to(subscription, before, now);
}

void Notifier::post_to(std::uint64_t subscription, const ConfigValue* before, const ConfigValue* now) {
  push([this, subscription, before, now] { tell(subscription, before, now); });
}

void Notifier::announce(ConfigChange change) {
  push([this, change = std::move(change)] {
    std::shared_ptr<const Listener> listener;
    {
      const std::lock_guard lock(mutex_);
      listener = listener_;
    }
    if (listener) guarded([&] { (*listener)(change); });
  });
}

void Notifier::flush() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return tasks_.empty() && !busy_; });
}

void Notifier::push(Task task) {
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  }
  changed_.notify_all();
}

void Notifier::work() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
    if (stopping_) return;
    const Task task = std::move(tasks_.front());
    tasks_.pop_front();
    busy_ = true;
    lock.unlock();
    task();
    lock.lock();
    busy_ = false;
    changed_.notify_all();
  }
}

void Notifier::tell(std::uint64_t subscription, const ConfigValue* before, const ConfigValue* now) {
  std::shared_ptr<const Changed> changed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = subscriptions_.find(subscription);
    if (found == subscriptions_.end()) return;
    changed = found->second.changed;
    telling_ = subscription;
  }
  guarded([&] { (*changed)(*before, *now); });
  changed.reset();
  {
    const std::lock_guard lock(mutex_);
    telling_ = 0;
  }
  changed_.notify_all();
}

}  // namespace tenon::config
