#include "api/openapi.h"

#include <gmock/gmock.h>

#include <string>

#include "api/json_text.h"
#include "api/node_api.h"
#include "desk_service.h"
#include "support/loading.h"

namespace tenon::api {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string services() {
  return test::desk_service(
      R"(<field name="loud" required="yes"/>)",
      R"(<message><name>desk.SignedQuestion</name><route method="GET" path="/v1/topics/{name}/{topic}"/></message>)");
}

class OpenApiTest : public ::testing::Test {
 protected:
  OpenApiTest() { test::write_desk(folder_); }
  ~OpenApiTest() override {
    if (loaded_.wiring) loaded_.wiring->stop();
  }
  Json document(const std::string& service = services()) {
    folder_.descriptor("services/desk.xml", service);
    loaded_ = folder_.load();
    EXPECT_THAT(folder_.messages(loaded_), ::testing::IsEmpty());
    text_ = NodeApi("1.2.3", loaded_.wiring, engine_, runs_, messages_)
                .handle({.method = "GET", .target = "/openapi.json", .content_type = {}, .body = {}})
                .body;
    return parse_json(text_).value();
  }
  /// What is at a path of members, as text.
  static std::string at(const Json& json, std::initializer_list<const char*> members) {
    const Json* found = &json;
    for (const char* member : members) {
      found = found->find(member);
      if (found == nullptr) return std::string("no ") + member;
    }
    return print_json(*found);
  }
  static std::string names(const Json& object) {
    std::string text;
    for (const auto& [name, value] : *object.as_object()) text += name + " ";
    return text;
  }

