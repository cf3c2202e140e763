#pragma once

#include <tenon/error.h>
#include <tenon/store.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "flow/engine.h"
#include "flow/observer.h"

namespace tenon::flow {

/// A step that works in a transaction.
struct TransactionalStep {
  std::uint64_t run = 0;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
  Direction direction = Direction::kForward;
  /// The number of the step's record; 0 for a run that is not recorded. The record becomes durable with the
  /// transaction: kDone with what the work returns, or kUndone.
  std::uint32_t sequence = 0;
};

/// Who makes the work of a TransactionalFlow durable, with whatever is to be recorded about its step. Any thread of the
/// engine's pool for blocking flows may call.
class Transactions {
 public:
  /// The work of the step, which begins anew each time that it is called: what it wrote for the flows after it (of an
  /// undo, nothing), or why nothing of the transaction is to be kept. Does not throw.
  using Work = std::function<Result<std::vector<DataEntry>>(StoreTransaction&)>;

  virtual ~Transactions() = default;

  /// Calls `work` in one transaction and commits it, more than once if need be. The step is answered by what this
  /// returns: success means that all is durable, and the run goes on. May wait.
  virtual Result<void> run(const TransactionalStep& step, const Work& work) = 0;
};

/// Transactions of a store without any record of their steps.
class UnrecordedTransactions final : public Transactions {
 public:
  explicit UnrecordedTransactions(StoreHost& store) : store_(store) {}
  Result<void> run(const TransactionalStep& step, const Work& work) override;

 private:
  StoreHost& store_;
};

}  // namespace tenon::flow
