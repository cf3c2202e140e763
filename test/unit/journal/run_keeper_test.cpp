#include "journal/run_keeper.h"

#include <gtest/gtest.h>
#include <tenon/retry_on.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "flow/definition.h"
#include "flow/run.h"
#include "journal/debts.h"
#include "journal/errors.h"
#include "journal/recovery.h"
#include "journal/runs.h"
#include "journal_fixture.h"
#include "support/flows.h"
#include "support/node.h"

namespace tenon::journal {
namespace {

using namespace std::chrono_literals;
using test::ChainMaker;
using test::Trace;
using Lines = std::vector<std::string>;

/// A process of a node: its journal, engine and keeper.
struct Process {
  Process(store::Store& store, std::int64_t node, KeeperOptions options)
      : journal(store, journal_options(node)),
        engine({.threads = 2, .blocking_threads = 2, .journal = &journal}),
        keeper(store, engine, std::move(options)) {}
  ~Process() {
    keeper.stop();
    engine.close();
    journal.close();
    engine.drop_standing();
  }
  static JournalOptions journal_options(std::int64_t node) {
    JournalOptions options;
    options.node = node;
    options.definition_text = flow::definition_text;
    return options;
  }
  std::uint64_t start(const std::shared_ptr<const flow::Chain>& chain) {
    flow::RunRequest request;
    request.chain = chain;
    return engine.start(std::move(request)).value();
  }
  StoreJournal journal;
  flow::Engine engine;
  RunKeeper keeper;
};

class KeptRuns : public JournalTest {
 protected:
  /// The flows that there are, by their classes.
  class Flows final : public flow::StepResolver {
   public:
    Result<void> resolve(flow::ChainStep& step) const override {
      const auto found = flows.find(step.class_name);
      if (found == flows.end()) return make_error("FLOW.1044", "a flow is missing", step.class_name);
      step.flow = found->second.get();
      step.keep = found->second;
      return {};
    }
    std::map<std::string, std::shared_ptr<const Flow>> flows;
  };

  flow::ChainStep step(const std::string& name, test::LambdaFlow::Call run, test::LambdaFlow::Call undo = {}) {
    auto flow =
        std::make_shared<test::LambdaFlow>(std::move(run), undo ? std::move(undo) : trace_.next("undo " + name));
    flows_.flows[name] = flow;
    flow::ChainStep made;
    made.name = made.class_name = name;
    made.plugin = "sample";
    made.flow = flow.get();
    made.keep = std::move(flow);
    made.contract = std::make_shared<FlowContract>();
    return made;
  }
  flow::ChainStep step(const std::string& name) { return step(name, trace_.next(name)); }

  KeeperOptions options(std::int64_t node) {
    KeeperOptions options;
    options.node = node;
    options.chain = [this](std::string_view text) { return flow::chain_from_definition(text, flows_); };
    return options;
  }

