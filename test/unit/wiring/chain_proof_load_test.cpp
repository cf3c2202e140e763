#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tenon/contract.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "plugin/generation.h"
#include "support/loading.h"

/// Chains that only their proof finds wrong: what a load says of them, and that nothing of it stays.
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kLibrary = "<tenon:library name='steps' version='1.0.0' file='steps.so'/>\n";

std::string extension(const std::string& id, const std::string& name, const std::string& interface) {
  return "<bean id='" + id + "' class='steps." + name + "'><tenon:plugin><tenon:extension interface='steps." +
         interface + "'/></tenon:plugin></bean>\n";
}

template <class T>
std::string type_name() {
  return std::string(tenon::detail::type_name<T>());
}

class ChainProofLoad : public testing::Test {
 protected:
  void SetUp() override { folder_.library(fs::path(TEST_PLUGINS) / "steps.so"); }
  /// The messages for these chains, from the first line on, and beans, from the second.
  std::vector<std::string> load(const std::string& chains, const std::string& beans = "") {
    folder_.beans("a.xml", kLibrary + beans);
    folder_.descriptor("c.xml", "<chains>" + chains + "</chains>");
    std::vector<std::string> messages;
    {
      const tenon::wiring::LoadResult result = folder_.load();
      loaded_ = result.wiring != nullptr;
      EXPECT_EQ(loaded_, !result.diagnostics.has_errors());
      messages = folder_.messages(result);
    }
    EXPECT_FALSE(is_library_mapped());
    return messages;
  }
  bool is_library_mapped() const {
    std::vector<fs::path> copies;
    for (const auto& entry : fs::directory_iterator(folder_.folder.path() / "libraries")) {
      if (entry.path().extension() == ".so") copies.push_back(entry.path());
    }
    EXPECT_THAT(copies, testing::SizeIs(1));
    return !copies.empty() && tenon::plugin::is_mapped(copies.front());
  }

  bool loaded_ = false;
  tenon::test::LoadingFolder folder_;
};

TEST_F(ChainProofLoad, key_that_is_produced_later) {
  EXPECT_THAT(load("<chain name='c'>\n<flow class='steps.Count'/>\n  <flow class='steps.A'/></chain>"),
              ElementsAre("c.xml:2:1: error: chain 'c': flow 'steps.Count' reads 'count', which nothing before it "
                          "produces: flow 'steps.A' at c.xml:3:3 would, but comes later"));
}

TEST_F(ChainProofLoad, key_that_nothing_in_the_chain_produces_but_a_flow_of_a_plugin_could) {
  EXPECT_THAT(load("<chain name='c'>\n<flow class='steps.Count'/></chain>"),
              ElementsAre("c.xml:2:1: error: chain 'c': flow 'steps.Count' reads 'count', which nothing before it "
                          "produces: flow 'steps.A' of plugin 'steps' (a.xml:1:39) could produce it"));
}

TEST_F(ChainProofLoad, key_that_is_produced_only_under_a_condition) {
  EXPECT_THAT(
      load("<chain name='c'><input key='host'/>\n<flow class='steps.A' when='host'/>\n"
           "<flow class='steps.B'/><flow class='steps.Count'/></chain>"),
      ElementsAre(
          "c.xml:3:24: error: chain 'c': flow 'steps.Count' reads 'count', which may be missing: flow 'steps.A' at "
          "c.xml:2:1 writes it only when 'host'; with when=\"count\" it would be run only if there is one"));
}

TEST_F(ChainProofLoad, key_that_two_branches_write) {
  EXPECT_THAT(load("<chain name='c'><parallel>\n<flow class='steps.A'/>\n"
                   "<branch><flow class='steps.B'/><flow class='steps.A'/></branch></parallel></chain>"),
              ElementsAre("c.xml:3:32: error: chain 'c': flow 'steps.A' writes 'count', which flow 'steps.A' at "
                          "c.xml:2:1 writes in another branch of the parallel"));
}