  test::LoadingFolder folder_;
  message::Dispatcher messages_;
  flow::Engine engine_;
  RunLog runs_{10};
  wiring::LoadResult loaded_;
  std::string text_;
};

TEST_F(OpenApiTest, has_the_version_of_the_node) {
  const Json document = OpenApiTest::document();
  EXPECT_EQ(at(document, {"openapi"}), R"("3.1.0")");
  EXPECT_EQ(at(document, {"info", "version"}), R"("1.2.3")");
}

TEST_F(OpenApiTest, is_the_same_text_for_the_same_wiring) {
  const Json first = document();
  const std::string text = text_;
  EXPECT_EQ(NodeApi("1.2.3", loaded_.wiring, engine_, runs_, messages_)
                .handle({.method = "GET", .target = "/openapi.json", .content_type = {}, .body = {}})
                .body,
            text);
}

TEST_F(OpenApiTest, says_of_each_own_route_what_it_does_and_what_stands_in_its_path) {
  const Json document = OpenApiTest::document("<service><id>Desk</id></service>");
  const Json& paths = *document.find("paths");
  EXPECT_EQ(at(paths, {"/v1/status", "get", "summary"}), R"("Tell how the node is")");
  EXPECT_EQ(at(paths, {"/v1/chains/{name}/drills/latest", "get", "operationId"}), R"("getChainsNameDrillsLatest")");
  for (const auto& [path, item] : *paths.as_object()) {
    for (const auto& [method, operation] : *item.as_object()) {
      EXPECT_THAT(at(operation, {"summary"}), Not(::testing::AnyOf("\"\"", "no summary"))) << method << " " << path;
      const Json* parameters = operation.find("parameters");
      if (parameters == nullptr) continue;
      for (const Json& parameter : *parameters->as_array()) {
        EXPECT_NE(at(parameter, {"description"}), "\"\"") << method << " " << path;
      }
    }
  }
}

TEST_F(OpenApiTest, says_what_the_query_of_an_own_route_may_hold) {
  const Json all = document();
  const NodeApi api("1", loaded_.wiring, engine_, runs_, messages_);
  std::size_t compared = 0;
  for (const char* path : {"/v1/runs", "/v1/config", "/v1/tags"}) {
    const Json* route = all.find("paths")->find(path);
    if (route == nullptr) continue;
    std::string names;
    for (const Json& parameter : *route->find("get")->find("parameters")->as_array()) {
      EXPECT_EQ(*parameter.find("in"), Json("query"));
      names.append(names.empty() ? "" : ", ").append(*parameter.find("name")->as_string());
    }
    const HttpResponse refusal =
        api.handle({.method = "GET", .target = std::string(path) + "?nonsense=1", .content_type = {}, .body = {}});
    EXPECT_THAT(refusal.body, HasSubstr("there are: " + names)) << path;
    ++compared;
  }
  EXPECT_GE(compared, 2U);
}

TEST_F(OpenApiTest, describes_a_message_by_its_path_and_its_body) {
  const Json document = OpenApiTest::document();
  const Json& question = *document.find("paths")->find("/v1/topics/{topic}/questions")->find("post");
  EXPECT_EQ(at(question, {"operationId"}), R"("desk.Question")");
  EXPECT_EQ(at(question, {"summary"}), R"("Ask")");
  EXPECT_EQ(
      at(question, {"parameters"}),
      R"([{"name":"topic","in":"path","required":true,"description":"About what","schema":{"type":"string","minLength":2}}])");
  EXPECT_EQ(at(question, {"requestBody", "required"}), "true");
  const Json& body = *question.find("requestBody")->find("content")->find("application/json")->find("schema");
  EXPECT_EQ(names(*body.find("properties")), "text pages loud mood tags nested ");
  EXPECT_EQ(at(body, {"required"}), R"(["text","loud"])");
  EXPECT_EQ(at(body, {"properties", "pages"}),
            R"({"type":"integer","minimum":0,"maximum":9,"default":1,"description":"How many"})");
  EXPECT_EQ(names(*question.find("responses")), "201 202 default ");
  EXPECT_EQ(at(question, {"responses", "201", "content", "application/json", "schema", "properties"}),
            R"({"text":{"type":"string"}})");
  EXPECT_EQ(at(question, {"responses", "default", "$ref"}), R"("#/components/responses/Problem")");
}

TEST_F(OpenApiTest, describes_a_message_by_its_path_and_its_query) {
  const Json document = OpenApiTest::document();
  const Json& read = *document.find("paths")->find("/v1/topics/{topic}")->find("get");
  EXPECT_EQ(read.find("requestBody"), nullptr);
  EXPECT_EQ(at(read, {"x-tenon-command"}), R"("topic read")");
  EXPECT_EQ(at(read.find("parameters")->as_array()->at(2), {"schema"}),
            R"({"type":"array","items":{"type":"string"}})");
  EXPECT_EQ(names(*read.find("responses")), "200 default ");
  const Json& signed_question = *document.find("paths")->find("/v1/topics/{name}/{topic}")->find("get");
  EXPECT_THAT(at(signed_question, {"parameters"}), Not(HasSubstr("nested"))) << "a query can't hold an object";
}

TEST_F(OpenApiTest, says_by_which_run_a_message_is_answered) {
  const Json document = OpenApiTest::document();
  const Json& copy = *document.find("paths")->find("/v1/copies")->find("post");
  EXPECT_EQ(at(copy, {"x-tenon-run"}), R"("copy")");
  EXPECT_EQ(names(*copy.find("responses")), "202 default ");
  EXPECT_THAT(at(copy, {"responses", "202", "headers"}), HasSubstr("Location"));
  const Json& run = *copy.find("responses")->find("202")->find("content")->find("application/json")->find("schema");
  EXPECT_EQ(at(run, {"properties", "data", "properties", "copy", "properties"}), R"({"text":{"type":"string"}})");
}

TEST_F(OpenApiTest, has_no_body_where_nothing_can_be_said) {
  const Json document = OpenApiTest::document();
  const Json& ignore = *document.find("paths")->find("/v1/ignored")->find("post");
  EXPECT_EQ(ignore.find("requestBody"), nullptr);
  EXPECT_EQ(at(ignore, {"x-tenon-timeout-ms"}), "20");
  EXPECT_EQ(at(ignore, {"responses", "204"}), R"({"description":"It is done"})");
}

TEST_F(OpenApiTest, names_a_parameter_of_a_path_that_two_messages_share_as_the_first_one_does) {
  const Json document = OpenApiTest::document(R"(<service><id>Desk</id>
    <message><name>desk.Read</name><route method="GET" path="/v1/topics/{topic}"/></message>
    <message><name>desk.SignedQuestion</name><route method="POST" path="/v1/topics/{name}"/></message></service>)");
  const Json& item = *document.find("paths")->find("/v1/topics/{topic}");
  const Json& parameter = item.find("post")->find("parameters")->as_array()->front();
  EXPECT_EQ(at(parameter, {"name"}), R"("topic")");
  EXPECT_EQ(at(parameter, {"x-tenon-field"}), R"("name")");
}

TEST_F(OpenApiTest, leaves_out_a_message_at_the_address_of_a_route_of_the_node) {
  const Json document = OpenApiTest::document(R"(<service><id>Desk</id>
    <message><name>desk.Read</name><route method="GET" path="/v1/chains/{topic}"/></message></service>)");
  EXPECT_EQ(at(document, {"paths", "/v1/chains/{name}", "get", "operationId"}), R"("getChainsName")");
  EXPECT_EQ(at(document, {"paths", "/v1/chains/{topic}"}), "no /v1/chains/{topic}");
}

}  // namespace
}  // namespace tenon::api
