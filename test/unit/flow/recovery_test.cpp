#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "support/memory_journal.h"
#include "timed_run.h"

namespace {

using namespace std::chrono_literals;
using tenon::FlowKey;
using tenon::FlowStep;
using tenon::Value;
using tenon::flow::Chain;
using tenon::flow::Recovery;
using tenon::test::ChainMaker;
using tenon::test::MemoryJournal;
using tenon::test::Started;
using tenon::test::Trace;

using Lines = std::vector<std::string>;

constexpr FlowKey<int> kNumber{"number"};

/// Runs a chain, loses the process, and takes the run up in another engine.
class RunRecovery : public testing::Test {
 protected:
  tenon::flow::ChainStep step(const std::string& name, tenon::test::LambdaFlow::Call run,
                              std::optional<tenon::flow::StepPolicy> policy = {}, bool writes = false) {
    auto contract = std::make_shared<tenon::FlowContract>();
    if (writes) contract->writes(kNumber);
    contract->optional(kNumber);
    tenon::flow::ChainStep made;
    made.name = name;
    auto flow = std::make_shared<tenon::test::LambdaFlow>(std::move(run), trace_.next("undo " + name));
    made.flow = flow.get();
    made.keep = std::move(flow);
    made.contract = std::move(contract);
    if (policy) made.policy = std::make_shared<tenon::flow::StepPolicy>(*std::move(policy));
    return made;
  }
  tenon::flow::ChainStep step(const std::string& name) { return step(name, trace_.next(name)); }

  /// Starts a run whose process is lost after so many records; the start is the first. What happens later is forgotten.
  std::uint64_t lose_after(std::size_t records, const std::shared_ptr<const Chain>& chain,
                           std::vector<std::pair<std::string, Value>> input = {}) {
    std::uint64_t id = 0;
    {
      tenon::flow::Engine engine({.threads = 2, .blocking_threads = 1, .journal = &journal_});
      journal_.lose_after(records);
      Started run(engine, chain, std::move(input));
      id = run.id;
      while (!journal_.lost()) std::this_thread::yield();
      lost_at_ = trace_.lines();
      journal_.let_ghosts_go();
      (void)engine.wait_idle(10s);
    }
    journal_.begin_anew();
    return id;
  }
  /// Takes the run up and waits for its end: what happened since.
  Lines take_up(std::uint64_t id, std::shared_ptr<const Chain> chain) {
    const std::size_t before = trace_.lines().size();
    tenon::flow::Engine engine({.threads = 2, .blocking_threads = 1, .journal = &journal_});
    auto run = MemoryJournal::recovered(id, journal_.run(id), std::move(chain));
    std::promise<tenon::flow::RunResult> promise;
    run.done_with = [&](tenon::flow::RunResult result) { promise.set_value(std::move(result)); };
    EXPECT_EQ(engine.recover(std::move(run)).value(), id);
    engine.release(id);
    result_ = promise.get_future().get();
    (void)engine.wait_idle(10s);
    const Lines all = trace_.lines();
    return {all.begin() + static_cast<std::ptrdiff_t>(before), all.end()};
  }

  tenon::test::Node node_;
  Trace trace_;
  MemoryJournal journal_;
  Lines lost_at_;
  tenon::flow::RunResult result_;
};

std::shared_ptr<const Chain> with(std::shared_ptr<const Chain> chain, Recovery recovery) {
  auto copy = std::make_shared<Chain>(*chain);
  copy->recovery = recovery;
  return copy;
}

TEST_F(RunRecovery, undoes_what_is_done_and_the_step_that_may_have_begun) {
  const auto chain = ChainMaker().then(step("a")).then(step("b")).then(step("c")).make();
  const auto id = lose_after(2, chain);  // the start and a
  EXPECT_EQ(lost_at_, (Lines{"a", "b"}));
  EXPECT_EQ(take_up(id, chain), (Lines{"undo b", "undo a"}));
  EXPECT_EQ(result_.error->code, "FLOW.1040");
  EXPECT_EQ(journal_.lines(id), (Lines{"done 0", "failed 0 1 FLOW.1040", "undone 1", "undone 0, the end: FLOW.1040"}));
}

TEST_F(RunRecovery, goes_on_after_what_is_done_if_the_chain_says_so) {
  const auto chain = with(ChainMaker().then(step("a")).then(step("b")).then(step("c")).make(), Recovery::kResume);
  const auto id = lose_after(2, chain);
  EXPECT_EQ(take_up(id, chain), (Lines{"b", "c"}));
  EXPECT_TRUE(result_.ok());
  EXPECT_EQ(journal_.lines(id), (Lines{"done 0", "done 1", "done 2, the end"}));
}

TEST_F(RunRecovery, finds_what_steps_wrote_and_the_same_keys) {
  std::vector<std::string> keys;
  int number = 0;
  const auto chain = with(ChainMaker()
                              .then(step(
                                  "a",
                                  [](FlowStep step) {
                                    step.set(kNumber, 42);
                                    std::move(step).next();
                                  },
                                  {}, true))
                              .then(step("b",
                                         [&](FlowStep step) {
                                           keys.push_back(step.key());
                                           number = step.get(kNumber);
                                           std::move(step).next();
                                         }))
                              .make(),
                          Recovery::kResume);
  const auto id = lose_after(2, chain);
  number = 0;
  take_up(id, chain);
  EXPECT_TRUE(result_.ok());
  EXPECT_EQ(number, 42);
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0], keys[1]);
}

