#include <gmock/gmock.h>

#include "support/run.h"
#include "timed_run.h"

namespace {

using namespace std::chrono_literals;
using tenon::FlowStep;
using tenon::make_error;
using tenon::flow::RetryPolicy;
using tenon::flow::RunResult;
using tenon::flow::ScopePolicy;
using tenon::flow::StepPolicy;
using tenon::flow::Waiting;
using tenon::test::ChainMaker;
using tenon::test::retry;
using tenon::test::run_chain;
using tenon::test::Started;
using testing::ElementsAre;
using testing::IsEmpty;

class FlowRetry : public tenon::test::TimedRun {
 protected:
  /// A flow that fails `times` times.
  tenon::test::LambdaFlow::Call fails(int times, const std::string& what, const std::string& code = "TEST.1") {
    return [this, left = std::make_shared<int>(times), what, code](FlowStep step) {
      trace_.add(what);
      if ((*left)-- > 0) {
        std::move(step).fail(make_error(code, "told to fail"));
      } else {
        std::move(step).next();
      }
    };
  }
};

TEST_F(FlowRetry, undoes_what_a_failed_attempt_made_before_the_next) {
  const RunResult result = run_chain(engine_, ChainMaker()
                                                  .then("a", trace_.next("run a"), trace_.next("undo a"))
                                                  .then("b", fails(2, "run b"), trace_.next("undo b"), retry(3))
                                                  .then("c", trace_.next("run c"))
                                                  .make());
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "undo b", "run b", "undo b", "run b", "run c"));
}

TEST_F(FlowRetry, leaves_a_failed_attempt_as_it_is_where_it_is_told_to) {
  StepPolicy policy = retry(3);
  policy.retry.undo_between = false;
  const RunResult result =
      run_chain(engine_, ChainMaker().then("b", fails(2, "run b"), trace_.next("undo b"), policy).make());
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run b", "run b", "run b"));
}

TEST_F(FlowRetry, fails_when_all_attempts_are_used_and_undoes_the_step_once_more) {
  StepPolicy policy = retry(2);
  policy.retry.undo_between = false;
  const RunResult result =
      run_chain(engine_, ChainMaker().then("b", fails(9, "run b"), trace_.next("undo b"), policy).make());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->elaboration.at("attempts"), "2");
  EXPECT_THAT(trace_.lines(), ElementsAre("run b", "run b", "undo b"));
}

TEST_F(FlowRetry, is_for_the_codes_that_are_worth_it) {
  StepPolicy policy = retry(3);
  policy.retry.codes = {"TEST.1", "KVM.*"};
  EXPECT_TRUE(run_chain(engine_, ChainMaker().then("a", fails(1, "a", "KVM.7"), {}, policy).make()).ok());
  const RunResult result = run_chain(engine_, ChainMaker().then("a", fails(1, "a", "TEST.10"), {}, policy).make());
  EXPECT_EQ(result.error->code, "TEST.10");
}

TEST_F(FlowRetry, stops_when_an_undo_between_the_attempts_fails) {
  const RunResult result =
      run_chain(engine_, ChainMaker().then("b", fails(1, "run b"), trace_.fail("undo b", "TEST.2"), retry(3)).make());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->code, "TEST.1");
  EXPECT_EQ(result.error->causes.at(0).code, "FLOW.1006");
  EXPECT_THAT(trace_.lines(), ElementsAre("run b", "undo b"));
}

TEST_F(FlowRetry, waits_between_the_attempts) {
  Started run(engine_, ChainMaker().then("a", fails(2, "run a"), {}, retry(3, 1s)).make());
  wait_until(run.id, Waiting::kBackoff);
  clock_->advance(999ms);
  EXPECT_THAT(trace_.lines(), ElementsAre("run a"));
  clock_->advance(1ms);
  wait_until(run.id, Waiting::kBackoff);
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run a"));
  clock_->advance(1s);
  EXPECT_FALSE(run.has_ended()) << "the second wait is twice as long";
  clock_->advance(1s);
  EXPECT_TRUE(run.result().ok());
}

TEST_F(FlowRetry, is_cut_short_by_a_cancel_while_it_waits) {
  Started run(engine_, ChainMaker().then("a", fails(2, "run a"), trace_.next("undo a"), retry(3, 1h)).make());
  wait_until(run.id, Waiting::kBackoff);
  EXPECT_TRUE(engine_.cancel(run.id));
  const RunResult result = run.result();
  EXPECT_EQ(result.error->code, "FLOW.1004");
  EXPECT_EQ(result.error->causes.at(0).code, "TEST.1");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo a"));
}

