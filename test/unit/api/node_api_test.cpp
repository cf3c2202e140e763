#include "api/node_api.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "answered.h"
#include "api/json_text.h"
#include "api/reserved.h"
#include "support/flows.h"
#include "support/node.h"

namespace tenon::api {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string text(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  return member != nullptr && member->as_string() != nullptr ? *member->as_string() : "(none)";
}

/// An API over chains of lambdas: `demo` takes the input `n`; `held` keeps its step until the test answers it.
class NodeApiTest : public ::testing::Test {
 protected:
  NodeApiTest() {
    auto wiring = std::make_shared<wiring::Wiring>();
    wiring->chains = {
        test::ChainMaker("demo").input("n").then("a", trace_.next("a")).then("b", trace_.next("b")).make(),
        test::ChainMaker("held").then("a", hold()).make(), locked()};
    wiring->drivers = {{"Clock", "Sundial", "SundialFactory", "", "outside", {"outside.xml", 3, 5}}};
    api_ = std::make_unique<NodeApi>("1.2.3", wiring, engine_, runs_, messages_);
  }
  /// Keeps the first step that comes.
  test::LambdaFlow::Call hold() {
    return [this](FlowStep step) {
      if (held_one_.exchange(true)) return std::move(step).next();
      held_.set_value(std::make_unique<FlowStep>(std::move(step)));
    };
  }
  std::shared_ptr<const flow::Chain> locked() {
    test::ChainMaker chain("locked");
    chain.assembler().lock({flow::KeyTemplate::parse("box:1").value(), {}});
    return chain.then("a", hold()).make();
  }
  ~NodeApiTest() override { EXPECT_TRUE(engine_.wait_idle(60s)); }

  HttpResponse ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    return test::answered(api_->handle({.method = method, .target = target, .content_type = {}, .body = body}));
  }
  Json json(const HttpResponse& response) { return parse_json(response.body).value(); }
  Json get(const std::string& target) {
    const HttpResponse response = ask("GET", target);
    EXPECT_EQ(response.status, 200U) << response.body;
    return json(response);
  }
  /// Posts a run; its id.
  std::string start(const std::string& chain, const std::string& body) {
    const HttpResponse response = ask("POST", "/v1/chains/" + chain + "/runs", body);
    EXPECT_EQ(response.status, 202U) << response.body;
    return text(json(response), "id");
  }
  std::string refused(const std::string& chain, const std::string& body) {
    const HttpResponse response = ask("POST", "/v1/chains/" + chain + "/runs", body);
    return std::to_string(response.status) + " " + text(json(response), "code") + " " + text(json(response), "detail");
  }

  test::Node node_;
  test::Trace trace_;
  std::promise<std::unique_ptr<FlowStep>> held_;
  std::atomic<bool> held_one_{false};
  RunLog runs_{10};
  message::Dispatcher messages_;
  flow::Engine engine_;
  std::unique_ptr<NodeApi> api_;
};

TEST_F(NodeApiTest, tells_its_status) {
  const Json status = get("/v1/status");
  EXPECT_EQ(text(status, "version"), "1.2.3");
  EXPECT_EQ(text(status, "state"), "running");
  EXPECT_EQ(*status.find("pid"), Json(static_cast<std::int64_t>(::getpid())));
  EXPECT_EQ(*status.find("chains"), Json(3));
  EXPECT_EQ(*status.find("runs_in_flight"), Json(0));
  EXPECT_EQ(*status.find("runs_waiting_late"), Json(0));
  EXPECT_EQ(status.find("store"), nullptr);
  api_->set_store([] { return Json::object().add("engine", "sqlite"); });
  EXPECT_EQ(text(*get("/v1/status").find("store"), "engine"), "sqlite");
  api_->set_stopping();
  EXPECT_EQ(text(get("/v1/status"), "state"), "stopping");
}

TEST_F(NodeApiTest, shows_chains_and_drivers) {
  EXPECT_EQ(
      print_json(get("/v1/chains")),
      R"([{"name":"demo","inputs":["n"],"steps":2,"place":"chain.xml"},{"name":"held","inputs":[],"steps":1,"place":"chain.xml"},{"name":"locked","inputs":[],"steps":1,"place":"chain.xml"}])");
  EXPECT_EQ(print_json(*get("/v1/chains/demo").find("tree")), R"([{"step":0},{"step":1}])");
  EXPECT_EQ(
      print_json(get("/v1/drivers")),
      R"([{"kind":"Clock","type":"Sundial","bean":"SundialFactory","plugin":"outside","place":"outside.xml:3:5"}])");
  EXPECT_EQ(print_json(get("/v1/extensions")), "[]");
  EXPECT_EQ(print_json(get("/v1/plugins")), "[]");
}