  void wait_for(Process& process, std::uint64_t run, flow::Waiting waiting) {
    for (int i = 0; i < 10'000; ++i) {
      const auto state = process.engine.inspect(run);
      if (state && !state->places.empty() && state->places.front().waiting == waiting) return;
      std::this_thread::sleep_for(1ms);
    }
    FAIL() << "the run does not wait for " << flow::waiting_name(waiting);
  }
  RunHistory history_of(std::uint64_t run) { return read_run(*connection_, run).value().value(); }
  RunPhase phase_of(std::uint64_t run) { return history_of(run).run.phase; }
  void wait_for_phase(std::uint64_t run, RunPhase phase) {
    const auto reached = [&] {
      const auto known = read_run(*connection_, run).value();
      return known && known->run.phase == phase;
    };
    for (int i = 0; i < 10'000 && !reached(); ++i) std::this_thread::sleep_for(1ms);
    EXPECT_EQ(phase_of(run), phase);
  }
  static RunOrder order(std::uint64_t run, Verb verb) { return {run, verb, "anna", "a test"}; }

  test::Node services_;
  Trace trace_;
  Flows flows_;
  std::int64_t node_ = 100;
};

TENON_BOTH_ENGINES(KeptRuns);

/// Starts a run in a first process that is paused after `a`, and gives it to a second one.
class LeftRun : public KeptRuns {
 protected:
  std::shared_ptr<const flow::Chain> chain(flow::Recovery recovery = flow::Recovery::kRollback) {
    ChainMaker maker("sample");
    maker.assembler().recovery(recovery);
    maker.then(step("a")).then(step("b")).then(step("c"));
    return maker.make();
  }
  std::uint64_t left(const std::shared_ptr<const flow::Chain>& chain) {
    std::uint64_t id = 0;
    {
      Process process(*store_, kNode, options(kNode));
      EXPECT_TRUE(process.keeper.take_up());
      flow::RunRequest request;
      request.chain = chain;
      // Paused before its first step, as it is durable then.
      flow::Engine& engine = process.engine;
      request.accepted = [&](std::uint64_t run) { engine.pause(run); };
      id = engine.start(std::move(request)).value();
      wait_for(process, id, flow::Waiting::kPaused);
    }
    EXPECT_TRUE(connection_->execute("DELETE FROM node WHERE id = $1", {kNode}));
    add_node(++node_);
    return id;
  }
};

TENON_BOTH_ENGINES(LeftRun);

TEST_P(LeftRun, is_undone_as_its_chain_says_and_counted) {
  const auto made = chain();
  const auto id = left(made);
  Process process(*store_, node_, options(node_));
  EXPECT_EQ(process.keeper.take_up().value(), 1U);
  wait_for_phase(id, RunPhase::kFailed);
  const RunHistory history = history_of(id);
  EXPECT_EQ(history.run.error->code, "FLOW.1040");
  EXPECT_EQ(history.run.recoveries, 1U);
  EXPECT_EQ(trace_.lines(), Lines{"undo a"}) << "it may have begun";
}

TEST_P(LeftRun, goes_on_as_its_chain_says) {
  const auto made = chain(flow::Recovery::kResume);
  const auto id = left(made);
  Process process(*store_, node_, options(node_));
  EXPECT_EQ(process.keeper.take_up().value(), 1U);
  wait_for_phase(id, RunPhase::kSucceeded);
  EXPECT_EQ(trace_.lines(), (Lines{"a", "b", "c"}));
}

TEST_P(LeftRun, is_parked_without_its_flow_and_goes_on_when_that_is_back) {
  const auto made = chain(flow::Recovery::kResume);
  const auto id = left(made);
  const auto flow = flows_.flows.extract("b");
  {
    Process process(*store_, node_, options(node_));
    EXPECT_EQ(process.keeper.take_up().value(), 1U);
    const RunHistory parked = history_of(id);
    EXPECT_EQ(parked.run.phase, RunPhase::kParked);
    EXPECT_EQ(parked.run.parked, "FLOW.1044: a flow is missing: b");
    EXPECT_EQ(process.keeper.state().parked, 1U);
    EXPECT_EQ(process.keeper.order(order(id, Verb::kRetry)).error().code, kNotNow) << "it is parked again";
  }
  flows_.flows["b"] = flow.mapped();
  EXPECT_TRUE(connection_->execute("DELETE FROM node WHERE id = $1", {node_}));
  add_node(++node_);
  Process process(*store_, node_, options(node_));
  EXPECT_EQ(process.keeper.take_up().value(), 1U);
  wait_for_phase(id, RunPhase::kSucceeded);
}

TEST_P(LeftRun, is_parked_when_it_was_interrupted_too_often_until_an_operator_retries_it) {
  const auto made = chain(flow::Recovery::kResume);
  const auto id = left(made);
  ASSERT_TRUE(
      connection_->execute("UPDATE chain_run SET recoveries = 3 WHERE id = $1", {static_cast<std::int64_t>(id)}));
  Process process(*store_, node_, options(node_));
  EXPECT_EQ(process.keeper.take_up().value(), 1U);
  EXPECT_EQ(phase_of(id), RunPhase::kParked);
  EXPECT_TRUE(trace_.lines().empty());
  ASSERT_TRUE(process.keeper.order(order(id, Verb::kRetry)));
  wait_for_phase(id, RunPhase::kSucceeded);
  const RunHistory history = history_of(id);
  ASSERT_EQ(history.actions.size(), 1U);
  EXPECT_EQ(history.actions[0].who, "anna");
  EXPECT_EQ(history.actions[0].why, "a test");
}

TEST_P(LeftRun, that_is_parked_and_paused_is_brought_to_its_next_step_by_a_retry) {
  const auto made = chain(flow::Recovery::kResume);
  const auto id = left(made);
  ASSERT_TRUE(
      connection_->execute("UPDATE chain_run SET recoveries = 3 WHERE id = $1", {static_cast<std::int64_t>(id)}));
  Process process(*store_, node_, options(node_));
  EXPECT_EQ(process.keeper.take_up().value(), 1U);
  EXPECT_EQ(phase_of(id), RunPhase::kParked);
  ASSERT_TRUE(process.keeper.order(order(id, Verb::kPause)));
  ASSERT_TRUE(process.keeper.order(order(id, Verb::kRetry)));
  wait_for(process, id, flow::Waiting::kPaused);
  EXPECT_TRUE(trace_.lines().empty());
  ASSERT_TRUE(process.keeper.order(order(id, Verb::kSkipStep)));
  ASSERT_TRUE(process.keeper.order(order(id, Verb::kResume)));
  wait_for_phase(id, RunPhase::kSucceeded);
  EXPECT_EQ(trace_.lines(), (Lines{"b", "c"})) << "the step that ends the node was not called again";
}

TEST_P(LeftRun, that_is_parked_is_undone_when_it_is_cancelled) {
  const auto made = chain(flow::Recovery::kResume);
  const auto id = left(made);
  ASSERT_TRUE(
      connection_->execute("UPDATE chain_run SET recoveries = 3 WHERE id = $1", {static_cast<std::int64_t>(id)}));
  Process process(*store_, node_, options(node_));
  ASSERT_TRUE(process.keeper.take_up());
  ASSERT_TRUE(process.keeper.order(order(id, Verb::kCancel)));
  wait_for_phase(id, RunPhase::kFailed);
  EXPECT_EQ(history_of(id).run.error->code, "FLOW.1004");
}

TEST_P(LeftRun, keeps_its_locks_while_it_is_parked) {
  ChainMaker maker("sample");
  maker.input("name");
  maker.assembler().lock({flow::KeyTemplate::parse("name:{name}").value(), {}});
  maker.then(step("a"));
  const auto made = maker.make();
  std::uint64_t id = 0;
  {
    Process process(*store_, kNode, options(kNode));
    ASSERT_TRUE(process.keeper.take_up());
    flow::RunRequest request;
    request.chain = made;
    request.input = {{"name", Value::of<std::string>("x")}};
    request.accepted = [&](std::uint64_t run) { process.engine.pause(run); };
    id = process.engine.start(std::move(request)).value();
    wait_for(process, id, flow::Waiting::kPaused);
  }
  ASSERT_TRUE(connection_->execute("DELETE FROM node WHERE id = $1", {kNode}));
  add_node(++node_);
  ASSERT_TRUE(
      connection_->execute("UPDATE chain_run SET recoveries = 3 WHERE id = $1", {static_cast<std::int64_t>(id)}));
  Process process(*store_, node_, options(node_));
  ASSERT_TRUE(process.keeper.take_up());
  flow::RunRequest request;
  request.chain = made;
  request.input = {{"name", Value::of<std::string>("x")}};
  const auto later = process.engine.start(std::move(request)).value();
  wait_for(process, later, flow::Waiting::kLock);
  EXPECT_EQ(process.engine.inspect(later)->places[0].holders, std::vector<std::uint64_t>{id});
  ASSERT_TRUE(process.keeper.order(order(id, Verb::kRetry)));
  wait_for_phase(id, RunPhase::kFailed);
  wait_for_phase(later, RunPhase::kSucceeded);
}

TEST_P(KeptRuns, pay_a_debt_when_they_are_told_to) {
  std::atomic<bool> broken{true};
  std::string key;
  ChainMaker maker("sample");
  maker.then(step("a", trace_.next("a"), [&](FlowStep at) {
    key = at.key();
    if (broken) return std::move(at).fail(make_error("TEST.1", "the host is away"));
    trace_.add("undo a");
    std::move(at).next();
  }));
  maker.then(step("b", trace_.fail("b")));
  const auto made = maker.make();
  Process process(*store_, kNode, options(kNode));
  ASSERT_TRUE(process.keeper.take_up());
  const auto id = process.start(made);
  wait_for_phase(id, RunPhase::kFailed);
  const auto debts = find_debts(*connection_, {}).value();
  ASSERT_EQ(debts.size(), 1U);
  EXPECT_EQ(debts[0].key, flow::run_name(id) + ":0");
  EXPECT_EQ(debts[0].plugin, "sample");
  EXPECT_EQ(debts[0].chain, "sample");
  EXPECT_EQ(process.keeper.retry_debt("none:1", "anna", "a test").error().code, kNoSuchDebt);

  ASSERT_TRUE(process.keeper.retry_debt(debts[0].key, "anna", "a test"));
  const auto wait = [&](const auto& good) {
    for (int i = 0; i < 10'000 && !good(find_debt(*connection_, debts[0].key).value().value()); ++i) {
      std::this_thread::sleep_for(1ms);
    }
    EXPECT_TRUE(good(find_debt(*connection_, debts[0].key).value().value()));
  };
  wait([](const Debt& debt) { return debt.attempts == 1 && debt.state == DebtState::kOpen; });
  broken = false;
  ASSERT_TRUE(process.keeper.retry_debt(debts[0].key, "anna", "the host is back"));
  wait([](const Debt& debt) { return debt.state == DebtState::kPaid; });
  EXPECT_EQ(key, debts[0].key) << "the undo is told the key of the run that owes";
  EXPECT_EQ(trace_.lines().back(), "undo a");
  EXPECT_EQ(process.keeper.settle_debt(debts[0].key, "anna", "done").error().code, kNoSuchDebt);
}

TEST_P(KeptRuns, pay_a_debt_when_what_it_waits_for_happens) {
  std::atomic<bool> away{true};
  ChainMaker maker("sample");
  maker.then(step("a", trace_.next("a"), [&](FlowStep at) {
    if (away) {
      ErrorCode outer = make_error("TEST.2", "not undone");
      outer.causes.push_back(retry_on(make_error("TEST.1", "the host is away"), "test.connected:h1"));
      return std::move(at).fail(outer);
    }
    std::move(at).next();
  }));
  maker.then(step("b", trace_.fail("b")));
  const auto made = maker.make();
  Process process(*store_, kNode, options(kNode));
  ASSERT_TRUE(process.keeper.take_up());
  const auto id = process.start(made);
  wait_for_phase(id, RunPhase::kFailed);
  const auto debt = [&] { return find_debt(*connection_, flow::run_name(id) + ":0").value().value(); };
  EXPECT_EQ(debt().on_event, "test.connected:h1");
  away = false;
  process.keeper.event("test.connected:h2");
  process.keeper.event("test.connected:h1");
  for (int i = 0; i < 9'000 && debt().state != DebtState::kPaid; ++i) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(debt().state, DebtState::kPaid) << "before its time, which is in 10 s";
}

TEST_P(KeptRuns, do_not_record_an_order_that_is_refused) {
  Process process(*store_, kNode, options(kNode));
  ASSERT_TRUE(process.keeper.take_up());
  flow::RunRequest request;
  request.chain = ChainMaker("sample").then(step("a")).then(step("b")).make();
  request.accepted = [&](std::uint64_t run) { process.engine.pause(run); };
  const auto id = process.engine.start(std::move(request)).value();
  wait_for(process, id, flow::Waiting::kPaused);
  RunOrder wrong = order(id, Verb::kSkipStep);
  wrong.step = 1;
  EXPECT_EQ(process.keeper.order(wrong).error().code, "FLOW.1042");
  EXPECT_EQ(process.keeper.may_order(wrong).error().code, "FLOW.1042");
  EXPECT_TRUE(process.keeper.may_order(order(id, Verb::kSkipStep)));
  EXPECT_EQ(process.keeper.order(order(id, Verb::kRetry)).error().code, kNotNow);
  EXPECT_TRUE(history_of(id).actions.empty());
  ASSERT_TRUE(process.keeper.order(order(id, Verb::kSkipStep)));
  EXPECT_EQ(count("chain_journal"), 1) << "recorded when the order is done";
  ASSERT_TRUE(process.keeper.order(order(id, Verb::kResume)));
  wait_for_phase(id, RunPhase::kSucceeded);
  EXPECT_EQ(trace_.lines(), Lines{"b"});
  EXPECT_EQ(history_of(id).actions.size(), 2U);
}

TEST_P(KeptRuns, go_when_they_are_old) {
  const auto made = ChainMaker("sample").then(step("a")).make();
  auto keep = options(kNode);
  keep.sweep_interval = 1ms;
  keep.retention.keep = 24h;
  Process process(*store_, kNode, keep);
  ASSERT_TRUE(process.keeper.take_up());
  std::vector<std::uint64_t> runs;
  for (int i = 0; i < 2; ++i) {
    runs.push_back(process.start(made));
    wait_for_phase(runs.back(), RunPhase::kSucceeded);
  }
  ASSERT_TRUE(
      connection_->execute("UPDATE chain_run SET ended = 1 WHERE id = $1", {static_cast<std::int64_t>(runs[0])}));
  for (int i = 0; i < 10'000 && read_run(*connection_, runs[0]).value(); ++i) std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(read_run(*connection_, runs[0]).value());
  EXPECT_TRUE(read_run(*connection_, runs[1]).value());
}

TEST_P(KeptRuns, say_what_a_cancel_would_undo) {
  ChainMaker maker("sample");
  std::unique_ptr<FlowStep> kept;
  maker.then(step("a")).then(step("b", [&](FlowStep at) {
    kept = std::make_unique<FlowStep>(std::move(at));
    trace_.add("b");
  }));
  const auto made = maker.make();
  Process process(*store_, kNode, options(kNode));
  ASSERT_TRUE(process.keeper.take_up());
  const auto id = process.start(made);
  ASSERT_TRUE(trace_.wait_for("b"));
  wait_for(process, id, flow::Waiting::kAnswer);
  const auto undos = process.keeper.preview_cancel(id).value();
  ASSERT_EQ(undos.size(), 2U);
  EXPECT_EQ(undos[0].flow, "b");
  EXPECT_TRUE(undos[0].perhaps_begun);
  EXPECT_EQ(undos[1].flow, "a");
  EXPECT_FALSE(undos[1].perhaps_begun);
  EXPECT_EQ(process.keeper.order(order(id, Verb::kSkipStep)).error().code, kNotNow);
  EXPECT_EQ(process.keeper.order(order(id, Verb::kResume)).error().details, flow::run_name(id) + " is not paused");
  EXPECT_TRUE(history_of(id).actions.empty());
  ASSERT_TRUE(process.keeper.order(order(id, Verb::kCancel)));
  std::move(*kept).next();
  wait_for_phase(id, RunPhase::kFailed);
  EXPECT_TRUE(process.engine.wait_idle(60s)) << "its end is kept before the engine lets it go";
  EXPECT_EQ(process.keeper.order(order(id, Verb::kCancel)).error().code, kNotNow);
  EXPECT_EQ(process.keeper.order(order(4711, Verb::kCancel)).error().code, kNoSuchRun);
}

}  // namespace
}  // namespace tenon::journal
