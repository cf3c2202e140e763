#include <gmock/gmock.h>

#include "store/errors.h"
#include "store_api_fixture.h"

namespace tenon::api {
namespace {

using journal::RunPhase;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Pair;
using ::testing::StartsWith;
using RunsApiTest = test::StoreApiTest;

TEST_F(RunsApiTest, lists_recorded_runs_the_newest_first) {
  store_.add_run(1, RunPhase::kFailed).history.run.error = make_error("X.1", "no");
  RecordedRun& parked = store_.add_run(2, RunPhase::kParked);
  parked.history.run.parked = "gone";
  parked.history.run.recoveries = 4;
  parked.history.run.locks = {"box:1"};
  const Json list = get("/v1/runs");
  ASSERT_EQ(list.as_array()->size(), 2U);
  const Json& first = list.as_array()->front();
  EXPECT_EQ(text(first, "id"), name(2));
  EXPECT_EQ(text(first, "state"), "parked");
  EXPECT_EQ(text(first, "parked"), "gone");
  EXPECT_EQ(text(first, "started"), "1970-01-01T00:00:01.000Z");
  EXPECT_EQ(*first.find("recoveries"), Json(4));
  EXPECT_EQ(print_json(*first.find("locks")), R"(["box:1"])");
  EXPECT_EQ(text(list.as_array()->back(), "error"), "X.1: no");
}

TEST_F(RunsApiTest, hands_each_condition_to_the_store) {
  get("/v1/runs?state=running,parked&state=failed&chain=a%20b&resource=host:*&error=KVM.*&since=1970-01-01T00:00:02Z&"
      "until=1970-01-02&limit=7&before=" +
      name(9));
  const journal::RunFilter& filter = store_.run_filters.front();
  EXPECT_THAT(filter.phases, ::testing::ElementsAre(RunPhase::kRunning, RunPhase::kParked, RunPhase::kFailed));
  EXPECT_EQ(filter.chain, "a b");
  EXPECT_EQ(filter.resource, "host:*");
  EXPECT_EQ(filter.error_code, "KVM.*");
  EXPECT_EQ(filter.from, 2'000'000);
  EXPECT_EQ(filter.until, 86'400'000'000);
  EXPECT_EQ(filter.limit, 7U);
  EXPECT_EQ(filter.before, 9U);
}

TEST_F(RunsApiTest, refuses_conditions_that_there_are_not) {
  EXPECT_EQ(
      told(ask("GET", "/v1/runs?stat=running")),
      "400 API.1011 there is no such parameter: 'stat' (did you mean 'state'?); there are: state, chain, resource, "
      "error, since, until, limit, before");
  EXPECT_EQ(told(ask("GET", "/v1/runs?state=walking")),
            "400 API.1012 a parameter is wrong: state: expected some of running, undoing, paused, parked, succeeded, "
            "failed, found 'walking'");
  EXPECT_EQ(told(ask("GET", "/v1/runs?limit=0")),
            "400 API.1012 a parameter is wrong: limit: expected a whole number from 1 to 10000, found '0'");
  EXPECT_EQ(told(ask("GET", "/v1/runs?before=me")),
            "400 API.1012 a parameter is wrong: before: expected the id of a run, found 'me'");
  EXPECT_THAT(told(ask("GET", "/v1/runs?since=soon")),
              StartsWith("400 API.1012 a parameter is wrong: since: expected a time"));
  EXPECT_THAT(told(ask("GET", "/v1/runs?since=1970-01-02&until=1970-01-01")), HasSubstr("since is later than until"));
  EXPECT_THAT(told(ask("GET", "/v1/runs?chain=")), HasSubstr("chain: expected a name"));
  EXPECT_THAT(told(ask("GET", "/v1/runs?chain=%zz")), HasSubstr("it can't be decoded: 'chain=%zz'"));
}

TEST_F(RunsApiTest, links_to_the_rest_of_a_long_list) {
  for (std::uint64_t run = 1; run <= 3; ++run) store_.add_run(run);
  EXPECT_THAT(ask("GET", "/v1/runs?limit=2&chain=a%26b").headers,
              Contains(Pair("Link", "</v1/runs?limit=2&chain=a%26b&before=" + name(2) + ">; rel=\"next\"")));
  EXPECT_THAT(ask("GET", "/v1/runs?limit=3").headers, ::testing::Not(Contains(Key("Link"))));
}

TEST_F(RunsApiTest, shows_what_those_at_work_wait_for) {
  const Json started = json(ask("POST", "/v1/chains/held/runs", "{}"));
  const auto step = held_.get_future().get();
  const std::uint64_t id = *parse_run_name(text(started, "id"));
  store_.add_run(id, RunPhase::kPaused);
  const Json listed = get("/v1/runs").as_array()->front();
  EXPECT_EQ(text(listed, "state"), "paused") << "the record knows what operators said";
  EXPECT_EQ(text(listed.find("places")->as_array()->front(), "waiting"), "answer");
  EXPECT_EQ(text(listed, "started"), "1970-01-01T00:00:01.000Z") << "an earlier start is the one that counts";
  const Json live = get("/v1/runs?live=true&chain=held&state=running&since=1h");
  EXPECT_EQ(live.as_array()->size(), 1U);
  EXPECT_EQ(get("/v1/runs?live=true&chain=demo").as_array()->size(), 0U);
  EXPECT_EQ(get("/v1/runs?live=true&until=1h").as_array()->size(), 0U);
  EXPECT_EQ(get("/v1/runs?live=true&resource=box:*").as_array()->size(), 0U);
  std::move(*step).next();
}

TEST_F(RunsApiTest, shows_a_recorded_run_whole) {
  RecordedRun& run = store_.add_run(5, RunPhase::kRunning);
  run.history.input = {{-1, "n", 0, Json(1)}};
  journal::RunEntry done;
  done.sequence = 1;
  done.at = 1'500'000;
  done.data = {{0, "disk", 0, Json("d1")}};
  run.history.entries = {done};
  run.history.actions = {{5, journal::Verb::kMarkDone, "ann", "by hand", Json::object().add("step", 0), 1'400'000}};
  run.history.debts = {name(5) + ":1"};
  const Json shown = get("/v1/runs/" + name(5));
  EXPECT_EQ(print_json(*shown.find("input")), R"({"n":1})");
  EXPECT_EQ(print_json(*shown.find("debts")), "[\"" + name(5) + ":1\"]");
  EXPECT_EQ(print_json(*shown.find("steps")),
            R"([{"index":0,"name":"a","plugin":"sample","state":"done","ended_ms":500.0,"data":{"disk":"d1"}},)"
            R"({"index":1,"name":"b","plugin":"sample","state":"pending"}])");
  EXPECT_EQ(
      print_json(*shown.find("actions")),
      R"([{"at":"1970-01-01T00:00:01.400Z","verb":"mark-done","who":"ann","why":"by hand","detail":{"step":0}}])");
  EXPECT_EQ(print_json(*shown.find("records")),
            R"([{"sequence":1,"kind":"done","at":"1970-01-01T00:00:01.500Z","step":0,"name":"a"}])");
  EXPECT_EQ(told(ask("GET", "/v1/runs/" + name(6))), "404 (none) there is no run '" + name(6) + "'");
}

TEST_F(RunsApiTest, adds_the_record_to_a_run_at_work) {
  const Json started = json(ask("POST", "/v1/chains/demo/runs", "{}"));
  ASSERT_TRUE(engine_.wait_idle(std::chrono::seconds(60)));
  const std::string id = text(started, "id");
  EXPECT_EQ(get("/v1/runs/" + id).find("records"), nullptr) << "it is not recorded";
  store_.add_run(*parse_run_name(id), RunPhase::kSucceeded).history.run.recoveries = 2;
  const Json shown = get("/v1/runs/" + id);
  EXPECT_EQ(*shown.find("recoveries"), Json(2));
  EXPECT_NE(shown.find("records"), nullptr);
  EXPECT_NE(shown.find("steps")->as_array()->front().find("started_ms"), nullptr) << "as it was seen";
}

TEST_F(RunsApiTest, tells_what_needs_the_store_that_it_is_away) {
  store_.away = store::store_error(store::kUnreachable, "no route");
  const HttpResponse list = ask("GET", "/v1/runs");
  EXPECT_EQ(told(list), "503 STORE.1001 the store can't be reached: no route");
  EXPECT_THAT(list.headers, Contains(Key("Retry-After")));
  EXPECT_EQ(ask("GET", "/v1/runs/" + name(5)).status, 503U);
  EXPECT_EQ(ask("GET", "/v1/runs/" + name(5) + "/events").status, 503U);
  EXPECT_EQ(ask("GET", "/v1/runs?live=true").status, 200U);
  const Json started = json(ask("POST", "/v1/chains/demo/runs", "{}"));
  ASSERT_TRUE(engine_.wait_idle(std::chrono::seconds(60)));
  const Json shown = get("/v1/runs/" + text(started, "id"));
  EXPECT_EQ(text(shown, "state"), "succeeded") << "what is in memory needs no store";
  EXPECT_EQ(text(*shown.find("record_error"), "code"), "STORE.1001");
}

TEST_F(RunsApiTest, streams_a_run_that_ended_long_ago) {
  store_.add_run(5, RunPhase::kSucceeded).history.run.ended = 2'000'000;
  const HttpResponse response = ask("GET", "/v1/runs/" + name(5) + "/events");
  ASSERT_NE(response.events, nullptr);
  EXPECT_THAT(response.events->take(), AllOf(StartsWith("event: run\ndata: {\"id\":\"" + name(5)),
                                             HasSubstr("\n\nevent: end\ndata: {\"id\":\"" + name(5))));
  EXPECT_TRUE(response.events->ended());
  store_.add_run(6, RunPhase::kParked).history.run.parked = "its plugin is gone";
  EXPECT_EQ(told(ask("GET", "/v1/runs/" + name(6) + "/events")),
            "409 (none) run '" + name(6) + "' is not at work on this node: it is parked: its plugin is gone");
}

TEST_F(RunsApiTest, starts_nothing_while_the_journal_can_not_be_written) {
  store_.journal_state.available = false;
  store_.journal_state.reason = "STORE.1005: no room";
  for (const char* what : {"runs", "drills"}) {
    const HttpResponse refused = ask("POST", std::string("/v1/chains/demo/") + what, "{}");
    EXPECT_THAT(told(refused), AllOf(StartsWith("503 STORE.1001"), HasSubstr("STORE.1005: no room"))) << what;
    EXPECT_THAT(refused.headers, Contains(Key("Retry-After")));
  }
  EXPECT_EQ(engine_.in_flight(), 0U);
  EXPECT_TRUE(runs_.records().empty());
}

TEST_F(RunsApiTest, tells_in_its_status_how_the_journal_is) {
  store_.journal_state.commits = 3;
  store_.journal_state.records = 7;
  store_.keeper_state = {2, 1, 0};
  store_.debts.resize(4);
  const Json status = get("/v1/status");
  EXPECT_EQ(print_json(*status.find("journal")), R"({"available":true,"queued":0,"commits":3,"records":7})");
  EXPECT_EQ(*status.find("runs_recovering"), Json(2));
  EXPECT_EQ(*status.find("runs_parked"), Json(1));
  EXPECT_EQ(*status.find("debts_open"), Json(4));
  store_.journal_state.available = false;
  store_.journal_state.reason = "gone";
  const Json away = get("/v1/status");
  EXPECT_EQ(text(*away.find("journal"), "reason"), "gone");
  EXPECT_EQ(text(*away.find("journal"), "since"), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(away.find("debts_open"), nullptr);
}

}  // namespace
}  // namespace tenon::api
