#include <gmock/gmock.h>
#include <unistd.h>

#include "api/reply.h"
#include "store_api_fixture.h"

namespace tenon::api {
namespace {

using journal::RunPhase;
using journal::Verb;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using RunVerbsTest = test::StoreApiTest;

TEST_F(RunVerbsTest, hands_each_verb_with_who_and_why_to_the_store) {
  store_.add_run(5, RunPhase::kPaused);
  const std::string run = "/v1/runs/" + name(5);
  EXPECT_EQ(ask("POST", run + "/cancel", R"({"why": "wrong host"})").status, 202U);
  EXPECT_EQ(ask("POST", run + "/pause").status, 202U);
  EXPECT_EQ(ask("POST", run + "/resume", "{}").status, 202U);
  EXPECT_EQ(ask("POST", run + "/retry").status, 202U);
  EXPECT_EQ(ask("POST", run + "/skip-step", R"({"step": 1})").status, 202U);
  const HttpResponse done = ask("POST", run + "/mark-done", R"({"step": 0, "data": {"disk": {"id": 7}}})");
  EXPECT_EQ(done.status, 202U);
  EXPECT_EQ(text(json(done), "state"), "paused");
  std::vector<Verb> verbs;
  for (const journal::RunOrder& order : store_.orders) {
    EXPECT_EQ(order.run, 5U);
    EXPECT_EQ(order.who, user_name(0));
    verbs.push_back(order.verb);
  }
  EXPECT_THAT(verbs, ::testing::ElementsAre(Verb::kCancel, Verb::kPause, Verb::kResume, Verb::kRetry, Verb::kSkipStep,
                                            Verb::kMarkDone));
  EXPECT_EQ(store_.orders[0].why, "wrong host");
  EXPECT_EQ(store_.orders[4].step, 1U);
  EXPECT_EQ(print_json(store_.orders[5].data.at(0).second), R"({"id":7})");
}

TEST_F(RunVerbsTest, refuses_orders_that_are_not_understood) {
  const std::string run = "/v1/runs/" + name(5);
  EXPECT_EQ(told(ask("POST", run + "/pausse")),
            "404 (none) nothing called 'pausse' is done to runs (did you mean 'pause'?)");
  EXPECT_EQ(told(ask("POST", run + "/unpark")).substr(0, 3), "404");
  EXPECT_EQ(told(ask("POST", "/v1/runs/me/pause")), "404 (none) there is no run 'me'");
  EXPECT_EQ(told(ask("POST", run + "/pause", R"({"because": "x"})")), "400 JSON.1004 unknown member: $.because");
  EXPECT_EQ(told(ask("POST", run + "/pause", R"({"step": 1})")), "400 JSON.1004 unknown member: $.step");
  EXPECT_EQ(told(ask("POST", run + "/skip-step", R"({"step": 1, "data": {}})")),
            "400 JSON.1004 unknown member: $.data");
  EXPECT_EQ(told(ask("POST", run + "/skip-step")),
            "400 JSON.1005 member missing: $.step: the index of the step, from 0");
  EXPECT_EQ(told(ask("POST", run + "/skip-step", R"({"step": -1})")),
            "400 JSON.1002 number out of range: $.step: expected the index of a step, from 0");
  EXPECT_EQ(told(ask("POST", run + "/mark-done", R"({"step": 1, "data": []})")),
            "400 JSON.1001 value of the wrong type: $.data: expected object, found array");
  EXPECT_TRUE(store_.orders.empty());
}

TEST_F(RunVerbsTest, tells_what_can_not_be_done_now) {
  store_.add_run(5);
  store_.refusals = {{5, make_error("JOURNAL.1007", "this can't be done to the run now", "it is not paused")},
                     {6, make_error("JOURNAL.1001", "no such run")},
                     {7, make_error("FLOW.1042", "another step is next")},
                     {8, make_error("FLOW.1043", "the data is not what the step declares")}};
  const auto order = [&](std::uint64_t run) { return told(ask("POST", "/v1/runs/" + name(run) + "/resume")); };
  EXPECT_EQ(order(5), "409 JOURNAL.1007 this can't be done to the run now: it is not paused");
  EXPECT_THAT(order(6), StartsWith("404 JOURNAL.1001"));
  EXPECT_THAT(order(7), StartsWith("409 FLOW.1042"));
  EXPECT_THAT(order(8), StartsWith("422 FLOW.1043"));
}

TEST_F(RunVerbsTest, cancels_by_DELETE_as_well) {
  store_.add_run(5);
  EXPECT_EQ(ask("DELETE", "/v1/runs/" + name(5)).status, 202U);
  EXPECT_EQ(store_.orders.at(0).verb, Verb::kCancel);
  const Json started = json(ask("POST", "/v1/chains/demo/runs", "{}"));
  ASSERT_TRUE(engine_.wait_idle(std::chrono::seconds(60)));
  EXPECT_EQ(ask("DELETE", "/v1/runs/" + text(started, "id")).status, 202U) << "it has ended, as was wanted";
  EXPECT_EQ(store_.orders.size(), 1U);
}

TEST_F(RunVerbsTest, previews_what_a_cancel_would_undo) {
  store_.undos = {{1, "b", "sample", true, true}, {0, "a", "sample", false, false}};
  EXPECT_EQ(print_json(*get("/v1/runs/" + name(5) + "/cancel-preview").find("undo")),
            R"([{"step":1,"name":"b","plugin":"sample","perhaps_begun":true,"has_undo":true},)"
            R"({"step":0,"name":"a","plugin":"sample","perhaps_begun":false,"has_undo":false}])");
}

TEST_F(RunVerbsTest, acts_on_all_that_match_and_tells_of_each) {
  store_.add_run(5);
  store_.add_run(6);
  store_.refusals = {{5, make_error("JOURNAL.1007", "this can't be done to the run now")}};
  const HttpResponse response =
      ask("POST", "/v1/runs/actions", R"({"verb": "pause", "filter": {"chain": "demo"}, "why": "maintenance"})");
  EXPECT_EQ(response.status, 200U);
  EXPECT_EQ(response.body, R"({"verb":"pause","dry_run":false,"done":1,"failed":1,"runs":[{"id":")" + name(6) +
                               R"(","chain":"demo","state":"running","done":true},{"id":")" + name(5) +
                               R"(","chain":"demo","state":"running","done":false,"error":{"code":"JOURNAL.1007",)" +
                               R"("description":"this can't be done to the run now"}}]})");
  EXPECT_THAT(store_.run_filters.at(0).phases,
              ::testing::ElementsAre(RunPhase::kRunning, RunPhase::kUndoing, RunPhase::kPaused, RunPhase::kParked));
  EXPECT_EQ(store_.orders.at(0).why, "maintenance");
}

TEST_F(RunVerbsTest, only_tells_what_it_would_do_in_a_dry_run) {
  store_.add_run(5);
  store_.add_run(6, RunPhase::kSucceeded);
  store_.refusals[6] = make_error(journal::kNotNow, "this can't be done to the run now", "it has ended");
  store_.undos = {{1, "b", "sample", true, true}};
  const Json body = json(ask("POST", "/v1/runs/actions",
                             R"({"verb": "cancel", "filter": {"state": ["running", "succeeded"]}, "dry_run": true})"));
  EXPECT_TRUE(store_.orders.empty());
  EXPECT_EQ(*body.find("done"), Json(0));
  EXPECT_EQ(*body.find("failed"), Json(1));
  const Json& run = body.find("runs")->as_array()->back();
  EXPECT_EQ(text(run.find("undo")->as_array()->front(), "name"), "b");
  EXPECT_THAT(text(*body.find("runs")->as_array()->front().find("error"), "details"), HasSubstr("has ended"));
  EXPECT_THAT(store_.run_filters.at(0).phases, ::testing::ElementsAre(RunPhase::kRunning, RunPhase::kSucceeded));
}

TEST_F(RunVerbsTest, tells_where_to_go_on_when_there_are_too_many) {
  for (std::uint64_t run = 1; run <= 3; ++run) store_.add_run(run);
  const Json body =
      json(ask("POST", "/v1/runs/actions", R"({"verb": "pause", "filter": {"state": "running", "limit": 2}})"));
  EXPECT_EQ(text(body, "next"), name(2));
  EXPECT_EQ(store_.orders.size(), 2U);
}

TEST_F(RunVerbsTest, acts_on_many_only_if_it_is_told_on_which) {
  const auto refused = [&](const std::string& body) { return told(ask("POST", "/v1/runs/actions", body)); };
  EXPECT_THAT(refused(R"({"verb": "pause", "filter": {"limit": 5}})"),
              HasSubstr("$.filter: without a condition all runs would be meant"));
  EXPECT_EQ(refused(R"({"verb": "pause"})"), "400 JSON.1005 member missing: $.filter");
  EXPECT_EQ(refused(R"({"filter": {"state": "running"}})"), "400 JSON.1005 member missing: $.verb");
  EXPECT_THAT(refused(R"({"verb": "stop", "filter": {"state": "running"}})"),
              HasSubstr("$.verb: expected one of cancel, pause, resume, retry, skip-step, mark-done, found 'stop'"));
  EXPECT_EQ(refused(R"({"verb": "pause", "filter": {"state": "running"}, "dryrun": true})"),
            "400 JSON.1004 unknown member: $.dryrun");
  EXPECT_EQ(refused(R"({"verb": "pause", "filter": {"state": 5}})"),
            "400 JSON.1001 value of the wrong type: $.filter.state: expected string, found number");
  EXPECT_THAT(refused(R"({"verb": "pause", "filter": {"stat": "running"}})"), StartsWith("400 API.1011"));
  EXPECT_TRUE(store_.run_filters.empty());
}

}  // namespace
}  // namespace tenon::api
