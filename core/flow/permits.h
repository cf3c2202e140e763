#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tenon::flow {

/// Named places that only so many runs may hold at once: a lock is a name with one place. Who comes first is served
/// first. Any thread may call.
class Permits {
 public:
  using Request = std::uint64_t;

  /// Takes a place under `name`, if less than `limit` are taken and nobody waits: true. Else queues, and `granted` is
  /// called once when a place has been taken for this request: on the thread that freed it, without locks. `request`
  /// receives its number, before anything is granted.
  bool take(const std::string& name, std::uint32_t limit, std::uint64_t run, std::function<void()> granted,
            Request& request);
  /// For a request that was made without a care for when it is served: true if its place has been taken. Else `granted`
  /// is called once when it is, as of `take`.
  bool claim(const std::string& name, Request request, std::function<void()> granted);
  /// Leaves the queue. False if the place has been taken meanwhile: then `granted` has been called, or is about to be.
  bool withdraw(const std::string& name, Request request);
  /// Gives back a place that the run holds.
  void give_back(const std::string& name, std::uint64_t run);

  /// Whether the run holds a place.
  [[nodiscard]] bool holds(const std::string& name, std::uint64_t run) const;
  /// The runs that hold places, in the order in which they got them.
  [[nodiscard]] std::vector<std::uint64_t> holders(const std::string& name) const;

 private:
  struct Waiter {
    Request request;
    std::uint64_t run;
    std::uint32_t limit;
    std::function<void()> granted;
  };
  struct Places {
    std::vector<std::uint64_t> holders;
    std::deque<Waiter> queue;
  };

  /// Takes the waiters that can be served out of the queue.
  static std::vector<std::function<void()>> serve(Places& places);

  mutable std::mutex mutex_;
  std::unordered_map<std::string, Places> names_;
  Request last_ = 0;
};

}  // namespace tenon::flow
