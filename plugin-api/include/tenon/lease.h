#pragma once

#include <tenon/library.h>

#include <atomic>
#include <cstdint>

namespace tenon {

namespace detail {

/// What one thread says of its leases. It lies in the node's executable and is trivially destructible, so that a
/// plugin's thread needs no thread-local storage of the plugin's own, and a lease no call into the node.
struct LeaseMark {
  /// Odd while the thread holds a lease; each outermost lease adds two.
  std::atomic<std::uint64_t> turn{0};
  std::uint32_t depth = 0;
  /// Whether the node has been told of the thread.
  bool known = false;
};

}  // namespace detail

extern "C" {
/// Defined and exported by the node (core/plugin/lease.cpp). Weak, so that a plugin links without the node (`-z defs`).
[[gnu::visibility("default"), gnu::weak,
  gnu::tls_model("initial-exec")]] extern constinit thread_local detail::LeaseMark tenon_lease_mark;
}

/// Keeps what the calling thread sees of other plugins in place: while a thread holds one, no bean that an extension
/// list or a driver table showed to it since is stopped, and no library unloaded. On the stack, short, and never across
/// a wait for something that takes long: it delays every swap. May be nested.
class Lease {
 public:
  Lease() noexcept : held_(detail::this_library != nullptr) {
    if (held_) enter(tenon_lease_mark);
  }
  ~Lease() {
    if (held_) leave(tenon_lease_mark);
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  /// For the node itself, whose code has no library.
  static void enter(detail::LeaseMark& mark) noexcept {
    if (mark.depth++ != 0) return;
    if (!mark.known) [[unlikely]]
      detail::this_node->take_notice(mark);
    mark.turn.store(mark.turn.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    // Before any list is read. The processor is held to it by the node's membarrier(2), which only a swap pays for.
    std::atomic_signal_fence(std::memory_order_seq_cst);
  }
  static void leave(detail::LeaseMark& mark) noexcept {
    if (--mark.depth != 0) return;
    mark.turn.store(mark.turn.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

 private:
  /// Code that is linked into the node, or into a test without one, needs none: it is not unloaded.
  const bool held_;
};

}  // namespace tenon
