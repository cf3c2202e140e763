#include "wiring/resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace {

using tenon::wiring::dependency_order;
using testing::ElementsAre;
using testing::IsEmpty;

using Edges = std::vector<std::vector<std::size_t>>;

TEST(DependencyOrder, keeps_the_given_order_where_nothing_asks_for_another) {
  Edges cycles;
  EXPECT_THAT(dependency_order(3, {{}, {}, {}}, cycles), ElementsAre(0, 1, 2));
  EXPECT_THAT(dependency_order(4, {{3}, {}, {1}, {2}}, cycles), ElementsAre(1, 2, 3, 0));
  EXPECT_THAT(cycles, IsEmpty());
}

TEST(DependencyOrder, finds_each_cycle_as_a_path) {
  Edges cycles;
  (void)dependency_order(5, {{1}, {0}, {2}, {4}, {}}, cycles);
  EXPECT_THAT(cycles, ElementsAre(ElementsAre(0, 1, 0), ElementsAre(2, 2)));
}

TEST(DependencyOrder, walks_a_long_chain_without_recursion) {
  constexpr std::size_t kNodes = 200'000;
  Edges edges(kNodes);
  for (std::size_t i = 0; i + 1 < kNodes; ++i) edges[i] = {i + 1};
  Edges cycles;
  EXPECT_EQ(dependency_order(kNodes, edges, cycles).front(), kNodes - 1);
}

}  // namespace