TEST_F(ChainProofLoad, key_that_only_another_branch_writes) {
  EXPECT_THAT(
      load("<chain name='c'><parallel>\n<flow class='steps.A'/>\n<flow class='steps.Count'/></parallel></chain>"),
      ElementsAre(
          "c.xml:3:1: error: chain 'c': flow 'steps.Count' reads 'count', which flow 'steps.A' at c.xml:2:1 writes in "
          "another branch of the parallel: branches do not see each other's keys before all have ended"));
}

TEST_F(ChainProofLoad, key_of_another_type_than_its_writer_gives_it) {
  EXPECT_THAT(
      load("<chain name='c'>\n<flow class='steps.A'/>\n<flow class='steps.Label'/></chain>"),
      ElementsAre("c.xml:3:1: error: chain 'c': flow 'steps.Label' reads 'count' as " + type_name<std::string>() +
                  "; flow 'steps.A' at c.xml:2:1 writes it as " + type_name<std::int64_t>()));
}

TEST_F(ChainProofLoad, extension_that_writes_a_key_which_the_chain_has) {
  EXPECT_THAT(load("<chain name='c'>\n<flow class='steps.A'/>\n<extension-point interface='steps.Plain'/></chain>",
                   "\n" + extension("x", "PlainExtension", "Plain")),
              ElementsAre("c.xml:3:1: error: chain 'c': extension 'steps.Plain[x]' (a.xml:3:1) writes 'count', which "
                          "flow 'steps.A' at c.xml:2:1 writes: an extension writes keys of its own alone"));
}

TEST_F(ChainProofLoad, extensions_that_write_one_key) {
  EXPECT_THAT(
      load("<chain name='c'>\n<extension-point interface='steps.Plain'/></chain>",
           extension("x", "PlainExtension", "Plain") + extension("y", "PlainExtension", "Plain")),
      ElementsAre("c.xml:2:1: error: chain 'c': extension 'steps.Plain[y]' (a.xml:3:1) writes 'count', which extension "
                  "'steps.Plain[x]' (a.xml:2:1) at c.xml:2:1 writes: an extension writes keys of its own alone"));
}

TEST_F(ChainProofLoad, extension_that_needs_more_than_its_interface_promises) {
  EXPECT_THAT(load("<chain name='c'><input key='host'/><input key='notes'/>\n<extension-point interface='steps.Point'/>"
                   "</chain>",
                   extension("x", "Demanding", "Point")),
              ElementsAre("c.xml:2:1: error: chain 'c': extension 'steps.Point[x]' (a.xml:2:1) reads 'notes', which "
                          "steps.Point/1 promises as optional only",
                          "c.xml:2:1: warning: extension 'steps.Point[x]' (a.xml:2:1) has no undo: derive it from "
                          "NoRollbackFlow if it makes nothing outside"));
}

TEST_F(ChainProofLoad, promise_of_an_extension_point_that_has_no_extensions) {
  EXPECT_THAT(load("<chain name='c'>\n<flow class='steps.A'/><extension-point interface='steps.Point'/></chain>",
                   "<bean id='x' class='steps.Extension'/>"),
              ElementsAre("c.xml:2:24: error: chain 'c': the extension point 'steps.Point/1' promises 'host', which "
                          "nothing before it produces"));
}

TEST_F(ChainProofLoad, limit_and_condition_on_what_is_not_there) {
  EXPECT_THAT(load("<chain name='c'><input key='host'/>\n"
                   "<flow class='steps.B' concurrency='h:{hots}=2' when='host'/>\n"
                   "<flow class='steps.A'/>\n<flow class='steps.C' when='!notes'/></chain>"),
              ElementsAre("c.xml:2:23: error: chain 'c': the limit of flow 'steps.B' is named by 'hots', which nothing "
                          "before it produces (did you mean 'host'?)",
                          "c.xml:4:23: error: chain 'c': the condition of flow 'steps.C' is on 'notes', which nothing "
                          "before it produces"));
}

