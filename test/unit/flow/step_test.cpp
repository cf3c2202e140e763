#include <gmock/gmock.h>

#include "support/run.h"
#include "timed_run.h"

namespace {

using namespace std::chrono_literals;
using tenon::ErrorCode;
using tenon::FlowContract;
using tenon::FlowData;
using tenon::FlowKey;
using tenon::FlowStep;
using tenon::Json;
using tenon::make_error;
using tenon::Value;
using tenon::flow::ChainStep;
using tenon::flow::Condition;
using tenon::flow::Injection;
using tenon::flow::RunRequest;
using tenon::flow::RunResult;
using tenon::flow::StepPolicy;
using tenon::test::ChainMaker;
using tenon::test::run_chain;
using tenon::test::Started;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr FlowKey<int> kNumber{"number"};
constexpr FlowKey<int> kOther{"other"};

class FlowStepTest : public tenon::test::TimedRun {
 protected:
  static StepPolicy when(const std::string& key, bool negated = false) {
    StepPolicy policy;
    policy.when.push_back(Condition{key, tenon::detail::hash(key), negated, {}});
    return policy;
  }
  static ChainStep step_of(std::shared_ptr<const tenon::Flow> flow, const std::string& name) {
    ChainStep step;
    step.name = name;
    step.flow = flow.get();
    step.keep = std::move(flow);
    return step;
  }
  /// One flow that may read `number` and writes `other`.
  ChainStep contracted(const tenon::test::LambdaFlow::Call& run, const tenon::test::LambdaFlow::Call& rollback = {}) {
    ChainStep step = step_of(std::make_shared<tenon::test::LambdaFlow>(run, rollback), "contracted");
    FlowContract contract;
    contract.reads(kNumber).writes(kOther);
    step.contract = std::make_shared<FlowContract>(contract);
    return step;
  }
  RunResult run_with_number(ChainMaker& maker) {
    return run_chain(engine_, maker.make(), {{"number", Value::of<int>(1)}});
  }
};

TEST_F(FlowStepTest, runs_where_its_condition_holds_and_is_undone_only_if_it_has_run) {
  auto chain = ChainMaker()
                   .input("fast")
                   .then("a", trace_.next("run a"), trace_.next("undo a"), when("fast"))
                   .then("b", trace_.next("run b"), trace_.next("undo b"), when("fast", true))
                   .then("c", trace_.fail("run c"))
                   .make();
  (void)run_chain(engine_, chain, {{"fast", Value::of(Json(true))}});
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run c", "undo a"));
  (void)run_chain(engine_, chain, {{"fast", Value::of(Json(false))}});
  (void)run_chain(engine_, chain, {{"fast", Value::of(Json())}});
  EXPECT_THAT(trace_.lines(),
              ElementsAre("run a", "run c", "undo a", "run b", "run c", "undo b", "run b", "run c", "undo b"));
}

TEST_F(FlowStepTest, holds_its_condition_for_any_value_that_is_not_false_or_null) {
  auto chain = ChainMaker().input("x").then("a", trace_.next("run"), {}, when("x")).make();
  for (const Json& json : {Json(0), Json(""), Json::object(), Json("no")}) {
    (void)run_chain(engine_, chain, {{"x", Value::of(json)}});
  }
  EXPECT_EQ(trace_.lines().size(), 4U);
  (void)run_chain(engine_, chain, {{"x", Value::of<bool>(false)}});
  EXPECT_EQ(trace_.lines().size(), 4U);
}

TEST_F(FlowStepTest, may_be_skipped_by_its_flow) {
  struct Skips : tenon::Flow {
    explicit Skips(tenon::test::Trace& trace) : trace_(trace) {}
    bool skip(const FlowData& data) const override { return data.get(kNumber) == 1; }
    void run(FlowStep step) const override {
      trace_.add("run");
      std::move(step).next();
    }
    void rollback(FlowStep step) const override {
      trace_.add("undo");
      std::move(step).next();
    }
    tenon::test::Trace& trace_;
  };
  ChainStep step = step_of(std::make_shared<Skips>(trace_), "skips");
  step.has_skip = true;
  auto chain = ChainMaker().input("number").then(step).then("fails", trace_.fail("fails")).make();
  (void)run_chain(engine_, chain, {{"number", Value::of(Json(1))}});
  EXPECT_THAT(trace_.lines(), ElementsAre("fails"));
  (void)run_chain(engine_, chain, {{"number", Value::of(Json(2))}});
  EXPECT_THAT(trace_.lines(), ElementsAre("fails", "run", "fails", "undo"));
}

TEST_F(FlowStepTest, whose_skip_throws_fails_without_its_undo) {
  struct Throws : tenon::Flow {
    bool skip(const FlowData& data) const override { return data.get(kNumber) == 1; }
    void run(FlowStep step) const override { std::move(step).next(); }
    void rollback(FlowStep step) const override { std::move(step).fail(make_error("TEST.9", "not begun")); }
  };
  ChainStep step = step_of(std::make_shared<Throws>(), "throws");
  step.has_skip = true;
  const RunResult result = run_chain(engine_, ChainMaker().then(step).make());
  EXPECT_EQ(result.error->code, "FLOW.1007");
  EXPECT_THAT(result.error->causes, IsEmpty());
}

TEST_F(FlowStepTest, is_checked_before_it_is_run_and_not_undone_if_the_check_fails) {
  struct Checked : tenon::BlockingFlow {
    explicit Checked(tenon::test::Trace& trace) : trace_(trace) {}
    void check(FlowData& data) const override {
      trace_.add("check");
      if (data.get(kNumber) == 1) throw tenon::Error(make_error("TEST.1", "one"));
    }
    void execute(FlowData&) const override { trace_.add("run"); }
    void undo(FlowData&) const override { trace_.add("undo"); }
    tenon::test::Trace& trace_;
  };
  ChainStep step = step_of(std::make_shared<Checked>(trace_), "checked");
  step.has_pre_check = true;
  auto chain = ChainMaker().input("number").then("a", trace_.next("run a"), trace_.next("undo a")).then(step).make();
  EXPECT_TRUE(run_chain(engine_, chain, {{"number", Value::of<int>(2)}}).ok());
  EXPECT_EQ(run_chain(engine_, chain, {{"number", Value::of<int>(1)}}).error->code, "TEST.1");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "check", "run", "run a", "check", "undo a"));
}

