#include "api/config_api.h"

#include <gmock/gmock.h>
#include <tenon/store.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "answered.h"
#include "api/json_text.h"
#include "api/node_api.h"
#include "api/reply.h"
#include "support/dial.h"
#include "support/temp_store.h"

namespace tenon::api {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

/// An API over the test plugin `dial`, with a store.
class ConfigApiTest : public ::testing::Test {
 protected:
  ConfigApiTest() {
    folder_.node.set_store(&store_.host());
    folder_.configs = std::make_shared<config::Configs>(config::ConfigsOptions{&store_.host(), {}});
    test::add_dial(folder_);
    folder_.descriptor("tags/t.xml",
                       "<tags><tag resource='Shelf' pattern='paint::{color}' unique='yes'/>"
                       "<tag resource='Shelf' pattern='made::{year}' inherent='yes'>"
                       "<token name='year' type='integer'/></tag></tags>");
    folder_.properties.set("dial.unknown", "1", "--set dial.unknown");
    loaded_ = folder_.load();
    EXPECT_THAT(
        folder_.messages(loaded_),
        ElementsAre("--set dial.unknown: warning: property 'dial.unknown' has no effect: no plugin declares it"));
    api_ = std::make_unique<NodeApi>("1", loaded_.wiring, engine_, runs_, messages_);
  }
  ~ConfigApiTest() override {
    EXPECT_TRUE(engine_.wait_idle(60s));
    api_.reset();
    loaded_.wiring->stop();
  }

  /// `STATUS BODY`, or of a problem `STATUS CODE: DETAIL`.
  std::string told(const std::string& method, const std::string& target, const std::string& body = {},
                   uid_t peer = ::geteuid()) {
    const HttpResponse response = test::answered(
        api_->handle({.method = method, .target = target, .content_type = {}, .body = body, .peer = peer}));
    const std::string status = std::to_string(response.status) + " ";
    if (response.content_type != "application/problem+json") return status + response.body;
    const Json problem = parse_json(response.body).value();
    const Json* code = problem.find("code");
    return status + (code != nullptr ? *code->as_string() + ": " : "") + *problem.find("detail")->as_string();
  }
  Json get(const std::string& target) {
    const std::string answer = told("GET", target);
    EXPECT_EQ(answer.substr(0, 4), "200 ") << answer;
    return parse_json(answer.substr(4)).value();
  }
  static std::string text(const Json& json, std::string_view name) {
    const Json* member = json.find(name);
    return member != nullptr && member->as_string() != nullptr ? *member->as_string() : "(none)";
  }
  /// `LEVEL VALUE`, with a `!` for the one that counts.
  std::vector<std::string> levels(const std::string& target) {
    std::vector<std::string> lines;
    const Json answer = get(target);
    for (const Json& level : *answer.find("levels")->as_array()) {
      lines.push_back(text(level, "level") + " " + text(level, "value") +
                      (*level.find("counts")->as_bool() ? "!" : ""));
    }
    return lines;
  }

