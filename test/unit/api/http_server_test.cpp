#include "api/http_server.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "raw_client.h"
#include "support/node.h"
#include "support/temp_folder.h"

namespace tenon::api {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// Events that a test feeds.
class TestEvents final : public EventSource {
 public:
  std::string take() override {
    std::lock_guard lock(mutex_);
    return std::exchange(text_, {});
  }
  bool ended() const override {
    std::lock_guard lock(mutex_);
    return ended_ && text_.empty();
  }
  void notify(std::function<void()> wake) override {
    std::lock_guard lock(mutex_);
    wake_ = std::move(wake);
  }
  void add(const std::string& text, bool end = false) {
    std::function<void()> wake;
    {
      std::lock_guard lock(mutex_);
      text_ += text;
      ended_ = end;
      wake = wake_;
    }
    if (wake) wake();
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
  bool ended_ = false;
  std::function<void()> wake_;
};

class HttpServerTest : public ::testing::Test {
 protected:
  void serve(HttpLimits limits = {}) {
    server_.emplace(
        UnixListener::open(path_).value(), [this](const HttpRequest& request) { return answer(request); }, limits);
  }
  HttpResponse answer(const HttpRequest& request) {
    if (request.target == "/throw") throw std::runtime_error("told to throw");
    HttpResponse response;
    if (request.target == "/work") {
      response.work = [this, held = held_] {
        release_.get_future().wait();
        HttpResponse worked;
        worked.body = "worked";
        return worked;
      };
    } else if (request.target == "/broken-work") {
      response.work = []() -> HttpResponse { throw std::runtime_error("told to throw"); };
    } else if (request.target == "/later" || request.target == "/never") {
      response.later = std::make_shared<LaterAnswer>();
      response.later->patience = request.target == "/later" ? 60s : 1ms;
      response.later->notify = [this](std::function<void()> wake) { wake_.set_value(std::move(wake)); };
      response.later->answer = [] {
        HttpResponse last;
        last.body = "at last";
        return last;
      };
    } else if (request.target == "/events") {
      response.events = events_;
    } else if (request.target == "/peer") {
      response.body = std::to_string(request.peer);
    } else {
      response.body = request.method + " " + request.target + " " + request.body;
    }
    return response;
  }

