#include "api/request_log.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>

#include "store/core_schema.h"
#include "store/migrations.h"
#include "store/store.h"
#include "support/temp_folder.h"

namespace tenon::api {
namespace {

class RequestLogTest : public ::testing::Test {
 protected:
  RequestLogTest() {
    store_ = store::open_store(store::parse_address("sqlite:" + (folder_.path() / "t.db").string()).value()).value();
    connection_ = store_->connect().value();
    (void)store::migrate(*connection_, {store::core_migrations()}).value();
    log_ = std::make_unique<RequestLog>(*store_, 1);
  }
  static HttpRequest request(const std::string& body = "{}", const std::string& key = "k") {
    return {.method = "POST", .target = "/v1/walls", .idempotency_key = key, .body = body};
  }
  static HttpResponse answer(unsigned status) {
    HttpResponse response;
    response.status = status;
    response.body = "painted";
    response.headers.emplace_back("Location", "/v1/runs/x");
    return response;
  }

  test::TempFolder folder_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::Connection> connection_;
  std::unique_ptr<RequestLog> log_;
};

TEST_F(RequestLogTest, gives_a_request_that_comes_again_its_answer) {
  EXPECT_FALSE(log_->begin("ada", request()).value().answer);
  log_->end("ada", "k", answer(202));
  const auto again = log_->begin("ada", request()).value();
  ASSERT_TRUE(again.answer);
  EXPECT_EQ(again.answer->status, 202U);
  EXPECT_EQ(again.answer->body, "painted");
  EXPECT_THAT(again.answer->headers, ::testing::ElementsAre(::testing::Pair("Location", "/v1/runs/x"),
                                                            ::testing::Pair("Idempotent-Replayed", "true")));
}

TEST_F(RequestLogTest, keeps_callers_apart) {
  EXPECT_TRUE(log_->begin("ada", request()));
  EXPECT_TRUE(log_->begin("bob", request()));
}

TEST_F(RequestLogTest, refuses_a_key_for_another_request) {
  EXPECT_TRUE(log_->begin("ada", request()));
  log_->end("ada", "k", answer(200));
  EXPECT_EQ(log_->begin("ada", request("{\"other\":1}")).error().code, kKeyReused);
}

TEST_F(RequestLogTest, refuses_a_request_while_the_same_is_under_way) {
  EXPECT_TRUE(log_->begin("ada", request()));
  EXPECT_EQ(log_->begin("ada", request()).error().code, kKeyInUse);
}

TEST_F(RequestLogTest, keeps_no_answer_that_may_be_another_one_later) {
  EXPECT_TRUE(log_->begin("ada", request()));
  log_->end("ada", "k", answer(503));
  EXPECT_FALSE(log_->begin("ada", request()).value().answer);
}

TEST_F(RequestLogTest, finds_the_run_whose_start_was_answered_too_late) {
  EXPECT_TRUE(log_->begin("ada", request()));
  log_->end("ada", "k", answer(503));
  connection_->execute("INSERT INTO run_key (key, run) VALUES ($1, 77)", {RequestLog::run_key("ada", "k")}).value();
  EXPECT_EQ(log_->begin("ada", request()).value().run, 77U);
}

TEST_F(RequestLogTest, finds_the_run_that_a_process_before_has_begun) {
  EXPECT_TRUE(log_->begin("ada", request()));
  EXPECT_TRUE(log_->begin("ada", request("{}", "other")));
  connection_->execute("INSERT INTO run_key (key, run) VALUES ($1, 77)", {RequestLog::run_key("ada", "k")}).value();
  RequestLog next(*store_, 2);
  EXPECT_EQ(next.begin("ada", request()).value().run, 77U);
  const auto other = next.begin("ada", request("{}", "other")).value();
  EXPECT_FALSE(other.run) << "nothing of it was begun: it is to be executed";
  EXPECT_FALSE(other.answer);
  EXPECT_EQ(next.begin("ada", request()).error().code, kKeyInUse) << "this process works on it now";
}

TEST_F(RequestLogTest, knows_what_can_be_a_key) {
  EXPECT_TRUE(RequestLog::is_key("8e03978e-40d5-43dd-bc93-6894a57f9324"));
  EXPECT_FALSE(RequestLog::is_key(""));
  EXPECT_FALSE(RequestLog::is_key("a b"));
  EXPECT_FALSE(RequestLog::is_key(std::string(256, 'a')));
}

}  // namespace
}  // namespace tenon::api
