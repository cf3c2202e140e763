#include "api/messages_api.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "answered.h"
#include "api/json_text.h"
#include "api/node_api.h"
#include "desk_service.h"
#include "support/loading.h"

namespace tenon::api {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class MessagesApiTest : public ::testing::Test {
 protected:
  MessagesApiTest() {
    test::write_desk(folder_);
    folder_.descriptor("services/desk.xml", test::desk_service("<interceptor>Stamp</interceptor>"));
    folder_.descriptor("errors/desk.xml",
                       "<error><prefix>DESK</prefix><code><id>1001</id><description>too much</description>"
                       "<remedy>take less</remedy><status>409</status></code></error>");
    loaded_ = folder_.load();
    EXPECT_THAT(folder_.messages(loaded_), ::testing::IsEmpty());
    messages_.open(loaded_.wiring->messages, [this](flow::RunRequest run) -> Result<std::uint64_t> {
      const auto record = runs_.start(engine_, std::move(run));
      return record ? Result<std::uint64_t>((*record)->id()) : record.error();
    });
    api_ = std::make_unique<NodeApi>("1", loaded_.wiring, engine_, runs_, messages_);
  }
  ~MessagesApiTest() override {
    EXPECT_TRUE(engine_.wait_idle(60s));
    messages_.close();
    api_.reset();
    loaded_.wiring->stop();
  }

  HttpResponse ask(const std::string& method, const std::string& target, const std::string& body = {},
                   uid_t peer = ::geteuid()) {
    return test::answered(
        api_->handle({.method = method, .target = target, .content_type = {}, .body = body, .peer = peer}));
  }
  /// `STATUS BODY`, or of a problem `STATUS CODE: DETAIL`.
  std::string told(const std::string& method, const std::string& target, const std::string& body = {},
                   uid_t peer = ::geteuid()) {
    const HttpResponse response = ask(method, target, body, peer);
    std::string text = std::to_string(response.status) + " ";
    if (response.content_type != "application/problem+json") return text + response.body;
    const Json problem = parse_json(response.body).value();
    if (const Json* code = problem.find("code")) text += *code->as_string() + ": ";
    return text + *problem.find("detail")->as_string();
  }

