#include "api/chain_drill.h"

#include <gmock/gmock.h>

#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "api/json_text.h"
#include "support/flows.h"
#include "support/node.h"

namespace tenon::api {
namespace {

using When = flow::Injection::When;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string printed(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  return member != nullptr ? print_json(*member) : "(none)";
}

DrillRun injected() {
  DrillRun run;
  run.run = "01";
  run.error = make_error("FLOW.1020", "a failure made on purpose");
  return run;
}

/// Devices and an engine as the test wants them.
class FakeStage final : public DrillStage {
 public:
  std::vector<std::string> probes() const override { return {"shelf"}; }
  Result<DrillResources> list() override {
    if (lists_until_failure > 0 && --lists_until_failure == 0) return make_error("X.1", "gone");
    return resources;
  }
  Result<DrillRun> run(const flow::Injection& injection) override {
    runs.emplace_back(std::to_string(injection.step) + (injection.when == When::kBefore  ? " before"
                                                        : injection.when == When::kAfter ? " after"
                                                                                         : " timeout"));
    return on_run(injection);
  }

  DrillResources resources{{"shelf", {"a", "b"}}};
  std::vector<std::string> runs;
  int lists_until_failure = 0;
  std::function<Result<DrillRun>(const flow::Injection&)> on_run = [](const auto&) { return injected(); };
};

class ChainDrill : public ::testing::Test {
 protected:
  Json drilled() {
    drill(2, stage_, record_, stop_);
    return record_.json();
  }
  Json outcome(std::size_t index) { return (*record_.json().find("outcomes")->as_array())[index]; }

  test::Node node_;
  FakeStage stage_;
  std::atomic<bool> stop_{false};
  DrillRecord record_{*test::ChainMaker("demo")
                           .then("a", [](FlowStep step) { std::move(step).next(); })
                           .then("b", [](FlowStep step) { std::move(step).next(); })
                           .make(),
                      {"shelf"}};
};

TEST_F(ChainDrill, fails_each_step_in_each_way) {
  const Json report = drilled();
  EXPECT_THAT(stage_.runs, ElementsAre("0 before", "0 after", "0 timeout", "1 before", "1 after", "1 timeout"));
  EXPECT_EQ(printed(report, "state"), R"("clean")");
  EXPECT_EQ(printed(report, "runs"), "6");
  EXPECT_EQ(printed(report, "steps"), R"(["a","b"])");
  EXPECT_EQ(printed(report, "not_reached"), "0");
  EXPECT_EQ(print_json(outcome(5)),
            R"({"step":1,"name":"b","way":"timeout","run":"01","reached":true,"error":{"code":"FLOW.1020",)"
            R"("description":"a failure made on purpose"},"left":[],"lost":[],"failed_undos":[]})");
}

TEST_F(ChainDrill, tells_what_a_run_left_behind_and_what_it_took) {
  stage_.on_run = [this](const flow::Injection& injection) {
    if (injection.step == 0 && injection.when == When::kAfter) stage_.resources = {{"shelf", {"b", "c", "b"}}};
    return injected();
  };
  const Json report = drilled();
  EXPECT_EQ(printed(report, "state"), R"("flawed")");
  EXPECT_EQ(printed(outcome(0), "left"), "[]");
  EXPECT_EQ(printed(outcome(1), "left"), R"([{"probe":"shelf","resource":"b"},{"probe":"shelf","resource":"c"}])");
  EXPECT_EQ(printed(outcome(1), "lost"), R"([{"probe":"shelf","resource":"a"}])");
  EXPECT_EQ(printed(outcome(2), "left"), "[]");  // each run answers for itself
  EXPECT_EQ(printed(report, "left"), "2");
  EXPECT_EQ(printed(report, "lost"), "1");
}

TEST_F(ChainDrill, tells_of_undos_that_failed_and_of_flows_that_did_not_answer) {
  stage_.on_run = [](const flow::Injection& injection) {
    DrillRun run = injected();
    if (injection.step == 0) run.failed_undos.emplace_back("a", make_error("X.2", "stuck"));
    run.unanswered = injection.step == 1;
    return run;
  };
  const Json report = drilled();
  EXPECT_EQ(printed(report, "state"), R"("flawed")");
  EXPECT_EQ(printed(report, "failed_undos"), "3");
  EXPECT_EQ(printed(outcome(0), "failed_undos"), R"([{"name":"a","error":{"code":"X.2","description":"stuck"}}])");
  EXPECT_EQ(printed(outcome(0), "unanswered"), "(none)");
  EXPECT_EQ(printed(outcome(3), "unanswered"), "true");
}

TEST_F(ChainDrill, tells_steps_that_were_not_reached_from_those_that_failed_by_themselves) {
  stage_.on_run = [](const flow::Injection& injection) {
    DrillRun run;
    run.error = make_error(injection.step == 0 ? kDrillEnd : "X.3", "another");
    return run;
  };
  const Json report = drilled();
  EXPECT_EQ(printed(report, "not_reached"), "6");
  EXPECT_EQ(printed(outcome(0), "reached"), "false");
  EXPECT_EQ(printed(outcome(0), "error"), "(none)");
  EXPECT_EQ(printed(outcome(3), "reached"), "false");
  EXPECT_EQ(printed(outcome(3), "error"), R"({"code":"X.3","description":"another"})");
}

TEST_F(ChainDrill, ends_where_it_can_not_compare_any_more) {
  stage_.lists_until_failure = 4;  // after the second run
  const Json report = drilled();
  EXPECT_EQ(printed(report, "state"), R"("failed")");
  EXPECT_EQ(printed(report, "error"), R"({"code":"X.1","description":"gone"})");
  EXPECT_EQ(stage_.runs.size(), 2U);
  EXPECT_EQ(report.find("outcomes")->as_array()->size(), 1U);
}

TEST_F(ChainDrill, ends_where_no_run_can_be_started) {
  stage_.on_run = [](const auto&) -> Result<DrillRun> { return make_error("FLOW.1012", "an input is missing"); };
  EXPECT_EQ(printed(drilled(), "state"), R"("failed")");
  EXPECT_EQ(stage_.runs.size(), 1U);
}

TEST_F(ChainDrill, stops_after_the_run_that_it_is_at) {
  stage_.on_run = [this](const auto&) {
    stop_ = true;
    return injected();
  };
  const Json report = drilled();
  EXPECT_EQ(printed(report, "state"), R"("stopped")");
  EXPECT_EQ(report.find("outcomes")->as_array()->size(), 1U);
}

TEST_F(ChainDrill, gives_a_reader_each_outcome_and_the_end) {
  DrillRecord::Cursor cursor;
  const auto names = [&] {
    std::vector<std::string> list;
    for (const RunEvent& event : record_.read(cursor)) list.emplace_back(event.name);
    return list;
  };
  EXPECT_THAT(names(), ElementsAre("drill"));
  record_.add({0, When::kBefore}, injected(), {}, {});
  EXPECT_THAT(names(), ElementsAre("outcome"));
  EXPECT_FALSE(record_.ended());
  record_.end(std::nullopt, false);
  EXPECT_THAT(names(), ElementsAre("end"));
  EXPECT_TRUE(cursor.ended);
  EXPECT_THAT(names(), IsEmpty());
}

/// How a drill's run of a chain ends.
std::optional<ErrorCode> run_once(flow::Engine& engine, const flow::Chain& chain, const flow::Injection& injection) {
  const auto ended = std::make_shared<std::promise<std::optional<ErrorCode>>>();
  std::future<std::optional<ErrorCode>> end = ended->get_future();
  flow::RunRequest request;
  request.chain = drill_chain(chain, injection.step);
  request.injection = injection;
  request.done = [ended](const flow::RunResult& result) { ended->set_value(result.error); };
  (void)engine.start(std::move(request)).value();
  if (end.wait_for(std::chrono::minutes(1)) != std::future_status::ready) throw std::runtime_error("the run hangs");
  return end.get();
}

TEST_F(ChainDrill, has_runs_that_fail_at_their_end_if_not_before) {
  test::Trace trace;
  flow::Engine engine;
  test::ChainMaker chain("demo");
  chain.assembler().policy({.timeout = std::chrono::hours(1), .retry = {}, .place = {}});
  flow::StepPolicy never;
  never.when = {{"no such key", 0, false, {}}};
  chain.then("a", trace.next("a"), trace.next("undo a"));
  chain.then("b", trace.next("b"), trace.next("undo b"), never);
  const std::optional<ErrorCode> error = run_once(engine, *chain.make(), {1, When::kBefore});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, kDrillEnd);
  EXPECT_THAT(trace.lines(), ElementsAre("a", "undo a"));
  EXPECT_TRUE(engine.wait_idle(std::chrono::seconds(60)));
}

/// Knows one class of flows.
class OneFlow final : public flow::StepResolver {
 public:
  explicit OneFlow(const flow::ChainStep& known) : known_(known) {}
  Result<void> resolve(flow::ChainStep& step) const override {
    if (step.class_name != known_.class_name) return make_error("FLOW.1044", "a flow is missing", step.class_name);
    step.flow = known_.flow;
    step.keep = known_.keep;
    return {};
  }

