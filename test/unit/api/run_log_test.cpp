#include "api/run_log.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "api/run_events.h"
#include "flow/run.h"
#include "support/flows.h"
#include "support/node.h"

namespace tenon::api {
namespace {

using namespace std::chrono_literals;
using test::ChainMaker;
using ::testing::ElementsAre;
using ::testing::MatchesRegex;

std::string text(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  return member != nullptr && member->as_string() != nullptr ? *member->as_string() : "(none)";
}

std::vector<std::string> states(const Json& run) {
  std::vector<std::string> list;
  for (const Json& step : *run.find("steps")->as_array())
    list.push_back(text(step, "name") + " " + text(step, "state"));
  return list;
}

/// The names of events; of steps, with their state.
std::vector<std::string> words(const std::vector<RunEvent>& events) {
  std::vector<std::string> list;
  for (const RunEvent& event : events) {
    const bool step = event.name == "step" || event.name == "progress";
    list.push_back(std::string(event.name) + " " + (step ? text(event.data, "name") + " " : std::string()) +
                   text(event.data, "state"));
  }
  return list;
}

class RunLogTest : public ::testing::Test {
 protected:
  /// Starts a run; its record.
  std::shared_ptr<RunRecord> start(RunLog& log, const ChainMaker& chain,
                                   std::vector<std::pair<std::string, Value>> input = {}) {
    return log.start(engine_, chain.make(), std::move(input)).value();
  }
  void wait() { ASSERT_TRUE(engine_.wait_idle(60s)); }

  /// A flow that keeps its step until the test answers it.
  test::LambdaFlow::Call hold() {
    return [this](FlowStep step) { held_.set_value(std::make_unique<FlowStep>(std::move(step))); };
  }
  std::unique_ptr<FlowStep> held() { return held_.get_future().get(); }

