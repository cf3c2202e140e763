#include "flow/chain_proof.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proved_chain.h"

namespace {

using tenon::flow::Condition;
using tenon::flow::FlowClass;
using tenon::test::condition;
using tenon::test::contract;
using tenon::test::kFast;
using tenon::test::kHost;
using tenon::test::kHostNumber;
using tenon::test::kPort;
using tenon::test::kVolume;
using tenon::test::line;
using tenon::test::ProvedChain;
using testing::ElementsAre;
using testing::IsEmpty;

// Keys that are missing

TEST(ChainProof, finds_what_inputs_and_earlier_steps_produce) {
  EXPECT_THAT(ProvedChain()
                  .input("host")
                  .step("a", contract().reads(kHost).writes(kVolume))
                  .step("b", contract().reads(kVolume).reads(kHost))
                  .faults(),
              IsEmpty());
}

TEST(ChainProof, refuses_a_key_that_nothing_produces) {
  EXPECT_THAT(ProvedChain().step("a", contract().reads(kHost)).faults(),
              ElementsAre("c.xml:2:5: error: chain 'c': flow 'a' reads 'host', which nothing before it produces"));
}

TEST(ChainProof, lets_an_optional_key_be_missing) {
  EXPECT_THAT(ProvedChain().step("a", contract().optional(kHost)).faults(), IsEmpty());
}

TEST(ChainProof, names_the_later_step_that_produces_a_missing_key) {
  EXPECT_THAT(ProvedChain().step("a", contract().reads(kHost)).step("b", contract().writes(kHost)).faults(),
              ElementsAre("c.xml:2:5: error: chain 'c': flow 'a' reads 'host', which nothing before it produces: flow "
                          "'b' at c.xml:3:5 would, but comes later"));
}

TEST(ChainProof, does_not_take_a_flow_for_the_producer_of_what_it_reads_itself) {
  EXPECT_THAT(ProvedChain().step("a", contract().reads(kHost).writes(kHost)).faults(),
              ElementsAre("c.xml:2:5: error: chain 'c': flow 'a' reads 'host', which nothing before it produces"));
  EXPECT_THAT(ProvedChain().input("host").step("a", contract().reads(kHost).writes(kHost)).faults(), IsEmpty());
}

TEST(ChainProof, names_the_flows_that_could_produce_a_missing_key) {
  const std::vector<FlowClass> flows{
      {"p.Allocate", "p", contract().writes(kHost), {"p.xml", 3, 3}},
      {"q.Other", "q", contract().writes(kVolume), {"q.xml", 3, 3}},
      {"q.OfAnotherType", "q", contract().writes(kHostNumber), {"q.xml", 3, 3}},
      {"q.Find", "q", contract().writes(kHost), {"q.xml", 3, 3}},
  };
  EXPECT_THAT(ProvedChain().step("a", contract().reads(kHost)).faults(flows),
              ElementsAre("c.xml:2:5: error: chain 'c': flow 'a' reads 'host', which nothing before it produces: flow "
                          "'p.Allocate' of plugin 'p' (p.xml:3:3) or flow 'q.Find' of plugin 'q' (q.xml:3:3) could "
                          "produce it"));
}

TEST(ChainProof, suggests_a_near_name_among_what_is_there) {
  EXPECT_THAT(ProvedChain().input("hosts").lock("{hosts}").step("a", contract().reads(kHost)).faults(),
              ElementsAre("c.xml:4:5: error: chain 'c': flow 'a' reads 'host', which nothing before it produces (did "
                          "you mean 'hosts'?)"));
}

TEST(ChainProof, does_not_count_what_the_release_side_would_write) {
  EXPECT_THAT(ProvedChain().release().step("a", contract().writes(kHost)).step("b", contract().reads(kHost)).faults(),
              ElementsAre("c.xml:3:5: error: chain 'c': flow 'b' reads 'host', which nothing before it produces"));
}

TEST(ChainProof, can_not_prove_what_follows_a_step_without_a_contract_to_be_missing) {
  EXPECT_THAT(ProvedChain().input("x").step("a").step("b", contract().reads(kHost)).faults(), IsEmpty());
  EXPECT_THAT(ProvedChain().step("b", contract().reads(kHost)).step("a").faults(), testing::SizeIs(1));
}

// Conditions

TEST(ChainProof, refuses_a_key_that_is_produced_under_a_condition_alone) {
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .when("fast")
                  .step("a", contract().writes(kHost))
                  .step("b", contract().reads(kHost))
                  .faults(),
              ElementsAre("c.xml:4:5: error: chain 'c': flow 'b' reads 'host', which may be missing: flow 'a' at "
                          "c.xml:3:5 writes it only when 'fast'; with when=\"host\" it would be run only if there is "
                          "one"));
}

