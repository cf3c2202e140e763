#include <gtest/gtest.h>

#include "service.h"

namespace {

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

}  // namespace
