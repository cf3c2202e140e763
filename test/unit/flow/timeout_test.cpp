#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "support/temp_folder.h"
#include "timed_run.h"

namespace {

using namespace std::chrono_literals;
using tenon::ErrorCode;
using tenon::FlowStep;
using tenon::make_error;
using tenon::flow::RunResult;
using tenon::flow::StepPolicy;
using tenon::flow::Waiting;
using tenon::test::ChainMaker;
using tenon::test::Started;
using tenon::test::timeout;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class FlowTimeout : public tenon::test::TimedRun {};

TEST_F(FlowTimeout, tells_the_flow_and_waits_for_its_answer_before_the_undo) {
  Started run(engine_, ChainMaker()
                           .then("a", trace_.next("run a"), trace_.next("undo a"))
                           .then("b", keep("run b"), trace_.next("undo b"), timeout(1s, 5s))
                           .then("c", trace_.next("run c"))
                           .make());
  FlowStep step = taken("run b");
  clock_->advance(999ms);
  EXPECT_FALSE(step.cancelled());
  clock_->advance(1ms);
  EXPECT_TRUE(step.cancelled());
  EXPECT_EQ(engine_.inspect(run.id)->places.at(0).waiting, Waiting::kGrace);
  clock_->advance(4s);
  EXPECT_FALSE(run.has_ended()) << "its grace is not over";
  std::move(step).next();
  const RunResult result = run.result();
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "undo b", "undo a"));
  EXPECT_EQ(result.error->to_string(), "FLOW.1005: the time is up: it had 1000 ms");
  EXPECT_EQ(result.error->elaboration.at("flow"), "b");
}

TEST_F(FlowTimeout, keeps_what_the_flow_says_of_it_as_the_cause) {
  Started run(engine_, ChainMaker().then("a", keep("a"), {}, timeout(1s)).make());
  FlowStep step = taken("a");
  clock_->advance(1s);
  std::move(step).fail(make_error("TEST.1", "gave up"));
  const RunResult result = run.result();
  EXPECT_EQ(result.error->code, "FLOW.1005");
  EXPECT_EQ(result.error->causes.at(0).code, "TEST.1");
}

TEST_F(FlowTimeout, is_not_up_for_a_flow_that_answers_in_time) {
  Started run(engine_, ChainMaker().then("a", keep("a"), {}, timeout(1s)).then("b", keep("b"), {}, timeout(1s)).make());
  clock_->advance(900ms);
  taken("a").next();
  FlowStep second = taken("b");
  clock_->advance(900ms);
  std::move(second).next();
  EXPECT_TRUE(run.result().ok()) << "each flow has a time of its own";
}

TEST_F(FlowTimeout, undoes_a_flow_without_its_answer_when_the_grace_is_over_and_again_when_it_answers) {
  Started run(engine_, ChainMaker()
                           .then("a", trace_.next("run a"), trace_.next("undo a"))
                           .then("b", keep("run b"), trace_.next("undo b"), timeout(1s, 5s))
                           .make());
  FlowStep step = taken("run b");
  clock_->advance(6s);
  const RunResult result = run.result();
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "undo b", "undo a"));
  EXPECT_EQ(result.error->code, "FLOW.1005");
  EXPECT_EQ(result.error->causes.at(0).code, "FLOW.1019");
  EXPECT_TRUE(step.cancelled());
  while (engine_.in_flight() != 0) std::this_thread::yield();
  EXPECT_FALSE(engine_.wait_idle(1ms)) << "a flow of it is still out";
  const auto state = engine_.inspect(run.id);
  ASSERT_TRUE(state.has_value());
  EXPECT_TRUE(state->ended);
  EXPECT_EQ(state->places.at(0).waiting, Waiting::kLateAnswer);
  EXPECT_EQ(state->places.at(0).step_name, "b");

  std::move(step).next();
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "undo b", "undo a", "undo b"));
  EXPECT_FALSE(engine_.inspect(run.id).has_value());
}

TEST_F(FlowTimeout, undoes_a_flow_again_when_it_drops_its_step_late) {
  Started run(engine_, ChainMaker().then("b", keep("run b"), trace_.next("undo b"), timeout(1s, 1s)).make());
  {
    const FlowStep step = taken("run b");
    clock_->advance(2s);
    (void)run.result();
  }
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(trace_.lines(), ElementsAre("run b", "undo b", "undo b"));
}

