#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "outside.h"
#include "plan.h"
#include "store/store.h"

namespace tenon::crash {

/// What the runs of a world came to.
struct Tally {
  std::uint64_t runs = 0;
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;
  /// Taken up by a later process than the one that began them.
  std::uint64_t recovered = 0;
  /// Undone steps, by their records.
  std::uint64_t undone = 0;
  std::uint64_t debts_paid = 0;
  std::uint64_t debts_open = 0;
};

/// A place where the world and the store disagree.
struct Disagreement {
  /// Empty: there is none.
  std::string what;
  /// The run's whole history, as the store and the world tell it.
  std::string history;
};

/// Compares the store with the world when nothing is under way. `plans`: by their numbers. The store is read alone.
[[nodiscard]] Disagreement check(store::Connection& connection, const Outside& outside,
                                 const std::map<std::uint64_t, Plan>& plans, Tally& tally);

}  // namespace tenon::crash
