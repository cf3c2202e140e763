#include <gtest/gtest.h>

#include "hypervisor.h"

namespace {

TEST(AcmeHypervisor, says_what_it_can_not_do_yet) {
  acme::Hypervisor hypervisor("acme://h1");
  const auto answer = hypervisor.ping();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().to_string(), "ACME.1001: the driver can't do this yet: ping on acme://h1");
}

}  // namespace
