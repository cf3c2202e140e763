#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "proved_chain.h"

namespace {

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
using testing::MatchesRegex;

TEST(ExtensionProof, lets_extensions_read_what_their_interface_promises_and_write_keys_of_their_own) {
  EXPECT_THAT(ProvedChain()
                  .input("host")
                  .point(contract().reads(kHost), {{"Tunnel", contract().writes(kPort)}, {"Vlan", contract()}})
                  .point(contract().reads(kHost).optional(kVolume),
                         {{"Tunnel", contract().reads(kPort).optional(kVolume)}}, "Finish")
                  .faults(),
              IsEmpty());
}

TEST(ExtensionProof, refuses_a_promise_that_is_not_kept_though_no_extension_is_there) {
  EXPECT_THAT(ProvedChain().point(contract().reads(kHost)).step("a", contract().writes(kHost)).faults(),
              ElementsAre("c.xml:2:5: error: chain 'c': the extension point 'Prepare/1' promises 'host', which nothing "
                          "before it produces: flow 'a' at c.xml:3:5 would, but comes later"));
  EXPECT_THAT(ProvedChain().step("a", contract().writes(kHost)).point(contract().reads(kHost)).faults(), IsEmpty());
}

TEST(ExtensionProof, says_once_for_all_extensions_that_a_promise_is_not_kept) {
  EXPECT_THAT(ProvedChain().point(contract().reads(kHost), {{"Tunnel", contract()}, {"Vlan", contract()}}).faults(),
              testing::SizeIs(1));
}

TEST(ExtensionProof, holds_a_promise_against_the_conditions_of_the_point) {
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .when("fast")
                  .step("a", contract().writes(kHost))
                  .point(contract().reads(kHost))
                  .faults(),
              ElementsAre("c.xml:4:5: error: chain 'c': the extension point 'Prepare/1' promises 'host', which may be "
                          "missing: flow 'a' at c.xml:3:5 writes it only when 'fast'; with when=\"host\" it would be "
                          "run only if there is one"));
  EXPECT_THAT(ProvedChain()
                  .input("fast")
                  .when("fast")
                  .step("a", contract().writes(kHost))
                  .when("fast")
                  .point(contract().reads(kHost))
                  .faults(),
              IsEmpty());
}

TEST(ExtensionProof, checks_a_step_whose_point_the_chain_does_not_tell) {
  tenon::flow::ChainAssembler chain("c", line(1));
  tenon::flow::ChainStep step;
  step.name = "Prepare[Tunnel]";
  step.interface = "Prepare/1";
  step.interface_contract = std::make_shared<tenon::FlowContract>(contract().reads(kHost));
  step.contract = step.interface_contract;
  step.place = line(2);
  chain.open_group().step(step).close();
  tenon::descriptor::Diagnostics diagnostics;
  tenon::flow::ChainProof({}, diagnostics).prove(*chain.make());
  ASSERT_EQ(diagnostics.errors(), 1U);
  EXPECT_EQ(diagnostics.sorted().front().message,
            "chain 'c': extension 'Prepare[Tunnel]' reads 'host', which nothing before it produces");
}

TEST(ExtensionProof, refuses_to_let_an_extension_read_what_is_not_promised) {
  EXPECT_THAT(ProvedChain()
                  .input("host")
                  .input("volume")
                  .step("a", contract().reads(kVolume))
                  .point(contract().reads(kHost), {{"Tunnel", contract().reads(kVolume)}})
                  .faults(),
              ElementsAre("c.xml:5:5: error: chain 'c': extension 'Prepare[Tunnel]' (Tunnel.xml:3:3) reads 'volume', "
                          "which Prepare/1 does not promise"));
  EXPECT_THAT(
      ProvedChain().input("host").point(contract().reads(kHost), {{"Tunnel", contract().optional(kVolume)}}).faults(),
      testing::SizeIs(1));
  EXPECT_THAT(ProvedChain().point(contract().optional(kHost), {{"Tunnel", contract().reads(kHost)}}).faults(),
              ElementsAre("c.xml:2:5: error: chain 'c': extension 'Prepare[Tunnel]' (Tunnel.xml:3:3) reads 'host', "
                          "which Prepare/1 promises as optional only"));
}

TEST(ExtensionProof, refuses_an_extension_that_writes_what_the_chain_touches) {
  const auto faults = [](ProvedChain& chain) {
    return chain.point(contract(), {{"Tunnel", contract().writes(kHost)}}).faults();
  };
  const std::string start = "error: chain 'c': extension 'Prepare[Tunnel]' (Tunnel.xml:3:3) writes 'host', which ";
  const std::string end = ": an extension writes keys of its own alone";
  EXPECT_THAT(faults(ProvedChain().input("host").lock("{host}")),
              ElementsAre("c.xml:4:5: " + start + "is an input of the chain (c.xml:2:5)" + end));
  EXPECT_THAT(faults(ProvedChain().step("a", contract().writes(kHost))),
              ElementsAre("c.xml:3:5: " + start + "flow 'a' at c.xml:2:5 writes" + end));
  EXPECT_THAT(faults(ProvedChain().step("a", contract().optional(kHost))),
              ElementsAre("c.xml:3:5: " + start + "flow 'a' at c.xml:2:5 reads" + end));
  EXPECT_THAT(faults(ProvedChain().point(contract().optional(kHost), {}, "Finish")),
              ElementsAre("c.xml:3:5: " + start + "the extension point 'Finish/1' at c.xml:2:5 promises" + end));
}

