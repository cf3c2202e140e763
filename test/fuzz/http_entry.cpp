#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/http_server.h"
#include "api/json_text.h"
#include "api/node_api.h"
#include "fuzz/words.h"
#include "support/loading.h"
#include "unit/api/raw_client.h"

/// Any bytes at the socket of a node's API, and as JSON. Ends the program if what the node answers is not HTTP with
/// JSON in it, if it answers 500, or nothing in half a minute; and if JSON that was read is printed as other JSON.
namespace tenon {
namespace {

constexpr const char* kServices = R"(<service>
  <id>Desk</id>
  <message>
    <name>desk.Question</name>
    <field name="topic" min-length="2" pattern="[a-z]+"/>
    <field name="tags" max-length="2"/>
    <interceptor>Stamp</interceptor>
    <route method="POST" path="/v1/topics/{topic}/questions"/>
  </message>
  <message><name>desk.Read</name><route method="GET" path="/v1/topics/{topic}"/></message>
  <message><name>desk.Clear</name><route method="DELETE" path="/v1/topics/{topic}"/></message>
  <message>
    <name>desk.Copy</name><route method="POST" path="/v1/copies"/>
    <run chain="copy" reply="copy"><input key="text" field="text"/></run>
  </message>
</service>)";

[[noreturn]] void fail(std::string_view what, std::string_view text) {
  std::cerr << "fuzz_http: " << what << ":\n" << text << "\n";
  std::abort();
}

class Node {
 public:
  Node() {
    folder_.library(std::filesystem::path(TEST_PLUGINS) / "desk.so");
    folder_.beans("desk.xml",
                  R"(<tenon:library name="desk" version="1.0.0" file="desk.so"/><bean id="Desk" class="desk.Desk"/>)"
                  R"(<bean id="Stamp" class="desk.Stamp"/>)");
    folder_.descriptor(
        "chains/c.xml",
        R"(<chains><chain name="copy"><input key="text"/><flow class="desk.MakeCopy"/></chain></chains>)");
    folder_.descriptor("services/desk.xml", kServices);
    loaded_ = folder_.load();
    if (loaded_.wiring == nullptr) fail("the descriptors are wrong", folder_.messages(loaded_).front());
    messages_.open(loaded_.wiring->messages, [this](flow::RunRequest run) -> Result<std::uint64_t> {
      const auto record = runs_.start(engine_, std::move(run));
      return record ? Result<std::uint64_t>((*record)->id()) : record.error();
    });
    api_.emplace("1", loaded_.wiring, engine_, runs_, messages_);
    server_.emplace(api::UnixListener::open(socket_).value(),
                    [this](const api::HttpRequest& request) { return api_->handle(request); });
  }
  ~Node() {
    server_.reset();
    engine_.close();
    (void)engine_.wait_idle(std::chrono::minutes(1));
    messages_.close();
    api_.reset();
    loaded_.wiring->stop();
  }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// All that it answers to these bytes, of which no more follow.
  std::string answers(std::string_view bytes) {
    test::RawClient client(socket_);
    client.send(bytes);
    client.end_sending();
    return client.read_all();
  }

 private:
  test::LoadingFolder folder_;
  std::filesystem::path socket_ = folder_.folder.path() / "x.sock";
  message::Dispatcher messages_;
  flow::Engine engine_;
  api::RunLog runs_{10};
  wiring::LoadResult loaded_;
  std::optional<api::NodeApi> api_;
  std::optional<api::HttpServer> server_;
};

/// The value of a header, or nothing.
std::string_view field(std::string_view head, std::string_view name) {
  const std::size_t at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string_view::npos) return {};
  const std::string_view rest = head.substr(at + name.size() + 4);
  return rest.substr(0, rest.find("\r\n"));
}

/// Takes one answer from the beginning.
void take_answer(std::string_view& answers) {
  const std::size_t end = answers.find("\r\n\r\n");
  const std::string_view head = answers.substr(0, end);
  if (end == std::string_view::npos || !head.starts_with("HTTP/1.1 ")) fail("not an answer of HTTP/1.1", answers);
  if (head.starts_with("HTTP/1.1 500")) fail("the node failed", answers);
  answers.remove_prefix(end + 4);
  if (!field(head, "Transfer-Encoding").empty()) {  // a stream of events is the last
    answers = {};
    return;
  }
  const std::string_view length = field(head, "Content-Length");
  const std::size_t size = length.empty() ? 0 : std::stoul(std::string(length));
  if (size > answers.size()) fail("an answer is cut short", answers);
  if (size > 0 && !api::parse_json(answers.substr(0, size))) fail("an answer is no JSON", answers.substr(0, size));
  answers.remove_prefix(size);
}

void check_http(std::string_view bytes) {
  static Node node;
  const std::string text = node.answers(bytes);
  std::string_view rest = text;
  // Where a HEAD may be among them, it is not known which answer comes without its body.
  const bool countable = bytes.find("HEAD") == std::string_view::npos;
  while (!rest.empty() && countable) take_answer(rest);
}

void check_json(std::string_view text) {
  const Result<Json> read = api::parse_json(text);
  if (!read) return;
  for (const api::JsonStyle style : {api::JsonStyle::kCompact, api::JsonStyle::kIndented}) {
    const std::string printed = api::print_json(*read, style);
    const Result<Json> again = api::parse_json(printed);
    if (!again || *again != *read) fail("JSON is printed as other JSON", printed);
  }
}

}  // namespace
}  // namespace tenon

std::span<const std::string_view> tenon::test::fuzz_words() {
  static constexpr std::array<std::string_view, 28> kWords{"\r\n",
                                                           "\r\n\r\n",
                                                           "\n",
                                                           "Content-Length: ",
                                                           "Transfer-Encoding: chunked\r\n",
                                                           "Expect: 100-continue\r\n",
                                                           "Host: x\r\n",
                                                           "Connection: close\r\n",
                                                           "Accept: text/event-stream\r\n",
                                                           "Idempotency-Key: k\r\n",
                                                           "HTTP/1.1",
                                                           "GET ",
                                                           "POST ",
                                                           "DELETE ",
                                                           "/v1/",
                                                           "%00",
                                                           "%2e%2e",
                                                           "?a=b&",
                                                           "{\"",
                                                           "\":",
                                                           "[",
                                                           "]}",
                                                           "\\ud800",
                                                           "\\u0000",
                                                           "1e308",
                                                           "-9223372036854775809",
                                                           "18446744073709551615",
                                                           "\xf0\x9f\x98\x80"};
  return kWords;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  tenon::check_http(bytes);
  tenon::check_json(bytes);
  const std::size_t body = bytes.find("\r\n\r\n");
  if (body != std::string_view::npos) tenon::check_json(bytes.substr(body + 4));
  return 0;
}
