#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "answered.h"
#include "api/json_text.h"
#include "api/node_api.h"
#include "flow/journal.h"
#include "support/flows.h"
#include "support/node.h"

namespace tenon::api {
namespace {

using test::answered;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::StartsWith;

/// Writes when the test says so, on its thread.
class HeldJournal final : public flow::Journal {
 public:
  void start(const flow::RunStart& /*start*/, flow::JournalListener& listener, std::uint64_t ticket) override {
    hold(listener, ticket);
  }
  void append(const flow::JournalRecord& /*record*/, flow::JournalListener& listener, std::uint64_t ticket) override {
    hold(listener, ticket);
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !held_.empty(); });
  }
  /// Writes all that comes until nothing does.
  void write() {
    while (const auto next = take()) next->first->recorded(next->second);
  }
  void refuse(const ErrorCode& error) {
    const auto next = take();
    next->first->refused(next->second, error);
  }

 private:
  using Held = std::pair<flow::JournalListener*, std::uint64_t>;
  void hold(flow::JournalListener& listener, std::uint64_t ticket) {
    const std::lock_guard lock(mutex_);
    held_.emplace_back(&listener, ticket);
    changed_.notify_all();
  }
  std::optional<Held> take() {
    const std::lock_guard lock(mutex_);
    if (held_.empty()) return std::nullopt;
    const Held next = held_.front();
    held_.pop_front();
    return next;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Held> held_;
};

class RunStartTest : public ::testing::Test {
 protected:
  RunStartTest() {
    auto wiring = std::make_shared<wiring::Wiring>();
    wiring->chains = {test::ChainMaker("demo").then("a", trace_.next("a")).make()};
    api_ = std::make_unique<NodeApi>("1.2.3", wiring, engine_, runs_, messages_);
  }
  ~RunStartTest() override { write_all(); }
  /// Until all runs have ended. A run may be about to append when nothing is held: its own thread goes on then.
  void write_all() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    do {
      journal_.write();
    } while (!engine_.wait_idle(std::chrono::milliseconds(1)) && std::chrono::steady_clock::now() < deadline);
    EXPECT_EQ(engine_.in_flight(), 0U);
  }
  HttpResponse start(const std::string& accept = {}) {
    HttpResponse response = api_->handle(
        {.method = "POST", .target = "/v1/chains/demo/runs", .content_type = {}, .accept = accept, .body = "{}"});
    journal_.wait();
    return response;
  }

  test::Node node_;
  test::Trace trace_;
  HeldJournal journal_;
  RunLog runs_{10};
  message::Dispatcher messages_;
  flow::Engine engine_{{.journal = &journal_}};
  std::unique_ptr<NodeApi> api_;
};

TEST_F(RunStartTest, answers_once_the_run_is_durable) {
  const HttpResponse response = start();
  ASSERT_NE(response.later, nullptr);
  bool woken = false;
  response.later->notify([&] { woken = true; });
  EXPECT_FALSE(woken);
  EXPECT_TRUE(trace_.lines().empty());
  write_all();
  EXPECT_TRUE(woken);
  const HttpResponse answer = response.later->answer();
  EXPECT_EQ(answer.status, 202U);
  EXPECT_THAT(answer.headers, Contains(Key("Location")));
}

TEST_F(RunStartTest, tells_of_no_event_before_the_run_is_durable) {
  const HttpResponse response = start("text/event-stream");
  EXPECT_EQ(response.events, nullptr);
  write_all();
  const HttpResponse answer = answered(response);
  ASSERT_NE(answer.events, nullptr);
  answer.events->notify([] {});
  EXPECT_THAT(answer.events->take(), StartsWith("event: run\n"));
}

TEST_F(RunStartTest, says_that_a_run_may_begin_later_when_patience_is_at_its_end) {
  const HttpResponse response = start();
  EXPECT_EQ(response.later->patience, std::chrono::seconds(5));
  const HttpResponse answer = response.later->answer();
  EXPECT_EQ(answer.status, 503U);
  const std::string id = runs_.records().front()->name();
  EXPECT_THAT(answer.body, HasSubstr("run " + id + " is not recorded yet"));
  EXPECT_THAT(answer.headers, Contains(std::pair<std::string, std::string>("Location", "/v1/runs/" + id)));
  EXPECT_THAT(answer.headers, Contains(Key("Retry-After")));
}

TEST_F(RunStartTest, tells_why_a_run_can_not_be_recorded) {
  const HttpResponse response = start();
  journal_.refuse(make_error("STORE.1008", "a value that can't be stored", "n"));
  const HttpResponse answer = answered(response);
  EXPECT_EQ(answer.status, 500U);
  EXPECT_THAT(answer.body, HasSubstr(R"("code":"STORE.1008")"));
}

}  // namespace
}  // namespace tenon::api
