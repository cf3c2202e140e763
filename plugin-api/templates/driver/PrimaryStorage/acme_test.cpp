#include <gtest/gtest.h>

#include "primary_storage.h"

namespace {

TEST(AcmePrimaryStorage, says_what_it_can_not_do_yet) {
  acme::PrimaryStorage storage("acme://s1");
  const auto answer = storage.ping();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().to_string(), "ACME.1001: the driver can't do this yet: ping in acme://s1");
}

}  // namespace
