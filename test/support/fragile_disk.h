#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tenon::test {

/// The disk below SQLite of this program (power_loss.h is for one of another process), as one that forgets with the
/// power what was not synced. While it lives, all files that SQLite opens in this program lie on it. Make it before the
/// first connection; any thread may call.
///
/// A power loss is two calls: `cut_power`, after which nothing reaches the disk any more and every attempt is an I/O
/// error, as connections that are still open will find; and, when all of them are closed, `restore_power`.
class FragileDisk {
 public:
  FragileDisk();
  ~FragileDisk();
  FragileDisk(const FragileDisk&) = delete;
  FragileDisk& operator=(const FragileDisk&) = delete;

  /// At once, or at the first sync after so many more, which then does not take place.
  void cut_power(std::size_t after_syncs = 0);
  /// Every file is again as it was when it was synced last. With a seed other than 0, some of the sectors written since
  /// have reached the disk as well, in no order, as disks may do.
  void restore_power(std::uint32_t seed = 0);

  /// While it is full, whatever is written fails for want of room (SQLITE_FULL).
  void set_full(bool full);

  /// How often a file was synced.
  [[nodiscard]] std::size_t syncs() const;

  class State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace tenon::test
