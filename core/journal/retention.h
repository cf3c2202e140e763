#pragma once

#include <tenon/error.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "store/store.h"

namespace tenon::journal {

/// Which runs that have ended are kept.
struct RetentionPolicy {
  /// Those that ended within this time; 0: any.
  std::chrono::hours keep{24 * 30};
  /// The newest ones, at most; 0: any number.
  std::uint64_t most_runs = 1'000'000;
  /// How many runs a transaction deletes.
  std::size_t chunk = 500;
};

struct Swept {
  std::uint64_t runs = 0;
  std::uint64_t definitions = 0;
  std::uint64_t debts = 0;
};

/// Deletes ended runs that are not kept, with their records, tags, actions and paid debts, and definitions that no run
/// or debt needs and none was started with for a day. Runs that have debts which are not paid are kept. `now` in
/// microseconds since 1970 UTC. In many short transactions: on a connection of its own, beside the journal.
[[nodiscard]] Result<Swept> sweep(store::Connection& connection, const RetentionPolicy& policy, std::int64_t now);

}  // namespace tenon::journal
