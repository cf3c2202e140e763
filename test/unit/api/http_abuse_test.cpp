#include <gmock/gmock.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "api/http_server.h"
#include "api/json_text.h"
#include "api/node_api.h"
#include "raw_client.h"
#include "support/loading.h"

/// What comes from clients that are broken, slow or hostile, at the API of a node over its socket.
namespace tenon::api {
namespace {

using namespace std::chrono_literals;
using test::RawClient;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kServices = R"(<service>
  <id>Desk</id>
  <message><name>desk.Question</name><route method="POST" path="/v1/topics/{topic}/questions"/></message>
  <message><name>desk.Read</name><route method="GET" path="/v1/topics/{topic}"/></message>
</service>)";

std::string times(std::string_view text, std::size_t count) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) all += text;
  return all;
}

class AbusedNode : public ::testing::Test {
 protected:
  AbusedNode() {
    folder_.library(std::filesystem::path(TEST_PLUGINS) / "desk.so");
    folder_.beans("desk.xml",
                  R"(<tenon:library name="desk" version="1.0.0" file="desk.so"/><bean id="Desk" class="desk.Desk"/>)");
    folder_.descriptor("services/desk.xml", kServices);
    loaded_ = folder_.load();
    EXPECT_THAT(folder_.messages(loaded_), ::testing::IsEmpty());
    messages_.open(loaded_.wiring->messages, {});
    api_ = std::make_unique<NodeApi>("1", loaded_.wiring, engine_, runs_, messages_);
  }
  ~AbusedNode() override {
    server_.reset();
    messages_.close();
    api_.reset();
    loaded_.wiring->stop();
  }

  void serve(HttpLimits limits = {}) {
    server_.emplace(
        UnixListener::open(socket_).value(), [this](const HttpRequest& request) { return api_->handle(request); },
        limits);
  }
  /// All that is answered to these bytes, of which no more follow.
  std::string answers(std::string_view bytes) {
    RawClient client(socket_);
    client.send(bytes);
    client.end_sending();
    return client.read_all();
  }
  /// The status of the one answer to these bytes; 0 if there is none.
  int status_of(std::string_view bytes) {
    const std::string text = answers(bytes);
    if (text.empty()) return 0;
    EXPECT_THAT(text, StartsWith("HTTP/1.1 "));
    EXPECT_EQ(text.find("HTTP/1.1 ", 1), std::string::npos) << "a second answer: " << text;
    return std::stoi(text.substr(9, 3));
  }
  bool others_are_served() {
    RawClient client(socket_);
    client.ask("GET", "/v1/plugins");
    return client.read_answer().status == 200;
  }

  test::LoadingFolder folder_;
  std::filesystem::path socket_ = folder_.folder.path() / "x.sock";
  message::Dispatcher messages_;
  flow::Engine engine_;
  RunLog runs_{10};
  wiring::LoadResult loaded_;
  std::unique_ptr<NodeApi> api_;
  std::optional<HttpServer> server_;
};

struct Case {
  const char* what;
  std::string bytes;
  int status;
};

