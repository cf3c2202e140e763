#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tenon/steps/steps.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "descriptor/reader.h"
#include "support/loading.h"
#include "unit/wiring/chain_outline.h"
#include "wiring/binder.h"
#include "wiring/libraries.h"

/// From descriptors and libraries to chains.
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using tenon::flow::Chain;
using tenon::flow::ChainStep;
using tenon::test::outline;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;
using testing::SizeIs;

const std::string kLibrary = "<tenon:library name=\"steps\" version=\"1.0.0\" file=\"steps.so\"/>\n";

const std::string kNoUndo =
    ": warning: flow 'steps.Checked' has no undo: derive it from NoRollbackFlow if it makes nothing outside";
const std::string kHost = "<input key=\"host\"/>";

std::string extension(const std::string& id, int order, const std::string& name = "Extension") {
  return "<bean id=\"" + id + "\" class=\"steps." + name +
         "\"><tenon:plugin><tenon:extension interface=\"steps.Point\" order=\"" + std::to_string(order) +
         "\"/></tenon:plugin></bean>\n";
}

class ChainBinding : public testing::Test {
 protected:
  void SetUp() override { folder_.library(fs::path(TEST_PLUGINS) / "steps.so"); }

  /// The chains of `chains/c.xml`, whose first line they begin on, with the beans of `a.xml`, from its second line on.
  void write(const std::string& chains, const std::string& beans) {
    folder_.beans("a.xml", kLibrary + beans);
    folder_.descriptor("chains/c.xml", "<chains>" + chains + "</chains>");
  }
  void load(const std::string& chains, const std::string& beans = "", const std::vector<std::string>& warnings = {}) {
    write(chains, beans);
    tenon::wiring::LoadResult result = folder_.load();
    EXPECT_THAT(folder_.messages(result), ElementsAreArray(warnings));
    ASSERT_NE(result.wiring, nullptr);
    wiring_ = result.wiring;
  }
  std::shared_ptr<const Chain> chain(const std::string& name = "c") const {
    auto found = wiring_ != nullptr ? wiring_->find_chain(name) : nullptr;
    EXPECT_NE(found, nullptr);
    return found != nullptr ? found : std::make_shared<const Chain>();
  }
  /// As `load`, but only bound, and not proved.
  void plan(const std::string& chains, const std::string& beans = "") {
    write(chains, beans);
    tenon::descriptor::Diagnostics diagnostics;
    folder_.properties.set("tenon.plugins.trust", "any", "this test");
    const fs::path descriptors = folder_.folder.path() / "descriptors";
    descriptors_ = tenon::descriptor::read_descriptors({descriptors / "a.xml", descriptors / "chains/c.xml"},
                                                       folder_.properties, diagnostics);
    definitions_ = tenon::wiring::resolve(descriptors_, {}, diagnostics);
    tenon::wiring::LoadRequest request;
    request.plugin_folders = {folder_.folder.path() / "plugins"};
    request.library_cache = folder_.folder.path() / "libraries";
    request.properties = &folder_.properties;
    request.node = &folder_.node;
    libraries_.emplace(definitions_, request, diagnostics);
    plan_ = tenon::wiring::bind(definitions_, *libraries_, {}, diagnostics);
    ASSERT_FALSE(diagnostics.has_errors());
  }
  std::string place(const tenon::descriptor::Place& place) const { return folder_.relative(place.to_string()); }
  static std::vector<std::string> names(const std::vector<tenon::KeyEntry>& keys) {
    std::vector<std::string> names;
    for (const tenon::KeyEntry& key : keys) names.push_back(key.name);
    return names;
  }

  tenon::test::LoadingFolder folder_;
  std::shared_ptr<tenon::wiring::Wiring> wiring_;
  std::vector<tenon::descriptor::Descriptor> descriptors_;
  tenon::wiring::Definitions definitions_;
  std::optional<tenon::wiring::Libraries> libraries_;
  tenon::wiring::Plan plan_;
};

