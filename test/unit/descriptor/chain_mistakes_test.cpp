#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "descriptor/reader.h"
#include "unit/descriptor/reading.h"

/// What is wrong with a chain by itself, each with its exact message and place.
namespace tenon::descriptor {
namespace {

std::string in_chain(const std::string& content) {
  return "<chains>\n<chain name='c'>\n" + content + "</chain></chains>";
}
std::string in_extending(const std::string& content) {
  return "<chains>\n<chain name='c' extends='b'>\n" + content + "</chain></chains>";
}
std::string flow(const std::string& attributes) { return in_chain("<flow class='f' " + attributes + "/>"); }
std::string chain(const std::string& attributes) {
  return "<chains>\n<chain name='c' " + attributes + "><flow class='f'/></chain></chains>";
}

TEST(ChainMistakes, of_durations_and_numbers_say_what_was_expected) {
  expect_each_refused({
      {flow("timeout='10'"),
       "f.xml:3:17: error: attribute 'timeout' of <flow>: expected a duration such as 10s or 200ms, found '10'"},
      {flow("timeout='-1s'"),
       "f.xml:3:17: error: attribute 'timeout' of <flow>: expected a duration such as 10s or 200ms, found '-1s'"},
      {flow("undo-timeout='1500us'"),
       "f.xml:3:17: error: attribute 'undo-timeout' of <flow>: expected a duration such as 10s or 200ms, found "
       "'1500us'"},
      {flow("grace='soon'"),
       "f.xml:3:17: error: attribute 'grace' of <flow>: expected a duration such as 10s or 200ms, found 'soon'"},
      {flow("retry='2' backoff='99999999999999d'"),
       "f.xml:3:27: error: attribute 'backoff' of <flow>: expected a duration such as 10s or 200ms, found "
       "'99999999999999d'"},
      {flow("retry='0'"),
       "f.xml:3:17: error: attribute 'retry' of <flow>: expected a whole number from 1 to 1000, found '0'"},
      {flow("retry='1001'"),
       "f.xml:3:17: error: attribute 'retry' of <flow>: expected a whole number from 1 to 1000, found '1001'"},
      {flow("undo-retry='2.5'"),
       "f.xml:3:17: error: attribute 'undo-retry' of <flow>: expected a whole number from 1 to 1000, found '2.5'"},
      {flow("retry='2' jitter='1.5'"),
       "f.xml:3:27: error: attribute 'jitter' of <flow>: expected a number from 0 to 1, found '1.5'"},
      {flow("retry='2' jitter='nan'"),
       "f.xml:3:27: error: attribute 'jitter' of <flow>: expected a number from 0 to 1, found 'nan'"},
      {flow("retry='2' retry-undo='maybe'"),
       "f.xml:3:27: error: attribute 'retry-undo' of <flow>: expected no or yes, found 'maybe'"},
      {in_chain("<parallel limit='0'><flow class='f'/></parallel>"),
       "f.xml:3:11: error: attribute 'limit' of <parallel>: expected a whole number from 1 to 1000000, found '0'"},
      {flow("timeout=''"), "f.xml:3:17: error: attribute 'timeout' of <flow> is empty"},
      {chain("recovery='forget'"),
       "f.xml:2:17: error: attribute 'recovery' of <chain>: expected rollback or resume, found 'forget'"},
      {chain("allow-empty='1'"),
       "f.xml:2:17: error: attribute 'allow-empty' of <chain>: expected no or yes, found '1'"},
      {in_chain("<extension-point interface='i' call='undo'/>"),
       "f.xml:3:32: error: attribute 'call' of <extension-point>: expected run or release, found 'undo'"},
  });
}

TEST(ChainMistakes, of_codes_limits_and_conditions_say_what_was_expected) {
  const std::string codes = "f.xml:3:27: error: attribute 'retry-on' of <flow>: expected error codes such as KVM.1001 ";
  const std::string limit =
      "f.xml:3:17: error: attribute 'concurrency' of <flow>: expected a name and a limit from 1 to 1000000 such as "
      "host:{host.uuid}=10, found ";
  expect_each_refused({
      {flow("retry='2' retry-on='*'"), codes + "or KVM.*, found '*'"},
      {flow("retry='2' retry-on='KVM.1001 KVM*'"), codes + "or KVM.*, found 'KVM*'"},
      {flow("retry='2' retry-on='KVM.'"), codes + "or KVM.*, found 'KVM.'"},
      {flow("retry='2' retry-on='.*'"), codes + "or KVM.*, found '.*'"},
      {flow("retry='2' retry-on=','"), codes + "or KVM.*, found ','"},
      {flow("concurrency='host'"), limit + "'host'"},
      {flow("concurrency='host=0'"), limit + "'host=0'"},
      {flow("concurrency='host=many'"), limit + "'host=many'"},
      {flow("concurrency='=3'"), limit + "'=3'"},
      {flow("when='a !'"),
       "f.xml:3:17: error: attribute 'when' of <flow>: expected keys, each as KEY or !KEY, found '!'"},
      {flow("when='!!a'"),
       "f.xml:3:17: error: attribute 'when' of <flow>: expected keys, each as KEY or !KEY, found '!!a'"},
      {flow("when='a !a'"), "f.xml:3:17: error: attribute 'when' of <flow>: it names the key 'a' twice"},
  });
}

TEST(ChainMistakes, include_policies_that_have_no_effect) {
  expect_each_refused({
      {flow("backoff='1s'"), "f.xml:3:17: error: attribute 'backoff' of <flow>: it has no effect without 'retry'"},
      {flow("max-backoff='1s'"),
       "f.xml:3:17: error: attribute 'max-backoff' of <flow>: it has no effect without 'retry'"},
      {chain("jitter='1'"), "f.xml:2:17: error: attribute 'jitter' of <chain>: it has no effect without 'retry'"},
      {flow("undo-retry='2' retry-on='A.*'"),
       "f.xml:3:32: error: attribute 'retry-on' of <flow>: it has no effect without 'retry'"},
      {flow("retry-undo='no'"),
       "f.xml:3:17: error: attribute 'retry-undo' of <flow>: it has no effect without 'retry'"},
      {flow("retry='2' backoff='2s' max-backoff='1s'"),
       "f.xml:3:40: error: attribute 'max-backoff' of <flow>: it is less than the first wait, 'backoff'"},
  });
  EXPECT_THAT(read(flow("undo-retry='2' backoff='1s'")).messages, testing::IsEmpty());
  EXPECT_THAT(read("<chains><chain name='c' extends='b' backoff='1s'/></chains>").messages, testing::IsEmpty());
}

TEST(ChainMistakes, include_unknown_names_with_the_nearest) {
  expect_each_refused({
      {flow("timout='1s'"), "f.xml:3:17: error: unknown attribute 'timout' of <flow> (did you mean 'timeout'?)"},
      {chain("when='k'"), "f.xml:2:17: error: unknown attribute 'when' of <chain>"},
      {chain("extend='b'"), "f.xml:2:17: error: unknown attribute 'extend' of <chain> (did you mean 'extends'?)"},
      {in_chain("<chain ref='x' grace='1s'/>"), "f.xml:3:16: error: unknown attribute 'grace' of <chain>"},
      {in_chain("<paralel><flow class='f'/></paralel>"),
       "f.xml:3:1: error: unknown element 'paralel' in <chain> (did you mean 'parallel'?)"},
      {in_chain("<parallel when='k'><flow class='f'/></parallel>"),
       "f.xml:3:11: error: unknown attribute 'when' of <parallel>"},
      {in_chain("<parallel><brunch><flow class='f'/></brunch></parallel>"),
       "f.xml:3:11: error: unknown element 'brunch' in <parallel> (did you mean 'branch'?)"},
      {in_chain("<parallel><branch id='i'><flow class='f'/></branch></parallel>"),
       "f.xml:3:19: error: unknown attribute 'id' of <branch>"},
      {in_chain("<parallel><branch><branch/></branch></parallel>"),
       "f.xml:3:19: error: unknown element 'branch' in <branch>"},
      {in_extending("<replace flow='a' wit='b'/>"),
       "f.xml:3:19: error: unknown attribute 'wit' of <replace> (did you mean 'with'?)"},
      {in_extending("<insert-befor flow='a'/>"),
       "f.xml:3:1: error: unknown element 'insert-befor' in <chain> (did you mean 'insert-before'?)"},
      {in_extending("<remove flw='a'/>"),
       "f.xml:3:9: error: unknown attribute 'flw' of <remove> (did you mean 'flow'?)"},
  });
}

TEST(ChainMistakes, include_parallels_and_branches_that_hold_nothing) {
  expect_each_refused({
      {in_chain("<parallel/>"), "f.xml:3:1: error: <parallel> has no branches"},
      {in_chain("<parallel><branch/><flow class='f'/></parallel>"), "f.xml:3:11: error: <branch> has no steps"},
  });
}

TEST(ChainMistakes, include_ids_given_twice) {
  expect_each_refused({
      {in_chain("<flow class='a' id='i'/>\n<parallel><flow class='b' id='i'/></parallel>"),
       "f.xml:4:27: error: id 'i' was given before at f.xml:3:17"},
      {in_extending("<insert-after flow='x'><flow class='a' id='i'/></insert-after>\n"
                    "<insert-after flow='x'><flow class='b' id='i'/></insert-after>"),
       "f.xml:4:40: error: id 'i' was given before at f.xml:3:40"},
  });
}

TEST(ChainMistakes, include_steps_and_edits_in_the_wrong_kind_of_chain) {
  expect_each_refused({
      {in_extending("<flow class='f'/>"),
       "f.xml:3:1: error: <flow> in chain 'c', which extends 'b': such a chain holds inputs and edits only"},
      {in_extending("<parallel><flow class='f'/></parallel>"),
       "f.xml:3:1: error: <parallel> in chain 'c', which extends 'b': such a chain holds inputs and edits only"},
      {in_chain("<remove flow='f'/>"), "f.xml:3:1: error: <remove> in chain 'c', which extends no other"},
      {in_chain("<insert-before flow='f'><flow class='g'/></insert-before>"),
       "f.xml:3:1: error: <insert-before> in chain 'c', which extends no other"},
  });
}

TEST(ChainMistakes, include_edits_that_name_no_target_or_two_and_bring_nothing_or_both) {
  expect_each_refused({
      {in_extending("<remove/>"),
       "f.xml:3:1: error: <remove> needs one of the attributes 'flow', 'extension-point', 'chain' and 'id'"},
      {in_extending("<remove flow='a' id='b'/>"),
       "f.xml:3:18: error: <remove> names what it is about by 'flow' and by 'id': one of them is enough"},
      {in_extending("<remove flow='a'><flow class='b'/></remove>"),
       "f.xml:3:18: error: unknown element 'flow' in <remove>"},
      {in_extending("<replace flow='a'/>"), "f.xml:3:1: error: <replace> needs the attribute 'with', or steps within"},
      {in_extending("<replace flow='a' with='b'><flow class='c'/></replace>"),
       "f.xml:3:19: error: <replace> has the attribute 'with', and steps within: one of them is enough"},
      {in_extending("<insert-before flow='a'/>"), "f.xml:3:1: error: <insert-before> has no steps"},
      {in_extending("<insert-after flow='a' with='b'><flow class='c'/></insert-after>"),
       "f.xml:3:24: error: unknown attribute 'with' of <insert-after>"},
  });
}

TEST(ChainMistakes, do_not_include_a_chain_that_may_be_empty) {
  EXPECT_THAT(read("<chains><chain name='c' allow-empty='yes'/></chains>").messages, testing::IsEmpty());
  expect_each_refused(
      {{"<chains>\n<chain name='c' allow-empty='no'/></chains>", "f.xml:2:1: error: chain 'c' has no steps"}});
}

}  // namespace
}  // namespace tenon::descriptor
