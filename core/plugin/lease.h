#pragma once

#include <sys/types.h>
#include <tenon/lease.h>
#include <tenon/wiring.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace tenon::plugin {

/// What NodeServices::take_notice does: from now until the thread ends, a Grace waits for its leases. Any thread.
void take_notice(tenon::detail::LeaseMark& mark) noexcept;

/// What NodeServices::wait_at_gate does.
void wait_at_gate(const ExtensionSlot& slot);
/// Closes and opens the gates of slots: callers wait at closed ones, so long at most. [main thread]
void close_gate(ExtensionSlot& slot, std::chrono::milliseconds patience);
void open_gate(ExtensionSlot& slot);

/// A lease of the node's own code; for code of plugins: tenon::Lease.
class NodeLease {
 public:
  NodeLease() noexcept {
    if (!tenon_lease_mark.known) take_notice(tenon_lease_mark);
    tenon::Lease::enter(tenon_lease_mark);
  }
  ~NodeLease() { tenon::Lease::leave(tenon_lease_mark); }
  NodeLease(const NodeLease&) = delete;
  NodeLease& operator=(const NodeLease&) = delete;
};

/// The time that it takes until nobody can see any more what was taken out of sight before this was made: until every
/// thread that held a lease at that moment has given it back.
class Grace {
 public:
  Grace();
  /// Any thread, but one at a time.
  [[nodiscard]] bool over();
  /// The threads that it waits for, by kernel id and name: `a call on thread 4711 (tenon-blocking)`; empty: none.
  [[nodiscard]] std::string holder() const;

 private:
  struct Holder {
    std::uint64_t thread;
    pid_t id;
    std::uint64_t turn;
  };
  std::vector<Holder> holders_;
};

}  // namespace tenon::plugin