TEST_F(NodeApiTest, answers_404_to_names_that_there_are_not) {
  for (const char* target : {"/v1/plugins/x", "/v1/chains/x", "/v1/runs/x", "/v1/runs/0000000000000",
                             "/v1/runs/0000000000000/events", "/v2/status"}) {
    EXPECT_EQ(ask("GET", target).status, 404U) << target;
  }
  EXPECT_EQ(ask("DELETE", "/v1/runs/0000000000000").status, 404U);
  EXPECT_EQ(refused("x", "{}"), "404 (none) there is no chain 'x'");
}

TEST_F(NodeApiTest, runs_a_chain_with_its_input) {
  const HttpResponse response = ask("POST", "/v1/chains/demo/runs", R"({"input": {"n": {"deep": [1, 2]}}})");
  ASSERT_EQ(response.status, 202U);
  const std::string id = text(json(response), "id");
  EXPECT_THAT(response.headers, ::testing::Contains(::testing::Pair("Location", "/v1/runs/" + id)));
  ASSERT_TRUE(engine_.wait_idle(60s));
  const Json run = get("/v1/runs/" + id);
  EXPECT_EQ(text(run, "state"), "succeeded");
  EXPECT_EQ(print_json(*run.find("data")), R"({"n":{"deep":[1,2]}})");
  EXPECT_EQ(text(get("/v1/runs").as_array()->front(), "id"), id);
}

TEST_F(NodeApiTest, refuses_input_that_does_not_fit_the_chain) {
  EXPECT_EQ(refused("demo", "{}"), "422 FLOW.1012 an input of the chain is missing: 'n' (chain 'demo')");
  EXPECT_EQ(refused("demo", R"({"input": {"n": 1, "m": 2}})"),
            "422 FLOW.1013 the chain has no such input: 'm' (chain 'demo' takes: n)");
}

TEST_F(NodeApiTest, refuses_bodies_that_are_not_understood) {
  EXPECT_EQ(refused("demo", ""), "400 JSON.1006 not JSON: the text is empty");
  EXPECT_THAT(refused("demo", "{\"input\": }"), StartsWith("400 JSON.1006 not JSON: line 1, column 11: "));
  EXPECT_EQ(refused("demo", "[]"), "400 JSON.1001 value of the wrong type: $: expected object, found array");
  EXPECT_EQ(refused("demo", R"({"input": 5})"),
            "400 JSON.1001 value of the wrong type: $.input: expected object, found number");
  EXPECT_EQ(refused("demo", R"({"inputs": {}})"), "400 JSON.1004 unknown member: $.inputs");
}

TEST_F(NodeApiTest, refuses_a_body_of_another_type) {
  const HttpResponse response =
      api_->handle({.method = "POST", .target = "/v1/chains/held/runs", .content_type = "text/xml", .body = "<a/>"});
  EXPECT_EQ(response.status, 415U);
}

TEST_F(NodeApiTest, answers_503_to_runs_when_the_engine_is_closed) {
  engine_.close();
  EXPECT_THAT(refused("held", "{}"), StartsWith("503 FLOW.1011"));
}

TEST_F(NodeApiTest, cancels_a_run) {
  const std::string id = start("held", "{}");
  const auto step = held_.get_future().get();
  EXPECT_FALSE(step->cancelled());
  EXPECT_EQ(ask("DELETE", "/v1/runs/" + id).status, 202U);
  EXPECT_TRUE(step->cancelled());
  std::move(*step).next();
  ASSERT_TRUE(engine_.wait_idle(60s));
  const Json run = get("/v1/runs/" + id);
  EXPECT_EQ(text(run, "state"), "failed");
  EXPECT_EQ(text(*run.find("error"), "code"), "FLOW.1004");
  EXPECT_EQ(ask("DELETE", "/v1/runs/" + id).status, 202U);
}

