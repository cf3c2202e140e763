#include <gmock/gmock.h>

#include "support/run.h"
#include "timed_run.h"

namespace {

using namespace std::chrono_literals;
using tenon::ErrorCode;
using tenon::FlowKey;
using tenon::FlowStep;
using tenon::make_error;
using tenon::flow::ChainStep;
using tenon::flow::Direction;
using tenon::flow::RunResult;
using tenon::flow::Waiting;
using tenon::test::ChainMaker;
using tenon::test::run_chain;
using tenon::test::Started;
using tenon::test::timeout;
using testing::ElementsAre;
using testing::UnorderedElementsAre;

constexpr FlowKey<std::string> kLeft{"left"};
constexpr FlowKey<std::string> kRight{"right"};

class FlowParallel : public tenon::test::TimedRun {
 protected:
  /// Branches of one flow each, between a flow before and one after them.
  ChainMaker around(const std::vector<std::string>& names, std::uint32_t limit = 0) {
    ChainMaker maker;
    maker.then("before", trace_.next("before"), trace_.next("undo before"));
    maker.assembler().open_parallel({}, limit);
    for (const std::string& name : names) {
      maker.assembler().open_branch();
      maker.then(name, keep(name), trace_.next("undo " + name));
      maker.assembler().close();
    }
    maker.assembler().close();
    return maker;
  }
};

TEST_F(FlowParallel, branches_are_at_work_at_once_and_all_are_waited_for) {
  Started run(engine_, around({"a", "b"}).then("after", trace_.next("after")).make());
  FlowStep a = taken("a");
  FlowStep b = taken("b");
  EXPECT_EQ(engine_.inspect(run.id)->places.size(), 2U);
  std::move(b).next();
  EXPECT_FALSE(run.has_ended());
  std::move(a).next();
  EXPECT_TRUE(run.result().ok());
  EXPECT_EQ(trace_.lines().back(), "after");
}

TEST_F(FlowParallel, no_more_branches_than_the_limit_are_at_work_at_once) {
  Started run(engine_, around({"a", "b", "c"}, 2).make());
  FlowStep a = taken("a");
  FlowStep b = taken("b");
  EXPECT_THAT(trace_.lines(), testing::Not(testing::Contains("c")));
  std::move(a).next();
  taken("c").next();
  std::move(b).next();
  EXPECT_TRUE(run.result().ok());
}

TEST_F(FlowParallel, is_undone_in_reverse_order_of_completion) {
  struct Ends : tenon::flow::RunObserver {
    explicit Ends(tenon::test::Trace& trace) : trace_(trace) {}
    void step_begun(std::uint64_t, std::size_t, Direction, std::uint32_t) noexcept override {}
    void step_ended(std::uint64_t, std::size_t step, Direction, const ErrorCode*) noexcept override {
      trace_.add("end " + std::to_string(step));
    }
    void step_skipped(std::uint64_t, std::size_t) noexcept override {}
    void step_waits(std::uint64_t, std::size_t, Waiting, std::string_view) noexcept override {}
    void undone_late(std::uint64_t, std::size_t, const ErrorCode*) noexcept override {}
    void progress(std::uint64_t, std::size_t, int, std::string_view) noexcept override {}
    tenon::test::Trace& trace_;
  };
  tenon::test::Trace ends;
  tenon::flow::RunRequest request;
  request.chain = around({"a", "b", "c"}).then("after", trace_.fail("after"), trace_.next("undo after")).make();
  request.observer = std::make_shared<Ends>(ends);
  Started run(engine_, std::move(request));
  FlowStep a = taken("a");
  FlowStep b = taken("b");
  FlowStep c = taken("c");
  std::move(b).next();
  ASSERT_TRUE(ends.wait_for("end 2"));
  std::move(c).next();
  ASSERT_TRUE(ends.wait_for("end 3"));
  std::move(a).next();
  EXPECT_FALSE(run.result().ok());
  std::vector<std::string> lines = trace_.lines();
  lines.erase(lines.begin(), lines.begin() + 4);  // before, and the branches in any order
  EXPECT_THAT(lines, ElementsAre("after", "undo after", "undo a", "undo c", "undo b", "undo before"));
}

TEST_F(FlowParallel, a_branch_that_fails_stops_its_siblings_and_waits_for_them_before_the_undo) {
  Started run(engine_, around({"a", "b"}).make());
  FlowStep a = taken("a");
  FlowStep b = taken("b");
  std::move(a).fail(make_error("TEST.1", "a fails"));
  while (!b.cancelled()) std::this_thread::yield();
  EXPECT_THAT(trace_.lines(), testing::Not(testing::Contains("undo a"))) << "b is still at work";
  std::move(b).next();
  const RunResult result = run.result();
  EXPECT_EQ(result.error->code, "TEST.1");
  EXPECT_EQ(result.error->elaboration.at("flow"), "a");
  std::vector<std::string> lines = trace_.lines();
  lines.erase(lines.begin(), lines.begin() + 3);
  EXPECT_THAT(lines, ElementsAre("undo b", "undo a", "undo before"));
}

TEST_F(FlowParallel, branches_that_wait_for_their_turn_do_not_begin_after_a_failure) {
  Started run(engine_, around({"a", "b"}, 1).make());
  taken("a").fail(make_error("TEST.1", ""));
  EXPECT_FALSE(run.result().ok());
  EXPECT_THAT(trace_.lines(), ElementsAre("before", "a", "undo a", "undo before"));
}

TEST_F(FlowParallel, a_sibling_that_does_not_stop_is_given_up_after_its_grace) {
  ChainMaker maker;
  maker.assembler().open_parallel({}, 0);
  maker.assembler().open_branch();
  maker.then("a", keep("a"), trace_.next("undo a"));
  maker.assembler().close().open_branch();
  maker.then("b", keep("b"), trace_.next("undo b"), timeout(0s, 3s));
  maker.assembler().close().close();
  Started run(engine_, maker.make());
  FlowStep a = taken("a");
  FlowStep b = taken("b");
  wait_until(run.id, Waiting::kAnswer);
  std::move(a).fail(make_error("TEST.1", ""));
  while (!b.cancelled()) std::this_thread::yield();
  while (clock_->next() == tenon::flow::Clock::TimePoint::max()) std::this_thread::yield();
  clock_->advance(3s);
  const RunResult result = run.result();
  EXPECT_EQ(result.error->code, "TEST.1");
  EXPECT_EQ(result.error->causes.at(0).code, "FLOW.1019");
  std::move(b).next();
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(trace_.lines(), UnorderedElementsAre("a", "b", "undo b", "undo a", "undo b"));
  EXPECT_EQ(trace_.lines().back(), "undo b");
}

TEST_F(FlowParallel, what_branches_write_is_seen_after_them_and_by_their_undos_but_not_by_siblings) {
  const auto writes = [&](const FlowKey<std::string>& mine, const FlowKey<std::string>& other) {
    return [&, mine, other](FlowStep step) {
      step.set(mine, std::string(mine.name));
      trace_.add(step.find(other) == nullptr ? "alone" : "sees its sibling");
      std::move(step).next();
    };
  };
  const auto sees = [&](const FlowKey<std::string>& key) {
    return [&, key](FlowStep step) {
      trace_.add("undo sees " + step.get(key));
      std::move(step).next();
    };
  };
  ChainMaker maker;
  maker.assembler().open_parallel({}, 0);
  maker.assembler().open_branch();
  maker.then("a", writes(kLeft, kRight), sees(kLeft));
  maker.assembler().close().open_branch();
  maker.then("b", writes(kRight, kLeft), sees(kRight));
  maker.assembler().close().close();
  maker.then("after", [&](FlowStep step) {
    trace_.add(step.get(kLeft) + " and " + step.get(kRight));
    std::move(step).fail(make_error("TEST.1", ""));
  });
  const RunResult result = run_chain(engine_, maker.make());
  EXPECT_FALSE(result.ok());
  EXPECT_EQ(result.find("left"), nullptr);
  const std::vector<std::string> lines = trace_.lines();
  EXPECT_THAT(std::vector<std::string>(lines.begin(), lines.begin() + 3),
              ElementsAre("alone", "alone", "left and right"));
  EXPECT_THAT(std::vector<std::string>(lines.begin() + 3, lines.end()),
              UnorderedElementsAre("undo sees left", "undo sees right"));
}

TEST_F(FlowParallel, cancel_reaches_every_branch) {
  Started run(engine_, around({"a", "b"}).make());
  FlowStep a = taken("a");
  FlowStep b = taken("b");
  EXPECT_TRUE(engine_.cancel(run.id));
  while (!a.cancelled() || !b.cancelled()) std::this_thread::yield();
  std::move(a).next();
  std::move(b).fail(make_error("TEST.2", "stopped"));
  const RunResult result = run.result();
  EXPECT_EQ(result.error->code, "FLOW.1004");
  EXPECT_THAT(trace_.lines(), UnorderedElementsAre("before", "a", "b", "undo b", "undo a", "undo before"));
}

TEST_F(FlowParallel, that_is_tried_again_is_not_met_by_the_timers_of_the_attempt_before) {
  std::atomic<int> attempts{0};
  const auto keep_each = [&](const std::string& what) {
    return [this, &attempts, what](FlowStep step) { keep(what + std::to_string(attempts / 2))(std::move(step)); };
  };
  const auto counted = [&](FlowStep step) {
    ++attempts;
    std::move(step).next();
  };
  ChainMaker maker;
  tenon::flow::ScopePolicy twice;
  twice.retry.attempts = 2;
  maker.assembler().open_scope("part", {}, twice).open_parallel({}, 0);
  for (const char* name : {"a", "b"}) {
    maker.assembler().open_branch();
    maker.then(name, keep_each(name), counted, timeout(0s, 3s));
    maker.assembler().close();
  }
  maker.assembler().close().close();
  Started run(engine_, maker.make());
  FlowStep a = taken("a0");
  FlowStep b = taken("b0");
  std::move(a).fail(make_error("TEST.1", ""));
  while (clock_->next() == tenon::flow::Clock::TimePoint::max()) std::this_thread::yield();
  std::move(b).fail(make_error("TEST.1", ""));
  FlowStep again_a = taken("a1");
  FlowStep again_b = taken("b1");
  wait_until(run.id, Waiting::kAnswer);
  clock_->advance(3s);  // the grace of the first attempt
  EXPECT_FALSE(again_a.cancelled());
  EXPECT_FALSE(again_b.cancelled());
  std::move(again_a).next();
  std::move(again_b).next();
  EXPECT_TRUE(run.result().ok());
}

TEST_F(FlowParallel, nests) {
  ChainMaker maker;
  maker.assembler().open_parallel({}, 0).open_branch();
  maker.then("a", keep("a"), trace_.next("undo a"));
  maker.assembler().open_parallel({}, 0).open_branch();
  maker.then("b", keep("b"), trace_.next("undo b"));
  maker.assembler().close().open_branch();
  maker.then("c", keep("c"), trace_.next("undo c"));
  maker.assembler().close().close().close().open_branch();
  maker.then("d", keep("d"), trace_.next("undo d"));
  maker.assembler().close().close();
  Started run(engine_, maker.make());
  taken("a").next();
  FlowStep b = taken("b");
  FlowStep c = taken("c");
  taken("d").fail(make_error("TEST.1", ""));
  while (!b.cancelled() || !c.cancelled()) std::this_thread::yield();
  std::move(b).next();
  std::move(c).next();
  EXPECT_EQ(run.result().error->code, "TEST.1");
  EXPECT_THAT(trace_.lines(), UnorderedElementsAre("a", "b", "c", "d", "undo d", "undo c", "undo b", "undo a"));
  EXPECT_EQ(trace_.lines().back(), "undo a");
}

TEST_F(FlowParallel, tells_of_undos_that_failed_however_deep_within_stopped_branches) {
  ChainMaker maker;
  maker.assembler().open_parallel({}, 0).open_branch();
  maker.then("a", keep("a"));
  maker.assembler().close().open_branch().open_parallel({}, 0).open_branch();
  maker.then("b", keep("b"), keep("undo b"), tenon::test::retry(2));
  maker.assembler().close().open_branch();
  maker.then("c", keep("c"));
  maker.assembler().close().close().close().close();
  Started run(engine_, maker.make());
  FlowStep a = taken("a");
  FlowStep c = taken("c");
  taken("b").fail(make_error("TEST.1", "of b"));
  FlowStep undo = taken("undo b");
  std::move(a).fail(make_error("TEST.1", "of a"));
  while (!c.cancelled()) std::this_thread::yield();
  std::move(undo).fail(make_error("TEST.2", "stuck"));
  std::move(c).next();
  const RunResult result = run.result();
  EXPECT_EQ(result.error->elaboration.at("flow"), "a");
  ASSERT_EQ(result.error->causes.size(), 1U);
  EXPECT_EQ(result.error->causes[0].code, "FLOW.1006");
  EXPECT_EQ(result.error->causes[0].details, "b");
}

TEST_F(FlowParallel, fails_without_the_errors_of_attempts_that_were_followed_by_a_better_one) {
  std::atomic<bool> failed{false};
  ChainMaker maker;
  maker.assembler().open_parallel({}, 1).open_branch();
  maker.then(
      "a",
      [&](FlowStep step) {
        if (failed.exchange(true)) return std::move(step).next();
        ErrorCode error = make_error("TEST.1", "of a");
        error.causes.push_back(make_error("TEST.2", "its reason"));
        std::move(step).fail(std::move(error));
      },
      {}, tenon::test::retry(2));
  maker.assembler().close().open_branch();
  maker.then("b", trace_.fail("b"));
  maker.assembler().close().close();
  const RunResult result = run_chain(engine_, maker.make());
  EXPECT_EQ(result.error->elaboration.at("flow"), "b");
  EXPECT_THAT(result.error->causes, testing::IsEmpty());
}

class FlowGroup : public tenon::test::TimedRun {
 protected:
  struct Extension : tenon::ReleasableFlow {
    Extension(tenon::test::Trace& trace, std::string name, std::string fails)
        : trace_(trace), name_(std::move(name)), fails_(std::move(fails)) {}
    void pre_check(FlowStep step) const override { note(std::move(step), "check"); }
    void run(FlowStep step) const override { note(std::move(step), "run"); }
    void rollback(FlowStep step) const override { note(std::move(step), "undo"); }
    void release(FlowStep step) const override { note(std::move(step), "release"); }
    void note(FlowStep step, const std::string& what) const {
      trace_.add(what + " " + name_);
      if (what == fails_) return std::move(step).fail(make_error("TEST.1", what));
      std::move(step).next();
    }
    tenon::test::Trace& trace_;
    std::string name_;
    std::string fails_;
  };
  ChainStep extension(const std::string& name, const std::string& fails = {},
                      tenon::flow::StepSide side = tenon::flow::StepSide::kRun) {
    auto flow = std::make_shared<Extension>(trace_, name, fails);
    ChainStep step;
    step.name = name;
    step.flow = flow.get();
    step.keep = std::move(flow);
    step.has_pre_check = side == tenon::flow::StepSide::kRun;
    step.side = side;
    return step;
  }
};

TEST_F(FlowGroup, checks_all_before_the_first_is_run_and_undoes_begun_ones_in_reverse) {
  ChainMaker maker;
  maker.then("a", trace_.next("run a"), trace_.next("undo a"));
  maker.assembler().open_group();
  maker.then(extension("x")).then(extension("y", "run")).then(extension("z"));
  maker.assembler().close();
  EXPECT_FALSE(run_chain(engine_, maker.make()).ok());
  EXPECT_THAT(trace_.lines(),
              ElementsAre("run a", "check x", "check y", "check z", "run x", "run y", "undo y", "undo x", "undo a"));
}

TEST_F(FlowGroup, of_which_a_check_fails_undoes_what_was_before_it_alone) {
  ChainMaker maker;
  maker.then("a", trace_.next("run a"), trace_.next("undo a"));
  maker.assembler().open_group();
  maker.then(extension("x")).then(extension("y", "check")).then(extension("z"));
  maker.assembler().close();
  const RunResult result = run_chain(engine_, maker.make());
  EXPECT_EQ(result.error->elaboration.at("flow"), "y");
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "check x", "check y", "undo a"));
}