TEST_F(FlowTimeout, lets_a_late_flow_read_and_write_on_as_if_nothing_had_happened) {
  constexpr tenon::FlowKey<std::string> kText{"text"};
  Started run(engine_, ChainMaker()
                           .then("a",
                                 [&](FlowStep step) {
                                   step.set(kText, "of a");
                                   std::move(step).next();
                                 })
                           .then(
                               "b", keep("run b"),
                               [&](FlowStep step) {
                                 trace_.add("undo b sees " + step.get(kText));
                                 std::move(step).next();
                               },
                               timeout(1s, 1s))
                           .make());
  FlowStep step = taken("run b");
  const std::string& seen = step.get(kText);
  clock_->advance(2s);
  (void)run.result();
  EXPECT_EQ(seen, "of a") << "the reference is good until the step is answered";
  step.set(kText, "of b");
  EXPECT_EQ(step.get(kText), "of b");
  std::move(step).next();
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(trace_.lines(), ElementsAre("run b", "undo b sees of a", "undo b sees of a"));
}

TEST_F(FlowTimeout, reports_a_late_undo_that_fails) {
  int undos = 0;
  Started run(engine_, ChainMaker()
                           .then(
                               "b", keep("run b"),
                               [&](FlowStep step) {
                                 if (++undos == 1) {
                                   std::move(step).next();
                                 } else {
                                   std::move(step).fail(make_error("TEST.2", "stuck"));
                                 }
                               },
                               timeout(1s, 1s))
                           .make());
  FlowStep step = taken("run b");
  clock_->advance(2s);
  (void)run.result();
  std::move(step).next();
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(node_.lines(), Contains(HasSubstr("an undo failed")));
}

TEST_F(FlowTimeout, of_a_blocking_flow_that_makes_a_file_too_late_leaves_no_file) {
  struct MakesFile : tenon::BlockingFlow {
    explicit MakesFile(std::filesystem::path file) : file_(std::move(file)) {}
    void execute(tenon::FlowData&) const override {
      begun_.set_value();
      go_.get_future().wait();
      std::ofstream(file_) << "made";
    }
    void undo(tenon::FlowData&) const override { std::filesystem::remove(file_); }
    std::filesystem::path file_;
    mutable std::promise<void> begun_;
    mutable std::promise<void> go_;
  };
  const tenon::test::TempFolder folder;
  for (const bool within_grace : {true, false}) {
    auto flow = std::make_shared<MakesFile>(folder.path() / "file");
    Started run(engine_, ChainMaker().then("make", flow, timeout(1s, 5s)).make());
    flow->begun_.get_future().wait();
    wait_until(run.id, Waiting::kAnswer);
    clock_->advance(within_grace ? 2s : 6s);
    if (!within_grace) {
      EXPECT_EQ(run.result().error->code, "FLOW.1005");
    }
    flow->go_.set_value();
    if (within_grace) {
      EXPECT_EQ(run.result().error->code, "FLOW.1005");
    }
    ASSERT_TRUE(engine_.wait_idle(10s));
    EXPECT_FALSE(std::filesystem::exists(flow->file_)) << (within_grace ? "within its grace" : "after its grace");
  }
}

TEST_F(FlowTimeout, of_an_undo_is_a_failed_undo_and_the_earlier_flows_are_undone) {
  StepPolicy policy;
  policy.undo_timeout = 1s;
  policy.grace = 1s;
  Started run(engine_, ChainMaker()
                           .then("a", trace_.next("run a"), trace_.next("undo a"))
                           .then("b", trace_.fail("run b"), keep("undo b"), policy)
                           .make());
  FlowStep step = taken("undo b");
  clock_->advance(1s);
  EXPECT_FALSE(step.cancelled()) << "an undo is not told to hurry";
  clock_->advance(1s);
  const RunResult result = run.result();
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "undo b", "undo a"));
  ASSERT_EQ(result.error->causes.size(), 1U);
  EXPECT_EQ(result.error->causes[0].code, "FLOW.1006");
  EXPECT_EQ(result.error->causes[0].causes.at(0).code, "FLOW.1005");
  std::move(step).next();
  EXPECT_TRUE(engine_.wait_idle(10s));
}

