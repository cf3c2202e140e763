#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <optional>
#include <stdexcept>
#include <thread>

#include "support/flows.h"
#include "support/node.h"
#include "support/run.h"

namespace {

using tenon::FlowStep;
using tenon::flow::RunResult;
using tenon::test::ChainMaker;
using tenon::test::run_chain;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FlowAnswer : public testing::Test {
 protected:
  tenon::test::Node node_;
  tenon::test::Trace trace_;
  tenon::flow::Engine engine_;
};

TEST_F(FlowAnswer, may_come_later_from_any_thread) {
  std::vector<std::thread> threads;
  auto elsewhere = [&](FlowStep step) {
    threads.emplace_back([taken = std::move(step)]() mutable { std::move(taken).next(); });
  };
  RunResult result =
      run_chain(engine_, ChainMaker().then("a", elsewhere).then("b", trace_.next("run b")).then("c", elsewhere).make());
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run b"));
  for (std::thread& thread : threads) thread.join();
}

TEST_F(FlowAnswer, given_on_a_foreign_thread_continues_on_a_thread_of_the_engine) {
  std::promise<FlowStep> given;
  std::thread::id answering;
  std::thread::id continuing;
  std::thread foreign([&] {
    FlowStep step = given.get_future().get();
    answering = std::this_thread::get_id();
    std::move(step).next();
  });
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then("a", [&](FlowStep step) { given.set_value(std::move(step)); })
                                            .then("b",
                                                  [&](FlowStep step) {
                                                    continuing = std::this_thread::get_id();
                                                    std::move(step).next();
                                                  })
                                            .make());
  foreign.join();
  EXPECT_TRUE(result.ok());
  EXPECT_NE(continuing, answering);
}

TEST_F(FlowAnswer, counts_once) {
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then("a",
                                                  [&](FlowStep step) {
                                                    std::move(step).next();
                                                    std::move(step).next();  // NOLINT(bugprone-use-after-move)
                                                    std::move(step).fail(    // NOLINT(bugprone-use-after-move)
                                                        tenon::make_error("TEST.9", "too late"));
                                                  })
                                            .then("b", trace_.next("run b"))
                                            .make());
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("run b"));
  EXPECT_THAT(node_.lines(), ElementsAre("FLOW.1003 step=0", "FLOW.1003 step=0"));
}

TEST_F(FlowAnswer, that_never_comes_because_the_step_was_dropped_fails_the_flow_by_name) {
  RunResult result = run_chain(engine_, ChainMaker().then("a", [](FlowStep) {}).make());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->code, "FLOW.1002");
  EXPECT_EQ(result.error->elaboration.at("flow"), "a");
}

TEST_F(FlowAnswer, dropped_on_another_thread_fails_the_flow_too) {
  std::thread other;
  RunResult result = run_chain(
      engine_,
      ChainMaker()
          .then("a", [&](FlowStep step) { other = std::thread([taken = std::move(step)] { /* forgets it */ }); })
          .make());
  other.join();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->code, "FLOW.1002");
}

TEST_F(FlowAnswer, of_a_flow_that_throws_is_the_exception_alone) {
  RunResult result = run_chain(
      engine_, ChainMaker()
                   .then(
                       "a", [](FlowStep) -> void { throw std::runtime_error("broken"); }, trace_.next("undo a"))
                   .make());
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->code, "FLOW.1001");
  EXPECT_EQ(result.error->details, "broken");
  EXPECT_THAT(result.error->causes, IsEmpty()) << "the step that unwinding dropped is no fault of its own";
  EXPECT_THAT(trace_.lines(), ElementsAre("undo a"));
}

TEST_F(FlowAnswer, of_a_flow_that_throws_anything_is_a_failure) {
  RunResult number = run_chain(engine_, ChainMaker().then("a", [](FlowStep) -> void { throw 5; }).make());
  EXPECT_EQ(number.error->code, "FLOW.1001");
  RunResult typed = run_chain(
      engine_, ChainMaker()
                   .then("a", [](FlowStep) -> void { throw tenon::Error(tenon::make_error("KVM.1", "no host", "h1")); })
                   .make());
  EXPECT_EQ(typed.error->code, "KVM.1") << "an Error keeps its own code";
  EXPECT_EQ(typed.error->details, "h1");
}

TEST_F(FlowAnswer, stands_when_the_flow_throws_after_it) {
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then("a",
                                                  [](FlowStep step) {
                                                    std::move(step).next();
                                                    throw std::runtime_error("late");
                                                  })
                                            .make());
  EXPECT_TRUE(result.ok());
  EXPECT_THAT(node_.lines(), Contains(HasSubstr("a flow threw after it had answered")));
}

TEST_F(FlowAnswer, that_is_still_out_when_the_flow_throws_is_waited_for_before_the_undo) {
  std::promise<FlowStep> given;
  std::thread worker([&] {
    FlowStep step = given.get_future().get();
    trace_.add("work ends");
    std::move(step).next();
  });
  RunResult result = run_chain(engine_, ChainMaker()
                                            .then(
                                                "a",
                                                [&](FlowStep step) {
                                                  given.set_value(std::move(step));
                                                  throw std::runtime_error("after giving the step away");
                                                },
                                                trace_.next("undo a"))
                                            .make());
  worker.join();
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->details, "after giving the step away");
  EXPECT_THAT(trace_.lines(), ElementsAre("work ends", "undo a"));
}

TEST_F(FlowAnswer, of_a_blocking_flow_is_its_return_or_its_exception) {
  struct Blocking : tenon::BlockingFlow {
    Blocking(tenon::test::Trace& trace, bool fails) : trace_(trace), fails_(fails) {}
    void execute(tenon::FlowData&) const override {
      trace_.add("execute");
      if (fails_) throw tenon::Error(tenon::make_error("TEST.3", "blocked"));
    }
    void undo(tenon::FlowData&) const override { trace_.add("undo"); }
    tenon::test::Trace& trace_;
    bool fails_;
  };
  EXPECT_TRUE(run_chain(engine_, ChainMaker().then("a", std::make_shared<Blocking>(trace_, false)).make()).ok());
  RunResult failed = run_chain(engine_, ChainMaker().then("a", std::make_shared<Blocking>(trace_, true)).make());
  EXPECT_EQ(failed.error->code, "TEST.3");
  EXPECT_THAT(trace_.lines(), ElementsAre("execute", "execute", "undo"));
}

}  // namespace
