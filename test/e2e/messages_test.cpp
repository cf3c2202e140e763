#include <gmock/gmock.h>
#include <signal.h>

#include <string>

#include "api/json_text.h"
#include "node_fixture.h"
#include "unit/api/raw_client.h"

/// Messages of a plugin that was dropped in, at the API of a real node.
namespace tenon::test {
namespace {

using ::testing::HasSubstr;

class NodeWithMessages : public NodeTest {
 protected:
  NodeWithMessages() {
    std::filesystem::create_symlink(TENON_DESK_PLUGIN, folder_.path() / "plugins" / "desk.so");
    folder_.write("plugins/desk.xml", R"(<beans xmlns="urn:tenon:beans" xmlns:tenon="urn:tenon:plugin">
  <tenon:library name="desk" version="1.0.0" file="desk.so"/>
  <bean id="Desk" class="desk.Desk"/>
</beans>
)");
    folder_.write("plugins/chains/desk.xml",
                  R"(<chains><chain name="copy"><input key="text"/><flow class="desk.MakeCopy"/></chain></chains>)");
    folder_.write("plugins/services/desk.xml", R"(<service>
  <id>Desk</id>
  <message><name>desk.Question</name><route method="POST" path="/v1/topics/{topic}/questions"/></message>
  <message>
    <name>desk.Copy</name><route method="POST" path="/v1/copies"/>
    <run chain="copy" reply="copy"><input key="text" field="text"/></run>
  </message>
</service>)");
  }
  /// The head and the body of the answer.
  std::string post(const std::string& target, const std::string& body, const std::string& headers = {}) {
    RawClient client(socket_);
    client.send("POST " + target + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body);
    return client.read_all();
  }
  static std::string header(const std::string& answer, const std::string& name) {
    const std::size_t at = answer.find("\r\n" + name + ": ");
    if (at == std::string::npos) return "(none)";
    const std::size_t begin = at + name.size() + 4;
    return answer.substr(begin, answer.find("\r\n", begin) - begin);
  }
};

TEST_F(NodeWithMessages, answers_them) {
  start();
  const std::string answer = post("/v1/topics/sea/questions", R"({"text":"why"})");
  EXPECT_THAT(answer, HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr(R"({"text":"why on sea"})"));
  EXPECT_NE(header(answer, "X-Request-Id"), "(none)");
  EXPECT_EQ(header(post("/v1/topics/sea/questions", "{", "X-Request-Id: r-7\r\n"), "X-Request-Id"), "r-7");
  EXPECT_EQ(stop(), 0);
}

TEST_F(NodeWithMessages, starts_one_run_for_a_key_however_often_it_is_asked_and_after_a_crash) {
  start();
  const std::string key = "Idempotency-Key: k-1\r\n";
  const std::string first = post("/v1/copies", R"({"text":"map"})", key);
  EXPECT_THAT(first, HasSubstr("HTTP/1.1 202"));
  const std::string run = header(first, "Location");
  EXPECT_THAT(run, HasSubstr("/v1/runs/"));
  EXPECT_EQ(header(post("/v1/copies", R"({"text":"map"})", key), "Location"), run);
  EXPECT_THAT(post("/v1/copies", R"({"text":"book"})", key), HasSubstr("API.1013"));
  EXPECT_NE(header(post("/v1/copies", R"({"text":"map"})", "Idempotency-Key: k-2\r\n"), "Location"), run);
  node_->signal(SIGKILL);
  node_->wait();
  start();
  const std::string again = post("/v1/copies", R"({"text":"map"})", key);
  EXPECT_EQ(header(again, "Location"), run);
  EXPECT_EQ(header(again, "Idempotent-Replayed"), "true");
  EXPECT_EQ(json({"run", "list", "--chain", "copy"}).as_array()->size(), 2U);
  EXPECT_EQ(stop(), 0);
}

TEST_F(NodeWithMessages, refuses_what_is_no_key) {
  start();
  EXPECT_THAT(post("/v1/copies", R"({"text":"map"})", "Idempotency-Key: a b\r\n"), HasSubstr("API.1015"));
  EXPECT_EQ(stop(), 0);
}

}  // namespace
}  // namespace tenon::test
