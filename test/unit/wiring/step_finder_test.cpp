#include "wiring/step_finder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tenon/steps/steps.h>

#include <array>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "flow/chain_assembler.h"
#include "flow/engine.h"
#include "plugin/generation.h"
#include "support/loading.h"
#include "support/run.h"
#include "unit/wiring/chain_outline.h"

/// Recorded definitions of chains, made into chains again by a node whose descriptors have changed.
namespace {

namespace fs = std::filesystem;
using tenon::ErrorCode;
using tenon::Result;
using tenon::flow::Chain;
using tenon::flow::ChainStep;
using tenon::flow::definition_text;
using tenon::test::outline;
using tenon::wiring::StepFinder;
using tenon::wiring::Wiring;

const std::string kLibrary = "<tenon:library name='steps' version='1.0.0' file='steps.so'/>\n";

std::string extension(const std::string& id, const std::string& more = "") {
  return "<bean id='" + id +
         "' class='steps.Extension'><tenon:plugin><tenon:extension interface='steps.Point'/></tenon:plugin></bean>" +
         more;
}

/// A step as a definition gives it to its resolver.
ChainStep step_of(const std::string& class_name) {
  ChainStep step;
  step.name = class_name;
  step.plugin = "steps";
  step.class_name = class_name;
  return step;
}

class StepFinding : public testing::Test {
 protected:
  void SetUp() override { folder_.library(fs::path(TEST_PLUGINS) / "steps.so"); }

  /// Takes the place of what was loaded before.
  void load(const std::string& chains, const std::string& beans = "", const std::string& library = kLibrary) {
    wiring_.reset();
    folder_.beans("a.xml", library + beans);
    folder_.descriptor("chains/c.xml", "<chains>" + chains + "</chains>");
    tenon::wiring::LoadResult result = folder_.load();
    if (result.wiring == nullptr) throw std::runtime_error(testing::PrintToString(folder_.messages(result)));
    wiring_ = result.wiring;
  }
  std::string definition(const std::string& chain) const { return definition_text(*wiring_->find_chain(chain)); }

  std::shared_ptr<const Chain> made_again(const std::string& definition) const {
    auto made = tenon::flow::chain_from_definition(definition, StepFinder(wiring_));
    EXPECT_TRUE(made.ok()) << made.error().to_string();
    if (!made) return nullptr;
    EXPECT_EQ(definition_text(**made), definition);
    return *made;
  }
  ErrorCode refused(const std::string& definition) const {
    const auto made = tenon::flow::chain_from_definition(definition, StepFinder(wiring_));
    EXPECT_FALSE(made.ok());
    return made ? ErrorCode() : made.error();
  }
  /// The flow of a class, or why there is none.
  std::string found(const std::string& class_name) const {
    ChainStep step = step_of(class_name);
    const Result<void> result = StepFinder(wiring_).resolve(step);
    if (result) return step.flow != nullptr ? "found" : "nothing";
    EXPECT_EQ(result.error().code, "FLOW.1044");
    return result.error().details;
  }

