#include "api/router.h"

#include <gmock/gmock.h>

#include "api/json_text.h"

namespace tenon::api {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    const auto answer = [](const char* name) {
      return [name](const HttpRequest&, const std::vector<std::string>& parameters) {
        HttpResponse response;
        response.body = name;
        for (const std::string& parameter : parameters) response.body += " " + parameter;
        return response;
      };
    };
    router_.add("GET", "/v1/things", "what", answer("list"));
    router_.add("POST", "/v1/things", "what", answer("make"));
    router_.add("GET", "/v1/things/{name}", "what", answer("show"));
    router_.add("GET", "/v1/things/{name}/parts/{part}", "what", answer("part"));
  }
  HttpResponse ask(const std::string& method, const std::string& target) {
    return router_.route({.method = method, .target = target, .content_type = {}, .body = {}});
  }
  Router router_;
};

TEST_F(RouterTest, finds_a_handler_by_method_and_path) {
  EXPECT_EQ(ask("GET", "/v1/things").body, "list");
  EXPECT_EQ(ask("POST", "/v1/things").body, "make");
}

TEST_F(RouterTest, hands_over_decoded_segments) {
  EXPECT_EQ(ask("GET", "/v1/things/vm.create").body, "show vm.create");
  EXPECT_EQ(ask("GET", "/v1/things/a%2Fb%20c/parts/%C3%A9").body, "part a/b c é");
}

TEST_F(RouterTest, does_not_look_at_the_query) { EXPECT_EQ(ask("GET", "/v1/things?x=/y").body, "list"); }

TEST_F(RouterTest, answers_404_to_unknown_paths) {
  for (const char* target : {"/", "/v1", "/v1/things/", "/v1/things/a/b", "/v1/thing"}) {
    EXPECT_EQ(ask("GET", target).status, 404U) << target;
  }
}

TEST_F(RouterTest, answers_405_with_the_methods_that_there_are) {
  const HttpResponse response = ask("DELETE", "/v1/things");
  EXPECT_EQ(response.status, 405U);
  EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "GET, POST")));
  EXPECT_EQ(response.content_type, "application/problem+json");
}

TEST_F(RouterTest, answers_400_to_paths_that_cannot_be_decoded) {
  for (const char* target : {"/v1/things/%", "/v1/things/%4", "/v1/things/%zz", "/v1/things/%00", "/v1/things/%c0%ae",
                             "/v1/things/%ff", "http://x/", "*"}) {
    EXPECT_EQ(ask("GET", target).status, 400U) << target;
  }
}

}  // namespace
}  // namespace tenon::api