  test::Node node_;
  test::Trace trace_;
  std::promise<std::unique_ptr<FlowStep>> held_;
  flow::Engine engine_;
};

TEST_F(RunLogTest, tells_how_a_run_went) {
  RunLog log(10);
  const auto record = start(log, ChainMaker("demo").input("n").then("a", trace_.next("a")).then("b", trace_.next("b")),
                            {{"n", Value::of<Json>(Json(7))}});
  wait();
  const Json run = record->json();
  EXPECT_EQ(text(run, "chain"), "demo");
  EXPECT_EQ(text(run, "state"), "succeeded");
  EXPECT_THAT(states(run), ElementsAre("a done", "b done"));
  EXPECT_THAT(text(run, "started"), MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}Z"));
  EXPECT_THAT(text(run, "ended"), MatchesRegex("[0-9-]{10}T[0-9:]{8}\\.[0-9]{3}Z"));
  EXPECT_EQ(run.find("error"), nullptr);
  EXPECT_EQ(*run.find("data"), Json::object().add("n", 7));
}

TEST_F(RunLogTest, tells_what_failed_and_what_was_undone) {
  RunLog log(10);
  const auto record = start(log, ChainMaker()
                                     .then("a", trace_.next("a"), trace_.fail("undo a", "TEST.2"))
                                     .then("b", trace_.fail("b"))
                                     .then("c", trace_.next("c")));
  wait();
  const Json run = record->json();
  EXPECT_EQ(text(run, "state"), "failed");
  EXPECT_THAT(states(run), ElementsAre("a undo-failed", "b undone", "c pending"));
  const Json::Array& steps = *run.find("steps")->as_array();
  EXPECT_EQ(text(*steps[1].find("error"), "code"), "TEST.1");
  EXPECT_EQ(text(*steps[0].find("undo_error"), "code"), "FLOW.1006");
  const Json& error = *run.find("error");
  EXPECT_EQ(text(error, "code"), "TEST.1");
  EXPECT_EQ(text(*error.find("elaboration"), "flow"), "b");
  const Json& undo = error.find("causes")->as_array()->front();
  EXPECT_EQ(text(undo, "code"), "FLOW.1006");
  EXPECT_EQ(text(undo.find("causes")->as_array()->front(), "code"), "TEST.2");
}

TEST_F(RunLogTest, shows_a_run_that_goes_on) {
  RunLog log(10);
  const auto record =
      start(log, ChainMaker().then("a", trace_.next("a")).then("b", hold()).then("c", trace_.next("c")));
  auto step = held();
  step->progress(40, "half way");
  const Json run = record->json();
  EXPECT_EQ(text(run, "state"), "running");
  EXPECT_THAT(states(run), ElementsAre("a done", "b running", "c pending"));
  const Json& b = (*run.find("steps")->as_array())[1];
  EXPECT_EQ(*b.find("progress"), Json(40));
  EXPECT_EQ(text(b, "what"), "half way");
  EXPECT_EQ(run.find("data"), nullptr);
  EXPECT_EQ(*record->summary().find("step"), Json(1));
  std::move(*step).next();
  wait();
  EXPECT_THAT(states(record->json()), ElementsAre("a done", "b done", "c done"));
}

TEST_F(RunLogTest, gives_a_reader_all_events_from_where_it_came_in) {
  RunLog log(10);
  const auto record = start(log, ChainMaker().then("a", hold()).then("b", trace_.fail("b")));
  auto step = held();
  RunRecord::Cursor cursor;
  EXPECT_THAT(words(record->read(cursor)), ElementsAre("run running"));
  EXPECT_THAT(words(record->read(cursor)), ElementsAre());
  step->progress(10, "");
  step->progress(20, "");
  EXPECT_THAT(words(record->read(cursor)), ElementsAre("progress a running"));
  std::move(*step).next();
  wait();
  EXPECT_THAT(words(record->read(cursor)),
              ElementsAre("step a done", "step b running", "step b failed", "step b undoing", "step b undone",
                          "step a undoing", "step a undone", "end failed"));
  EXPECT_TRUE(cursor.ended);
  EXPECT_THAT(words(record->read(cursor)), ElementsAre());
}

TEST_F(RunLogTest, gives_a_late_reader_the_run_and_its_end) {
  RunLog log(10);
  const auto record = start(log, ChainMaker().then("a", trace_.next("a")));
  wait();
  RunRecord::Cursor cursor;
  EXPECT_THAT(words(record->read(cursor)), ElementsAre("run succeeded", "end succeeded"));
}

TEST_F(RunLogTest, gives_the_events_of_long_runs_in_pieces) {
  ChainMaker chain;
  chain.then("first", hold());
  for (int i = 0; i < 1000; ++i) chain.then("step", trace_.next("x"));
  RunLog log(10);
  const auto record = start(log, chain);
  auto step = held();
  RunRecord::Cursor cursor;
  (void)record->read(cursor);
  std::move(*step).next();
  wait();
  std::size_t events = 0;
  while (!cursor.ended) {
    const auto piece = record->read(cursor);
    ASSERT_FALSE(piece.empty());
    EXPECT_LE(piece.size(), 300U);
    events += piece.size();
  }
  EXPECT_EQ(events, 1 + 2 * 1000 + 1U);
}

TEST_F(RunLogTest, wakes_a_stream_until_its_end) {
  RunLog log(10);
  const auto record = start(log, ChainMaker().then("a", hold()).then("b", trace_.next("b")));
  auto step = held();
  const auto events = std::make_shared<RunEvents>(record, engine_);
  const auto wakes = std::make_shared<std::atomic<int>>(0);
  events->notify([wakes] { ++*wakes; });
  EXPECT_THAT(events->take(), ::testing::StartsWith("event: run\ndata: {\"id\":\""));
  EXPECT_FALSE(events->ended());
  std::move(*step).next();
  wait();
  EXPECT_GT(*wakes, 0);
  EXPECT_THAT(events->take(), ::testing::HasSubstr("event: end\ndata: {"));
  EXPECT_TRUE(events->ended());
}

TEST_F(RunLogTest, forgets_the_oldest_finished_runs_only) {
  RunLog log(2);
  const auto lasting = start(log, ChainMaker().then("a", hold()));
  auto step = held();
  std::vector<std::string> names;
  for (int i = 0; i < 4; ++i) {
    names.push_back(start(log, ChainMaker().then("a", trace_.next("a")))->name());
    while (engine_.in_flight() > 1) std::this_thread::yield();
  }
  EXPECT_EQ(log.find(*parse_run_name(names[0])), nullptr);
  EXPECT_EQ(log.find(*parse_run_name(names[1])), nullptr);
  EXPECT_NE(log.find(*parse_run_name(names[2])), nullptr);
  EXPECT_NE(log.find(*parse_run_name(names[3])), nullptr);
  EXPECT_EQ(log.records().size(), 3U);
  EXPECT_EQ(log.records().front()->name(), names[3]);
  std::move(*step).next();
  wait();
}

TEST_F(RunLogTest, keeps_nothing_if_it_may_not) {
  RunLog log(0);
  for (int i = 0; i < 100; ++i) (void)log.start(engine_, ChainMaker().then("a", trace_.next("a")).make(), {}).value();
  wait();
  EXPECT_TRUE(log.records().empty());
}

TEST_F(RunLogTest, lets_the_chain_go_when_the_run_has_ended) {
  RunLog log(10);
  std::weak_ptr<const flow::Chain> chain;
  {
    const auto made = ChainMaker().then("a", trace_.next("a")).make();
    chain = made;
    (void)log.start(engine_, made, {}).value();
  }
  wait();
  EXPECT_EQ(log.records().size(), 1U);
  EXPECT_TRUE(chain.expired());
}

TEST_F(RunLogTest, reports_what_the_engine_refuses_and_lists_no_run) {
  RunLog log(10);
  const auto run = log.start(engine_, ChainMaker().input("n").then("a", trace_.next("a")).make(), {});
  ASSERT_FALSE(run.ok());
  EXPECT_EQ(run.error().code, "FLOW.1012");
  EXPECT_TRUE(log.records().empty());
}

TEST_F(RunLogTest, records_runs_started_by_many_threads) {
  RunLog log(1000);
  const auto chain = ChainMaker().then("a", trace_.next("a")).then("b", trace_.fail("b")).make();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const auto record = log.start(engine_, chain, {}).value();
        RunRecord::Cursor cursor;
        while (!cursor.ended) (void)record->read(cursor);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  wait();
  EXPECT_EQ(log.records().size(), 200U);
}

TEST(RunName, reads_back_what_is_written) {
  for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 63, UINT64_MAX}) {
    EXPECT_EQ(parse_run_name(flow::run_name(id)), id);
  }
}

TEST(RunName, refuses_other_texts) {
  for (const char* name : {"", "1", "000000000000u", "000000000000A", "zzzzzzzzzzzzz", "00000000000000"}) {
    EXPECT_EQ(parse_run_name(name), std::nullopt) << name;
  }
}

}  // namespace
}  // namespace tenon::api