TEST_F(ChainBinding, makes_steps_of_flows_sub_chains_parallels_and_extensions) {
  load("<chain name=\"c\">" + kHost +
           "<flow class=\"steps.Checked\"/><chain ref=\"s\"/>"
           "<parallel limit=\"2\"><branch><flow class=\"steps.B\"/><chain ref=\"s\"/></branch><flow "
           "class=\"steps.C\"/></parallel>"
           "<extension-point interface=\"steps.Point\"/></chain>\n"
           "<chain name=\"s\"><chain ref=\"t\"/><flow class=\"steps.A\"/></chain><chain name=\"t\"><flow "
           "class=\"steps.D\"/></chain>",
       extension("low", 1) + extension("high", 2), {"chains/c.xml:1:44" + kNoUndo});
  EXPECT_EQ(outline(*chain()),
            "?steps.Checked steps.Checked {s {t s/t/steps.D } s/steps.A } <[steps.B {s {t s/t/steps.D } s/steps.A }]"
            "[steps.C]> ?steps.Point[high] ?steps.Point[low] steps.Point[high] steps.Point[low]");
  ASSERT_THAT(chain()->parallels, SizeIs(1));
  EXPECT_EQ(chain()->parallels[0].limit, 2U);
  EXPECT_EQ(place(chain()->scopes.at(0).place), "chains/c.xml:1:73");
  EXPECT_TRUE(chain()->locks.empty());
}

TEST_F(ChainBinding, says_of_each_step_where_it_comes_from_and_what_its_flow_can_do) {
  load("<chain name=\"c\">" + kHost +
           "<chain ref=\"s\"/>\n<flow class=\"steps.Checked\"/></chain>\n"
           "<chain name=\"s\"><flow class=\"steps.A\"/></chain>",
       "<bean id=\"a\" class=\"steps.A\"/>", {"chains/c.xml:2:1" + kNoUndo});
  ASSERT_THAT(chain()->steps, SizeIs(2));
  const ChainStep& within = chain()->steps[0];
  EXPECT_EQ(within.name, "s/steps.A");
  EXPECT_EQ(within.plugin, "steps");
  EXPECT_EQ(place(within.place), "chains/c.xml:3:17") << "its own element, not the reference";
  EXPECT_EQ(place(within.origin), "a.xml:2:1") << "its bean";
  EXPECT_TRUE(within.has_undo);
  EXPECT_FALSE(within.has_pre_check || within.has_skip);
  EXPECT_EQ(within.interface, "");
  EXPECT_EQ(within.policy, nullptr);
  EXPECT_NE(within.flow, nullptr);
  EXPECT_NE(within.keep, nullptr);
  EXPECT_THAT(names(within.contract->writes_list), ElementsAre("count"));
  const ChainStep& made = chain()->steps[1];
  EXPECT_EQ(place(made.origin), "a.xml:1:39") << "the library of a flow that no bean configures";
  EXPECT_FALSE(made.has_undo);
  EXPECT_TRUE(made.has_pre_check && made.has_skip);
  EXPECT_THAT(names(made.contract->reads_list), ElementsAre("host"));
}

TEST_F(ChainBinding, gives_an_extension_the_contract_of_its_interface_and_its_own) {
  plan("<chain name=\"c\"><extension-point interface=\"steps.Point\"/><flow class=\"steps.A\"/></chain>",
       extension("x", 0, "Demanding"));
  const ChainStep& step = plan_.chains.at(0).chain->steps.at(0);
  EXPECT_EQ(step.interface, "steps.Point/1");
  EXPECT_EQ(place(step.origin), "a.xml:2:1");
  EXPECT_THAT(names(step.contract->reads_list), ElementsAre("notes", "host")) << "each once";
  EXPECT_THAT(step.contract->optional_list, IsEmpty()) << "what the class needs is not merely optional";
  EXPECT_THAT(names(step.contract->writes_list), ElementsAre("count"));
  ASSERT_NE(step.interface_contract, nullptr);
  EXPECT_THAT(names(step.interface_contract->reads_list), ElementsAre("host")) << "apart from the class's own";
  EXPECT_THAT(names(step.interface_contract->optional_list), ElementsAre("notes"));
  EXPECT_THAT(step.interface_contract->writes_list, IsEmpty());
  EXPECT_EQ(step.side, tenon::flow::StepSide::kRun);
  EXPECT_TRUE(step.has_pre_check);
  EXPECT_FALSE(step.has_undo);
}

