#include "run_view.h"

#include <gmock/gmock.h>

#include "api/json_text.h"

namespace tenon::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Json parsed(std::string_view text) { return api::parse_json(text).value(); }

class RunViewTest : public ::testing::Test {
 protected:
  RunViewTest() {
    view_.apply("run", parsed(R"({"id":"01","chain":"vm.create","state":"running","duration_ms":1000,"steps":[
      {"index":0,"name":"First","state":"done","started_ms":0,"duration_ms":12},
      {"index":1,"name":"Second.Longer","state":"running","started_ms":500,"duration_ms":500},
      {"index":2,"name":"Third","state":"pending"}]})"),
                now_);
  }
  std::vector<std::string> frame() { return view_.frame(terminal_, now_); }

  Terminal terminal_;
  RunView::Clock::time_point now_{};
  RunView view_;
};

TEST_F(RunViewTest, shows_each_step_with_its_time) {
  EXPECT_THAT(frame(), ElementsAre("vm.create  run 01  running  1.0 s", "  + 1 First          12 ms",
                                   "  > 2 Second.Longer  500 ms", "  . 3 Third"));
}

TEST_F(RunViewTest, counts_the_time_of_the_step_at_work) {
  now_ += std::chrono::seconds(2);
  EXPECT_THAT(frame()[0], HasSubstr("3.0 s"));
  EXPECT_THAT(frame()[2], HasSubstr("2.5 s"));
}

TEST_F(RunViewTest, shows_progress_as_a_bar) {
  view_.apply("progress", parsed(R"({"index":1,"name":"Second.Longer","state":"running","started_ms":500,
    "duration_ms":600,"progress":50,"what":"copying"})"),
              now_);
  EXPECT_EQ(frame()[2], "  > 2 Second.Longer  500 ms  ##########.......... 50 %  copying");
}

TEST_F(RunViewTest, shows_failures_and_undos) {
  view_.apply("step", parsed(R"({"index":1,"name":"Second.Longer","state":"failed","started_ms":500,"duration_ms":700,
    "error":{"code":"X.1","description":"no room"}})"),
              now_);
  EXPECT_EQ(frame()[2], "  x 2 Second.Longer  700 ms  X.1: no room");
  view_.apply("step", parsed(R"({"index":0,"name":"First","state":"undo-failed","started_ms":0,"duration_ms":12,
    "undo_started_ms":800,"undo_duration_ms":3,"undo_error":{"code":"FLOW.1006","description":"an undo failed",
    "causes":[{"code":"X.2","description":"busy"}]}})"),
              now_);
  EXPECT_EQ(frame()[0], "vm.create  run 01  undoing  1.0 s");
  EXPECT_EQ(frame()[1], "  ! 1 First          undo failed 3.0 ms  X.2: busy");
}

TEST_F(RunViewTest, shows_what_fits_around_the_step_at_work) {
  std::string steps;
  for (int i = 0; i < 100; ++i) {
    steps += std::string(i > 0 ? "," : "") + R"({"index":)" + std::to_string(i) + R"(,"name":"s","state":")" +
             (i < 50    ? "done"
              : i == 50 ? "running"
                        : "pending") +
             R"("})";
  }
  view_.apply("run", parsed(R"({"id":"01","chain":"c","state":"running","duration_ms":0,"steps":[)" + steps + "]}"),
              now_);
  terminal_.height = 10;
  const auto lines = frame();
  EXPECT_EQ(lines.size(), 9U);
  EXPECT_EQ(lines[1], "  … 47 before");
  EXPECT_THAT(lines[5], HasSubstr(">  51 s"));
  EXPECT_EQ(lines.back(), "  … 47 after");
}

TEST_F(RunViewTest, cuts_lines_at_the_width_of_a_terminal) {
  terminal_.live = true;
  terminal_.width = 16;
  EXPECT_EQ(frame()[1], "  + 1 First");
  EXPECT_EQ(frame()[2], "  > 2 Second.Lo");
}

TEST_F(RunViewTest, colours_on_a_terminal_that_has_colours) {
  terminal_.colours = true;
  EXPECT_THAT(frame()[1], HasSubstr("\x1b[32m+\x1b[0m"));
}

TEST_F(RunViewTest, tells_a_step_in_one_plain_line) {
  EXPECT_EQ(
      view_.plain_line("step", parsed(R"({"index":1,"name":"Second.Longer","state":"running","started_ms":500})")),
      "    0.500 s  2/3 Second.Longer: running");
  EXPECT_EQ(view_.plain_line("step", parsed(R"({"index":1,"name":"Second.Longer","state":"done","started_ms":500,
    "duration_ms":250})")),
            "    0.750 s  2/3 Second.Longer: done (250 ms)");
  EXPECT_EQ(view_.plain_line("progress", parsed(R"({"index":1,"name":"Second.Longer","state":"running","started_ms":500,
    "duration_ms":100,"progress":7,"what":"copying"})")),
            "    0.600 s  2/3 Second.Longer: 7 % copying");
}

