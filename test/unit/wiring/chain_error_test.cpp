#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/loading.h"

/// What is wrong between chains and libraries, with its exact message and place.
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;

class ChainError : public testing::Test {
 protected:
  void SetUp() override { folder_.library(fs::path(TEST_PLUGINS) / "steps.so"); }
  /// The messages for these chains, from the first line on, and beans, from the second.
  std::vector<std::string> load(const std::string& chains, const std::string& beans = "") {
    folder_.beans("a.xml", "<tenon:library name='steps' version='1.0.0' file='steps.so'/>\n" + beans);
    folder_.descriptor("c.xml", "<chains>" + chains + "</chains>");
    tenon::wiring::LoadResult result = folder_.load();
    EXPECT_TRUE(result.wiring == nullptr || !result.diagnostics.has_errors()) << "nothing may stay of a failed load";
    return folder_.messages(result);
  }
  tenon::test::LoadingFolder folder_;
};

TEST_F(ChainError, unknown_flows_in_branches_sub_chains_and_edits_each_once) {
  EXPECT_THAT(load("<chain name='a'>\n<parallel><flow class='steps.AA'/></parallel></chain>"
                   "<chain name='b' extends='a'>\n<replace flow='steps.AA' with='steps.BB'/>"
                   "<insert-after flow='steps.BB'>\n<flow class='steps.CC'/></insert-after></chain>"
                   "<chain name='c'><chain ref='a'/><chain ref='b'/></chain>"),
              ElementsAre("c.xml:2:17: error: flow 'steps.AA' is unknown (did you mean 'steps.A'?)",
                          "c.xml:3:26: error: flow 'steps.BB' is unknown (did you mean 'steps.B'?)",
                          "c.xml:4:7: error: flow 'steps.CC' is unknown (did you mean 'steps.C'?)"));
}

TEST_F(ChainError, unknown_flows_of_a_chain_that_can_not_be_expanded_either) {
  EXPECT_THAT(
      load("<chain name='b' extends='a'>\n<replace flow='x' with='steps.BB'/></chain>\n"
           "<chain name='c'><flow class='steps.Ear'/><chain ref='d'/></chain>"),
      ElementsAre("c.xml:1:25: error: chain 'a' is unknown",
                  "c.xml:2:19: error: flow 'steps.BB' is unknown (did you mean 'steps.B'?)",
                  "c.xml:3:23: error: class 'steps.Ear' is no flow", "c.xml:3:49: error: chain 'd' is unknown"));
}

TEST_F(ChainError, unknown_flow_that_replaces_the_step_of_an_id) {
  EXPECT_THAT(load("<chain name='a'><flow class='steps.A' id='i'/></chain>\n"
                   "<chain name='b' extends='a'><replace id='i' with='steps.AA'/></chain>"),
              ElementsAre("c.xml:2:45: error: flow 'steps.AA' is unknown (did you mean 'steps.A'?)"));
}

TEST_F(ChainError, extension_point_that_is_no_flow_or_has_nothing_to_release) {
  EXPECT_THAT(
      load("<chain name='a'><input key='host'/>\n<extension-point interface='steps.Listener'/>\n"
           "<extension-point interface='steps.Plain' call='release'/>\n"
           "<extension-point interface='steps.Point' call='release'/></chain>"),
      ElementsAre("c.xml:2:18: error: interface steps.Listener/1 is no Flow: its extensions can't be steps of a "
                  "chain",
                  "c.xml:3:18: error: interface steps.Plain/1 is no ReleasableFlow: there is nothing for "
                  "call=\"release\" to call"));
}

TEST_F(ChainError, extension_point_that_nothing_implements_is_a_warning_if_a_name_is_near) {
  EXPECT_THAT(load("<chain name='a'>\n<extension-point interface='steps.Pint'/>\n"
                   "<extension-point interface='other.Thing'/><flow class='steps.A'/></chain>"),
              ElementsAre("c.xml:2:18: warning: nothing implements interface steps.Pint (did you mean "
                          "'steps.Point'?)"));
}

TEST_F(ChainError, malformed_concurrency) {
  EXPECT_THAT(load("<chain name='a'>\n<flow class='steps.A' concurrency='h:{}=2'/></chain><chain name='b' "
                   "extends='a'/>"),
              ElementsAre("c.xml:2:23: error: concurrency 'h:{}', character 4: expected {KEY} or {KEY.MEMBER…}"));
}

TEST_F(ChainError, flow_in_a_list_of_a_bean_that_is_unknown_or_none) {
  EXPECT_THAT(
      load("",
           "<bean id='m' class='steps.Manager'><property name='createFlows'><list>\n"
           "<value>steps.A</value>\n<value>steps.BB</value>\n<value>steps.Ear</value></list></property></bean>"),
      ElementsAre("a.xml:4:1: error: flow 'steps.BB' is unknown (did you mean 'steps.B'?)",
                  "a.xml:5:1: error: class 'steps.Ear' is no flow"));
}

TEST_F(ChainError, list_of_flows_that_is_none) {
  EXPECT_THAT(load("",
                   "<bean id='m' class='steps.Manager'>\n<property name='createFlows' value='steps.A'/>\n"
                   "<property name='deleteFlows'><list>\n<ref bean='o'/>\n<value/><list/></list></property></bean>\n"
                   "<bean id='n' class='steps.Manager'><property name='createFlows' ref='o'/></bean>"
                   "<bean id='o' class='steps.Ear'/>"),
              testing::IsSupersetOf(
                  {"a.xml:3:30: error: property 'createFlows' of bean 'm': expected a list of flows, found 'steps.A'",
                   "a.xml:5:6: error: property 'deleteFlows' of bean 'm': expected the class of a flow, found a "
                   "reference to 'o'",
                   "a.xml:6:1: error: property 'deleteFlows' of bean 'm': expected the class of a flow, found ''",
                   "a.xml:6:9: error: property 'deleteFlows' of bean 'm': expected the class of a flow, found a list",
                   "a.xml:7:65: error: property 'createFlows' of bean 'n': expected a list of flows, found a reference "
                   "to 'o'"}));
}

TEST_F(ChainError, list_of_flows_called_like_a_chain) {
  EXPECT_THAT(load("<chain name='m.createFlows'><flow class='steps.A'/></chain>",
                   "<bean id='m' class='steps.Manager'><property name='createFlows'><list/></property></bean>"),
              ElementsAre("a.xml:2:46: error: the chain of this property is called 'm.createFlows', as is the one at "
                          "c.xml:1:9"));
}

}  // namespace