TEST_F(FlowStepTest, may_end_the_undo_before_it_comes_to_the_earlier_flows) {
  const RunResult result = run_chain(engine_, ChainMaker()
                                                  .then("a", trace_.next("run a"), trace_.next("undo a"))
                                                  .then("b", trace_.next("run b"),
                                                        [&](FlowStep step) {
                                                          trace_.add("undo b");
                                                          std::move(step).skip_rest_rollbacks();
                                                        })
                                                  .then("c", trace_.fail("run c"), trace_.next("undo c"))
                                                  .make());
  EXPECT_EQ(result.error->code, "TEST.1");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "run b", "run c", "undo c", "undo b"));
}

TEST_F(FlowStepTest, may_not_skip_rollbacks_on_the_way_forward) {
  const RunResult result = run_chain(
      engine_, ChainMaker()
                   .then(
                       "a", [](FlowStep step) { std::move(step).skip_rest_rollbacks(); }, trace_.next("undo a"))
                   .make());
  EXPECT_EQ(result.error->code, "FLOW.1018");
  EXPECT_THAT(trace_.lines(), ElementsAre("undo a"));
}

TEST_F(FlowStepTest, may_touch_what_it_declares) {
  ChainMaker maker;
  maker.input("number").then(contracted([](FlowStep step) {
    step.set(kOther, step.get(kNumber) + 1);
    EXPECT_EQ(step.get(kOther), 2);
    std::move(step).next();
  }));
  const RunResult result = run_with_number(maker);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(*result.find("other")->as<int>(), 2);
}

TEST_F(FlowStepTest, may_not_read_what_it_does_not_declare) {
  constexpr FlowKey<int> kSecret{"secret"};
  ChainMaker maker;
  maker.input("number").then(contracted([&](FlowStep step) {
    (void)step.find(kSecret);
    std::move(step).next();
  }));
  EXPECT_EQ(run_with_number(maker).error->to_string(),
            "FLOW.1016: a flow touched a key that it does not declare: secret");
}