TEST_F(AbusedNode, answers_nothing_that_others_may_read_as_another_request) {
  const std::string post = "POST /v1/topics/sea/questions HTTP/1.1\r\nHost: x\r\n";
  const std::string hidden = "GET /v1/plugins HTTP/1.1\r\nHost: x\r\n\r\n";
  const std::string chunked = post + "Transfer-Encoding: chunked\r\n\r\n";
  const std::vector<Case> cases{
      {"the same length twice", post + "Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}" + hidden, 400},
      {"two lengths", post + "Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}" + hidden, 400},
      {"a list of lengths", post + "Content-Length: 2, 2\r\n\r\n{}" + hidden, 400},
      {"a length with a sign", post + "Content-Length: +2\r\n\r\n{}" + hidden, 400},
      {"a negative length", post + "Content-Length: -2\r\n\r\n{}" + hidden, 400},
      {"a hexadecimal length", post + "Content-Length: 0x2\r\n\r\n{}" + hidden, 400},
      {"no length", post + "Content-Length: \r\n\r\n{}" + hidden, 400},
      {"a length of 65 bits", post + "Content-Length: 18446744073709551618\r\n\r\n{}" + hidden, 400},
      {"a name with a blank", post + "Content-Length : 2\r\n\r\n{}" + hidden, 400},
      {"length, then chunks", post + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, 400},
      {"chunks, then length", post + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\n0\r\n\r\n" + hidden, 400},
      {"another coding", post + "Transfer-Encoding: gzip\r\n\r\n" + hidden, 400},
      {"another coding and a length", post + "Transfer-Encoding: x\r\nContent-Length: 2\r\n\r\n{}" + hidden, 400},
      {"two codings", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" + hidden, 400},
      {"chunked twice", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n" + hidden, 400},
      {"two lines of codings", post + "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden,
       400},
      {"almost chunked", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, 400},
      {"no host", "GET /v1/plugins HTTP/1.1\r\n\r\n" + hidden, 400},
      {"two hosts", "GET /v1/plugins HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n" + hidden, 400},
      {"a chunk longer than it says", chunked + "1\r\n{}\r\n0\r\n\r\n" + hidden, 400},
      {"a chunk of no number", chunked + "zz\r\n{}\r\n0\r\n\r\n" + hidden, 400},
      {"a chunk of less than nothing", chunked + "-2\r\n{}\r\n0\r\n\r\n" + hidden, 400},
      {"a chunk of 68 bits", chunked + "10000000000000002\r\n{}\r\n0\r\n\r\n" + hidden, 400},
      {"a chunk over the limit", chunked + "7fffffff\r\n{}\r\n0\r\n\r\n" + hidden, 413},
      {"a chunk of all there is", chunked + "ffffffffffffffff\r\n{}\r\n0\r\n\r\n" + hidden, 413},
  };
  serve();
  for (const Case& one : cases) EXPECT_EQ(status_of(one.bytes), one.status) << one.what;
  EXPECT_TRUE(others_are_served());
}

TEST_F(AbusedNode, answers_nothing_to_a_request_that_is_cut_short) {
  const std::vector<std::string> cut{
      "",
      "G",
      "GET /v1/plugins HTTP/1.1\r\nHost: x\r\n",
      "POST /v1/topics/sea/questions HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{}",
      "POST /v1/topics/sea/questions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}",
      "POST /v1/topics/sea/questions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
  };
  serve();
  for (const std::string& bytes : cut) EXPECT_EQ(answers(bytes), "") << bytes;
  EXPECT_TRUE(others_are_served());
}

TEST_F(AbusedNode, refuses_what_is_no_request_of_its_protocol) {
  using std::string_literals::operator""s;
  const std::vector<Case> cases{
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400},
      {"HTTP/1.0", "GET /v1/plugins HTTP/1.0\r\nHost: x\r\n\r\n", 505},
      {"HTTP/0.9", "GET /v1/plugins\r\n\r\n", 400},
      {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s + std::string(500, '\x7f'), 400},
      {"zeros", std::string(100, '\0'), 400},
      {"only line feeds", "GET /v1/plugins HTTP/1.1\nHost: x\n\n", 400},
      {"a blank too many", "GET  /v1/plugins HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"a blank in the target", "GET /v1/plug ins HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"a zero in the target", "GET /v1/plugins\0 HTTP/1.1\r\nHost: x\r\n\r\n"s, 400},
      {"a zero in a field", "GET /v1/plugins HTTP/1.1\r\nHost: x\r\nA: \0\r\n\r\n"s, 400},
      {"a carriage return in a field", "GET /v1/plugins HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400},
      {"a method of no letters", "G\x01T /v1/plugins HTTP/1.1\r\nHost: x\r\n\r\n", 400},
      {"a long target", "GET /" + std::string(9000, 'x') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
      {"a method without end", std::string(9000, 'G'), 431},
      {"many fields", "GET /v1/plugins HTTP/1.1\r\nHost: x\r\n" + times("A: b\r\n", 2000) + "\r\n", 431},
  };
  serve();
  for (const Case& one : cases) EXPECT_EQ(status_of(one.bytes), one.status) << one.what;
  EXPECT_TRUE(others_are_served());
}

TEST_F(AbusedNode, keeps_no_more_of_what_stands_around_chunks_than_it_must) {
  const std::string head = "POST /v1/topics/sea/questions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  serve();
  EXPECT_EQ(status_of(head + "2;" + std::string(1'000'000, 'x') + "\r\n{}\r\n0\r\n\r\n"), 431) << "an extension";
  EXPECT_EQ(status_of(head + "0\r\n" + times("A: b\r\n", 200'000) + "\r\n"), 431) << "a trailer";
  EXPECT_TRUE(others_are_served());
}

TEST_F(AbusedNode, finds_nothing_by_tricks_with_the_path) {
  struct Path {
    const char* target;
    int status;
  };
  serve();
  RawClient client(socket_);
  for (const Path& path : std::vector<Path>{{"/v1/x/../plugins", 404},
                                            {"/v1/%2e%2e/v1/plugins", 404},
                                            {"/../v1/plugins", 404},
                                            {"//v1/plugins", 404},
                                            {"/v1//plugins", 404},
                                            {"/v1/plugins/", 404},
                                            {"/V1/plugins", 404},
                                            {"/v1%2fplugins", 404},
                                            {"/v1/plugins%00", 400},
                                            {"/v1/plugins/%00", 400},
                                            {"/v1/plugins/%", 400},
                                            {"/v1/plugins/%u002e", 400},
                                            {"/v1/plugins/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404},
                                            {"/v1/plugins/..%5c..%5cdesk", 404},
                                            {"/v1/plugins/%c0%ae%c0%ae", 400},
                                            {"/v1/plugins/\xc3\xa9", 404},
                                            {"/v1/plugins/\xff", 400},
                                            {"http://x/v1/plugins", 400},
                                            {"x:80", 400},
                                            {"*", 400},
                                            {"/v1/%70lugins", 200}}) {
    client.ask("GET", path.target);
    const RawClient::Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, path.status) << path.target;
    EXPECT_TRUE(parse_json(answer.body)) << path.target << ": " << answer.body;
  }
}

TEST_F(AbusedNode, lets_nobody_in_by_another_method) {
  serve();
  RawClient client(socket_);
  for (const char* method : {"DELETE", "PUT", "TRACE", "OPTIONS", "get", "GETT", "PROPFIND"}) {
    client.ask(method, "/v1/plugins");
    EXPECT_EQ(client.read_answer().status, 405) << method;
  }
  client.send("CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.read_answer().status, 400);
}

TEST_F(AbusedNode, sends_no_body_to_a_head) {
  serve();
  RawClient client(socket_);
  client.ask("HEAD", "/v1/plugins");
  client.ask("GET", "/v1/plugins");
  const std::string head = client.read_until("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 405 "));
  EXPECT_EQ(client.read_answer().status, 200) << "what follows is the next answer";
}

TEST_F(AbusedNode, refuses_bodies_that_are_no_message) {
  struct Body {
    const char* what;
    std::string text;
    const char* code;
  };
  const std::string text = R"({"text":")";
  const std::vector<Body> bodies{
      {"deep lists", R"({"text":)" + times("[", 10'000) + times("]", 10'000) + "}", "JSON.1008"},
      {"deep objects", times(R"({"a":)", 10'000) + "1" + times("}", 10'000), "JSON.1008"},
      {"a depth without end", times("[", 1'000'000), "JSON.1008"},
      {"a number of many digits", R"({"text":"x","pages":)" + std::string(1'000'000, '9') + "}", "JSON.1006"},
      {"a number of a great exponent", R"({"text":"x","pages":1e400})", "JSON.1006"},
      {"a number of many small digits", R"({"text":"x","pages":0.)" + std::string(1'000'000, '1') + "}", "JSON.1001"},
      {"a number out of range", R"({"text":"x","pages":18446744073709551615})", "JSON.1002"},
      {"bytes that are no UTF-8", text + "\xc3\x28\"}", "JSON.1006"},
      {"an overlong slash", text + "\xc0\xaf\"}", "JSON.1006"},
      {"the first half of a pair", text + R"(\ud800"})", "JSON.1006"},
      {"the second half of a pair", text + R"(\ude00"})", "JSON.1006"},
      {"a byte order mark", "\xef\xbb\xbf" + text + "x\"}", "JSON.1006"},
      {"a member twice", R"({"text":"x","text":"y"})", "JSON.1007"},
      {"a member twice in another writing", R"({"text":"x","t\u0065xt":"y"})", "JSON.1007"},
      {"two values", R"({"text":"x"}{"text":"y"})", "JSON.1006"},
      {"a zero byte after it", R"({"text":"x"})" + std::string(1, '\0'), "JSON.1006"},
      {"a comment", R"({"text":"x"/**/})", "JSON.1006"},
      {"no number", R"({"text":"x","pages":NaN})", "JSON.1006"},
      {"no object", "[]", "JSON.1001"},
      {"other members", "{\"__proto__\":{}}", "JSON.10"},
  };
  serve();
  RawClient client(socket_);
  for (const Body& body : bodies) {
    client.ask("POST", "/v1/topics/sea/questions", body.text);
    const RawClient::Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, 400) << body.what;
    EXPECT_THAT(answer.body, HasSubstr(body.code)) << body.what;
    EXPECT_LT(answer.body.size(), 1000U) << body.what;
  }
  client.ask("POST", "/v1/topics/sea/questions", R"({"text":"\u0000\ud83d\ude00"})");
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(AbusedNode, answers_a_client_that_has_ended_its_side) {
  serve();
  EXPECT_THAT(answers("GET /v1/plugins HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answers("GET /v1/topics/sea HTTP/1.1\r\nHost: x\r\n\r\n"), HasSubstr("sea read by"))
      << "found on another thread";
}

TEST_F(AbusedNode, answers_a_pipeline_in_order_whatever_each_answer_takes) {
  serve();
  RawClient client(socket_);
  constexpr int kRequests = 100;
  std::string all;
  for (int i = 0; i < kRequests; ++i) {
    const std::string number = std::to_string(i);
    all += "GET /v1/topics/t" + number + " HTTP/1.1\r\nHost: x\r\n\r\n";  // answered on another thread
    const std::string body = R"({"text":")" + number + "\"}";
    all += "POST /v1/topics/sea/questions HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + body;
  }
  client.send(all);
  for (int i = 0; i < kRequests; ++i) {
    const std::string number = std::to_string(i);
    ASSERT_THAT(client.read_answer().body, HasSubstr("t" + number + " read by"));
    ASSERT_THAT(client.read_answer().body, HasSubstr("\"" + number + " on sea\""));
  }
}

/// Clients that go on, but too slowly, each on a thread of its own.
class SlowClient : public AbusedNode {
 protected:
  /// Lets `slow` be at it until it returns, and asks for others meanwhile, and afterwards.
  template <class Slow>
  void others_are_served_during(Slow slow) {
    serve({.idle = 1s});
    std::future<void> ended = std::async(std::launch::async, slow);
    int served = 0;
    while (ended.wait_for(0s) != std::future_status::ready) served += others_are_served() ? 1 : 0;
    ended.get();
    EXPECT_GT(served, 0);
    EXPECT_TRUE(others_are_served());
  }
  /// Sends a byte now and then, until nobody takes it any more.
  void drip(std::string_view begin) {
    RawClient client(socket_);
    client.send(begin);
    while (client.send("x")) std::this_thread::sleep_for(5ms);
  }
};

TEST_F(SlowClient, is_cut_off_in_its_header) {
  others_are_served_during([this] { drip("GET /v1/plugins HTTP/1.1\r\nHost: x\r\nA: "); });
}

TEST_F(SlowClient, is_cut_off_in_its_body) {
  others_are_served_during(
      [this] { drip("POST /v1/topics/sea/questions HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n{"); });
}

TEST_F(SlowClient, is_cut_off_in_a_chunk) {
  others_are_served_during([this] {
    drip("POST /v1/topics/sea/questions HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n{");
  });
}

TEST_F(SlowClient, is_cut_off_if_it_does_not_read) {
  others_are_served_during([this] {
    RawClient client(socket_);
    const std::string requests = times("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n", 100);
    while (client.send(requests)) {
    }
  });
}

}  // namespace
}  // namespace tenon::api
