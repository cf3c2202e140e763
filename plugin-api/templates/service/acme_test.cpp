#include <gtest/gtest.h>
#include <tenon/testing/node.h>

#include <string>

#include "service.h"

namespace {

using tenon::Json;

TEST(AcmeService, greets_by_name) {
  acme::Service service;
  service.greeting = "hello";
  const auto answer = service.greet({"world"});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->text, "hello world");
}

TEST(AcmeService, refuses_who_is_nobody) {
  acme::Service service;
  const auto answer = service.greet({"nobody"});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, "ACME.1001");
}

/// The plugin as it was built, in a node of the test's own.
TEST(AcmeNode, answers_messages) {
  tenon::testing::Node node;
  node.folder(ACME_DESCRIPTORS).folder(ACME_LIBRARIES).property("acme.greeting", "good morning");
  const auto started = node.start();
  ASSERT_TRUE(started.ok()) << started.error().to_string();
  const auto answer = node.call("acme.Greet", Json::object().add("name", "world"));
  ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  EXPECT_EQ(*answer->find("text")->as_string(), "good morning world");
  EXPECT_FALSE(node.call("acme.Greet", Json::object().add("name", "")).ok()) << "as services/acme.xml says";
  const auto stopped = node.stop();
  EXPECT_TRUE(stopped.ok()) << stopped.error().to_string();
}

}  // namespace
