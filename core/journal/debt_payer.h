#pragma once

#include <tenon/error.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "flow/engine.h"
#include "journal/debts.h"
#include "journal/recorded_chains.h"
#include "store/store.h"

namespace tenon::journal {

/// Tries the undos that are owed when they are due, and notes what comes of it. One thread works it; the rest is for
/// any.
class DebtPayer {
 public:
  /// `wake` is called, on any thread, when a debt was tried: `work` has something to note. What is given outlives this.
  DebtPayer(flow::Engine& engine, RecordedChains& chains, std::int64_t node, std::function<void()> wake)
      : engine_(engine), chains_(chains), node_(node), wake_(std::move(wake)) {}
  DebtPayer(const DebtPayer&) = delete;
  DebtPayer& operator=(const DebtPayer&) = delete;

  /// Notes the ends of those that were tried and what has happened, then tries those that are due. After an error of
  /// the store it is called again later, and nothing is lost.
  [[nodiscard]] Result<void> work(store::Connection& connection);
  /// Debts that wait for the event are due when `work` is called next.
  void event(std::string name);
  [[nodiscard]] std::size_t at_work() const;

 private:
  struct Tried {
    std::string key;
    std::optional<ErrorCode> error;
  };

  Result<void> note_tried(store::Connection& connection);
  Result<void> heed_events(store::Connection& connection);
  /// Opens those that were taken without this knowing of it.
  Result<void> give_back_lost(store::Connection& connection);
  Result<void> try_due(store::Connection& connection);
  void try_debt(store::Connection& connection, const Debt& debt);
  /// Hands the undo to the engine.
  Result<void> begin(store::Connection& connection, const Debt& debt);
  void ended(const std::string& key, const flow::RunResult& result);

  flow::Engine& engine_;
  RecordedChains& chains_;
  const std::int64_t node_;
  const std::function<void()> wake_;
  /// Some may have been taken in a transaction whose end is not known. Of `work`.
  bool taken_unknown_ = false;
  mutable std::mutex mutex_;
  std::deque<Tried> tried_;
  /// That have come since the store was last told.
  std::set<std::string> events_;
  /// Taken, and not noted yet.
  std::set<std::string> at_work_;
};

}  // namespace tenon::journal
