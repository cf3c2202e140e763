#include "flow/chain_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proved_chain.h"

namespace {

using tenon::flow::keys_of;
using tenon::flow::KeyUse;
using tenon::test::contract;
using tenon::test::kFast;
using tenon::test::kHost;
using tenon::test::kVolume;
using tenon::test::ProvedChain;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ChainKeys, tell_what_each_step_does_with_its_keys_and_their_types) {
  const auto keys = keys_of(
      *ProvedChain().input("fast").step("a", contract().reads(kFast).optional(kVolume).writes(kHost)).step("b").make());
  ASSERT_EQ(keys.size(), 2U);
  ASSERT_EQ(keys[0].size(), 3U);
  EXPECT_EQ(keys[0][0].name, "fast");
  EXPECT_EQ(keys[0][0].type_name, "bool");
  EXPECT_EQ(keys[0][0].use, KeyUse::kReads);
  EXPECT_EQ(keys[0][1].use, KeyUse::kOptional);
  EXPECT_EQ(keys[0][2].use, KeyUse::kWrites);
  EXPECT_THAT(keys[1], IsEmpty());
}

TEST(ChainKeys, tell_where_the_value_of_a_key_comes_from) {
  ProvedChain chain;
  chain.input("host").input("fast").step("a", contract().reads(kHost).writes(kVolume));
  chain.step("b", contract().writes(kHost));
  chain.when("fast").step("c", contract().writes(kHost));
  chain.skips().step("d", contract().reads(kHost).writes(kFast)).step("e", contract().reads(kFast).optional(kVolume));
  const auto keys = keys_of(*chain.make());
  EXPECT_TRUE(keys[0][0].from_input);
  EXPECT_THAT(keys[0][0].from_steps, IsEmpty());
  EXPECT_THAT(keys[3][0].from_steps, ElementsAre(2, 1)) << "what stands before one that always writes is gone";
  EXPECT_FALSE(keys[3][0].from_input);
  EXPECT_THAT(keys[4][0].from_steps, ElementsAre(3));
  EXPECT_TRUE(keys[4][0].from_input);
  EXPECT_THAT(keys[4][1].from_steps, ElementsAre(0));
}

}  // namespace