TEST_F(RunViewTest, shows_all_steps_that_are_at_work_at_once) {
  view_.apply("step", parsed(R"({"index":2,"name":"Third","state":"running","started_ms":900})"), now_);
  EXPECT_EQ(frame()[2], "  > 2 Second.Longer  500 ms");
  EXPECT_EQ(frame()[3], "  > 3 Third          100 ms");
}

TEST_F(RunViewTest, counts_attempts_and_names_the_failure_of_the_last_one) {
  view_.apply("step", parsed(R"({"index":1,"name":"Second.Longer","state":"undone","started_ms":500,"duration_ms":100,
    "undo_started_ms":600,"undo_duration_ms":1,"waiting":"backoff","waiting_since_ms":700})"),
              now_);
  EXPECT_EQ(frame()[0], "vm.create  run 01  running  1.0 s");  // it is to be tried again
  EXPECT_EQ(frame()[2], "  - 2 Second.Longer  undone 1.0 ms  waits before the next attempt, 300 ms");
  view_.apply("step", parsed(R"({"index":1,"name":"Second.Longer","state":"running","attempt":2,"started_ms":800,
    "last_error":{"code":"X.1"}})"),
              now_);
  EXPECT_EQ(frame()[2], "  > 2 Second.Longer  200 ms  attempt 2 after X.1");
}

TEST_F(RunViewTest, says_what_a_step_waits_for_and_who_holds_it) {
  view_.apply("step", parsed(R"({"index":2,"name":"Third","state":"pending","waiting":"lock","waiting_for":"vm:17",
    "waiting_since_ms":800,"holders":["0c"]})"),
              now_);
  now_ += std::chrono::seconds(12);
  EXPECT_EQ(frame()[3], "  . 3 Third            waits for lock vm:17, held by run 0c, 12 s");
}

TEST_F(RunViewTest, dims_skipped_steps_and_colours_undos) {
  terminal_.colours = true;
  view_.apply("step", parsed(R"({"index":2,"name":"Third","state":"skipped","started_ms":900})"), now_);
  EXPECT_THAT(frame()[3], HasSubstr("\x1b[2mThird\x1b[0m"));
  EXPECT_THAT(frame()[3], HasSubstr("\x1b[2mskipped\x1b[0m"));
  view_.apply("step", parsed(R"({"index":0,"name":"First","state":"undone","undo_duration_ms":3})"), now_);
  EXPECT_THAT(frame()[1], HasSubstr("\x1b[33mundone \x1b[0m"));
  view_.apply("step", parsed(R"({"index":0,"name":"First","state":"undo-failed","undo_duration_ms":3})"), now_);
  EXPECT_THAT(frame()[1], HasSubstr("\x1b[31mundo failed \x1b[0m"));
}

TEST_F(RunViewTest, tells_attempts_waits_and_late_undos_in_plain_lines) {
  EXPECT_EQ(view_.plain_line("step", parsed(R"({"index":0,"name":"First","state":"running","attempt":2,
    "started_ms":500})")),
            "    0.500 s  1/3 First: running, attempt 2");
  EXPECT_EQ(view_.plain_line("step", parsed(R"({"index":0,"name":"First","state":"pending","waiting":"lock",
    "waiting_for":"vm:17","waiting_since_ms":250,"holders":["0c"]})")),
            "    0.250 s  1/3 First: waits for lock vm:17, held by run 0c");
  EXPECT_EQ(view_.plain_line("step", parsed(R"({"index":0,"name":"First","state":"pending"})")), "");
  EXPECT_EQ(view_.plain_line("step", parsed(R"({"index":0,"name":"First","state":"skipped","started_ms":20})")),
            "    0.020 s  1/3 First: skipped");
  EXPECT_EQ(view_.plain_line("step", parsed(R"({"index":0,"name":"First","state":"undone","undone_late":true,
    "undo_started_ms":20,"undo_duration_ms":10})")),
            "    0.030 s  1/3 First: undone late");
}

TEST_F(RunViewTest, ends_with_the_run) {
  EXPECT_FALSE(view_.ended());
  view_.apply("end", parsed(R"({"id":"01","chain":"vm.create","state":"succeeded","duration_ms":1500,"steps":[]})"),
              now_);
  EXPECT_TRUE(view_.ended());
  EXPECT_THAT(frame(), ElementsAre("vm.create  run 01  succeeded  1.5 s"));
}

}  // namespace
}  // namespace tenon::cli