TEST_F(FlowRetry, of_a_thousand_attempts_needs_no_more_stack_than_one) {
  StepPolicy policy = retry(1'000);
  policy.retry.undo_between = false;
  int runs = 0;
  const RunResult result = run_chain(engine_, ChainMaker()
                                                  .then(
                                                      "a",
                                                      [&](FlowStep step) {
                                                        ++runs;
                                                        std::move(step).fail(make_error("TEST.1", ""));
                                                      },
                                                      {}, policy)
                                                  .make());
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(runs, 1'000);
}

TEST_F(FlowRetry, of_an_undo_keeps_it_from_being_owed) {
  StepPolicy policy;
  policy.undo_attempts = 3;
  const RunResult result =
      run_chain(engine_, ChainMaker().then("a", trace_.fail("run a"), fails(2, "undo a"), policy).make());
  EXPECT_THAT(result.error->causes, IsEmpty());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo a", "undo a", "undo a"));
}

TEST_F(FlowRetry, of_a_part_undoes_the_part_and_runs_it_again) {
  ChainMaker maker;
  maker.then("a", trace_.next("run a"), trace_.next("undo a"));
  ScopePolicy policy;
  policy.retry.attempts = 2;
  maker.assembler().open_scope("part", {}, policy);
  maker.then("b", trace_.next("run b"), trace_.next("undo b")).then("c", fails(1, "run c"), trace_.next("undo c"));
  maker.assembler().close();
  maker.then("d", trace_.next("run d"));
  EXPECT_TRUE(run_chain(engine_, maker.make()).ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "run c", "undo c", "undo b", "run b", "run c", "run d"));
}

TEST_F(FlowRetry, of_a_part_that_fails_for_good_undoes_what_was_before_it) {
  ChainMaker maker;
  maker.then("a", trace_.next("run a"), trace_.next("undo a"));
  ScopePolicy policy;
  policy.retry.attempts = 2;
  maker.assembler().open_scope("part", {}, policy);
  maker.then("b", fails(9, "run b"), trace_.next("undo b"));
  maker.assembler().close();
  EXPECT_EQ(run_chain(engine_, maker.make()).error->code, "TEST.1");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "undo b", "run b", "undo b", "undo a"));
}

TEST_F(FlowRetry, of_a_part_is_not_for_errors_after_it) {
  ChainMaker maker;
  ScopePolicy policy;
  policy.retry.attempts = 2;
  maker.assembler().open_scope("part", {}, policy);
  maker.then("a", trace_.next("run a"), trace_.next("undo a"));
  maker.assembler().close();
  maker.then("b", trace_.fail("run b"), trace_.next("undo b"));
  EXPECT_FALSE(run_chain(engine_, maker.make()).ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "undo b", "undo a"));
}

TEST_F(FlowRetry, of_a_part_whose_inner_part_was_out_of_time) {
  ChainMaker maker;
  ScopePolicy outer;
  outer.retry.attempts = 2;
  ScopePolicy inner;
  inner.timeout = 1s;
  maker.assembler().open_scope("outer", {}, outer);
  maker.assembler().open_scope("inner", {}, inner);
  maker.then("a", keep("run a"), trace_.next("undo a"));
  maker.assembler().close();
  maker.assembler().close();
  Started run(engine_, maker.make());
  FlowStep first = taken("run a");
  clock_->advance(1s);
  EXPECT_TRUE(first.cancelled());
  std::move(first).next();
  while (trace_.lines().size() < 3) std::this_thread::yield();
  FlowStep second = taken("run a");
  EXPECT_FALSE(second.cancelled()) << "the part has its time anew";
  std::move(second).next();
  EXPECT_TRUE(run.result().ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo a", "run a"));
}

TEST(RetryPolicyTest, doubles_its_wait_up_to_a_limit_and_leaves_a_part_of_it_to_chance) {
  RetryPolicy policy;
  policy.backoff = 100ms;
  policy.max_backoff = 1s;
  policy.jitter = 0.5;
  EXPECT_EQ(policy.wait(1, 0.5), 100ms);
  EXPECT_EQ(policy.wait(2, 0.5), 200ms);
  EXPECT_EQ(policy.wait(3, 0.5), 400ms);
  EXPECT_EQ(policy.wait(40, 0.5), 1s);
  EXPECT_EQ(policy.wait(1, 0), 50ms);
  EXPECT_EQ(policy.wait(1, 1), 150ms);
}

}  // namespace
