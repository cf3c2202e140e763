#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "api/node_api.h"
#include "support/loading.h"

namespace tenon::api {
namespace {

/// An API over a node with the sample plugin's inventory of tools.
class Resources : public ::testing::Test {
 protected:
  HttpResponse ask(const std::string& broken, const std::string& target) {
    folder_.library(std::filesystem::path(TEST_PLUGINS) / "sample.so");
    folder_.beans("a.xml",
                  "<tenon:library name=\"sample\" version=\"1.2.0\" file=\"sample.so\"/>"
                  "<bean id=\"tools\" class=\"sample.ToolInventory\"><property name=\"broken\" value=\"" +
                      broken +
                      "\"/><tenon:plugin><tenon:extension interface=\"tenon.Inventory\"/></tenon:plugin></bean>");
    const wiring::LoadResult loaded = folder_.load();
    EXPECT_THAT(folder_.messages(loaded), ::testing::IsEmpty());
    const NodeApi api("1", loaded.wiring, engine_, runs_, messages_);
    const HttpResponse response = api.handle({.method = "GET", .target = target, .content_type = {}, .body = {}});
    return response.work ? response.work() : response;
  }

  test::LoadingFolder folder_;
  flow::Engine engine_;
  RunLog runs_{1};
  message::Dispatcher messages_;
};

TEST_F(Resources, are_listed_by_kind) {
  EXPECT_EQ(ask("false", "/v1/resources/Tool").body,
            R"([{"name":"hammer","in_use":false,"owner":null},{"name":"saw","in_use":false,"owner":null}])");
}

TEST_F(Resources, have_kinds) { EXPECT_EQ(ask("false", "/v1/resources").body, R"(["Tool"])"); }

TEST_F(Resources, of_a_kind_that_there_is_not_are_404_with_the_nearest_kind) {
  const HttpResponse response = ask("false", "/v1/resources/Toool");
  EXPECT_EQ(response.status, 404U);
  EXPECT_THAT(response.body, ::testing::HasSubstr("there is no kind of resource 'Toool' (did you mean 'Tool'?)"));
}

TEST_F(Resources, that_can_not_be_listed_say_why) {
  const HttpResponse response = ask("true", "/v1/resources/Tool");
  EXPECT_EQ(response.status, 500U);
  EXPECT_THAT(response.body, ::testing::HasSubstr("SAMPLE.1002"));
}

}  // namespace
}  // namespace tenon::api
