#pragma once

#include <tenon/config.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "config/config_rows.h"

namespace tenon::config {

/// Tells of changes, in order, on a thread of its own and under no lock. Any thread may call.
class Notifier {
 public:
  using Changed = std::function<void(const ConfigValue& before, const ConfigValue& now)>;
  using Listener = std::function<void(const ConfigChange& change)>;

  Notifier() = default;
  /// Does not deliver what is still queued.
  ~Notifier();
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  /// Hears of what is posted for this slot from now on. What it throws is logged.
  [[nodiscard]] std::uint64_t subscribe(const ConfigSlot* slot, Changed changed);
  /// When this returns, it is not called any more; unless it is called by the very function that it ends, this waits
  /// for it.
  void unsubscribe(std::uint64_t subscription);
  /// Hears of every change. Called once, before the first one.
  void set_listener(Listener listener);

  /// The values live as long as the slot.
  void post(const ConfigSlot* slot, const ConfigValue* before, const ConfigValue* now);
  /// The same for one subscription alone.
  void post_to(std::uint64_t subscription, const ConfigValue* before, const ConfigValue* now);
  void announce(ConfigChange change);
  /// Waits until all that was posted has been told. For tests.
  void flush();

 private:
  struct Subscription {
    const ConfigSlot* slot;
    std::shared_ptr<const Changed> changed;
  };
  using Task = std::function<void()>;

  void push(Task task);
  /// [thread_]
  void work();
  /// [thread_]
  void tell(std::uint64_t subscription, const ConfigValue* before, const ConfigValue* now);

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  std::map<std::uint64_t, Subscription> subscriptions_;
  std::shared_ptr<const Listener> listener_;
  std::uint64_t next_subscription_ = 1;
  /// The one that is being told; 0 for none.
  std::uint64_t telling_ = 0;
  bool busy_ = false;
  bool stopping_ = false;
  /// Started by the first task, so that who never changes anything needs no thread.
  std::thread thread_;
};

}  // namespace tenon::config
