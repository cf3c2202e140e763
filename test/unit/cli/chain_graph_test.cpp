#include "chain_graph.h"

#include <gmock/gmock.h>

#include <chrono>
#include <string>

#include "api/json_text.h"
#include "failure.h"
#include "program.h"

namespace tenon::cli {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

Json parsed(std::string_view text) { return api::parse_json(text).value(); }

/// Steps 0 to 5 of plugins `a` and `b`; step 1 has no undo.
Json chain(const std::string& tree) {
  std::string steps;
  for (int i = 0; i < 6; ++i) {
    steps += std::string(i > 0 ? "," : "") + R"({"index":)" + std::to_string(i) + R"(,"name":"f)" + std::to_string(i) +
             R"(","plugin":")" + (i % 2 == 0 ? "a" : "b") + R"(","has_undo":)" + (i == 1 ? "false" : "true") +
             R"(,"place":"c.xml:)" + std::to_string(i) + R"(:5"})";
  }
  return parsed(R"({"name":"demo","policy":{"timeout_ms":5000},"steps":[)" + steps + R"(],"tree":)" + tree + "}");
}

/// A chain with everything in it that a chain may have.
Json whole_chain() {
  return chain(R"([{"step":0},{"scope":"net","policy":{"timeout_ms":1000},"steps":[{"step":1},
    {"parallel":{"limit":2,"branches":[[{"step":2}],[{"step":3}],[]]}}]},
    {"extensions":"x.Extra/1","side":"release","steps":[{"step":4}]},{"step":5}])");
}

TEST(ChainDot, goes_forward_through_the_steps_and_back_by_dashed_edges) {
  const std::string dot = chain_dot(chain(R"([{"step":0},{"step":1},{"step":2}])"));
  for (const char* edge : {"  begin -> s0\n", "  s0 -> s1\n", "  s1 -> s2\n", "  s2 -> end\n"}) {
    EXPECT_THAT(dot, HasSubstr(edge));
  }
  EXPECT_THAT(dot, HasSubstr("  s0 -> begin [style=dashed"));
  EXPECT_THAT(dot, HasSubstr("  s2 -> s0 [style=dashed"));  // the second one has no undo
  EXPECT_THAT(dot, Not(HasSubstr("s1 -> s0")));
}

TEST(ChainDot, runs_branches_between_a_fork_and_their_meeting) {
  const std::string dot =
      chain_dot(chain(R"([{"step":0},{"parallel":{"branches":[[{"step":2},{"step":3}],[{"step":1}]]}},{"step":4}])"));
  for (const char* edge : {"s0 -> fork1\n", "fork1 -> s2\n", "s2 -> s3\n", "s3 -> meet1\n", "fork1 -> s1\n",
                           "s1 -> meet1\n", "meet1 -> s4\n"}) {
    EXPECT_THAT(dot, HasSubstr(edge));
  }
  EXPECT_THAT(dot, HasSubstr("s4 -> s3 [style=dashed"));
  EXPECT_THAT(dot, HasSubstr("s2 -> s0 [style=dashed"));
  EXPECT_THAT(dot, Not(HasSubstr("s4 -> s0 [style=dashed")));
}

TEST(ChainDot, puts_frames_around_what_belongs_together) {
  const std::string dot = chain_dot(whole_chain());
  EXPECT_THAT(dot, HasSubstr("subgraph cluster1 {\n    label=\"net\\ntimeout 1 s\""));
  EXPECT_THAT(dot, HasSubstr("    subgraph cluster2 {\n      label=\"parallel, 2 at once\""));
  EXPECT_THAT(dot, HasSubstr("label=\"release by extensions of\\nx.Extra/1\""));
  EXPECT_THAT(dot, HasSubstr("graph [label=\"demo\\ntimeout 5 s\""));
}

TEST(ChainDot, colours_steps_by_their_plugins) {
  const std::string dot = chain_dot(chain(R"([{"step":0},{"step":1},{"step":2}])"));
  const auto fill = [&](const std::string& step) {
    const std::size_t at = dot.find("fillcolor=\"#", dot.find("  " + step + " [label"));
    return dot.substr(at + 11, 7);
  };
  EXPECT_EQ(fill("s0"), fill("s2"));
  EXPECT_NE(fill("s0"), fill("s1"));
}

TEST(ChainDot, lets_no_text_out_of_its_quotes) {
  const std::string dot = chain_dot(parsed(
      R"({"name":"a\"b","steps":[{"name":"q\"] -> x; \\","plugin":"new\nline","place":""}],"tree":[{"step":0}]})"));
  EXPECT_THAT(dot, HasSubstr(R"(digraph "a\"b" {)"));
  EXPECT_THAT(dot, HasSubstr(R"(label="1  q\"] -> x; \\\nnew line")"));
}

TEST(ChainDot, passes_over_steps_that_there_are_not) {
  EXPECT_THAT(chain_dot(chain(R"([{"step":0},{"step":99}])")), HasSubstr("s0 -> end\n"));
}

TEST(ChainDot, is_taken_by_graphviz) {
  const auto svg = run_program({"dot", "-Tsvg"}, chain_dot(whole_chain()), 60s);
  if (!svg) GTEST_SKIP() << "Graphviz is not installed";
  EXPECT_THAT(*svg, HasSubstr("<svg"));
  EXPECT_THAT(*svg, HasSubstr(">demo</text>"));
}

TEST(Program, takes_in_and_gives_out_more_than_a_pipe_holds) {
  const std::string much(1'000'000, 'x');
  EXPECT_EQ(run_program({"cat"}, much, 60s), much);
}

TEST(Program, that_does_not_read_its_input_is_not_waited_for) {
  EXPECT_EQ(run_program({"true"}, std::string(1'000'000, 'x'), 60s), "");
}

TEST(Program, that_there_is_not_gives_nothing) { EXPECT_EQ(run_program({"tenon-no-such"}, "", 60s), std::nullopt); }

TEST(Program, that_fails_says_so) { EXPECT_THROW((void)run_program({"false"}, "", 60s), Failure); }

TEST(Program, that_takes_too_long_is_killed) {
  try {
    (void)run_program({"sleep", "100"}, "", 50ms);
    FAIL() << "it ended";
  } catch (const Failure& e) {
    EXPECT_STREQ(e.what(), "cannot run sleep: it has not ended after 50 ms");
  }
}

}  // namespace
}  // namespace tenon::cli