  tenon::test::LoadingFolder folder_;
  std::shared_ptr<Wiring> wiring_;
};

TEST_F(StepFinding, gives_a_chain_back_the_flows_that_it_had) {
  load(
      "<chain name='c'><input key='host'/><chain ref='s'/><extension-point interface='steps.Point'/></chain>"
      "<chain name='s'><input key='host'/><flow class='steps.A'/><flow class='steps.Checked'/></chain>",
      extension("one"));
  const auto chain = wiring_->find_chain("c");
  const auto again = made_again(definition("c"));
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(outline(*again), outline(*chain));
  for (std::size_t i = 0; i < chain->steps.size(); ++i) {
    const ChainStep& was = chain->steps[i];
    const ChainStep& is = again->steps[i];
    EXPECT_EQ(is.flow, was.flow) << was.name;
    EXPECT_EQ(is.has_undo, was.has_undo) << was.name;
    EXPECT_EQ(is.has_pre_check, was.has_pre_check) << was.name;
    EXPECT_EQ(is.has_skip, was.has_skip) << was.name;
    EXPECT_EQ(is.plain, was.plain) << was.name;
    EXPECT_EQ(is.readable, was.readable) << was.name;
    EXPECT_EQ(is.writable, was.writable) << was.name;
    EXPECT_EQ(is.origin, was.origin) << was.name;
    EXPECT_EQ(is.interface_contract != nullptr, was.interface_contract != nullptr) << was.name;
  }
  EXPECT_EQ(again->writes, chain->writes);
}

TEST_F(StepFinding, finds_a_flow_that_was_taken_out_of_its_chain) {
  load("<chain name='c'><flow class='steps.A'/><flow class='steps.B'/></chain>");
  const std::string recorded = definition("c");
  load("<chain name='c'><flow class='steps.A'/></chain>");
  EXPECT_NE(definition("c"), recorded);
  const auto again = made_again(recorded);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(outline(*again), "steps.A steps.B");
  tenon::flow::Engine engine;
  const auto result = tenon::test::run_chain(engine, again);
  EXPECT_TRUE(result.ok()) << result.error->to_string();
}

TEST_F(StepFinding, of_a_class_that_is_gone_names_plugin_and_class) {
  load("<chain name='c'><flow class='steps.A'/></chain>");
  std::string recorded = definition("c");
  load("", "", "");
  EXPECT_EQ(refused(recorded).to_string(),
            "FLOW.1044: a flow is missing: flow class 'steps.A' of plugin 'steps' is not registered: the plugin is not "
            "loaded");
  load("");
  for (std::size_t at; (at = recorded.find("steps.A")) != std::string::npos;) recorded.replace(at, 7, "steps.Old");
  const ErrorCode gone = refused(recorded);
  EXPECT_EQ(gone.to_string(),
            "FLOW.1044: a flow is missing: flow class 'steps.Old' of plugin 'steps' is not registered");
  EXPECT_EQ(gone.elaboration.at("plugin"), "steps");
  EXPECT_EQ(gone.elaboration.at("class"), "steps.Old");
}

TEST_F(StepFinding, of_an_extension_that_is_gone_names_its_bean) {
  const std::string chain = "<chain name='c'><input key='host'/><extension-point interface='steps.Point'/></chain>";
  load(chain, extension("one"));
  const std::string recorded = definition("c");
  load(chain);
  EXPECT_EQ(refused(recorded).details, "there is no bean 'one' of plugin 'steps', an extension of steps.Point/1");
}

TEST_F(StepFinding, finds_a_bean_that_extends_nothing_any_more) {
  const std::string chain =
      "<chain name='c'><input key='host'/><extension-point interface='steps.Point' call='release'/></chain>";
  load(chain, extension("one"));
  const std::string recorded = definition("c");
  load(chain, "<bean id='one' class='steps.Extension'/>");
  const auto again = made_again(recorded);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(again->steps[0].side, tenon::flow::StepSide::kRelease);
  EXPECT_FALSE(again->steps[0].has_pre_check) << "a release is not checked";
  EXPECT_EQ(folder_.relative(again->steps[0].origin.to_string()), "a.xml:2:1");
}

TEST_F(StepFinding, takes_no_bean_that_is_something_else_by_now) {
  const std::string chain = "<chain name='c'><input key='host'/><extension-point interface='steps.Point'/></chain>";
  load(chain, extension("one"));
  std::string recorded = definition("c");
  load(chain, "<bean id='one' class='steps.Ear'/>");
  EXPECT_EQ(refused(recorded).details,
            "bean 'one' of plugin 'steps' is of class 'steps.Ear' now, it was of 'steps.Extension'");
  load(chain, extension("one"));
  const std::string version = "steps.Point/1";
  recorded.replace(recorded.find(version), version.size(), "steps.Point/0");
  EXPECT_EQ(refused(recorded).details, "bean 'one' of plugin 'steps' does not implement steps.Point/0 any more");
}

TEST_F(StepFinding, takes_the_bean_of_a_class_if_there_is_one) {
  load("", "<bean id='a' class='steps.A'/>");
  EXPECT_EQ(wiring_->find_flow("steps.A").value()->id(), "a");
  load("", "<bean id='a' class='steps.A'/><bean id='b' class='steps.A'/>");
  EXPECT_EQ(found("steps.A"), "flow class 'steps.A' is ambiguous: the beans a, b are of this class");
}

TEST_F(StepFinding, takes_no_class_that_is_no_flow) {
  load("", "<bean id='ear' class='steps.Ear'/>");
  EXPECT_EQ(found("steps.Ear"), "class 'steps.Ear' is no flow");
  EXPECT_EQ(found("steps.Manager"), "class 'steps.Manager' is no flow");
}

TEST_F(StepFinding, makes_a_flow_with_all_that_is_injected) {
  load("", "<bean id='ear' class='steps.Ear'/>" + extension("one") + extension("two"));
  const auto recorded = tenon::flow::ChainAssembler("c", {}).step(step_of("steps.Hearing")).make();
  const auto again = made_again(definition_text(*recorded));
  ASSERT_NE(again, nullptr);
  tenon::flow::Engine engine;
  const auto result = tenon::test::run_chain(engine, again);
  ASSERT_TRUE(result.ok()) << result.error->to_string();
  ASSERT_EQ(result.data.size(), 1U);
  EXPECT_EQ(result.data[0].value.json(), tenon::Json(2)) << "the extensions of steps.Point";
}

TEST_F(StepFinding, makes_no_flow_that_a_descriptor_must_say_more_of) {
  load("");
  EXPECT_EQ(found("steps.Hearing"),
            "flow class 'steps.Hearing' needs one bean that implements steps.Listener/1; there are: none");
  EXPECT_EQ(found("steps.Configured"),
            "flow class 'steps.Configured' needs the property 'file', and no descriptor has a bean of it");
  EXPECT_EQ(found("steps.Started"), "flow class 'steps.Started' is a component, and no descriptor has a bean of it");
  load("", "<bean id='ear' class='steps.Ear'/><bean id='other' class='steps.Ear'/>");
  EXPECT_EQ(found("steps.Hearing"),
            "flow class 'steps.Hearing' needs one bean that implements steps.Listener/1; there are: ear, other");
}

TEST_F(StepFinding, says_what_a_constructor_throws) {
  load("");
  EXPECT_THAT(found("steps.Unmakable"), testing::HasSubstr("can't be made: PLUGIN.1009"));
  EXPECT_THAT(found("steps.Unmakable"), testing::HasSubstr("no device")) << "each time";
}

TEST_F(StepFinding, makes_one_instance_for_all_who_ask) {
  load("", "<bean id='ear' class='steps.Ear'/>");
  std::array<std::shared_ptr<tenon::plugin::Bean>, 8> beans;
  std::vector<std::thread> threads;
  for (auto& bean : beans) threads.emplace_back([&] { bean = wiring_->find_flow("steps.Hearing").value(); });
  for (std::thread& thread : threads) thread.join();
  for (const auto& bean : beans) EXPECT_EQ(bean, beans.front());
}

TEST_F(StepFinding, keeps_the_library_as_long_as_the_chain_and_no_longer) {
  load("<chain name='c'><flow class='steps.B'/></chain>");
  const std::string recorded = definition("c");
  load("");
  auto again = made_again(recorded);
  const fs::path copy = wiring_->plugins.at(0).generation->file();
  wiring_.reset();
  EXPECT_TRUE(tenon::plugin::is_mapped(copy));
  again.reset();
  EXPECT_FALSE(tenon::plugin::is_mapped(copy));
}

}  // namespace