TEST_F(ChainBinding, calls_the_release_side_which_needs_no_undo_and_has_no_check) {
  load("<chain name=\"c\">" + kHost +
           "<extension-point interface=\"steps.Point\" call=\"release\" timeout=\"2s\"/></chain>",
       extension("x", 0) + extension("y", 0));
  EXPECT_EQ(outline(*chain()), "steps.Point[x] steps.Point[y]");
  for (const ChainStep& step : chain()->steps) {
    EXPECT_EQ(step.side, tenon::flow::StepSide::kRelease);
    EXPECT_TRUE(step.has_undo);
    EXPECT_FALSE(step.has_pre_check);
    ASSERT_NE(step.policy, nullptr) << "the policies of the point hold for each extension";
    EXPECT_EQ(step.policy->timeout, milliseconds(2000));
    EXPECT_EQ(step.policy, chain()->points.at(0).policy);
  }
}

TEST_F(ChainBinding, turns_policies_of_steps_into_those_of_the_engine) {
  load(
      "<chain name=\"c\"><input key=\"host\"/><input key=\"notes\"/>\n"
      "<flow class=\"steps.A\" timeout=\"1s\" undo-timeout=\"2s\" grace=\"3s\" retry=\"4\" backoff=\"5ms\" "
      "max-backoff=\"6ms\""
      " jitter=\"0.5\" retry-on=\"X.1 Y.*\" retry-undo=\"no\" undo-retry=\"7\" concurrency=\"h:{host}=8\" when=\"host "
      "!notes\"/>"
      "<flow class=\"steps.B\" retry=\"2\" backoff=\"5m\"/></chain>");
  const auto& policy = *chain()->steps.at(0).policy;
  EXPECT_EQ(policy.timeout, milliseconds(1000));
  EXPECT_EQ(policy.undo_timeout, milliseconds(2000));
  EXPECT_EQ(policy.grace, milliseconds(3000));
  EXPECT_EQ(policy.retry.attempts, 4U);
  EXPECT_EQ(policy.retry.backoff, milliseconds(5));
  EXPECT_EQ(policy.retry.max_backoff, milliseconds(6));
  EXPECT_EQ(policy.retry.jitter, 0.5);
  EXPECT_THAT(policy.retry.codes, ElementsAre("X.1", "Y.*"));
  EXPECT_FALSE(policy.retry.undo_between);
  EXPECT_EQ(place(policy.retry.place), "chains/c.xml:2:65");
  EXPECT_EQ(policy.undo_attempts, 7U);
  ASSERT_TRUE(policy.concurrency.has_value());
  EXPECT_EQ(policy.concurrency->key.text(), "h:{host}");
  EXPECT_EQ(policy.concurrency->limit, 8U);
  ASSERT_THAT(policy.when, SizeIs(2));
  EXPECT_EQ(policy.when[0].key, "host");
  EXPECT_EQ(policy.when[0].hash, steps::kHost.hash);
  EXPECT_FALSE(policy.when[0].negated);
  EXPECT_EQ(policy.when[1].hash, steps::kNotes.hash);
  EXPECT_TRUE(policy.when[1].negated);
  const auto& second = *chain()->steps.at(1).policy;
  EXPECT_EQ(second.grace, tenon::flow::StepPolicy().grace) << "the default";
  EXPECT_EQ(second.retry.max_backoff, milliseconds(300'000)) << "a long first wait is not cut to the default's longest";
}

TEST_F(ChainBinding, turns_policies_of_chains_into_scopes_and_locks) {
  load(
      "<chain name=\"c\" timeout=\"1m\" lock=\"a:{host} b\" recovery=\"resume\"><input key=\"host\"/>"
      "<chain ref=\"s\" retry=\"2\"/></chain><chain name=\"s\" timeout=\"3s\"><flow class=\"steps.A\"/></chain>"
      "<chain name=\"d\" extends=\"c\"/>");
  for (const std::string name : {"c", "d"}) {
    const auto made = chain(name);
    EXPECT_EQ(outline(*made), "{ {s s/steps.A } }");
    EXPECT_EQ(made->scopes.at(0).policy.timeout, milliseconds(60'000));
    EXPECT_EQ(made->scopes.at(0).policy.retry.attempts, 1U);
    EXPECT_EQ(made->scopes.at(1).policy.timeout, milliseconds(3000));
    EXPECT_EQ(made->scopes.at(1).policy.retry.attempts, 2U);
    EXPECT_EQ(made->recovery, tenon::flow::Recovery::kResume);
    ASSERT_THAT(made->locks, SizeIs(2));
    EXPECT_EQ(made->locks[0].key.text(), "a:{host}");
    EXPECT_EQ(made->locks[1].key.text(), "b");
    EXPECT_EQ(made->inputs.at(0).key, "host");
  }
  EXPECT_EQ(chain("c")->extends, "");
  EXPECT_EQ(chain("d")->extends, "c");
  EXPECT_TRUE(chain("s")->scopes.at(0).name.empty()) << "by itself, its own policy is the whole chain's";
}

TEST_F(ChainBinding, gives_instances_to_flows_that_only_an_edit_names) {
  load(
      "<chain name=\"b\"><flow class=\"steps.A\" id=\"a\"/><parallel><flow class=\"steps.B\"/></parallel></chain>"
      "<chain name=\"c\" extends=\"b\"><replace id=\"a\" with=\"steps.C\"/><replace flow=\"steps.B\" "
      "with=\"steps.D\"/></chain>");
  EXPECT_EQ(outline(*chain()), "steps.C <[steps.D]>");
  for (const ChainStep& step : chain()->steps) EXPECT_NE(step.flow, nullptr);
  EXPECT_EQ(place(chain()->steps[0].place), "chains/c.xml:1:135");
}

TEST_F(ChainBinding, lets_a_point_without_extensions_be_no_steps) {
  load("<chain name=\"c\">" + kHost + "<extension-point interface=\"steps.Point\"/><flow class=\"steps.A\"/></chain>");
  EXPECT_EQ(outline(*chain()), "steps.A");
  ASSERT_THAT(chain()->points, SizeIs(1)) << "but what it promises is known";
  EXPECT_EQ(chain()->points[0].interface, "steps.Point/1");
  EXPECT_EQ(place(chain()->points[0].place), "chains/c.xml:1:44");
  ASSERT_NE(chain()->points[0].contract, nullptr);
  EXPECT_THAT(names(chain()->points[0].contract->reads_list), ElementsAre("host"));
}

TEST_F(ChainBinding, plans_whole_chains_without_making_any_bean) {
  plan(
      "<chain name=\"c\"><chain ref=\"s\"/><extension-point interface=\"steps.Point\"/></chain>"
      "<chain name=\"s\"><flow class=\"steps.A\"/></chain>",
      extension("x", 0));
  ASSERT_THAT(plan_.chains, SizeIs(2));
  const tenon::wiring::ChainPlan& planned = plan_.chains[0];
  EXPECT_EQ(outline(*planned.chain), "{s s/steps.A } ?steps.Point[x] steps.Point[x]");
  ASSERT_THAT(planned.steps, SizeIs(2));
  EXPECT_EQ(plan_.beans[planned.steps[0].bean].id, "steps.A");
  EXPECT_EQ(plan_.beans[planned.steps[1].bean].id, "x");
  for (const ChainStep& step : planned.chain->steps) {
    EXPECT_EQ(step.flow, nullptr);
    EXPECT_EQ(step.keep, nullptr);
    EXPECT_NE(step.contract, nullptr);
  }
}

}  // namespace
