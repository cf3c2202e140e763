#include <gtest/gtest.h>

#include "interceptor.h"

namespace {

TEST(AcmeInterceptor, refuses_what_it_is_told_to) {
  acme::Interceptor interceptor;
  interceptor.refused = {"desk.Question"};
  EXPECT_FALSE(interceptor.judge("desk.Read").has_value());
  const tenon::Verdict verdict = interceptor.judge("desk.Question");
  ASSERT_TRUE(verdict.has_value());
  EXPECT_EQ(verdict->error().code, "ACME.1001");
}

}  // namespace