TEST_F(RunRecovery, does_not_go_forward_again_once_it_has_turned_back) {
  const auto chain =
      with(ChainMaker().then(step("a")).then(step("b")).then(step("c", trace_.fail("c"))).make(), Recovery::kResume);
  const auto id = lose_after(4, chain);  // start, a, b, the turn
  EXPECT_EQ(take_up(id, chain), (Lines{"undo c", "undo b", "undo a"}));
  EXPECT_EQ(result_.error->code, "TEST.1") << "the error that it failed with";
}

TEST_F(RunRecovery, undoes_nothing_twice_that_is_recorded_as_undone) {
  const auto chain = ChainMaker().then(step("a")).then(step("b")).then(step("c", trace_.fail("c"))).make();
  const auto id = lose_after(5, chain);  // start, a, b, the turn, undone c
  EXPECT_EQ(take_up(id, chain), (Lines{"undo b", "undo a"}));
}

TEST_F(RunRecovery, succeeds_if_only_its_end_was_missing) {
  tenon::flow::StepPolicy never;
  never.when.push_back({"flag", tenon::detail::hash("flag"), false, {}});
  const auto chain = ChainMaker().then(step("a")).then(step("b", trace_.next("b"), never)).make();
  const auto id = lose_after(2, chain);
  EXPECT_TRUE(take_up(id, chain).empty());
  EXPECT_TRUE(result_.ok());
  EXPECT_EQ(journal_.lines(id).back(), "closed, the end");
}

TEST_F(RunRecovery, does_not_undo_a_step_that_the_run_does_without) {
  tenon::flow::StepPolicy never;
  never.when.push_back({"flag", tenon::detail::hash("flag"), false, {}});
  const auto chain =
      ChainMaker().then(step("a")).then(step("b", trace_.next("b"), never)).then(step("c")).then(step("d")).make();
  const auto id = lose_after(2, chain);
  EXPECT_EQ(take_up(id, chain), (Lines{"undo c", "undo a"}));
}

TEST_F(RunRecovery, takes_its_locks_before_a_run_that_is_started_later) {
  tenon::flow::LockPolicy lock;
  lock.key = tenon::test::key_template("name:{name}");
  ChainMaker maker;
  maker.input("name");
  maker.assembler().lock(lock);
  maker.then(step("a")).then(step("b"));
  const auto chain = maker.make();
  const auto id = lose_after(2, chain, {{"name", Value::of<std::string>("x")}});

  tenon::flow::Engine engine({.threads = 2, .blocking_threads = 1, .journal = &journal_});
  ASSERT_TRUE(engine.recover(MemoryJournal::recovered(id, journal_.run(id), chain)));
  Started later(engine, chain, {{"name", Value::of<std::string>("x")}});
  for (int i = 0; i < 10'000; ++i) {
    const auto state = engine.inspect(later.id);
    if (!state->places.empty() && state->places[0].waiting == tenon::flow::Waiting::kLock) break;
    std::this_thread::sleep_for(1ms);
  }
  const auto held = engine.inspect(id);
  EXPECT_EQ(held->locks, Lines{"name:x"});
  EXPECT_EQ(held->places[0].waiting, tenon::flow::Waiting::kRecovery);
  EXPECT_FALSE(later.has_ended());
  engine.release(id);
  EXPECT_TRUE(later.result().ok());
  const Lines all = trace_.lines();
  EXPECT_EQ(Lines(all.end() - 4, all.end()), (Lines{"undo b", "undo a", "a", "b"}));
  EXPECT_TRUE(engine.wait_idle(10s));
}

TEST_F(RunRecovery, waits_for_its_locks_even_if_it_is_cancelled) {
  tenon::flow::LockPolicy lock;
  lock.key = tenon::test::key_template("name:{name}");
  ChainMaker maker;
  maker.input("name");
  maker.assembler().lock(lock);
  maker.then(step("a")).then(step("b"));
  const auto chain = with(maker.make(), Recovery::kResume);
  const auto id = lose_after(2, chain, {{"name", Value::of<std::string>("x")}});
  tenon::flow::Engine engine({.threads = 2, .blocking_threads = 1, .journal = &journal_});
  engine.hold(99, {"name:x"});
  ASSERT_TRUE(engine.recover(MemoryJournal::recovered(id, journal_.run(id), chain)));
  engine.release(id);
  EXPECT_TRUE(engine.cancel(id));
  EXPECT_EQ(engine.inspect(id)->places[0].waiting, tenon::flow::Waiting::kLock);
  engine.let_go(99);
  EXPECT_TRUE(engine.wait_idle(10s));
  const Lines all = trace_.lines();
  EXPECT_EQ(Lines(all.end() - 2, all.end()), (Lines{"undo b", "undo a"}));
}

