#pragma once

#include "api/run_store.h"
#include "journal/journal.h"
#include "journal/run_keeper.h"
#include "store/connection_pool.h"
#include "store/store.h"

namespace tenon::api {

/// The runs and debts of this node's store.
class KeeperRunStore final : public RunStore {
 public:
  /// All must outlive it.
  KeeperRunStore(store::Store& store, const journal::StoreJournal& journal, journal::RunKeeper& keeper)
      : journal_(journal), keeper_(keeper), pool_(store, kConnections) {}

  [[nodiscard]] journal::JournalState journal() const override { return journal_.state(); }
  [[nodiscard]] journal::KeeperState keeper() const override { return keeper_.state(); }
  [[nodiscard]] Result<journal::RunPage> find_runs(const journal::RunFilter& filter) override;
  [[nodiscard]] Result<std::optional<RecordedRun>> read_run(std::uint64_t run) override;
  Result<void> order(const journal::RunOrder& order) override { return keeper_.order(order); }
  [[nodiscard]] Result<void> may_order(const journal::RunOrder& order) override { return keeper_.may_order(order); }
  [[nodiscard]] Result<std::vector<journal::PreviewedUndo>> preview_cancel(std::uint64_t run) override {
    return keeper_.preview_cancel(run);
  }
  [[nodiscard]] Result<std::vector<journal::Debt>> find_debts(const journal::DebtFilter& filter) override;
  [[nodiscard]] Result<std::optional<journal::Debt>> find_debt(std::string_view key) override;
  [[nodiscard]] Result<std::uint64_t> count_debts() override;
  Result<void> retry_debt(std::string_view key, std::string_view who, std::string_view why) override {
    return keeper_.retry_debt(key, who, why);
  }
  Result<void> settle_debt(std::string_view key, std::string_view who, std::string_view why) override {
    return keeper_.settle_debt(key, who, why);
  }

 private:
  /// As many as the server has threads for answers that block (HttpLimits::workers).
  static constexpr std::size_t kConnections = 4;

  const journal::StoreJournal& journal_;
  journal::RunKeeper& keeper_;
  store::ConnectionPool pool_;
};

/// The steps of a definition's text (`flow::definition_text`). JOURNAL.1006 if it is none.
[[nodiscard]] Result<std::vector<StepTitle>> steps_of_definition(std::string_view text);

}  // namespace tenon::api
