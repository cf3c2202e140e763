#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tenon/flow_traits.h>
#include <tenon/transactional_flow.h>

#include <atomic>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "flow/transactions.h"
#include "support/flows.h"
#include "support/node.h"
#include "support/run.h"

namespace {

using tenon::Error;
using tenon::FlowData;
using tenon::FlowKey;
using tenon::FlowStep;
using tenon::make_error;
using tenon::Result;
using tenon::StoreTransaction;
using tenon::StoreValue;
using tenon::flow::DataEntry;
using tenon::flow::Direction;
using tenon::flow::RunResult;
using tenon::test::ChainMaker;
using tenon::test::run_chain;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr FlowKey<int> kNumber{"number"};

/// A transaction that notes its statements.
class Notes final : public StoreTransaction {
 public:
  std::vector<std::string> statements;

 private:
  Result<std::uint64_t> do_execute(std::string_view sql, std::span<const StoreValue> /*parameters*/) override {
    statements.emplace_back(sql);
    return std::uint64_t{1};
  }
  Result<tenon::StoreRows> do_query(std::string_view /*sql*/, std::span<const StoreValue> /*parameters*/) override {
    return tenon::StoreRows();
  }
};

/// Keeps the statements of what was committed, and what was to be recorded with them.
class FakeTransactions final : public tenon::flow::Transactions {
 public:
  Result<void> run(const tenon::flow::TransactionalStep& step, const Work& work) override {
    const std::string direction = step.direction == Direction::kUndo ? "undo" : "run";
    const std::string place = direction + " " + std::to_string(step.step);
    for (; fail_commits > 0; --fail_commits) {
      Notes lost;
      if (const auto written = work(lost); !written) return written.error();
    }
    Notes kept;
    const Result<std::vector<DataEntry>> written = work(kept);
    if (!written) return written.error();
    for (const std::string& statement : kept.statements) committed.push_back(place + ": " + statement);
    for (const DataEntry& entry : *written) {
      committed.push_back(place + " wrote " + std::string(entry.key.name) + "=" +
                          std::to_string(*entry.value.as<int>()));
    }
    if (refuse_commits) return make_error("STORE.1002", "lost");
    return {};
  }

  int fail_commits = 0;
  bool refuse_commits = false;
  std::vector<std::string> committed;
};

/// Writes a number and a row.
class Insert final : public tenon::TransactionalFlow {
 public:
  void execute(FlowData& data, StoreTransaction& store) const override {
    ++calls;
    (void)store.execute("insert").value();
    const int* before = data.find(kNumber);
    data.set(kNumber, (before != nullptr ? *before : 0) + 1);
    if (behaviour == "error") throw Error(make_error("TEST.1", "told to fail"));
    if (behaviour == "exception") throw std::runtime_error("thrown");
  }
  void undo(FlowData& /*data*/, StoreTransaction& store) const override { (void)store.execute("delete").value(); }

  mutable std::atomic<int> calls = 0;
  std::string behaviour;
};

class FlowTransaction : public testing::Test {
 protected:
  RunResult run(bool fail_after = false) {
    ChainMaker chain;
    chain.then("insert", insert);
    if (fail_after) {
      chain.then("fail", [](FlowStep step) { std::move(step).fail(make_error("TEST.2", "told to fail")); });
    }
    return run_chain(engine, chain.make());
  }

  tenon::test::Node node;
  FakeTransactions transactions;
  std::shared_ptr<Insert> insert = std::make_shared<Insert>();
  tenon::flow::Engine engine{{.threads = 1, .blocking_threads = 1, .transactions = &transactions}};
};

TEST_F(FlowTransaction, is_committed_with_what_its_flow_wrote) {
  const RunResult result = run();
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(transactions.committed, ElementsAre("run 0: insert", "run 0 wrote number=1"));
  EXPECT_EQ(*result.find("number")->as<int>(), 1);
}

TEST_F(FlowTransaction, of_an_undo_is_one_of_its_own) {
  const RunResult result = run(true);
  EXPECT_EQ(result.error->code, "TEST.2");
  EXPECT_THAT(result.error->causes, IsEmpty());
  EXPECT_THAT(transactions.committed, ElementsAre("run 0: insert", "run 0 wrote number=1", "undo 0: delete"));
}

TEST_F(FlowTransaction, is_not_committed_if_its_flow_fails) {
  insert->behaviour = "error";
  const RunResult result = run();
  EXPECT_EQ(result.error->code, "TEST.1");
  EXPECT_THAT(transactions.committed, ElementsAre("undo 0: delete"));
}

TEST_F(FlowTransaction, is_not_committed_if_its_flow_throws) {
  insert->behaviour = "exception";
  const RunResult result = run();
  EXPECT_EQ(result.error->to_string(), "FLOW.1001: flow threw an exception: thrown");
  EXPECT_THAT(transactions.committed, ElementsAre("undo 0: delete"));
}

TEST_F(FlowTransaction, begins_with_the_data_of_before_each_time_it_is_tried) {
  transactions.fail_commits = 2;
  const RunResult result = run();
  EXPECT_EQ(insert->calls, 3);
  EXPECT_THAT(transactions.committed, ElementsAre("run 0: insert", "run 0 wrote number=1"));
  EXPECT_EQ(*result.find("number")->as<int>(), 1);
}

TEST_F(FlowTransaction, fails_its_step_if_it_is_not_durable) {
  transactions.refuse_commits = true;
  const RunResult result = run();
  EXPECT_EQ(result.error->code, "STORE.1002");
  EXPECT_EQ(result.find("number"), nullptr);
}

TEST_F(FlowTransaction, is_not_committed_if_its_flow_did_not_write_what_it_declares) {
  auto contract = std::make_shared<tenon::FlowContract>();
  constexpr FlowKey<int> kOther{"other"};
  contract->optional(kNumber).writes(kNumber).writes(kOther);
  tenon::flow::ChainStep step;
  step.name = "insert";
  step.flow = insert.get();
  step.keep = insert;
  step.contract = contract;
  const RunResult result = run_chain(engine, ChainMaker().then(std::move(step)).make());
  EXPECT_EQ(result.error->code, "FLOW.1017");
  EXPECT_THAT(transactions.committed, ElementsAre("undo 0: delete"));
}

TEST(FlowTransactionWithoutAStore, fails_its_step) {
  tenon::test::Node node;
  tenon::flow::Engine engine{{.threads = 1, .blocking_threads = 1}};
  auto insert = std::make_shared<Insert>();
  const RunResult result = run_chain(engine, ChainMaker().then("insert", insert).make());
  EXPECT_EQ(result.error->code, "FLOW.1032");
  EXPECT_EQ(insert->calls, 0);
}

TEST(FlowTransactionTraits, see_the_sides_that_a_class_has_of_its_own) {
  class WithoutUndo : public tenon::TransactionalFlow {
   public:
    void execute(FlowData& /*data*/, StoreTransaction& /*store*/) const override {}
  };
  EXPECT_TRUE(tenon::detail::has_undo<Insert>());
  EXPECT_FALSE(tenon::detail::has_undo<WithoutUndo>());
  EXPECT_FALSE(tenon::detail::has_pre_check<Insert>());
}

}  // namespace
