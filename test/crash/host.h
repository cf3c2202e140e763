#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "plan.h"

namespace tenon::crash {

/// What is broken on purpose, to show that the drill finds it.
enum class Sabotage {
  kNone,
  kIdleUndo,     ///< undos do nothing
  kSkipRun,      ///< one run that a lost process left is taken for failed and not undone
  kLoseBatch,    ///< a batch of records is said to be durable and is not written
  kForgetDebt,   ///< debts are deleted
  kLooseRecord,  ///< a transactional flow and its record are two transactions
  kLyingDisk,    ///< with loss of power: syncs have no effect
};

struct HostOptions {
  /// Of the store, as for tenond.
  std::string store;
  /// The folder of an Outside.
  std::filesystem::path world;
  /// The kill point at which the process dies; 0: at none.
  std::uint64_t die_at = 0;
  /// What is to be started.
  std::vector<Plan> plans;
  Sabotage sabotage = Sabotage::kNone;
  bool power_loss = false;
};

/// How a host ends that nobody kills.
enum HostExit : int {
  kAllDone = 0,
  kFaulty = 70,    ///< a run hangs, or the host can't work: it has told why
  kStoreAway = 75  ///< the store was not there when it started
};

/// A small node: takes up what the one before it left, starts runs, waits until all have ended, and pays debts until
/// only those are left that can't be paid. Tells the world what a caller would hear.
[[nodiscard]] int run_host(const HostOptions& options);

}  // namespace tenon::crash