TEST(ChainProof, lets_steps_of_the_same_condition_and_more_read_it) {
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .input("port")
                  .when("fast")
                  .step("a", contract().writes(kHost))
                  .when("fast")
                  .when("!port")
                  .step("b", contract().reads(kHost))
                  .faults(),
              IsEmpty());
}

TEST(ChainProof, refuses_a_reader_of_the_opposite_condition) {
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .when("fast")
                  .step("a", contract().writes(kHost))
                  .when("!fast")
                  .step("b", contract().reads(kHost))
                  .faults(),
              testing::SizeIs(1));
}

TEST(ChainProof, counts_a_condition_and_its_opposite_as_always) {
  ProvedChain chain;
  chain.input("fast").when("fast").step("a", contract().writes(kHost));
  chain.when("!fast").step("b", contract().writes(kHost)).step("c", contract().reads(kHost));
  EXPECT_THAT(chain.faults(), IsEmpty());
}

TEST(ChainProof, names_each_condition_of_each_producer) {
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .input("port")
                  .when("fast")
                  .when("port")
                  .step("a", contract().writes(kHost))
                  .when("!fast")
                  .step("b", contract().writes(kHost))
                  .step("c", contract().reads(kHost))
                  .faults(),
              ElementsAre("c.xml:6:5: error: chain 'c': flow 'c' reads 'host', which may be missing: flow 'b' at "
                          "c.xml:5:5 writes it only unless 'fast', flow 'a' at c.xml:4:5 writes it only when 'fast' "
                          "and when 'port'; with when=\"host\" it would be run only if there is one"));
}

TEST(ChainProof, takes_a_key_of_a_flow_that_may_skip_itself_as_one_that_may_be_missing) {
  EXPECT_THAT(
      ProvedChain().skips().step("a", contract().writes(kHost)).step("b", contract().reads(kHost)).faults(),
      ElementsAre("c.xml:3:5: error: chain 'c': flow 'b' reads 'host', which may be missing: flow 'a' at c.xml:2:5 "
                  "writes it only if it does not skip itself; with when=\"host\" it would be run only if there is "
                  "one"));
}

TEST(ChainProof, learns_from_a_condition_on_a_key_that_the_key_is_there_and_so_what_was_written_with_it) {
  EXPECT_THAT(ProvedChain()
                  .skips()
                  .step("a", contract().writes(kHost).writes(kPort))
                  .when("host")
                  .step("b", contract().reads(kHost).reads(kPort))
                  .faults(),
              IsEmpty());
  EXPECT_THAT(ProvedChain()
                  .skips()
                  .step("a", contract().writes(kHost))
                  .skips()
                  .step("b", contract().writes(kPort))
                  .when("host")
                  .step("c", contract().reads(kPort))
                  .faults(),
              testing::SizeIs(1))
      << "another flow wrote it";
}

TEST(ChainProof, lets_a_step_produce_what_is_not_there_yet) {
  ProvedChain chain;
  chain.skips().step("a", contract().writes(kHost));
  chain.when("!host").step("b", contract().writes(kHost)).step("c", contract().reads(kHost));
  EXPECT_THAT(chain.faults(), IsEmpty());
}

TEST(ChainProof, knows_that_a_condition_may_have_changed_since) {
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .when("fast")
                  .step("a", contract().writes(kHost))
                  .step("b", contract().writes(kFast))
                  .when("fast")
                  .step("c", contract().reads(kHost))
                  .faults(),
              ElementsAre("c.xml:5:5: error: chain 'c': flow 'c' reads 'host', which may be missing: flow 'a' at "
                          "c.xml:3:5 writes it only when 'fast', as it was before flow 'b' at c.xml:4:5 wrote it; "
                          "with when=\"host\" it would be run only if there is one"));
}

TEST(ChainProof, refuses_a_condition_on_a_key_that_nothing_can_have_produced) {
  const Condition shared = condition("fats", 2);
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .lock("{fast}")
                  .when(shared)
                  .step("a", contract())
                  .when(shared)
                  .step("b", contract())
                  .faults(),
              ElementsAre("c.xml:2:5: error: chain 'c': the condition of flow 'a' is on 'fats', which nothing before "
                          "it produces (did you mean 'fast'?)"))
      << "once for the two that share it";
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .when("fast")
                  .step("a", contract().writes(kHost))
                  .when("host")
                  .step("b", contract())
                  .faults(),
              IsEmpty())
      << "one that may be missing does not hold then";
}

