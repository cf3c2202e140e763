#include "flow/journal.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/memory_journal.h"
#include "timed_run.h"

namespace {

using namespace std::chrono_literals;
using tenon::FlowKey;
using tenon::FlowStep;
using tenon::make_error;
using tenon::Value;
using tenon::flow::RecoveredRun;
using tenon::test::ChainMaker;
using tenon::test::MemoryJournal;
using tenon::test::Started;
using tenon::test::Trace;

using Lines = std::vector<std::string>;

constexpr FlowKey<int> kNumber{"number"};

class FlowJournal : public testing::Test {
 protected:
  /// A run that has told its end may still be on its way out, on the journal's thread.
  void TearDown() override { EXPECT_TRUE(engine_.wait_idle(10s)); }

  tenon::test::Node node_;
  Trace trace_;
  MemoryJournal journal_;
  std::shared_ptr<tenon::flow::VirtualClock> clock_ = std::make_shared<tenon::flow::VirtualClock>();
  tenon::flow::Engine engine_{
      tenon::flow::EngineOptions{.threads = 2, .blocking_threads = 2, .clock = clock_, .journal = &journal_}};
};

/// Writes kNumber.
tenon::flow::ChainStep counts(tenon::test::LambdaFlow::Call run) {
  auto contract = std::make_shared<tenon::FlowContract>();
  contract->writes(kNumber);
  tenon::flow::ChainStep step;
  step.name = "counts";
  auto flow = std::make_shared<tenon::test::LambdaFlow>(std::move(run), tenon::test::LambdaFlow::Call());
  step.flow = flow.get();
  step.keep = std::move(flow);
  step.contract = std::move(contract);
  return step;
}

TEST_F(FlowJournal, has_a_record_for_each_step_and_ends_the_run_with_the_last_one) {
  const auto chain = ChainMaker()
                         .then("a", trace_.next("a"))
                         .then(counts([](FlowStep step) {
                           step.set(kNumber, 3);
                           std::move(step).next();
                         }))
                         .then("c", trace_.next("c"))
                         .make();
  Started run(engine_, chain);
  EXPECT_TRUE(run.result().ok());
  EXPECT_EQ(journal_.lines(run.id), (Lines{"done 0", "done 1 number", "done 2, the end"}));
}

TEST_F(FlowJournal, does_not_begin_a_step_before_the_one_before_it_is_recorded) {
  const auto chain = ChainMaker().then("a", trace_.next("a")).then("b", trace_.next("b")).make();
  journal_.lose_after(1);  // the start alone
  Started run(engine_, chain);
  ASSERT_TRUE(trace_.wait_for("a"));
  while (!journal_.lost()) std::this_thread::yield();
  EXPECT_EQ(trace_.lines(), Lines{"a"});
  EXPECT_FALSE(run.has_ended());
  journal_.let_ghosts_go();
  (void)run.result();
}

TEST_F(FlowJournal, does_not_begin_a_run_before_it_is_recorded) {
  const auto chain = ChainMaker().then("a", trace_.next("a")).make();
  journal_.lose_after(0);
  Started run(engine_, chain);
  EXPECT_TRUE(trace_.lines().empty());
  journal_.let_ghosts_go();
  EXPECT_TRUE(run.result().ok());
}

TEST_F(FlowJournal, tells_the_caller_of_the_end_only_when_it_is_recorded) {
  const auto chain = ChainMaker().then("a", trace_.next("a")).make();
  journal_.lose_after(1);
  Started run(engine_, chain);
  while (!journal_.lost()) std::this_thread::yield();
  EXPECT_FALSE(run.has_ended());
  journal_.let_ghosts_go();
  EXPECT_TRUE(run.result().ok());
}

TEST_F(FlowJournal, tells_that_a_run_was_accepted_before_its_first_step) {
  tenon::flow::RunRequest request;
  request.chain = ChainMaker().then("a", trace_.next("a")).make();
  request.accepted = [&](std::uint64_t) { trace_.add("accepted"); };
  Started run(engine_, std::move(request));
  EXPECT_TRUE(run.result().ok());
  EXPECT_EQ(trace_.lines(), (Lines{"accepted", "a"}));
}

TEST_F(FlowJournal, records_the_turn_before_the_first_undo_and_each_undo) {
  const auto chain = ChainMaker()
                         .then("a", trace_.next("a"), trace_.next("undo a"))
                         .then("b", trace_.fail("b"), trace_.next("undo b"))
                         .make();
  Started run(engine_, chain);
  EXPECT_EQ(run.result().error->code, "TEST.1");
  EXPECT_EQ(journal_.lines(run.id), (Lines{"done 0", "failed 0 1 TEST.1", "undone 1", "undone 0, the end: TEST.1"}));
}

TEST_F(FlowJournal, makes_a_failed_undo_a_debt_within_the_same_record) {
  const auto chain = ChainMaker()
                         .then("a", trace_.next("a"), trace_.fail("undo a", "TEST.2"))
                         .then("b", trace_.fail("b"), trace_.next("undo b"))
                         .make();
  Started run(engine_, chain);
  const auto error = run.result().error;
  EXPECT_EQ(journal_.lines(run.id),
            (Lines{"done 0", "failed 0 1 TEST.1", "undone 1", "undo failed 0 FLOW.1006, the end: TEST.1"}));
  const std::string key = tenon::flow::run_name(run.id) + ":0";
  EXPECT_EQ(journal_.debts().count(key), 1U);
  ASSERT_EQ(error->causes.size(), 1U);
  EXPECT_EQ(error->causes.front().elaboration.at("debt"), key) << "the caller's error lists the debt";
}

TEST_F(FlowJournal, owes_what_a_flow_that_was_given_up_may_make_until_it_was_undone_once_more) {
  std::unique_ptr<FlowStep> kept;
  const auto chain = ChainMaker()
                         .then(
                             "slow",
                             [&](FlowStep step) {
                               kept = std::make_unique<FlowStep>(std::move(step));
                               trace_.add("slow");
                             },
                             trace_.next("undo slow"), tenon::test::timeout(10ms, 10ms))
                         .make();
  Started run(engine_, chain);
  ASSERT_TRUE(trace_.wait_for("slow"));
  for (int i = 0; i < 5000 && !run.has_ended(); ++i) {
    clock_->advance(10ms);
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(run.result().error->code, "FLOW.1005");
  const std::string key = tenon::flow::run_name(run.id) + ":0";
  EXPECT_EQ(journal_.debts(), (std::map<std::string, std::string>{{key, "FLOW.1019"}}));
  std::move(*kept).next();
  EXPECT_TRUE(engine_.wait_idle(10s));
  EXPECT_TRUE(journal_.debts().empty());
  EXPECT_EQ(journal_.lines(run.id).back(), "late undone 0, the end: FLOW.1005");
}

TEST_F(FlowJournal, fails_a_step_whose_record_is_refused) {
  journal_.refuse = [](const tenon::flow::JournalRecord& record) {
    return record.kind == tenon::flow::JournalRecord::Kind::kDone && record.step == 1;
  };
  const auto chain = ChainMaker()
                         .then("a", trace_.next("a"), trace_.next("undo a"))
                         .then("b", trace_.next("b"), trace_.next("undo b"))
                         .make();
  Started run(engine_, chain);
  EXPECT_EQ(run.result().error->code, "TEST.9");
  EXPECT_EQ(trace_.lines(), (Lines{"a", "b", "undo b", "undo a"}));
}

struct Opaque {
  int* nothing = nullptr;
};
constexpr FlowKey<Opaque> kOpaque{"opaque"};

TEST_F(FlowJournal, fails_a_step_that_writes_what_can_not_be_kept) {
  const auto chain = ChainMaker()
                         .then("a",
                               [](FlowStep step) {
                                 step.set(kOpaque, {});
                                 std::move(step).next();
                               })
                         .make();
  Started run(engine_, chain);
  EXPECT_EQ(run.result().error->code, "FLOW.1033");
}

TEST_F(FlowJournal, records_nothing_of_a_volatile_chain) {
  ChainMaker maker;
  maker.then("a", trace_.next("a")).assembler().make_volatile();
  Started run(engine_, maker.make());
  EXPECT_TRUE(run.result().ok());
  EXPECT_TRUE(journal_.runs().empty());
}

TEST_F(FlowJournal, records_a_long_wait_for_the_next_attempt) {
  int tries = 0;
  const auto chain = ChainMaker()
                         .then(
                             "a",
                             [&](FlowStep step) {
                               if (++tries == 1) return std::move(step).fail(make_error("TEST.1", "once"));
                               std::move(step).next();
                             },
                             {}, tenon::test::retry(2, 5s))
                         .make();
  Started run(engine_, chain);
  while (clock_->next() == tenon::flow::Clock::TimePoint::max()) std::this_thread::yield();
  clock_->advance(5s);
  EXPECT_TRUE(run.result().ok());
  EXPECT_EQ(journal_.lines(run.id), (Lines{"undone 0", "retry 0 TEST.1", "done 0, the end"}));
}

// ---- operators
// ------------------------------------------------------------------------------------------------------

class PausedRun : public FlowJournal {
 protected:
  void wait_for(std::uint64_t run, tenon::flow::Waiting waiting) {
    for (int i = 0; i < 10'000; ++i) {
      const auto state = engine_.inspect(run);
      if (state && !state->places.empty() && state->places.front().waiting == waiting) return;
      std::this_thread::sleep_for(1ms);
    }
    FAIL() << "the run does not wait for " << tenon::flow::waiting_name(waiting);
  }
  /// A run that was paused while its first step, of three, was at work.
  Started paused() {
    const auto chain = ChainMaker()
                           .then(
                               "a",
                               [this](FlowStep step) {
                                 engine_.pause(run_of(step));
                                 std::move(step).next();
                               },
                               trace_.next("undo a"))
                           .then(counts([this](FlowStep step) {
                             trace_.add("counts");
                             step.set(kNumber, 1);
                             std::move(step).next();
                           }))
                           .then("c", trace_.next("c"))
                           .make();
    Started run(engine_, chain);
    wait_for(run.id, tenon::flow::Waiting::kPaused);
    return run;
  }
  static std::uint64_t run_of(const FlowStep& step) {
    static constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
    std::uint64_t id = 0;
    for (const char digit : step.key().substr(0, 13)) id = id << 5 | kDigits.find(digit);
    return id;
  }
};

TEST_F(PausedRun, stands_before_its_next_step_until_it_is_resumed) {
  Started run = paused();
  EXPECT_TRUE(trace_.lines().empty());
  EXPECT_TRUE(engine_.resume(run.id));
  EXPECT_TRUE(run.result().ok());
  EXPECT_EQ(trace_.lines(), (Lines{"counts", "c"}));
}

TEST_F(PausedRun, is_undone_if_it_was_cancelled_meanwhile) {
  Started run = paused();
  engine_.cancel(run.id);
  EXPECT_FALSE(run.has_ended());
  EXPECT_TRUE(engine_.resume(run.id));
  EXPECT_EQ(run.result().error->code, "FLOW.1004");
  EXPECT_EQ(trace_.lines(), Lines{"undo a"});
}

TEST_F(PausedRun, leaves_out_a_step_as_it_is_told) {
  Started run = paused();
  std::promise<bool> recorded;
  ASSERT_TRUE(
      engine_.direct(run.id, {tenon::flow::Engine::Directive::Kind::kSkip, 1, {}, [&](const tenon::ErrorCode* refused) {
                                recorded.set_value(refused == nullptr);
                              }}));
  EXPECT_TRUE(recorded.get_future().get());
  EXPECT_EQ(journal_.lines(run.id), (Lines{"done 0", "skipped 1"})) << "before it is resumed";
  wait_for(run.id, tenon::flow::Waiting::kPaused);
  EXPECT_EQ(engine_.inspect(run.id)->places[0].step_name, "c");
  EXPECT_TRUE(engine_.resume(run.id));
  EXPECT_TRUE(run.result().ok());
  EXPECT_EQ(trace_.lines(), Lines{"c"});
  EXPECT_EQ(journal_.lines(run.id), (Lines{"done 0", "skipped 1", "done 2, the end"}));
}

TEST_F(PausedRun, takes_what_was_done_by_hand) {
  Started run = paused();
  const auto mark = [&](std::vector<std::pair<std::string, Value>> data) {
    return engine_.direct(run.id, {tenon::flow::Engine::Directive::Kind::kMarkDone, 1, std::move(data)});
  };
  EXPECT_EQ(mark({}).error().details, "flow 'counts': 'number' is missing");
  EXPECT_EQ(mark({{"other", Value::of<int>(1)}}).error().code, "FLOW.1043");
  ASSERT_TRUE(mark({{"number", Value::of<tenon::Json>(tenon::Json(7))}}));
  EXPECT_TRUE(engine_.resume(run.id));
  const auto result = run.result();
  EXPECT_EQ(result.find("number")->json(), tenon::Json(7));
  EXPECT_EQ(journal_.lines(run.id), (Lines{"done 0", "done 1 number", "done 2, the end"}));
}

TEST_F(PausedRun, refuses_a_word_about_another_step_or_when_it_is_not_paused) {
  Started run = paused();
  using Kind = tenon::flow::Engine::Directive::Kind;
  EXPECT_EQ(engine_.direct(run.id, {Kind::kSkip, 2, {}}).error().code, "FLOW.1042");
  EXPECT_TRUE(engine_.resume(run.id));
  EXPECT_TRUE(run.result().ok());
  EXPECT_EQ(engine_.direct(run.id, {Kind::kSkip, 1, {}}).error().code, "FLOW.1041");
}

TEST_F(PausedRun, does_not_wait_for_its_next_attempt_when_it_is_hurried) {
  int tries = 0;
  const auto chain = ChainMaker()
                         .then(
                             "a",
                             [&](FlowStep step) {
                               if (++tries == 1) return std::move(step).fail(make_error("TEST.1", "once"));
                               std::move(step).next();
                             },
                             {}, tenon::test::retry(2, 1h))
                         .make();
  Started run(engine_, chain);
  wait_for(run.id, tenon::flow::Waiting::kBackoff);
  EXPECT_TRUE(engine_.hurry(run.id));
  EXPECT_TRUE(run.result().ok());
  EXPECT_FALSE(engine_.hurry(run.id));
}

}  // namespace