  test::TempStore store_;
  test::LoadingFolder folder_;
  message::Dispatcher messages_;
  flow::Engine engine_;
  RunLog runs_{10};
  wiring::LoadResult loaded_;
  std::unique_ptr<NodeApi> api_;
};

constexpr const char* kInterval = "/v1/config/dial/look.interval";

TEST_F(ConfigApiTest, lists_and_shows_configs) {
  EXPECT_EQ(get("/v1/config").as_array()->size(), 6U);
  EXPECT_EQ(get("/v1/config?category=dail").as_array()->size(), 0U);
  const Json interval = get(kInterval);
  EXPECT_EQ(text(interval, "value"), "30s");
  EXPECT_EQ(text(interval, "source"), "default");
  EXPECT_EQ(text(interval, "type"), "duration");
  EXPECT_EQ(text(interval, "expected"), "a duration such as 10s or 200ms from 1s to 1h");
  EXPECT_THAT(folder_.relative(text(interval, "place")), HasSubstr("config/dial.xml:1:"));
}

TEST_F(ConfigApiTest, sets_and_resets_configs) {
  EXPECT_THAT(told("PUT", kInterval, R"({"value":"45s"})"), HasSubstr(R"("value":"45s","source":"global")"));
  EXPECT_THAT(told("PUT", kInterval, R"({"value":"45s"})"), HasSubstr(R"("changed":false)"));
  const Json interval = get(kInterval);
  EXPECT_EQ(text(interval, "default"), "30s");
  EXPECT_THAT(text(interval, "set_at"), MatchesRegex("20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"));
  EXPECT_EQ(text(interval, "set_by"), user_name(::geteuid()));
  EXPECT_THAT(told("DELETE", kInterval), HasSubstr(R"("value":"30s","source":"default")"));
}

TEST_F(ConfigApiTest, sets_configs_for_resources) {
  EXPECT_THAT(told("PUT", kInterval, R"({"value":"5s","resource":{"kind":"Room","id":"attic"}})"),
              HasSubstr(R"("value":"5s","source":"resource")"));
  EXPECT_EQ(text(get(std::string(kInterval) + "?kind=Shelf&id=attic%2F1"), "value"), "5s");
  EXPECT_EQ(text(get(kInterval), "value"), "30s");
  EXPECT_THAT(levels(std::string(kInterval) + "/explain?kind=Shelf&id=attic%2F1"),
              ElementsAre("default 30s", "resource 5s!"));
  EXPECT_THAT(levels(std::string(kInterval) + "/explain"), ElementsAre("default 30s!", "resource 5s"));
  EXPECT_THAT(told("DELETE", std::string(kInterval) + "?kind=Room&id=attic"), HasSubstr(R"("value":"30s")"));
}

TEST_F(ConfigApiTest, refuses_what_does_not_fit) {
  EXPECT_EQ(told("PUT", kInterval, R"({"value":"2h"})"),
            "400 CONFIG.1002: a value does not fit: dial.look.interval: expected a duration such as 10s or 200ms from "
            "1s to 1h, found '2h'");
  EXPECT_EQ(told("PUT", kInterval, R"({"value":5})"),
            "400 JSON.1001: value of the wrong type: $.value: expected string, found number");
  EXPECT_EQ(told("PUT", kInterval, R"({"valeu":"5s"})"),
            "400 JSON.1004: unknown member: $.valeu (there are: value, resource)");
  EXPECT_EQ(told("PUT", kInterval, "{}"), "400 JSON.1005: member missing: $.value");
  EXPECT_EQ(told("PUT", kInterval, R"({"value":"5s","resource":{"kind":"Wall","id":"x"}})"),
            "400 CONFIG.1003: a config can't have a value for this resource: dial.look.interval: expected a resource "
            "of the kind Shelf, Room, House, found Wall x");
  EXPECT_EQ(told("PUT", "/v1/config/dial/lod", R"({"value":"true"})"),
            "404 CONFIG.1001: there is no such config: 'dial.lod' (did you mean 'dial.loud'?)");
  EXPECT_THAT(told("GET", std::string(kInterval) + "?kind=Shelf"), HasSubstr("400 API.1012"));
  EXPECT_EQ(text(get(kInterval), "value"), "30s");
}

TEST_F(ConfigApiTest, shows_properties) {
  const Json unknown = get("/v1/properties/dial.unknown");
  EXPECT_EQ(text(unknown, "value"), "1");
  EXPECT_EQ(text(unknown, "source"), "--set dial.unknown");
  EXPECT_EQ(get("/v1/properties").as_array()->size(), 2U) << "and tenon.plugins.trust, which loads here are given";
  EXPECT_EQ(told("GET", "/v1/properties/dial.unknow"),
            "404 there is no property 'dial.unknow' (did you mean 'dial.unknown'?)");
}

TEST_F(ConfigApiTest, sets_finds_and_removes_tags) {
  const auto add = [&](const std::string& tag) {
    return told("POST", "/v1/tags", R"({"resource":{"kind":"Shelf","id":"a/1"},"tag":")" + tag + "\"}");
  };
  EXPECT_EQ(add("paint::blue"), R"(201 {"resource":{"kind":"Shelf","id":"a/1"},"tag":"paint::blue",)"
                                R"("pattern":"paint::{color}","tokens":{"color":"blue"}})");
  EXPECT_THAT(add("paint::red"), HasSubstr("201 "));
  EXPECT_THAT(add("made::1990"), HasSubstr("201 "));
  EXPECT_EQ(
      add("made::long ago"),
      "400 TAG.1002: a token of a tag does not fit: {year} of made::{year}: expected an integer, found 'long ago'");
  EXPECT_EQ(get("/v1/tags?kind=Shelf&id=a%2F1").as_array()->size(), 2U);
  EXPECT_EQ(get("/v1/tags?pattern=paint%3A%3A%7Bcolor%7D").as_array()->size(), 1U);
  EXPECT_EQ(told("DELETE", "/v1/tags?kind=Shelf&id=a%2F1&tag=made%3A%3A1990"),
            "409 TAG.1004: the tag can't be taken away: 'made::1990' of Shelf a/1 is inherent");
  EXPECT_EQ(told("DELETE", "/v1/tags?kind=Shelf&id=a%2F1&tag=paint%3A%3Ared"), "204 ");
  EXPECT_EQ(told("DELETE", "/v1/tags?kind=Shelf&id=a%2F1&tag=paint%3A%3Ared"),
            "404 there is no tag of Shelf a/1 'paint::red'");
  EXPECT_EQ(get("/v1/tags/patterns").as_array()->size(), 2U);
}

TEST_F(ConfigApiTest, are_changed_by_administrators_alone) {
  constexpr uid_t kStranger = 4'000'000;
  const std::string path = "/v1/config/dial/steps";
  EXPECT_EQ(
      told("PUT", path, R"({"value":"8"})", kStranger),
      "403 CONFIG.1006: the caller may not change configs: they are changed by administrators, and not by uid 4000000");
  EXPECT_EQ(
      told("DELETE", path, {}, kStranger),
      "403 CONFIG.1006: the caller may not change configs: they are changed by administrators, and not by uid 4000000");
  EXPECT_THAT(told("GET", path, {}, kStranger), HasSubstr(R"("value":"7")"));
}

}  // namespace
}  // namespace tenon::api