TEST(ChainProof, refuses_a_step_that_may_leave_out_the_rest_of_its_own_condition) {
  const Condition shared = condition("!fast", 2);
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .when(shared)
                  .step("a", contract().writes(kFast))
                  .when(shared)
                  .step("b", contract())
                  .when(shared)
                  .step("c", contract())
                  .faults(),
              ElementsAre("c.xml:3:5: error: chain 'c': flow 'a' writes 'fast', on which its own condition is: flow "
                          "'b' at c.xml:4:5, under the same condition, could be left out by that"));
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .when(shared)
                  .step("a", contract())
                  .when(shared)
                  .step("b", contract().writes(kFast))
                  .step("c", contract())
                  .faults(),
              IsEmpty())
      << "the last one may";
}

TEST(ChainProof, does_not_take_a_sub_chain_that_comes_twice_for_one_condition) {
  const Condition inner = condition("!fast", 20);
  ProvedChain chain;
  chain.input("fast");
  for (int i = 0; i < 2; ++i) {
    chain.assembler().open_scope("sub", line(9), {});
    chain.when(inner).step("sub/a", contract().writes(kFast));
    chain.assembler().close();
  }
  EXPECT_THAT(chain.faults(), IsEmpty());
}

// Parallels

class ParallelProof : public testing::Test {
 protected:
  void open() { chain_.assembler().open_parallel(line(90), 0); }
  void branch() { chain_.assembler().open_branch(); }
  void close() { chain_.assembler().close(); }
  ProvedChain chain_;
};

TEST_F(ParallelProof, sees_what_was_before_and_afterwards_what_all_branches_wrote) {
  chain_.step("a", contract().writes(kHost));
  open();
  branch();
  chain_.step("b", contract().reads(kHost).writes(kVolume)).step("c", contract().reads(kVolume));
  close();
  branch();
  chain_.step("d", contract().reads(kHost).writes(kPort));
  close();
  close();
  chain_.step("e", contract().reads(kVolume).reads(kPort));
  EXPECT_THAT(chain_.faults(), IsEmpty());
}

TEST_F(ParallelProof, refuses_a_key_that_two_branches_write) {
  open();
  branch();
  chain_.step("a", contract().writes(kHost));
  close();
  branch();
  chain_.step("b", contract().writes(kHost));
  close();
  close();
  chain_.step("c", contract().reads(kHost));
  EXPECT_THAT(chain_.faults(),
              ElementsAre("c.xml:3:5: error: chain 'c': flow 'b' writes 'host', which flow 'a' at c.xml:2:5 writes in "
                          "another branch of the parallel"));
}

TEST_F(ParallelProof, lets_one_branch_write_what_a_step_before_it_wrote) {
  chain_.step("a", contract().writes(kHost));
  open();
  branch();
  chain_.step("b", contract().writes(kHost));
  close();
  branch();
  chain_.step("c", contract().reads(kHost));
  close();
  close();
  EXPECT_THAT(chain_.faults(), IsEmpty());
}

TEST_F(ParallelProof, refuses_a_key_that_only_another_branch_writes) {
  open();
  branch();
  chain_.step("a", contract().writes(kHost));
  close();
  branch();
  open();
  branch();
  chain_.step("b", contract().reads(kHost));
  close();
  close();
  close();
  close();
  EXPECT_THAT(chain_.faults(),
              ElementsAre("c.xml:3:5: error: chain 'c': flow 'b' reads 'host', which flow 'a' at c.xml:2:5 writes in "
                          "another branch of the parallel: branches do not see each other's keys before all have "
                          "ended"));
}

TEST_F(ParallelProof, keeps_a_condition_that_began_in_a_branch) {
  open();
  branch();
  chain_.skips().step("a", contract().writes(kFast));
  chain_.when("fast").step("b", contract().writes(kHost));
  close();
  branch();
  chain_.step("c", contract().writes(kPort));
  close();
  close();
  chain_.when("fast").step("d", contract().reads(kHost).reads(kPort));
  EXPECT_THAT(chain_.faults(), IsEmpty());
}

// Types

TEST(ChainProof, refuses_a_key_of_two_types) {
  EXPECT_THAT(ProvedChain().step("a", contract().writes(kHost)).step("b", contract().reads(kHostNumber)).faults(),
              ElementsAre(testing::MatchesRegex("c.xml:3:5: error: chain 'c': flow 'b' reads 'host' as int; flow 'a' "
                                                "at c.xml:2:5 writes it as std::.*basic_string.*")));
  EXPECT_THAT(ProvedChain().step("a", contract().writes(kHostNumber)).step("b", contract().writes(kHost)).faults(),
              ElementsAre(testing::MatchesRegex("c.xml:3:5: error: chain 'c': flow 'b' writes 'host' as std::.*; flow "
                                                "'a' at c.xml:2:5 writes it as int")));
  EXPECT_THAT(ProvedChain()
                  .input("host")
                  .step("a", contract().reads(kHost))
                  .step("b", contract().optional(kHostNumber))
                  .faults(),
              ElementsAre(testing::MatchesRegex("c.xml:4:5: error: chain 'c': flow 'b' reads 'host' as int; flow 'a' "
                                                "at c.xml:3:5 reads it as std::.*")));
  EXPECT_THAT(ProvedChain().step("a", contract().writes(kHost)).step("b", contract().reads(kHost)).faults(), IsEmpty());
}

