#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "plugin/lease.h"

namespace tenon::plugin {

/// Something that is to go once nobody uses it any more.
class Retiree {
 public:
  virtual ~Retiree() = default;
  /// What still holds it, for people; empty: nothing. Asked after a grace (plugin/lease.h), and again and again.
  [[nodiscard]] virtual std::string holder() const { return {}; }
  /// How long nothing must have held it: threads may be on their way out of its code, which nothing can see.
  [[nodiscard]] virtual std::chrono::milliseconds settling() const { return std::chrono::milliseconds(0); }
  /// Ends it. [the thread of `work`]
  virtual void go() noexcept = 0;
  /// `bean 'x'`, `library 'x', generation 2`.
  [[nodiscard]] virtual std::string name() const = 0;
};

/// What was taken out of sight and waits for its last users: beans that are to be stopped, libraries that are to be
/// unloaded, memory that may still be read. Whoever drops the last reference hands it in, on whatever thread; it ends
/// on the one thread that calls `work`, the node's main thread.
class Retirement : public std::enable_shared_from_this<Retirement> {
 public:
  struct Waiting {
    std::string name;
    std::chrono::steady_clock::time_point since;
    /// What it waits for.
    std::string holder;
  };

  /// `wake`: there is something new to do; called on any thread, must not block.
  explicit Retirement(std::function<void()> wake = {});
  ~Retirement();
  Retirement(const Retirement&) = delete;
  Retirement& operator=(const Retirement&) = delete;

  /// Any thread.
  void add(std::unique_ptr<Retiree> retiree);

  /// Ends what nothing holds any more; in how long it wants to be called again, nothing if all is gone. One thread.
  std::optional<std::chrono::milliseconds> work();
  /// `work` until all is gone or the time is up; whether it is.
  bool finish(std::chrono::milliseconds patience);

  /// What waits, the oldest first. Any thread.
  [[nodiscard]] std::vector<Waiting> waiting() const;

 private:
  struct Entry {
    std::unique_ptr<Retiree> retiree;
    std::chrono::steady_clock::time_point since;
    std::optional<Grace> grace;
    std::optional<std::chrono::steady_clock::time_point> free_since;
    std::string holder;
    std::chrono::steady_clock::time_point reported;
  };

  /// Whether it may go now.
  bool ready(Entry& entry, std::chrono::steady_clock::time_point now);
  static void report(Entry& entry, std::chrono::steady_clock::time_point now);

  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
};

}  // namespace tenon::plugin