  test::Node node_;
  test::TempFolder folder_;
  std::filesystem::path path_ = folder_.path() / "x.sock";
  std::shared_ptr<TestEvents> events_ = std::make_shared<TestEvents>();
  std::promise<void> release_;
  std::promise<std::function<void()>> wake_;
  std::shared_ptr<int> held_ = std::make_shared<int>();
  std::optional<HttpServer> server_;
};

TEST_F(HttpServerTest, answers_others_while_an_answer_is_worked_on) {
  serve();
  RawClient slow(path_);
  slow.ask("GET", "/work");
  RawClient other(path_);
  other.ask("GET", "/a");
  EXPECT_EQ(other.read_answer().body, "GET /a ");
  release_.set_value();
  EXPECT_EQ(slow.read_answer().body, "worked");
  EXPECT_EQ(held_.use_count(), 1) << "the work is let go, once";
  slow.ask("GET", "/b");
  EXPECT_EQ(slow.read_answer().body, "GET /b ") << "the connection goes on";
}

TEST_F(HttpServerTest, sends_a_later_answer_when_it_is_woken) {
  serve({.workers = 1});
  RawClient client(path_);
  client.ask("GET", "/later");
  const std::function<void()> wake = wake_.get_future().get();
  RawClient other(path_);
  other.ask("GET", "/a");
  EXPECT_EQ(other.read_answer().body, "GET /a ");
  wake();
  wake();
  EXPECT_EQ(client.read_answer().body, "at last");
  client.ask("GET", "/b");
  EXPECT_EQ(client.read_answer().body, "GET /b ") << "the connection goes on";
}

TEST_F(HttpServerTest, waits_for_a_later_answer_no_longer_than_its_patience) {
  serve();
  RawClient client(path_);
  client.ask("GET", "/never");
  EXPECT_EQ(client.read_answer().body, "at last");
  wake_.get_future().get()();
}

TEST_F(HttpServerTest, answers_500_when_work_throws) {
  serve();
  RawClient client(path_);
  client.ask("GET", "/broken-work");
  EXPECT_EQ(client.read_answer().status, 500);
}

TEST_F(HttpServerTest, waits_at_its_stop_for_work_that_has_begun) {
  serve();
  RawClient client(path_);
  client.ask("GET", "/work");
  RawClient other(path_);
  other.ask("GET", "/a");
  (void)other.read_answer();  // the server has come past the first request
  std::thread stop([&] { server_.reset(); });
  release_.set_value();
  stop.join();
}

TEST_F(HttpServerTest, answers_several_requests_on_one_connection) {
  serve();
  RawClient client(path_);
  client.ask("GET", "/a");
  EXPECT_EQ(client.read_answer().body, "GET /a ");
  client.ask("POST", "/b", "text");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "POST /b text");
  EXPECT_THAT(answer.header, HasSubstr("Content-Type: application/json"));
}

TEST_F(HttpServerTest, answers_requests_that_come_in_one_piece_in_order) {
  serve();
  RawClient client(path_);
  client.send("GET /1 HTTP/1.1\r\nHost: x\r\n\r\nGET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_answer().body, "GET /1 ");
  EXPECT_EQ(client.read_answer().body, "GET /2 ");
}

TEST_F(HttpServerTest, answers_a_request_that_comes_byte_by_byte) {
  serve();
  RawClient client(path_);
  for (const char letter : std::string("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok")) {
    client.send({&letter, 1});
  }
  EXPECT_EQ(client.read_answer().body, "POST /slow ok");
}

TEST_F(HttpServerTest, closes_when_the_client_asks_for_it) {
  serve();
  RawClient client(path_);
  client.send("GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpServerTest, knows_who_asks) {
  serve();
  RawClient client(path_);
  client.ask("GET", "/peer");
  EXPECT_EQ(client.read_answer().body, std::to_string(::getuid()));
}

TEST_F(HttpServerTest, refuses_what_is_not_http_and_closes) {
  serve();
  for (const char* nonsense : {"hello\r\n\r\n", "GET / HTTP/9.7\r\n\r\n", "GET / HTTP/1.1\r\nno colon\r\n\r\n",
                               "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: minus one\r\n\r\n"}) {
    RawClient client(path_);
    client.send(nonsense);
    const std::string answer = client.read_all();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 Bad Request\r\n")) << nonsense;
    EXPECT_THAT(answer, HasSubstr("application/problem+json")) << nonsense;
  }
}

TEST_F(HttpServerTest, refuses_an_older_version_of_http) {
  serve();
  RawClient client(path_);
  client.send("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 505 HTTP Version Not Supported\r\n"));
}

TEST_F(HttpServerTest, refuses_a_header_over_the_limit) {
  serve();
  RawClient client(path_);
  client.send("GET /a HTTP/1.1\r\nHost: x\r\nX: " + std::string(9000, 'x') + "\r\n\r\n");
  EXPECT_THAT(client.read_all(), StartsWith("HTTP/1.1 431 Request Header Fields Too Large\r\n"));
}

TEST_F(HttpServerTest, refuses_a_body_over_the_limit_and_lets_its_sender_read_why) {
  serve();
  RawClient client(path_);
  EXPECT_TRUE(client.ask("POST", "/a", std::string(3 * 1024 * 1024, 'x')));
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(HttpServerTest, takes_a_body_of_just_the_limit) {
  serve();
  RawClient client(path_);
  client.ask("POST", "/a", std::string(1024 * 1024, 'x'));
  EXPECT_EQ(client.read_answer().body.size(), std::string("POST /a ").size() + 1024 * 1024);
}

TEST_F(HttpServerTest, refuses_a_chunked_body_over_the_limit) {
  serve({.body_bytes = 10});
  RawClient client(path_);
  client.send("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n" + std::string(32, 'x') +
              "\r\n");
  EXPECT_EQ(client.read_answer().status, 413);
}

TEST_F(HttpServerTest, tells_a_careful_client_to_go_on_with_its_body) {
  serve();
  RawClient client(path_);
  client.send("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("ok");
  EXPECT_EQ(client.read_answer().body, "POST /a ok");
}

TEST_F(HttpServerTest, closes_a_connection_that_stays_idle) {
  serve({.idle = 50ms});
  RawClient silent(path_);
  EXPECT_EQ(silent.read_all(), "");
  RawClient dawdler(path_);
  dawdler.send("GET /a HT");
  EXPECT_EQ(dawdler.read_all(), "");
}

TEST_F(HttpServerTest, answers_500_when_the_handler_throws_and_goes_on) {
  serve();
  RawClient client(path_);
  client.ask("GET", "/throw");
  const auto answer = client.read_answer();
  EXPECT_EQ(answer.status, 500);
  EXPECT_THAT(answer.body, Not(HasSubstr("told to throw")));
  EXPECT_THAT(node_.lines(), Contains("a request failed method=GET target=/throw error=told to throw"));
  client.ask("GET", "/a");
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(HttpServerTest, turns_away_more_connections_than_it_may_have) {
  serve({.connections = 1});
  RawClient first(path_);
  first.ask("GET", "/a");
  EXPECT_EQ(first.read_answer().status, 200);
  RawClient second(path_);
  EXPECT_THAT(second.read_all(), StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
}

TEST_F(HttpServerTest, streams_events_as_they_come) {
  serve();
  events_->add("event: one\ndata: 1\n\n");
  RawClient client(path_);
  client.ask("GET", "/events");
  const std::string header = client.read_until("\r\n\r\n");
  EXPECT_THAT(header, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(header, HasSubstr("Transfer-Encoding: chunked\r\n"));
  client.read_until("data: 1\n\n");
  events_->add("event: two\ndata: 2\n\n");
  client.read_until("data: 2\n\n");
  events_->add("event: end\ndata: 3\n\n", true);
  EXPECT_THAT(client.read_all(), HasSubstr("data: 3\n\n\r\n0\r\n\r\n"));
}

TEST_F(HttpServerTest, misses_no_event_however_they_come) {
  serve();
  RawClient client(path_);
  client.ask("GET", "/events");
  constexpr int kEvents = 5000;
  std::thread feeder([&] {
    for (int i = 0; i < kEvents; ++i) events_->add("data: " + std::to_string(i) + ".\n\n", i == kEvents - 1);
  });
  for (int i = 0; i < kEvents; i += 100) client.read_until("data: " + std::to_string(i) + ".\n\n");
  client.read_until("data: " + std::to_string(kEvents - 1) + ".\n\n");
  EXPECT_EQ(client.read_all(), "\r\n0\r\n\r\n");
  feeder.join();
}

TEST_F(HttpServerTest, shows_that_a_quiet_stream_is_alive) {
  serve({.heartbeat = 20ms});
  RawClient client(path_);
  client.ask("GET", "/events");
  client.read_until("\r\n:\n\n\r\n");
  client.read_until("\r\n:\n\n\r\n");
}

TEST_F(HttpServerTest, notices_by_the_heartbeat_that_the_reader_of_a_stream_is_gone) {
  serve({.heartbeat = 20ms});
  {
    RawClient client(path_);
    client.ask("GET", "/events");
    client.read_until("\r\n\r\n");
  }
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (events_.use_count() > 1 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(events_.use_count(), 1);
}

TEST_F(HttpServerTest, serves_many_clients_at_once) {
  serve();
  std::vector<std::future<int>> clients;
  for (int i = 0; i < 8; ++i) {
    clients.push_back(std::async(std::launch::async, [this] {
      int good = 0;
      RawClient client(path_);
      for (int n = 0; n < 50; ++n) {
        client.ask("GET", "/" + std::to_string(n));
        if (client.read_answer().body == "GET /" + std::to_string(n) + " ") ++good;
      }
      return good;
    }));
  }
  for (auto& client : clients) EXPECT_EQ(client.get(), 50);
}

TEST_F(HttpServerTest, closes_idle_connections_at_its_stop_without_waiting) {
  serve();
  RawClient client(path_);
  client.ask("GET", "/a");
  client.read_answer();
  const auto begin = std::chrono::steady_clock::now();
  server_->stop(60s);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 30s);
  EXPECT_EQ(client.read_all(), "");
  EXPECT_FALSE(std::filesystem::exists(path_));
}

TEST_F(HttpServerTest, lets_a_stream_that_has_ended_go_out_at_its_stop) {
  serve();
  RawClient client(path_);
  client.ask("GET", "/events");
  client.read_until("\r\n\r\n");
  const std::string last = "data: " + std::string(1'000'000, 'x') + "\n\n";
  events_->add(last, true);
  std::thread stopper([&] { server_->stop(60s); });
  EXPECT_THAT(client.read_all(), HasSubstr(last));
  stopper.join();
}

TEST_F(HttpServerTest, cuts_a_stream_that_does_not_end_when_the_time_of_its_stop_is_up) {
  serve();
  RawClient client(path_);
  client.ask("GET", "/events");
  client.read_until("\r\n\r\n");
  server_->stop(20ms);
  EXPECT_EQ(client.read_all(), "");
}

}  // namespace
}  // namespace tenon::api
