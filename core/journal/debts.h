#pragma once

#include <tenon/error.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "flow/engine.h"
#include "journal/stored_value.h"
#include "store/store.h"

/// Undos that failed: kept until they are paid, tried again with growing waits, when an event comes, or by hand. They
/// come into being with the record that tells of the failure, in one transaction. Times are microseconds since 1970
/// UTC.
namespace tenon::journal {

enum class DebtState : std::uint8_t {
  kOpen = 1,     ///< waits for its next attempt
  kAwaited = 2,  ///< the flow has not answered yet; its node tries when it does
  kTaken = 3,    ///< a node is at work on it
  kPaid = 8,     ///< the undo has succeeded
  kSettled = 9,  ///< by hand: an operator says that nothing is left
};

/// `open`, `awaited`, `taken`, `paid`, `settled`.
[[nodiscard]] std::string_view debt_state_name(DebtState state);
[[nodiscard]] std::optional<DebtState> debt_state_of_name(std::string_view name);

struct Debt {
  /// `RUN:STEP`, as the flow knows it: unique by what is to be cleaned.
  std::string key;
  std::uint64_t run = 0;
  std::uint32_t step = 0;
  std::int64_t definition = 0;
  std::string chain;
  /// Name of the step, and the plugin that its flow is of.
  std::string flow;
  std::string plugin;
  DebtState state = DebtState::kOpen;
  /// Failed ones.
  std::uint32_t attempts = 0;
  std::int64_t created = 0;
  /// When it is tried again.
  std::int64_t next_at = 0;
  /// The event that makes it due at once: `retry_on` in the elaboration of the error; empty if there is none.
  std::string on_event;
  /// Of the last attempt.
  ErrorCode error;
  /// What the flow sees in its undo, as JSON text, for `stored_values`.
  std::string data;
};

struct DebtFilter {
  /// Empty: those that are not paid or settled.
  std::vector<DebtState> states = {};
  std::optional<std::uint64_t> run = {};
  std::string plugin = {};
  std::string chain = {};
  /// Those after this key, in the order of keys.
  std::string after = {};
  std::size_t limit = 100;
};

[[nodiscard]] Result<std::vector<Debt>> find_debts(store::Connection& connection, const DebtFilter& filter);
/// Nothing if there is none of this key.
[[nodiscard]] Result<std::optional<Debt>> find_debt(store::Connection& connection, std::string_view key);

/// Those that are due, oldest first: they are this node's to try, and kTaken.
[[nodiscard]] Result<std::vector<Debt>> take_due_debts(store::Connection& connection, std::int64_t node,
                                                       std::int64_t now, std::size_t limit = 100);
/// Those that this node has taken: after a `take_due_debts` whose end is not known, it may have more than it knows of.
[[nodiscard]] Result<std::vector<std::string>> taken_debts(store::Connection& connection, std::int64_t node);
/// Opens one that was taken, as it was before.
[[nodiscard]] Result<bool> give_back_debt(store::Connection& connection, std::string_view key);
/// When the next one is due; nothing if none is open.
[[nodiscard]] Result<std::optional<std::int64_t>> next_debt_due(store::Connection& connection);

/// The run that tries the undo once: of one step that is to be undone, named by the run that owes, not recorded.
/// JOURNAL.1002 as of `recovered_run`, JOURNAL.1005 if the chain has no such step. `id`: of the new run.
[[nodiscard]] Result<flow::RecoveredRun> debt_run(const Debt& debt, std::shared_ptr<const flow::Chain> chain,
                                                  std::uint64_t id);

/// How long after `attempts` failed ones: 10 s, doubled each time, up to an hour; a fifth of it is left to chance
/// (0–1).
[[nodiscard]] std::int64_t debt_wait(std::uint32_t attempts, double chance);

/// The undo has succeeded. False if the debt was not taken.
[[nodiscard]] Result<bool> pay_debt(store::Connection& connection, std::string_view key, std::int64_t now);
/// It has failed once more: open again, one more attempt, due after `debt_wait`. False if it was not taken.
[[nodiscard]] Result<bool> debt_failed(store::Connection& connection, std::string_view key, const ErrorCode& error,
                                       std::int64_t now, double chance);
/// It can't be tried now (its plugin is away): open again with the reason and without counting an attempt.
[[nodiscard]] Result<bool> defer_debt(store::Connection& connection, std::string_view key, const ErrorCode& error,
                                      std::int64_t until);
/// The event has come: those that wait for it are due. How many.
[[nodiscard]] Result<std::uint64_t> debts_due_on(store::Connection& connection, std::string_view event,
                                                 std::int64_t now);

/// While no node ran, nobody saw what happened: all that wait for an event are due.
[[nodiscard]] Result<std::uint64_t> debts_due_on_start(store::Connection& connection, std::int64_t now);

/// By an operator, audited in the run's actions, in one transaction. False if there is no open debt of this key.
[[nodiscard]] Result<bool> retry_debt(store::Connection& connection, std::string_view key, std::string_view who,
                                      std::string_view why, std::int64_t now);
[[nodiscard]] Result<bool> settle_debt(store::Connection& connection, std::string_view key, std::string_view who,
                                       std::string_view why, std::int64_t now);

}  // namespace tenon::journal