TEST(ExtensionProof, refuses_an_extension_that_writes_what_a_later_step_reads) {
  ProvedChain chain;
  chain.point(contract(), {{"Tunnel", contract().writes(kHost).writes(kFast).writes(kPort)}});
  chain.step("a", contract().reads(kHost));
  chain.when("fast").limit("{port}").step("b", contract());
  const std::string start = "c.xml:2:5: error: chain 'c': extension 'Prepare[Tunnel]' (Tunnel.xml:3:3) writes ";
  const std::string end = ": an extension writes keys of its own alone";
  EXPECT_THAT(chain.faults(),
              ElementsAre(start + "'host', which flow 'a' at c.xml:3:5 reads" + end,
                          start + "'fast', which the condition of flow 'b' at c.xml:4:5 is on" + end,
                          start + "'port', which the limit of flow 'b' at c.xml:4:5 is named by" + end));
}

TEST(ExtensionProof, refuses_two_extensions_that_write_one_key) {
  EXPECT_THAT(ProvedChain()
                  .point(contract(), {{"Tunnel", contract().writes(kPort)}, {"Vlan", contract().writes(kPort)}})
                  .faults(),
              ElementsAre("c.xml:2:5: error: chain 'c': extension 'Prepare[Vlan]' (Vlan.xml:3:3) writes 'port', which "
                          "extension 'Prepare[Tunnel]' (Tunnel.xml:3:3) at c.xml:2:5 writes: an extension writes keys "
                          "of its own alone"));
}

TEST(ExtensionProof, refuses_an_extension_that_reads_what_another_wrote) {
  EXPECT_THAT(ProvedChain()
                  .point(contract(), {{"Tunnel", contract().writes(kPort)}, {"Vlan", contract().reads(kPort)}})
                  .faults(),
              ElementsAre("c.xml:2:5: error: chain 'c': extension 'Prepare[Vlan]' (Vlan.xml:3:3) reads 'port', which "
                          "Prepare/1 does not promise"));
}

TEST(ExtensionProof, refuses_an_extension_that_reads_a_key_of_its_own_before_it_wrote_it) {
  EXPECT_THAT(ProvedChain()
                  .point(contract(), {{"Tunnel", contract().reads(kPort)}}, "Finish")
                  .point(contract(), {{"Tunnel", contract().writes(kPort)}})
                  .faults(),
              ElementsAre("c.xml:2:5: error: chain 'c': extension 'Finish[Tunnel]' (Tunnel.xml:3:3) reads 'port', "
                          "which nothing before it produces: extension 'Prepare[Tunnel]' (Tunnel.xml:3:3) at "
                          "c.xml:3:5 would, but comes later"));
}

TEST(ExtensionProof, lets_a_release_read_optionally_what_its_run_wrote_in_another_chain) {
  ProvedChain chain;
  chain.release().point(contract(), {{"Tunnel", contract().optional(kPort).writes(kPort)}});
  EXPECT_THAT(chain.faults(), IsEmpty());
}

TEST(ExtensionProof, refuses_an_extension_that_has_a_promised_key_as_another_type) {
  EXPECT_THAT(
      ProvedChain().input("host").point(contract().reads(kHost), {{"Tunnel", contract().reads(kHostNumber)}}).faults(),
      ElementsAre(MatchesRegex("c.xml:3:5: error: chain 'c': extension 'Prepare.Tunnel.' .Tunnel.xml:3:3. "
                               "reads 'host' as int; the extension point 'Prepare/1' at c.xml:3:5 promises it "
                               "as std::.*")));
}

TEST(ExtensionProof, knows_the_branch_of_a_point_without_extensions) {
  ProvedChain chain;
  chain.assembler().open_parallel(line(90), 0);
  chain.assembler().open_branch();
  chain.step("a", contract().writes(kHost)).point(contract().reads(kHost));
  chain.assembler().close();
  chain.assembler().open_branch();
  chain.point(contract().reads(kHost)).step("b", contract().writes(kVolume));
  chain.assembler().close().close();
  chain.point(contract().reads(kHost).reads(kVolume));
  EXPECT_THAT(chain.faults(),
              ElementsAre("c.xml:4:5: error: chain 'c': the extension point 'Prepare/1' promises 'host', which flow "
                          "'a' at c.xml:2:5 writes in another branch of the parallel: branches do not see each "
                          "other's keys before all have ended"));
}

}  // namespace