TEST_F(ChainProofLoad, mistake_within_a_sub_chain_is_reported_where_it_is_and_for_each_chain_that_has_it) {
  EXPECT_THAT(load("<chain name='c'>\n<flow class='steps.A'/><chain ref='s'/></chain>\n"
                   "<chain name='d'><chain ref='s'/></chain>\n"
                   "<chain name='s'>\n<flow class='steps.Count'/></chain>"),
              ElementsAre("c.xml:5:1: error: chain 'd': flow 's/steps.Count' reads 'count', which nothing before it "
                          "produces: flow 'steps.A' of plugin 'steps' (a.xml:1:39) could produce it",
                          "c.xml:5:1: error: chain 's': flow 'steps.Count' reads 'count', which nothing before it "
                          "produces: flow 'steps.A' of plugin 'steps' (a.xml:1:39) could produce it"));
}

TEST_F(ChainProofLoad, list_of_flows_of_a_bean_takes_any_input_but_one_type_for_each_key) {
  EXPECT_THAT(load("",
                   "<bean id='m' class='steps.Manager'><property name='createFlows'><list>\n"
                   "<value>steps.Count</value>\n<value>steps.Label</value></list></property></bean>"),
              ElementsAre("a.xml:4:1: error: chain 'm.createFlows': flow 'steps.Label' reads 'count' as " +
                          type_name<std::string>() + "; flow 'steps.Count' at a.xml:3:1 reads it as " +
                          type_name<std::int64_t>()));
}

TEST_F(ChainProofLoad, input_that_nothing_uses_is_a_warning) {
  EXPECT_THAT(load("<chain name='c'>\n<input key='hots'/><flow class='steps.A'/></chain>"),
              ElementsAre("c.xml:2:8: warning: chain 'c': nothing uses the input 'hots'"));
  EXPECT_TRUE(loaded_);
}

TEST_F(ChainProofLoad, flow_without_an_undo_is_a_warning_once) {
  EXPECT_THAT(
      load("<chain name='c'><input key='host'/>\n<flow class='steps.Checked'/><flow class='steps.Checked'/></chain>"
           "<chain name='d'><input key='host'/><flow class='steps.Checked'/></chain>"),
      ElementsAre("c.xml:2:1: warning: flow 'steps.Checked' has no undo: derive it from NoRollbackFlow if it makes "
                  "nothing outside"));
  EXPECT_TRUE(loaded_);
}

TEST_F(ChainProofLoad, one_chain_that_is_wrong_keeps_all_from_being_loaded) {
  const std::string good = "<chain name='good'><flow class='steps.A'/><flow class='steps.Count'/></chain>\n";
  EXPECT_THAT(load(good), IsEmpty());
  EXPECT_TRUE(loaded_);
  EXPECT_THAT(load(good + "<chain name='bad'><flow class='steps.Count'/></chain>",
                   "<bean id='m' class='steps.Manager'><property name='file' value='" +
                       (folder_.folder.path() / "notes").string() + "'/></bean>"),
              testing::SizeIs(1));
  EXPECT_FALSE(loaded_);
  EXPECT_FALSE(fs::exists(folder_.folder.path() / "notes")) << "no bean has been started";
}

TEST_F(ChainProofLoad, check_finds_what_a_load_finds) {
  folder_.beans("a.xml", kLibrary);
  folder_.descriptor("c.xml", "<chains><chain name='c'>\n<flow class='steps.Count'/></chain></chains>");
  const auto result = folder_.load(true);
  EXPECT_THAT(folder_.messages(result), testing::SizeIs(1));
  EXPECT_TRUE(result.diagnostics.has_errors());
}

TEST_F(ChainProofLoad, nothing_is_said_of_keys_that_a_plugin_which_is_not_there_may_produce) {
  folder_.beans("b.xml", "<tenon:library name='other' version='1.0.0' file='other.so'/>");
  EXPECT_THAT(load("<chain name='c'><flow class='other.Make'/><flow class='steps.Count'/></chain>"),
              ElementsAre(testing::HasSubstr("library file 'other.so' not found")));
}

}  // namespace