  test::LoadingFolder folder_;
  message::Dispatcher messages_;
  flow::Engine engine_;
  RunLog runs_{10};
  wiring::LoadResult loaded_;
  std::unique_ptr<NodeApi> api_;
};

TEST_F(MessagesApiTest, answers_a_message_of_path_and_body) {
  EXPECT_EQ(told("POST", "/v1/topics/sea/questions", R"({"text":"why","pages":2,"mood":"angry","tags":["a"]})"),
            R"(201 {"text":"why stamp on sea"})");
}

TEST_F(MessagesApiTest, answers_a_message_of_path_and_query) {
  const std::string user = *parse_json(ask("GET", "/v1/topics/sea").body).value().find("text")->as_string();
  EXPECT_THAT(user, HasSubstr("sea read by "));
  EXPECT_EQ(told("GET", "/v1/topics/a%20b?page=-3&tags=x&tags=y&loud=true"),
            R"(200 {"text":"a b)" + user.substr(3) + R"( from page -3 #x #y!"})");
}

TEST_F(MessagesApiTest, answers_without_a_body_if_there_is_no_reply) {
  EXPECT_EQ(told("DELETE", "/v1/topics/sea"), "204 ");
}

TEST_F(MessagesApiTest, refuses_what_is_no_such_message) {
  const std::string path = "/v1/topics/sea/questions";
  EXPECT_EQ(told("POST", path, "{"), "400 JSON.1006: not JSON: line 1, column 2: Missing a name for object member.");
  EXPECT_EQ(told("POST", path, "[]"), "400 JSON.1001: value of the wrong type: $: expected object, found array");
  EXPECT_EQ(told("POST", path, "{}"), "400 JSON.1005: member missing: $.text");
  EXPECT_EQ(told("POST", path, R"({"text":1})"),
            "400 JSON.1001: value of the wrong type: $.text: expected string, found number");
  EXPECT_EQ(told("POST", path, R"({"text":"x","tex":1})"), "400 JSON.1004: unknown member: $.tex");
  EXPECT_EQ(told("POST", path, R"({"text":"x","pages":70000})"),
            "400 JSON.1002: number out of range: $.pages: expected 0 to 65535, found 70000");
  EXPECT_EQ(told("POST", path, R"({"text":"x","mood":"sad"})"),
            "400 JSON.1003: not one of the allowed values: $.mood: expected one of calm, angry, found 'sad'");
  EXPECT_EQ(told("POST", path, R"({"text":"x","pages":10})"),
            "400 MESSAGE.1010: a field is not as it should be: $.pages: expected at most 9, found 10");
  EXPECT_EQ(told("POST", "/v1/topics/s/questions", R"({"text":"x"})"),
            "400 MESSAGE.1010: a field is not as it should be: $.topic: expected at least 2 bytes, found 1");
  EXPECT_EQ(told("POST", path, R"({"text":"x","topic":"sky"})"),
            "400 API.1012: a parameter is wrong: topic: expected it in the path alone, and not in the body, "
            "found 'sea'");
  EXPECT_EQ(told("POST", path + "?pages=1", R"({"text":"x"})"),
            "400 API.1011: there is no such parameter: 'pages'; there are: ");
}

TEST_F(MessagesApiTest, refuses_a_query_that_is_no_such_message) {
  EXPECT_EQ(
      told("GET", "/v1/topics/sea?pages=1"),
      "400 API.1011: there is no such parameter: 'pages' (did you mean 'page'?); there are: topic, page, tags, loud");
  EXPECT_EQ(told("GET", "/v1/topics/sea?page=x"),
            "400 API.1012: a parameter is wrong: page: expected a whole number, found 'x'");
  EXPECT_EQ(told("GET", "/v1/topics/sea?loud=1"),
            "400 API.1012: a parameter is wrong: loud: expected true or false, found '1'");
  EXPECT_EQ(told("GET", "/v1/topics/sea?page=1&page=2"),
            "400 API.1012: a parameter is wrong: page: expected it once, found '2'");
  EXPECT_EQ(told("GET", "/v1/topics/sea", "{}"),
            "400 JSON.1001: value of the wrong type: $: expected no body, found string");
}

TEST_F(MessagesApiTest, says_of_an_error_what_its_descriptor_says) {
  EXPECT_EQ(told("DELETE", "/v1/topics/all"), "409 DESK.1001: that is too much");
  EXPECT_EQ(*parse_json(ask("DELETE", "/v1/topics/all").body).value().find("remedy"), Json("take less"));
}

TEST_F(MessagesApiTest, lets_only_administrators_send_what_is_for_them) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs another user than the node's";
  EXPECT_EQ(
      told("DELETE", "/v1/topics/sea", {}, 65534),
      "403 MESSAGE.1012: the caller may not send this message: desk.Clear is for administrators, and not for nobody");
}

TEST_F(MessagesApiTest, answers_in_time_for_a_handler_that_does_not) {
  EXPECT_EQ(told("POST", "/v1/ignored"),
            "504 MESSAGE.1004: a call was not answered in time: message 'desk.Ignore', which bean 'Desk' of plugin "
            "'desk' handles, after 20 ms");
}

TEST_F(MessagesApiTest, answers_a_run_with_its_address) {
  const HttpResponse response = ask("POST", "/v1/copies", R"({"text":"map"})");
  EXPECT_EQ(response.status, 202U);
  const Json run = parse_json(response.body).value();
  ASSERT_EQ(response.headers.size(), 1U);
  EXPECT_EQ(response.headers[0].second, "/v1/runs/" + *run.find("id")->as_string());
  EXPECT_TRUE(engine_.wait_idle(60s));
  EXPECT_THAT(ask("GET", response.headers[0].second).body, HasSubstr("\"copy of map\""));
}

TEST_F(MessagesApiTest, tells_callers_within_the_node_how_the_run_ended) {
  const message::HandledMessage& copy = *loaded_.wiring->messages->find("desk.Copy");
  const auto ask_for = [&](const char* text) {
    return messages_.call(copy.entry->read(Json::object().add("text", text)).value(), {});
  };
  EXPECT_EQ(*ask_for("map").value().json().find("text"), Json("copy of map"));
  EXPECT_EQ(ask_for("secret").error().code, "DESK.1002");
}

TEST_F(MessagesApiTest, shows_messages_with_all_that_is_said_of_them) {
  const Json question = parse_json(ask("GET", "/v1/messages/desk.Question").body).value();
  EXPECT_EQ(*question.find("command"), Json("question"));
  EXPECT_EQ(*question.find("interceptors")->as_array()->at(0).find("bean"), Json("Stamp"));
  const Json* pages = question.find("schema")->find("properties")->find("pages");
  EXPECT_EQ(*pages->find("maximum"), Json(9));
  EXPECT_EQ(*pages->find("default"), Json(1));
  EXPECT_EQ(*pages->find("description"), Json("How many"));
  EXPECT_EQ(told("GET", "/v1/messages/desk.Questio"),
            "404 there is no message 'desk.Questio' (did you mean 'desk.Question'?)");
  EXPECT_EQ(parse_json(ask("GET", "/v1/messages").body).value().as_array()->size(), 5U);
}

TEST_F(MessagesApiTest, shows_error_codes) {
  EXPECT_THAT(told("GET", "/v1/errors/DESK.1001"), HasSubstr(R"("remedy":"take less")"));
  EXPECT_EQ(told("GET", "/v1/errors/DESK.1009"), "404 there is no error code 'DESK.1009' (did you mean 'DESK.1001'?)");
  EXPECT_EQ(parse_json(ask("GET", "/v1/errors").body).value().as_array()->size(), 1U);
}

}  // namespace
}  // namespace tenon::api
