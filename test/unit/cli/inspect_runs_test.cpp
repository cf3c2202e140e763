#include "inspect_runs.h"

#include <gmock/gmock.h>

#include "api/json_text.h"
#include "waiting_text.h"

namespace tenon::cli {
namespace {

using ::testing::ElementsAre;

Json parsed(std::string_view text) { return api::parse_json(text).value(); }

const Json kLocked = parsed(R"({"id":"0a","chain":"demo","state":"running","started":"now","duration_ms":5000,"step":0,
  "step_name":"a","steps":3,"places":[
    {"step":0,"name":"a","direction":"forward","waiting":"lock","what":"box:1","holders":["0c","0d"],"waited_ms":4000},
    {"step":2,"name":"c","direction":"undo","attempt":2}]})");

TEST(RunRow, tells_each_place_and_what_it_waits_for) {
  EXPECT_THAT(run_row(kLocked), ElementsAre("0a", "demo", "running", "now", "5.0 s", "1/3 a, 3/3 c",
                                            "lock box:1 held by 0c, 0d 4.0 s", ""));
}

TEST(RunRow, tells_the_latest_step_of_a_run_that_has_ended) {
  EXPECT_THAT(run_row(parsed(R"({"id":"0a","chain":"demo","state":"failed","started":"now","duration_ms":5,"step":1,
    "step_name":"b","steps":3,"error":"X.1: no"})")),
              ElementsAre("0a", "demo", "failed", "now", "5.0 ms", "2/3 b", "", "X.1: no"));
}

TEST(PlaceRow, tells_the_way_and_the_attempt) {
  EXPECT_THAT(place_row(kLocked.find("places")->as_array()->back()), ElementsAre("3", "c", "undo", "2", ""));
  EXPECT_THAT(place_row(kLocked.find("places")->as_array()->front()),
              ElementsAre("1", "a", "forward", "1", "lock box:1 held by 0c, 0d 4.0 s"));
}

TEST(IsStuck, counts_the_longest_wait) {
  EXPECT_TRUE(is_stuck(kLocked, 4));
  EXPECT_FALSE(is_stuck(kLocked, 4.1));
  EXPECT_FALSE(is_stuck(parsed(R"({"places":[{"step":0}]})"), 0));
  EXPECT_FALSE(is_stuck(parsed("{}"), 0));
}

TEST(WaitingSentence, says_who_holds_what) {
  EXPECT_EQ(waiting_sentence(parsed(R"({"waiting":"lock","holders":["0c"]})"), "box:1", 12'000),
            "waits for lock box:1, held by run 0c, 12 s");
  EXPECT_EQ(waiting_sentence(parsed(R"({"waiting":"concurrency","holders":["0c","0d"]})"), "host:1", -1),
            "waits for a place at host:1, held by runs 0c, 0d");
  EXPECT_EQ(waiting_sentence(parsed(R"({"waiting":"grace"})"), "", 900),
            "was told to end, waits for its answer, 900 ms");
  EXPECT_EQ(waiting_sentence(parsed(R"({"waiting":"tea"})"), "", -1), "waits for tea");
}

}  // namespace
}  // namespace tenon::cli
