#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "flow/engine.h"
#include "plugin/generation.h"
#include "support/loading.h"
#include "support/run.h"
#include "unit/wiring/chain_outline.h"

/// Chains that a bean has as a list of flows.
namespace {

namespace fs = std::filesystem;
using tenon::test::outline;
using testing::ElementsAre;

class ListedChain : public testing::Test {
 protected:
  void SetUp() override {
    folder_.library(fs::path(TEST_PLUGINS) / "steps.so");
    notes_ = folder_.folder.path() / "notes";
  }
  std::shared_ptr<tenon::wiring::Wiring> load(const std::string& xml, const std::vector<std::string>& warnings = {}) {
    folder_.beans("a.xml", "<tenon:library name='steps' version='1.0.0' file='steps.so'/>\n" + xml);
    tenon::wiring::LoadResult result = folder_.load();
    EXPECT_THAT(folder_.messages(result), testing::ElementsAreArray(warnings));
    return result.wiring;
  }
  std::string manager(const std::string& properties) const {
    return "<bean id='manager' class='steps.Manager'><property name='file' value='" + notes_.string() + "'/>" +
           properties + "</bean>";
  }
  fs::path notes_;
  tenon::test::LoadingFolder folder_;
};

TEST_F(ListedChain, is_there_when_its_bean_starts_by_a_setter_as_by_a_member) {
  const auto wiring =
      load(manager("<property name='createFlows'><list><value>steps.B</value><value>steps.A</value></list>"
                   "</property><property name='deleteFlows' ref='flows'/>") +
           "<util:list id='flows'><value>steps.C</value></util:list>");
  EXPECT_THAT(tenon::test::read_lines(notes_), ElementsAre("full chain steps.B steps.A", "full chain steps.C"));
}

TEST_F(ListedChain, is_empty_without_the_property) {
  const auto wiring = load(manager("<property name='createFlows'><list/></property>"));
  EXPECT_THAT(tenon::test::read_lines(notes_), ElementsAre("empty chain", "empty none"));
}

TEST_F(ListedChain, is_published_under_the_names_of_its_bean_and_property) {
  auto wiring = load(manager("<property name='createFlows'><list>\n<value>steps.A</value><value>steps.Checked</value>"
                             "</list></property>") +
                         "<bean id='a' class='steps.A'/>",
                     {"a.xml:3:23: warning: flow 'steps.Checked' has no undo: derive it from NoRollbackFlow if it "
                      "makes nothing outside"});
  auto chain = wiring->find_chain("manager.createFlows");
  ASSERT_NE(chain, nullptr);
  EXPECT_EQ(outline(*chain), "steps.A ?steps.Checked steps.Checked");
  EXPECT_EQ(folder_.relative(chain->steps[0].place.to_string()), "a.xml:3:1") << "its <value>";
  EXPECT_EQ(folder_.relative(chain->steps[0].origin.to_string()), "a.xml:3:76") << "the bean of its class";
  EXPECT_TRUE(chain->open_inputs);
  tenon::flow::Engine engine;
  const auto result = tenon::test::run_chain(engine, chain, {{"whatever", tenon::Value::of<std::string>("is given")}});
  EXPECT_TRUE(result.ok()) << result.error->code << " " << result.error->details;
}

TEST_F(ListedChain, lets_its_library_go_when_the_wiring_goes) {
  auto wiring = load(manager("<property name='createFlows'><list><value>steps.A</value></list></property>"));
  const fs::path copy = wiring->plugins.at(0).generation->file();
  wiring.reset();
  EXPECT_FALSE(tenon::plugin::is_mapped(copy));
}

}  // namespace
