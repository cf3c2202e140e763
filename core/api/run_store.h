#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "journal/debts.h"
#include "journal/journal.h"
#include "journal/run_keeper.h"
#include "journal/runs.h"

namespace tenon::api {

/// A step of the chain that a run began with.
struct StepTitle {
  std::string name;
  std::string plugin;
};

/// A run as it is recorded.
struct RecordedRun {
  journal::RunHistory history;
  /// By their numbers.
  std::vector<StepTitle> steps;
};

/// What the API asks of the durable record of runs and debts. Any thread. Each call may block, but for `journal` and
/// `keeper`; it returns the errors of the store.
class RunStore {
 public:
  virtual ~RunStore() = default;

  /// How the journal is now. At once.
  [[nodiscard]] virtual journal::JournalState journal() const = 0;
  /// What is kept going now. At once.
  [[nodiscard]] virtual journal::KeeperState keeper() const = 0;

  [[nodiscard]] virtual Result<journal::RunPage> find_runs(const journal::RunFilter& filter) = 0;
  /// Nothing if there is no such run.
  [[nodiscard]] virtual Result<std::optional<RecordedRun>> read_run(std::uint64_t run) = 0;
  /// As RunKeeper has them.
  virtual Result<void> order(const journal::RunOrder& order) = 0;
  [[nodiscard]] virtual Result<void> may_order(const journal::RunOrder& order) = 0;
  [[nodiscard]] virtual Result<std::vector<journal::PreviewedUndo>> preview_cancel(std::uint64_t run) = 0;

  [[nodiscard]] virtual Result<std::vector<journal::Debt>> find_debts(const journal::DebtFilter& filter) = 0;
  [[nodiscard]] virtual Result<std::optional<journal::Debt>> find_debt(std::string_view key) = 0;
  /// Those that are not paid or settled.
  [[nodiscard]] virtual Result<std::uint64_t> count_debts() = 0;
  virtual Result<void> retry_debt(std::string_view key, std::string_view who, std::string_view why) = 0;
  virtual Result<void> settle_debt(std::string_view key, std::string_view who, std::string_view why) = 0;
};

}  // namespace tenon::api