TEST_F(FlowGroup, is_released_without_checks_and_never_undone) {
  constexpr auto kRelease = tenon::flow::StepSide::kRelease;
  ChainMaker maker;
  maker.assembler().open_group();
  maker.then(extension("x", {}, kRelease)).then(extension("y", "release", kRelease));
  maker.assembler().close();
  EXPECT_EQ(run_chain(engine_, maker.make()).error->code, "TEST.1");
  EXPECT_THAT(trace_.lines(), ElementsAre("release x", "release y"));
}

TEST_F(FlowGroup, of_which_a_check_does_not_answer_in_time_undoes_what_was_before_it) {
  struct Slow : tenon::Flow {
    explicit Slow(std::function<void(FlowStep)> keep) : keep_(std::move(keep)) {}
    void pre_check(FlowStep step) const override { keep_(std::move(step)); }
    void run(FlowStep step) const override { std::move(step).next(); }
    void rollback(FlowStep step) const override { std::move(step).fail(make_error("TEST.9", "not begun")); }
    std::function<void(FlowStep)> keep_;
  };
  ChainMaker maker;
  maker.then("a", trace_.next("run a"), trace_.next("undo a"));
  auto slow = std::make_shared<Slow>(keep("check"));
  ChainStep step;
  step.name = "slow";
  step.flow = slow.get();
  step.keep = slow;
  step.has_pre_check = true;
  step.policy = std::make_shared<tenon::flow::StepPolicy>(timeout(1s, 1s));
  Started run(engine_, maker.then(step).make());
  FlowStep check = taken("check");
  clock_->advance(2s);
  const RunResult result = run.result();
  EXPECT_EQ(result.error->code, "FLOW.1005");
  ASSERT_EQ(result.error->causes.size(), 1U);
  EXPECT_EQ(result.error->causes[0].code, "FLOW.1019");
  std::move(check).next();
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_THAT(trace_.lines(), ElementsAre("run a", "check", "undo a"));
}

}  // namespace