TEST_F(FlowStepTest, may_not_write_what_it_only_reads) {
  ChainMaker maker;
  maker.input("number").then(contracted([](FlowStep step) {
    step.set(kNumber, 2);
    std::move(step).next();
  }));
  EXPECT_EQ(run_with_number(maker).error->code, "FLOW.1016");
}

TEST_F(FlowStepTest, must_write_what_it_declares_to_write) {
  ChainMaker maker;
  maker.input("number").then(contracted([](FlowStep step) { std::move(step).next(); }, trace_.next("undo")));
  EXPECT_EQ(run_with_number(maker).error->to_string(),
            "FLOW.1017: a flow did not write what it declares that it writes: other");
  EXPECT_THAT(trace_.lines(), ElementsAre("undo"));
}

TEST_F(FlowStepTest, can_be_made_to_fail_before_it_is_called) {
  RunRequest request;
  request.chain = ChainMaker()
                      .then("a", trace_.next("run a"), trace_.next("undo a"))
                      .then("b", trace_.next("run b"), trace_.next("undo b"))
                      .make();
  request.injection = Injection{1, Injection::When::kBefore};
  Started run(engine_, std::move(request));
  EXPECT_EQ(run.result().error->to_string(), "FLOW.1020: a failure was injected: before the flow");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo b", "undo a"));
}

TEST_F(FlowStepTest, can_be_made_to_fail_after_it_has_done_its_work) {
  RunRequest request;
  request.chain = ChainMaker()
                      .then(
                          "a",
                          [](FlowStep step) {
                            step.set(kNumber, 1);
                            std::move(step).next();
                          },
                          [&](FlowStep step) {
                            trace_.add(step.find(kNumber) == nullptr ? "undo a sees nothing" : "undo a sees it");
                            std::move(step).next();
                          })
                      .make();
  request.injection = Injection{0, Injection::When::kAfter};
  Started run(engine_, std::move(request));
  EXPECT_EQ(run.result().error->code, "FLOW.1020");
  EXPECT_THAT(trace_.lines(), ElementsAre("undo a sees nothing"));
}

TEST_F(FlowStepTest, can_be_made_to_run_out_of_time) {
  RunRequest request;
  request.chain = ChainMaker().then("a", keep("run a"), trace_.next("undo a")).make();
  request.injection = Injection{0, Injection::When::kTimeout};
  Started run(engine_, std::move(request));
  FlowStep step = taken("run a");
  EXPECT_TRUE(step.cancelled());
  std::move(step).next();
  EXPECT_EQ(run.result().error->to_string(), "FLOW.1020: a failure was injected: by time-out");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo a"));
}

TEST_F(FlowStepTest, is_made_to_fail_in_each_of_its_attempts) {
  for (const Injection::When when : {Injection::When::kBefore, Injection::When::kAfter, Injection::When::kTimeout}) {
    RunRequest request;
    request.chain = ChainMaker().then("a", trace_.next("run a"), trace_.next("undo a"), tenon::test::retry(3)).make();
    request.injection = Injection{0, when};
    Started run(engine_, std::move(request));
    const RunResult result = run.result();
    EXPECT_EQ(result.error->code, "FLOW.1020");
    EXPECT_EQ(result.error->elaboration.at("attempts"), "3");
  }
}

TEST_F(FlowStepTest, can_be_refused_by_the_caller_before_it_begins) {
  RunRequest request;
  request.chain = ChainMaker()
                      .input("number")
                      .then("a", trace_.next("run a"), trace_.next("undo a"))
                      .then("b", trace_.next("run b"), trace_.next("undo b"))
                      .make();
  request.input = {{"number", Value::of<int>(1)}};
  request.before_step = [calls = 0](const FlowData& data) mutable -> std::optional<ErrorCode> {
    if (++calls == 2) return make_error("TEST.4", "no", std::to_string(data.get(kNumber)));
    return std::nullopt;
  };
  Started run(engine_, std::move(request));
  EXPECT_EQ(run.result().error->to_string(), "TEST.4: no: 1");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "undo a"));
}

}  // namespace
