#include "drill_view.h"

#include <gmock/gmock.h>

#include "api/json_text.h"

namespace tenon::cli {
namespace {

using ::testing::HasSubstr;

Json parsed(std::string_view text) { return api::parse_json(text).value(); }

const Json kDrill = parsed(R"({"chain":"demo","state":"running","steps":["a.One","a.Longer"],"outcomes":[]})");

TEST(DrillView, has_a_row_for_each_run) {
  const DrillView view(kDrill);
  EXPECT_EQ(view.header(Terminal{}), "STEP        WAY      RUN                     LEFT BEHIND\n");
  EXPECT_EQ(view.rows(parsed(R"({"step":0,"name":"a.One","way":"before","reached":true,"error":{"code":"FLOW.1020"},
    "left":[],"lost":[],"failed_undos":[]})"),
                      Terminal{}),
            "1 a.One     before   FLOW.1020               -\n");
  EXPECT_EQ(view.rows(parsed(R"({"step":1,"name":"a.Longer","way":"after","reached":false})"), Terminal{}),
            "2 a.Longer  after    not reached             -\n");
  EXPECT_EQ(view.rows(parsed(R"({"step":1,"name":"a.Longer","way":"after","reached":false,"error":{"code":"X.1"}})"),
                      Terminal{}),
            "2 a.Longer  after    not reached: X.1        -\n");
}

TEST(DrillView, has_a_line_for_each_thing_that_is_wrong) {
  EXPECT_EQ(DrillView(kDrill).rows(
                parsed(R"({"step":0,"name":"a.One","way":"timeout","reached":true,"error":{"code":"FLOW.1020"},
    "left":[{"probe":"shelf","resource":"file x"}],"lost":[{"probe":"shelf","resource":"file y"}],
    "failed_undos":[{"name":"a.One","error":{"code":"FLOW.1006","causes":[{"code":"X.2"}]}}],"unanswered":true})"),
                Terminal{}),
            "1 a.One     timeout  FLOW.1020               shelf: file x\n"
            "                                             lost: shelf: file y\n"
            "                                             undo of a.One failed: X.2\n"
            "                                             a flow that was undone has not answered yet\n");
}

TEST(DrillSummary, counts_runs_and_steps_that_were_not_reached) {
  EXPECT_EQ(drill_summary(parsed(R"({"chain":"demo","state":"clean","duration_ms":3200,"probes":["shelf"],
    "not_reached":1,"outcomes":[{},{},{}]})")),
            "drill of chain 'demo': 3 runs in 3.2 s, 1 of them did not reach its step; nothing is left behind");
  EXPECT_THAT(drill_summary(parsed(R"({"chain":"demo","state":"clean","duration_ms":1,"probes":[]})")),
              HasSubstr("; no plugin lists what there is on the devices, so only undos were looked at"));
}

TEST(DrillFailure, gives_the_reason_in_one_line) {
  EXPECT_EQ(drill_failure(parsed(R"({"chain":"demo","state":"flawed","left":2,"lost":1,"failed_undos":1})")),
            "drill of chain 'demo': 2 resources left behind, 1 resource lost, 1 undo failed");
  EXPECT_EQ(drill_failure(parsed(R"({"chain":"demo","state":"flawed"})")),
            "drill of chain 'demo': a flow that was undone has not answered");
  EXPECT_EQ(drill_failure(parsed(R"({"chain":"demo","state":"failed","error":{"code":"X.1","details":"gone"}})")),
            "drill of chain 'demo' can't go on: X.1: gone");
  EXPECT_EQ(drill_failure(parsed(R"({"chain":"demo","state":"stopped"})")), "drill of chain 'demo' was stopped");
}

TEST(DrillFailure, is_that_no_run_reached_its_step) {
  EXPECT_EQ(drill_failure(parsed(R"({"chain":"demo","state":"clean","not_reached":1,
    "outcomes":[{"reached":false,"error":{"code":"X.1","details":"no such box"}}]})")),
            "drill of chain 'demo': no run reached its step: X.1: no such box");
  EXPECT_EQ(drill_failure(parsed(R"({"chain":"demo","state":"clean","not_reached":1,"outcomes":[{},{}]})")),
            std::nullopt);
}

}  // namespace
}  // namespace tenon::cli