TEST_F(NodeApiTest, can_only_cancel_runs_without_a_store) {
  const std::string id = start("held", "{}");
  const auto step = held_.get_future().get();
  EXPECT_EQ(ask("POST", "/v1/runs/" + id + "/pause").status, 409U);
  EXPECT_EQ(ask("GET", "/v1/runs/" + id + "/cancel-preview").status, 409U);
  EXPECT_EQ(ask("POST", "/v1/runs/actions", R"({"verb": "pause", "filter": {"state": "running"}})").status, 409U);
  EXPECT_EQ(ask("POST", "/v1/runs/" + id + "/cancel").status, 202U);
  EXPECT_TRUE(step->cancelled());
  std::move(*step).next();
  EXPECT_EQ(print_json(get("/v1/debts")), "[]");
}

TEST_F(NodeApiTest, shows_what_a_run_waits_for_and_who_holds_it) {
  const std::string first = start("locked", "{}");
  const auto step = held_.get_future().get();
  const std::string second = start("locked", "{}");
  while (get("/v1/runs/" + second).find("places")->as_array()->front().find("holders") == nullptr) {
    std::this_thread::yield();
  }
  const Json waits = get("/v1/runs/" + second).find("places")->as_array()->front();
  EXPECT_EQ(text(waits, "name"), "a");
  EXPECT_EQ(text(waits, "waiting"), "lock");
  EXPECT_EQ(text(waits, "what"), "box:1");
  EXPECT_EQ(print_json(*waits.find("holders")), "[\"" + first + "\"]");
  EXPECT_NE(waits.find("waited_ms"), nullptr);
  const Json holder = get("/v1/runs").as_array()->back();
  EXPECT_EQ(text(holder.find("places")->as_array()->front(), "waiting"), "answer");

  const HttpResponse response = ask("GET", "/v1/runs/" + second + "/events");
  response.events->notify([] {});
  EXPECT_THAT(response.events->take(), AllOf(HasSubstr(R"("waiting":"lock","waiting_for":"box:1")"),
                                             HasSubstr(R"("holders":[")" + first + R"("])")));
  std::move(*step).next();
  ASSERT_TRUE(engine_.wait_idle(60s));
  EXPECT_EQ(get("/v1/runs/" + second).find("places"), nullptr);
}

TEST_F(NodeApiTest, streams_the_events_of_a_run) {
  const std::string id = start("demo", R"({"input": {"n": 1}})");
  ASSERT_TRUE(engine_.wait_idle(60s));
  const HttpResponse response = ask("GET", "/v1/runs/" + id + "/events");
  ASSERT_NE(response.events, nullptr);
  response.events->notify([] {});
  const std::string stream = response.events->take();
  EXPECT_THAT(stream, StartsWith("event: run\ndata: {\"id\":\"" + id + "\""));
  EXPECT_THAT(stream, HasSubstr("\n\nevent: end\ndata: {\"id\":\"" + id + "\""));
  EXPECT_TRUE(response.events->ended());
}

TEST_F(NodeApiTest, answers_the_start_of_a_run_with_its_events_if_they_are_wanted) {
  const HttpResponse response = test::answered(api_->handle({.method = "POST",
                                                             .target = "/v1/chains/demo/runs",
                                                             .content_type = "application/json",
                                                             .accept = "text/event-stream",
                                                             .body = R"({"input": {"n": 1}})"}));
  ASSERT_NE(response.events, nullptr);
  EXPECT_THAT(response.headers, ::testing::Contains(::testing::Pair("Location", StartsWith("/v1/runs/"))));
  ASSERT_TRUE(engine_.wait_idle(60s));
  response.events->notify([] {});
  EXPECT_THAT(response.events->take(), HasSubstr("\n\nevent: end\ndata: {"));
}

TEST_F(NodeApiTest, keeps_its_paths_from_messages) {
  const Json paths = *get("/openapi.json").find("paths");
  std::set<std::string> own{"/v1/events"};  // there is no store here, and so there are no events
  const std::vector<std::string> reserved = reserved_names().paths;
  for (const auto& [path, operations] : *paths.as_object()) {
    const auto above = std::find_if(reserved.begin(), reserved.end(), [&, &whole = path](const std::string& begin) {
      return whole == begin || whole.starts_with(begin + "/");
    });
    ASSERT_NE(above, reserved.end()) << path << " is to be added to api/reserved.cpp";
    own.insert(*above);
  }
  EXPECT_THAT(reserved, ::testing::UnorderedElementsAreArray(own));
}

}  // namespace
}  // namespace tenon::api