TEST_F(RunRecovery, waits_for_the_next_attempt_as_long_as_was_left) {
  const auto chain =
      with(ChainMaker().then(step("a", trace_.fail("a"), tenon::test::retry(3, 30s))).make(), Recovery::kResume);
  std::uint64_t id = 0;
  {
    tenon::flow::Engine engine({.threads = 2, .blocking_threads = 1, .journal = &journal_});
    Started run(engine, chain);
    id = run.id;
    while (journal_.runs().empty() || journal_.run(id).lines.size() < 2) std::this_thread::yield();  // undone, retry
    journal_.lose();
    engine.cancel(id);
    journal_.let_ghosts_go();
    EXPECT_TRUE(engine.wait_idle(10s));
  }
  journal_.begin_anew();
  auto run = MemoryJournal::recovered(id, journal_.run(id), chain);
  ASSERT_EQ(run.retries.size(), 1U);
  auto clock = std::make_shared<tenon::flow::VirtualClock>();
  tenon::flow::Engine engine({.threads = 2, .blocking_threads = 1, .clock = clock, .journal = &journal_});
  ASSERT_TRUE(engine.recover(std::move(run)));
  engine.release(id);
  while (clock->next() == tenon::flow::Clock::TimePoint::max()) std::this_thread::yield();
  EXPECT_EQ(clock->next() - clock->now(), 30s);
  clock->advance(30s);
  while (journal_.lines(id).size() < 4) std::this_thread::yield();
  engine.cancel(id);
  EXPECT_TRUE(engine.wait_idle(10s));
  EXPECT_EQ(trace_.lines(), (Lines{"a", "undo a", "a", "undo a"})) << "the second attempt, not the first again";
}

TEST_F(RunRecovery, undoes_branches_that_were_at_work_with_what_they_had_done) {
  ChainMaker maker;
  maker.then(step("a"));
  maker.assembler().open_parallel({}, 1);
  maker.assembler().open_branch();
  maker.then(step("b1")).then(step("b2"));
  maker.assembler().close();
  maker.assembler().open_branch();
  maker.then(step("c1")).then(step("c2"));
  maker.assembler().close();
  maker.assembler().close();
  maker.then(step("d"));
  const auto chain = maker.make();
  const auto id = lose_after(5, chain);  // start, a, b1, b2, c1
  const Lines undone = take_up(id, chain);
  const std::multiset<std::string> all(undone.begin(), undone.end());
  EXPECT_EQ(all, (std::multiset<std::string>{"undo a", "undo b1", "undo b2", "undo c1", "undo c2"}))
      << "and not d, which stands after branches that are not all done";
}

TEST_F(RunRecovery, pays_a_debt_under_the_keys_of_the_run_that_owes) {
  std::string key;
  const auto chain = ChainMaker()
                         .then("a", trace_.next("a"),
                               [&](FlowStep step) {
                                 key = step.key();
                                 trace_.add("undo a");
                                 std::move(step).next();
                               })
                         .make();
  tenon::flow::Engine engine({.threads = 1, .blocking_threads = 1, .journal = &journal_});
  tenon::flow::RecoveredRun debt;
  debt.chain = chain;
  debt.done = {0};
  debt.course = tenon::flow::RecoveredRun::Course::kTurned;
  debt.owner = 77;
  debt.journaled = false;
  std::promise<tenon::flow::RunResult> promise;
  debt.done_with = [&](tenon::flow::RunResult result) { promise.set_value(std::move(result)); };
  const auto id = engine.recover(std::move(debt)).value();
  EXPECT_NE(id, 77U);
  engine.release(id);
  EXPECT_TRUE(promise.get_future().get().error->causes.empty()) << "the undo has succeeded";
  EXPECT_EQ(key, tenon::flow::run_name(77) + ":0");
  EXPECT_TRUE(journal_.runs().empty());
  EXPECT_TRUE(engine.wait_idle(10s));
}

TEST_F(RunRecovery, refuses_records_that_do_not_fit_the_chain) {
  const auto chain = ChainMaker().then(step("a")).make();
  tenon::flow::Engine engine({.threads = 1, .blocking_threads = 1, .journal = &journal_});
  tenon::flow::RecoveredRun run;
  run.id = 5;
  run.chain = chain;
  run.done = {1};
  EXPECT_EQ(engine.recover(run).error().details, "chain 'chain': there is no step 1");
  run.done = {0};
  run.data = {{0, "other", Value::of<int>(1)}};
  EXPECT_EQ(engine.recover(run).error().details, "chain 'chain': there is no key 'other'");
}

}  // namespace