 private:
  const flow::ChainStep& known_;
};

TEST_F(ChainDrill, has_runs_that_can_be_made_again_from_their_records_and_fail_at_their_end_as_before) {
  test::Node node;
  flow::Chain chain = *test::ChainMaker().then("a", [](FlowStep step) { std::move(step).next(); }).make();
  chain.steps[0].class_name = "sample.A";
  const OneFlow flows(chain.steps[0]);
  const auto again = flow::chain_from_definition(flow::definition_text(*drill_chain(chain, 0)), DrillSteps(flows));
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  flow::Engine engine({.threads = 1, .blocking_threads = 1});
  std::promise<flow::RunResult> ended;
  flow::RunRequest request;
  request.chain = *again;
  request.done = [&](flow::RunResult result) { ended.set_value(std::move(result)); };
  ASSERT_TRUE(engine.start(std::move(request)));
  EXPECT_EQ(ended.get_future().get().error->code, kDrillEnd);
  EXPECT_TRUE(engine.wait_idle(std::chrono::seconds(10)));
}

TEST_F(ChainDrill, does_not_try_again_what_fails_on_purpose) {
  test::Trace trace;
  flow::Engine engine;
  test::ChainMaker chain("demo");
  flow::ScopePolicy whole;
  whole.retry.attempts = 3;
  chain.assembler().policy(whole);
  flow::StepPolicy thrice;
  thrice.retry.attempts = 3;
  chain.then("a", trace.next("a"), trace.next("undo a"), thrice);
  const std::optional<ErrorCode> error = run_once(engine, *chain.make(), {0, When::kAfter});
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, "FLOW.1020");
  EXPECT_THAT(trace.lines(), ElementsAre("a", "undo a"));
  EXPECT_TRUE(engine.wait_idle(std::chrono::seconds(60)));
}

}  // namespace
}  // namespace tenon::api