TEST(ChainProof, says_that_members_differ_where_the_name_of_a_type_does_not) {
  tenon::FlowContract other;
  other.reads_list.push_back({"host", 1, "p.Host"});
  tenon::FlowContract one;
  one.writes_list.push_back({"host", 2, "p.Host"});
  EXPECT_THAT(ProvedChain().step("a", one).step("b", other).faults(),
              ElementsAre("c.xml:3:5: error: chain 'c': flow 'b' reads 'host' as p.Host; flow 'a' at c.xml:2:5 writes "
                          "it as another p.Host: its members differ"));
}

// Locks and limits

TEST(ChainProof, refuses_a_lock_that_is_named_by_no_input) {
  EXPECT_THAT(ProvedChain().input("host").lock("host:{hosts.id}").step("a", contract().reads(kHost)).faults(),
              ElementsAre("c.xml:3:5: error: chain 'c': the lock 'host:{hosts.id}' is named by 'hosts', which is no "
                          "input (did you mean 'host'?): locks are taken before the first flow"));
  EXPECT_THAT(ProvedChain().lock("{host}").step("a", contract().writes(kHost)).faults(),
              ElementsAre("c.xml:2:5: error: chain 'c': the lock '{host}' is named by 'host', which is no input: flow "
                          "'a' at c.xml:3:5 writes it, but locks are taken before the first flow"));
  EXPECT_THAT(ProvedChain().input("host").lock("{host}").step("a", contract()).faults(), IsEmpty());
}

TEST(ChainProof, refuses_a_limit_that_is_named_by_what_may_be_missing) {
  EXPECT_THAT(
      ProvedChain().limit("host:{host}").step("a", contract().writes(kHost)).faults(),
      ElementsAre("c.xml:2:5: error: chain 'c': the limit of flow 'a' is named by 'host', which nothing before it "
                  "produces"));
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .when("fast")
                  .step("a", contract().writes(kHost))
                  .limit("{host}")
                  .step("b", contract())
                  .faults(),
              ElementsAre("c.xml:4:5: error: chain 'c': the limit of flow 'b' is named by 'host', which may be "
                          "missing: flow 'a' at c.xml:3:5 writes it only when 'fast'"));
  EXPECT_THAT(ProvedChain().step("a", contract().writes(kHost)).limit("{host}").step("b", contract()).faults(),
              IsEmpty());
}

// Warnings

TEST(ChainProof, warns_of_an_input_that_nothing_uses) {
  EXPECT_THAT(ProvedChain().input("host").step("a", contract().writes(kHost)).faults(),
              ElementsAre("c.xml:2:5: warning: chain 'c': nothing uses the input 'host'"));
  EXPECT_THAT(ProvedChain().input("host").step("a", contract().optional(kHost)).faults(), IsEmpty());
  EXPECT_THAT(ProvedChain().input("host").when("host").step("a", contract()).faults(), IsEmpty());
  EXPECT_THAT(ProvedChain().input("host").limit("{host}").step("a", contract()).faults(), IsEmpty());
  EXPECT_THAT(ProvedChain().input("host").point(contract().optional(kHost)).faults(), IsEmpty());
}

TEST(ChainProof, warns_of_a_flow_without_an_undo_once_for_all_chains) {
  tenon::descriptor::Diagnostics diagnostics;
  tenon::flow::ChainProof proof({}, diagnostics);
  proof.prove(*ProvedChain("c").no_undo().step("p.A", contract()).release().no_undo().step("p.C", contract()).make());
  proof.prove(*ProvedChain("d").no_undo().step("sub/p.A", contract()).no_undo().step("p.B", contract()).make());
  std::vector<std::string> faults;
  for (const auto& fault : diagnostics.sorted()) faults.push_back(fault.to_string());
  EXPECT_THAT(faults, ElementsAre("c.xml:2:5: warning: flow 'p.A' has no undo: derive it from NoRollbackFlow if it "
                                  "makes nothing outside",
                                  "c.xml:3:5: warning: flow 'p.B' has no undo: derive it from NoRollbackFlow if it "
                                  "makes nothing outside"));
}

}  // namespace