TEST_F(FlowTimeout, of_a_chain_counts_over_all_its_flows) {
  ChainMaker maker;
  tenon::flow::ScopePolicy policy;
  policy.timeout = 3s;
  maker.assembler().policy(policy);
  Started run(
      engine_,
      maker.then("a", keep("run a"), trace_.next("undo a")).then("b", keep("run b"), trace_.next("undo b")).make());
  FlowStep first = taken("run a");
  clock_->advance(2s);
  std::move(first).next();
  FlowStep second = taken("run b");
  clock_->advance(1s);
  EXPECT_TRUE(second.cancelled());
  std::move(second).next();
  const RunResult result = run.result();
  EXPECT_EQ(result.error->to_string(), "FLOW.1005: the time is up: chain 'chain' had 3000 ms");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "undo b", "undo a"));
}

TEST_F(FlowTimeout, of_a_part_does_not_hurry_its_next_attempt) {
  int attempts = 0;
  ChainMaker maker;
  tenon::flow::ScopePolicy twice;
  twice.retry.attempts = 2;
  tenon::flow::ScopePolicy timed;
  timed.timeout = 1s;
  maker.assembler().open_scope("outer", {}, twice).open_scope("inner", {}, timed);
  maker.then(
      "a", [&](FlowStep step) { keep("run " + std::to_string(++attempts))(std::move(step)); }, trace_.next("undo"),
      timeout(0s, 100ms));
  maker.assembler().close().close();
  Started run(engine_, maker.make());
  FlowStep first = taken("run 1");
  clock_->advance(1s);
  EXPECT_TRUE(first.cancelled());
  std::move(first).fail(make_error("TEST.1", "stopped"));
  FlowStep second = taken("run 2");
  wait_until(run.id, Waiting::kAnswer);
  clock_->advance(900ms);
  EXPECT_FALSE(second.cancelled()) << "it has a second of its own";
  std::move(second).next();
  EXPECT_TRUE(run.result().ok());
}

TEST_F(FlowTimeout, of_a_chain_gives_up_a_flow_that_does_not_care) {
  ChainMaker maker;
  tenon::flow::ScopePolicy policy;
  policy.timeout = 3s;
  maker.assembler().policy(policy);
  Started run(engine_, maker.then("a", keep("run a"), trace_.next("undo a"), timeout(0s, 2s)).make());
  FlowStep step = taken("run a");
  clock_->advance(3s);
  EXPECT_FALSE(run.has_ended());
  clock_->advance(2s);
  const RunResult result = run.result();
  EXPECT_EQ(result.error->code, "FLOW.1005");
  EXPECT_EQ(result.error->causes.at(0).code, "FLOW.1019");
  std::move(step).next();
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo a", "undo a"));
}

TEST_F(FlowTimeout, does_not_try_again_what_may_still_be_at_work) {
  StepPolicy policy = timeout(1s, 1s);
  policy.retry.attempts = 3;
  Started run(engine_, ChainMaker().then("a", keep("run a"), trace_.next("undo a"), policy).make());
  FlowStep step = taken("run a");
  clock_->advance(2s);
  EXPECT_EQ(run.result().error->code, "FLOW.1005");
  std::move(step).next();
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo a", "undo a"));
}

TEST_F(FlowTimeout, cancel_gives_up_a_flow_that_does_not_care) {
  Started run(engine_, ChainMaker().then("a", keep("run a"), trace_.next("undo a"), timeout(0s, 2s)).make());
  FlowStep step = taken("run a");
  EXPECT_TRUE(engine_.cancel(run.id));
  EXPECT_TRUE(step.cancelled());
  clock_->advance(2s);
  const RunResult result = run.result();
  EXPECT_EQ(result.error->code, "FLOW.1004");
  EXPECT_EQ(result.error->causes.at(0).code, "FLOW.1019");
  std::move(step).fail(make_error("TEST.1", "at last"));
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo a", "undo a"));
}

TEST_F(FlowTimeout, cancel_of_a_flow_that_fails_is_still_a_cancel_with_its_error_as_the_cause) {
  Started run(engine_, ChainMaker().then("a", keep("run a"), trace_.next("undo a")).make());
  FlowStep step = taken("run a");
  EXPECT_TRUE(engine_.cancel(run.id));
  std::move(step).fail(make_error("TEST.1", "stopped"));
  const RunResult result = run.result();
  EXPECT_EQ(result.error->code, "FLOW.1004");
  EXPECT_EQ(result.error->causes.at(0).code, "TEST.1");
}

}  // namespace
