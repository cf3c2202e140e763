#pragma once

#include <gmock/gmock.h>

#include <future>
#include <memory>
#include <string>

#include "answered.h"
#include "api/json_text.h"
#include "api/node_api.h"
#include "api/run_log.h"
#include "fake_run_store.h"
#include "flow/engine.h"
#include "flow/run.h"
#include "support/flows.h"
#include "support/node.h"

namespace tenon::test {

/// An API with a store that the test fills. The chain `demo` has the steps `a` and `b`; `held` keeps its step until the
/// test answers it.
class StoreApiTest : public ::testing::Test {
 protected:
  StoreApiTest() {
    auto wiring = std::make_shared<wiring::Wiring>();
    wiring->chains = {ChainMaker("demo").then("a", trace_.next("a")).then("b", trace_.next("b")).make(),
                      ChainMaker("held").then("a", hold()).make()};
    api_ = std::make_unique<api::NodeApi>("1.2.3", wiring, engine_, runs_, messages_, &store_);
  }
  ~StoreApiTest() override { EXPECT_TRUE(engine_.wait_idle(std::chrono::seconds(60))); }

  api::HttpResponse ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    return answered(api_->handle({.method = method, .target = target, .content_type = {}, .body = body}));
  }
  static Json json(const api::HttpResponse& response) { return api::parse_json(response.body).value(); }
  Json get(const std::string& target) {
    const api::HttpResponse response = ask("GET", target);
    EXPECT_EQ(response.status, 200U) << response.body;
    return json(response);
  }
  /// `STATUS CODE DETAIL` of a problem.
  static std::string told(const api::HttpResponse& response) {
    const Json problem = json(response);
    return std::to_string(response.status) + " " + text(problem, "code") + " " + text(problem, "detail");
  }
  static std::string text(const Json& json, std::string_view name) {
    const Json* member = json.find(name);
    return member != nullptr && member->as_string() != nullptr ? *member->as_string() : "(none)";
  }
  static std::string name(std::uint64_t run) { return flow::run_name(run); }

  Node node_;
  Trace trace_;
  std::promise<std::unique_ptr<FlowStep>> held_;
  api::RunLog runs_{10};
  message::Dispatcher messages_;
  FakeRunStore store_;
  flow::Engine engine_;
  std::unique_ptr<api::NodeApi> api_;

 private:
  LambdaFlow::Call hold() {
    return [this](FlowStep step) { held_.set_value(std::make_unique<FlowStep>(std::move(step))); };
  }
};

}  // namespace tenon::test
