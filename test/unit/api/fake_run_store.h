#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "api/run_store.h"
#include "journal/errors.h"

namespace tenon::test {

/// A store whose runs and debts are what the test says. Keeps what it was asked for.
class FakeRunStore final : public api::RunStore {
 public:
  journal::JournalState journal_state;
  journal::KeeperState keeper_state;
  /// If set, all that reads or writes answers this.
  std::optional<ErrorCode> away;
  std::map<std::uint64_t, api::RecordedRun> runs;
  std::vector<journal::Debt> debts;
  std::vector<journal::PreviewedUndo> undos;
  /// What an order to this run is answered.
  std::map<std::uint64_t, ErrorCode> refusals;

  std::vector<journal::RunFilter> run_filters;
  std::vector<journal::DebtFilter> debt_filters;
  std::vector<journal::RunOrder> orders;
  /// `VERB KEY WHY`.
  std::vector<std::string> debt_orders;

  api::RecordedRun& add_run(std::uint64_t id, journal::RunPhase phase = journal::RunPhase::kRunning) {
    api::RecordedRun& run = runs[id];
    run.history.run.id = id;
    run.history.run.chain = "demo";
    run.history.run.phase = phase;
    run.history.run.started = 1'000'000;
    run.steps = {{"a", "sample"}, {"b", "sample"}};
    return run;
  }

  [[nodiscard]] journal::JournalState journal() const override { return journal_state; }
  [[nodiscard]] journal::KeeperState keeper() const override { return keeper_state; }
  [[nodiscard]] Result<journal::RunPage> find_runs(const journal::RunFilter& filter) override {
    run_filters.push_back(filter);
    if (away) return *away;
    journal::RunPage page;
    for (auto run = runs.rbegin(); run != runs.rend(); ++run) {
      if (page.runs.size() == filter.limit) {
        page.next = page.runs.back().id;
        break;
      }
      page.runs.push_back(run->second.history.run);
    }
    return page;
  }
  [[nodiscard]] Result<std::optional<api::RecordedRun>> read_run(std::uint64_t run) override {
    if (away) return *away;
    const auto found = runs.find(run);
    return found != runs.end() ? std::optional(found->second) : std::nullopt;
  }
  Result<void> order(const journal::RunOrder& order) override {
    if (away) return *away;
    orders.push_back(order);
    return may_order(order);
  }
  [[nodiscard]] Result<void> may_order(const journal::RunOrder& order) override {
    if (away) return *away;
    const auto refusal = refusals.find(order.run);
    return refusal != refusals.end() ? Result<void>(refusal->second) : Result<void>();
  }
  [[nodiscard]] Result<std::vector<journal::PreviewedUndo>> preview_cancel(std::uint64_t /*run*/) override {
    if (away) return *away;
    return undos;
  }
  [[nodiscard]] Result<std::vector<journal::Debt>> find_debts(const journal::DebtFilter& filter) override {
    debt_filters.push_back(filter);
    if (away) return *away;
    return std::vector<journal::Debt>(debts.begin(),
                                      debts.begin() + static_cast<long>(std::min(filter.limit, debts.size())));
  }
  [[nodiscard]] Result<std::optional<journal::Debt>> find_debt(std::string_view key) override {
    if (away) return *away;
    for (const journal::Debt& debt : debts) {
      if (debt.key == key) return std::optional(debt);
    }
    return std::optional<journal::Debt>();
  }
  [[nodiscard]] Result<std::uint64_t> count_debts() override {
    if (away) return *away;
    return std::uint64_t{debts.size()};
  }
  Result<void> retry_debt(std::string_view key, std::string_view who, std::string_view why) override {
    return debt_order("retry", key, who, why);
  }
  Result<void> settle_debt(std::string_view key, std::string_view who, std::string_view why) override {
    return debt_order("settle", key, who, why);
  }

 private:
  Result<void> debt_order(const std::string& verb, std::string_view key, std::string_view /*who*/,
                          std::string_view why) {
    if (away) return *away;
    const Result<std::optional<journal::Debt>> debt = find_debt(key);
    if (!*debt || (*debt)->state != journal::DebtState::kOpen) {
      return make_error(journal::kNoSuchDebt, "there is no open debt of this key", std::string(key));
    }
    debt_orders.push_back(verb + " " + std::string(key) + " " + std::string(why));
    return {};
  }
};

}  // namespace tenon::test
