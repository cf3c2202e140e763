#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "descriptor/reader.h"
#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Kind = StepDefinition::Kind;

ChainDefinition only_chain(const std::string& xml) {
  Reading reading = read("<chains>\n" + xml + "</chains>");
  EXPECT_THAT(reading.messages, IsEmpty());
  EXPECT_THAT(reading.descriptor.chains, SizeIs(1));
  return reading.descriptor.chains.empty() ? ChainDefinition() : std::move(reading.descriptor.chains.front());
}

StepDefinition only_step(const std::string& xml) {
  ChainDefinition chain = only_chain("<chain name='c'>\n" + xml + "</chain>");
  EXPECT_THAT(chain.steps, SizeIs(1));
  return chain.steps.empty() ? StepDefinition() : std::move(chain.steps.front());
}

TEST(ChainLanguage, gives_a_chain_locks_a_recovery_and_policies) {
  const ChainDefinition chain = only_chain(
      "<chain name='c' lock='vm:{vm.uuid}  host:{host}' recovery='resume' allow-empty='yes' timeout='5m' retry='3'"
      " backoff='200ms' max-backoff='2s' jitter='0.5' retry-on='KVM.1001, NFS.*' retry-undo='no'/>");
  ASSERT_TRUE(chain.locks.has_value());
  EXPECT_THAT(texts(*chain.locks), ElementsAre("vm:{vm.uuid}", "host:{host}"));
  EXPECT_EQ(chain.locks->front().place, (Place{"f.xml", 2, 17}));
  EXPECT_EQ(chain.recovery, RecoveryDefinition::kResume);
  EXPECT_EQ(chain.allow_empty, true);
  EXPECT_FALSE(chain.extends.has_value());
  const PolicyDefinition& policy = chain.policy;
  EXPECT_EQ(policy.timeout->value, milliseconds(300'000));
  EXPECT_EQ(policy.retry->value, 3U);
  EXPECT_EQ(policy.backoff->value, milliseconds(200));
  EXPECT_EQ(policy.max_backoff->value, milliseconds(2000));
  EXPECT_EQ(policy.jitter->value, 0.5);
  EXPECT_THAT(policy.retry_on->value, ElementsAre("KVM.1001", "NFS.*"));
  EXPECT_EQ(policy.retry_undo->value, false);
  EXPECT_EQ(policy.timeout->place, (Place{"f.xml", 2, 86}));
}

TEST(ChainLanguage, leaves_open_what_is_not_given) {
  const ChainDefinition chain = only_chain("<chain name='c'><flow class='f'/></chain>");
  EXPECT_FALSE(chain.locks || chain.recovery || chain.allow_empty || chain.policy.timeout || chain.policy.retry);
  const PolicyDefinition& policy = chain.steps.at(0).policy;
  EXPECT_FALSE(policy.timeout || policy.undo_timeout || policy.grace || policy.retry || policy.undo_retry ||
               policy.backoff || policy.max_backoff || policy.jitter || policy.retry_on || policy.retry_undo ||
               policy.concurrency);
  EXPECT_THAT(policy.when, IsEmpty());
}

TEST(ChainLanguage, gives_a_flow_and_an_extension_point_every_policy) {
  for (const std::string step : {"<flow class='x'", "<extension-point interface='x'"}) {
    const StepDefinition read =
        only_step(step +
                  " id='i' timeout='1m' undo-timeout='2m' grace='3s' undo-retry='4' retry='5' backoff='6ms'"
                  " max-backoff='7ms' jitter='1' retry-on='A.*' retry-undo='yes'"
                  " concurrency='host:{host.uuid}=10' when='image !fast'/>");
    EXPECT_EQ(read.id->text, "i");
    EXPECT_EQ(read.policy.timeout->value, milliseconds(60'000));
    EXPECT_EQ(read.policy.undo_timeout->value, milliseconds(120'000));
    EXPECT_EQ(read.policy.grace->value, milliseconds(3'000));
    EXPECT_EQ(read.policy.undo_retry->value, 4U);
    EXPECT_EQ(read.policy.retry->value, 5U);
    EXPECT_EQ(read.policy.backoff->value, milliseconds(6));
    EXPECT_EQ(read.policy.max_backoff->value, milliseconds(7));
    EXPECT_EQ(read.policy.jitter->value, 1);
    EXPECT_THAT(read.policy.retry_on->value, ElementsAre("A.*"));
    EXPECT_EQ(read.policy.retry_undo->value, true);
    EXPECT_EQ(read.policy.concurrency->name.text, "host:{host.uuid}");
    EXPECT_EQ(read.policy.concurrency->limit, 10U);
    ASSERT_THAT(read.policy.when, SizeIs(2));
    EXPECT_EQ(read.policy.when[0].key.text, "image");
    EXPECT_FALSE(read.policy.when[0].negated);
    EXPECT_EQ(read.policy.when[1].key.text, "fast");
    EXPECT_TRUE(read.policy.when[1].negated);
  }
}

TEST(ChainLanguage, calls_the_release_side_of_an_extension_point_if_told_to) {
  EXPECT_FALSE(only_step("<extension-point interface='x'/>").release);
  EXPECT_FALSE(only_step("<extension-point interface='x' call='run'/>").release);
  EXPECT_TRUE(only_step("<extension-point interface='x' call='release'/>").release);
}

TEST(ChainLanguage, reads_a_sub_chain_with_its_policies) {
  const StepDefinition step =
      only_step("<chain ref='storage.prepare' id='s' timeout='1s' retry='2' backoff='1s' when='!skip'/>");
  EXPECT_EQ(step.kind, Kind::kChain);
  EXPECT_EQ(step.name.text, "storage.prepare");
  EXPECT_EQ(step.name.place, (Place{"f.xml", 3, 8}));
  EXPECT_EQ(step.id->text, "s");
  EXPECT_EQ(step.policy.timeout->value, milliseconds(1000));
  EXPECT_EQ(step.policy.retry->value, 2U);
  EXPECT_TRUE(step.policy.when.at(0).negated);
}

TEST(ChainLanguage, reads_parallel_branches_and_takes_a_step_for_a_branch_of_one) {
  const StepDefinition parallel = only_step(
      "<parallel limit='2' id='p'><branch><flow class='a'/><flow class='b'/></branch>\n"
      "<flow class='c'/><parallel><chain ref='d'/></parallel></parallel>");
  EXPECT_EQ(parallel.kind, Kind::kParallel);
  EXPECT_EQ(parallel.limit, 2U);
  EXPECT_EQ(parallel.id->text, "p");
  ASSERT_THAT(parallel.steps, SizeIs(3));
  for (const StepDefinition& branch : parallel.steps) EXPECT_EQ(branch.kind, Kind::kBranch);
  ASSERT_THAT(parallel.steps[0].steps, SizeIs(2));
  EXPECT_EQ(parallel.steps[0].steps[1].name.text, "b");
  ASSERT_THAT(parallel.steps[1].steps, SizeIs(1));
  EXPECT_EQ(parallel.steps[1].steps[0].name.text, "c");
  EXPECT_EQ(parallel.steps[1].place, (Place{"f.xml", 4, 1}));
  const StepDefinition& inner = parallel.steps[2].steps.at(0);
  EXPECT_EQ(inner.kind, Kind::kParallel);
  EXPECT_EQ(inner.limit, 0U);
  EXPECT_EQ(inner.steps.at(0).steps.at(0).name.text, "d");
}

TEST(ChainLanguage, reads_the_edits_of_a_chain_that_extends_another) {
  using Edit = EditDefinition::Kind;
  using By = EditDefinition::By;
  const ChainDefinition chain = only_chain(
      "<chain name='c' extends='b' backoff='1s'><input key='k'/>\n"
      "<replace flow='F' with='G'/><replace extension-point='E'><flow class='a'/><flow class='b'/></replace>\n"
      "<insert-before chain='C'><flow class='c'/></insert-before>\n"
      "<insert-after id='I'><parallel><flow class='d'/></parallel></insert-after><remove flow='R'/></chain>");
  EXPECT_EQ(chain.extends->text, "b");
  EXPECT_EQ(chain.extends->place, (Place{"f.xml", 2, 17}));
  EXPECT_THAT(texts(chain.inputs), ElementsAre("k"));
  EXPECT_THAT(chain.steps, IsEmpty());
  ASSERT_THAT(chain.edits, SizeIs(5));
  EXPECT_EQ(chain.edits[0].kind, Edit::kReplace);
  EXPECT_EQ(chain.edits[0].by, By::kFlow);
  EXPECT_EQ(chain.edits[0].target.text, "F");
  EXPECT_EQ(chain.edits[0].with->text, "G");
  EXPECT_EQ(chain.edits[0].with->place, (Place{"f.xml", 3, 19}));
  EXPECT_EQ(chain.edits[1].kind, Edit::kReplace);
  EXPECT_EQ(chain.edits[1].by, By::kExtensionPoint);
  EXPECT_FALSE(chain.edits[1].with.has_value());
  EXPECT_THAT(chain.edits[1].steps, SizeIs(2));
  EXPECT_EQ(chain.edits[2].kind, Edit::kInsertBefore);
  EXPECT_EQ(chain.edits[2].by, By::kChain);
  EXPECT_EQ(chain.edits[3].kind, Edit::kInsertAfter);
  EXPECT_EQ(chain.edits[3].by, By::kId);
  EXPECT_EQ(chain.edits[3].steps.at(0).kind, Kind::kParallel);
  EXPECT_EQ(chain.edits[4].kind, Edit::kRemove);
  EXPECT_EQ(chain.edits[4].place, (Place{"f.xml", 5, 75}));
}

TEST(ChainLanguage, lets_properties_of_the_node_say_how_long_and_how_often) {
  Properties properties;
  properties.set("patience", "3s", "test");
  const Reading reading =
      read("<chains><chain name='c'><flow class='f' timeout='${patience}' retry='${often:7}'/></chain></chains>",
           properties);
  EXPECT_THAT(reading.messages, IsEmpty());
  const PolicyDefinition& policy = reading.descriptor.chains.at(0).steps.at(0).policy;
  EXPECT_EQ(policy.timeout->value, milliseconds(3000));
  EXPECT_EQ(policy.retry->value, 7U);
}

}  // namespace
}  // namespace tenon::descriptor
