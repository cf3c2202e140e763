#include <gmock/gmock.h>

#include "api/json_text.h"
#include "debt_command.h"
#include "format.h"
#include "inspect_runs.h"
#include "run_filter.h"
#include "run_verbs.h"

namespace tenon::cli {
namespace {

using ::testing::ElementsAre;

Json parsed(std::string_view text) { return api::parse_json(text).value(); }

TEST(RunFilter, becomes_a_query_or_an_object) {
  RunFilter filter;
  EXPECT_EQ(filter.query(), "");
  filter.limit = "5";
  EXPECT_FALSE(filter.chooses()) << "that chooses no run";
  filter.state = "running,failed";
  filter.resource = "host:*";
  EXPECT_TRUE(filter.chooses());
  EXPECT_EQ(filter.query(), "?state=running%2Cfailed&resource=host%3A%2A&limit=5");
  EXPECT_EQ(api::print_json(filter.json()), R"({"state":"running,failed","resource":"host:*","limit":"5"})");
}

TEST(DebtFilter, becomes_a_query) {
  EXPECT_EQ(DebtFilter{}.query(), "");
  EXPECT_EQ((DebtFilter{"open", "0a", "kvm", "", "5", "0a:1"}).query(),
            "?state=open&run=0a&plugin=kvm&limit=5&after=0a%3A1");
}

TEST(ActedRow, tells_what_was_done_would_be_done_or_why_not) {
  const Json run = parsed(R"({"id":"0a","chain":"demo","state":"paused","done":true})");
  EXPECT_THAT(acted_row("resume", run, false), ElementsAre("0a", "demo", "paused", "goes on"));
  EXPECT_THAT(acted_row("resume", run, true), ElementsAre("0a", "demo", "paused", "would go on"));
  EXPECT_EQ(acted_row("pause", parsed(R"({"error":{"code":"J.1","description":"not now","details":"it has ended"}})"),
                      false)[3],
            "J.1: not now: it has ended");
}

TEST(ActedRow, names_what_a_cancel_would_undo) {
  EXPECT_EQ(acted_row("cancel", parsed(R"({"undo":[{"name":"b"},{"name":"a"}]})"), true)[3],
            "would be cancelled; undo of b, a");
  EXPECT_EQ(acted_row("cancel", parsed(R"({"undo":[]})"), true)[3], "would be cancelled; nothing to undo");
}

TEST(UndoRow, counts_from_1_and_says_what_is_not_certain) {
  EXPECT_THAT(undo_row(parsed(R"({"step":0,"name":"a","plugin":"p","perhaps_begun":false,"has_undo":true})")),
              ElementsAre("1", "a", "p", ""));
  EXPECT_EQ(undo_row(parsed(R"({"step":0,"perhaps_begun":true,"has_undo":false})"))[3], "may be at work, has no undo");
}

TEST(DebtRow, tells_what_failed_and_when_it_is_tried_again) {
  EXPECT_THAT(debt_row(parsed(R"({"key":"0a:1","chain":"demo","flow":"a","state":"open","attempts":2,"next_at":"soon",
      "on_event":"host.reconnected:h1",
      "error":{"code":"FLOW.1006","causes":[{"code":"X.1","description":"no","causes":[{"code":"Y.1"}]}]}})")),
              ElementsAre("0a:1", "demo", "a", "open", "2", "soon or host.reconnected:h1", "X.1: no"));
  EXPECT_EQ(debt_row(parsed(R"({"error":{"code":"X.1"}})"))[6], "X.1");
}

TEST(ActionRow, says_to_what_it_was_done) {
  EXPECT_THAT(action_row(parsed(R"({"at":"now","verb":"skip-step","who":"ann","why":"x","detail":{"step":2}})")),
              ElementsAre("now", "skip-step", "step 3", "ann", "x"));
  EXPECT_EQ(action_row(parsed(R"({"detail":{"debt":"0a:1"}})"))[2], "debt 0a:1");
}

TEST(RunRow, of_a_run_that_only_the_store_knows_has_no_step) {
  EXPECT_THAT(run_row(parsed(R"({"id":"0a","chain":"demo","state":"parked","started":"then","duration_ms":5,
      "recoveries":4,"parked":"its plugin is gone"})")),
              ElementsAre("0a", "demo", "parked", "then", "5.0 ms", "", "its plugin is gone", ""));
}

TEST(ErrorText, names_the_debt_of_an_undo_that_failed) {
  EXPECT_EQ(error_text(parsed(R"({"code":"X.1","causes":[{"code":"FLOW.1006","elaboration":{"flow":"a","debt":"0a:1"},
      "causes":[{"code":"X.2"}]}]})")),
            "X.1\n  undo failed: FLOW.1006\n    in flow a\n    owed as debt 0a:1\n    caused by: X.2");
}

}  // namespace
}  // namespace tenon::cli
