#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tenon/sample/sample.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "flow/engine.h"
#include "plugin/generation.h"
#include "support/loading.h"
#include "support/run.h"

namespace {

namespace fs = std::filesystem;
using tenon::Value;
using tenon::test::read_lines;
using tenon::wiring::LoadResult;
using testing::ElementsAre;
using testing::IsEmpty;

const std::string kLibrary = "<tenon:library name=\"sample\" version=\"1.2.0\" file=\"sample.so\"/>\n";

class Load : public testing::Test {
 protected:
  void SetUp() override {
    folder_.library(fs::path(TEST_PLUGINS) / "sample.so");
    ledger_ = folder_.folder.path() / "ledger";
  }
  std::shared_ptr<tenon::wiring::Wiring> load(const std::string& xml, const std::vector<std::string>& warnings = {}) {
    folder_.beans("a.xml", kLibrary + xml);
    if (xml.find("${ledger}") != std::string::npos) folder_.properties.set("ledger", ledger_.string(), "test");
    LoadResult result = folder_.load();
    EXPECT_THAT(folder_.messages(result), testing::ElementsAreArray(warnings));
    return result.wiring;
  }
  static std::string bean(const std::string& id, const std::string& attributes = "", const std::string& more = "") {
    return "<bean id=\"" + id + "\" class=\"sample.Bean\" " + attributes + "><property name=\"text\" value=\"" + id +
           "\"/><property name=\"file\" value=\"${ledger}\"/>" + more + "</bean>\n";
  }
  std::vector<std::pair<std::string, Value>> input() const {
    return {{"ledger", Value::of(sample::Ledger{ledger_.string()})}};
  }
  fs::path ledger_;
  tenon::test::LoadingFolder folder_;
};

TEST_F(Load, makes_configures_and_starts_a_bean) {
  auto wiring = load(
      "<bean id=\"friend\" class=\"sample.Bean\"><property name=\"text\" value=\"hello\"/></bean>\n"
      "<util:list id=\"names\"><value>n1</value><value>n2</value></util:list>\n"
      "<bean id=\"b\" class=\"sample.Bean\"><property name=\"file\" value=\"${ledger}\"/>"
      "<property name=\"report\" value=\"true\"/><property name=\"checked\" value=\"good\"/>"
      "<property name=\"port\" value=\"${port:8080}\"/><property name=\"flag\" value=\"true\"/>"
      "<property name=\"ratio\" value=\"0.5\"/><property name=\"timeout\" value=\"2m\"/>"
      "<property name=\"size\" value=\"1K\"/><property name=\"names\" ref=\"names\"/>"
      "<property name=\"limits\"><map><entry key=\"cpu\" value=\"4\"/></map></property>"
      "<property name=\"friends\"><list><ref bean=\"friend\"/></list></property>"
      "<property name=\"other\" ref=\"friend\"/></bean>");
  ASSERT_NE(wiring, nullptr);
  EXPECT_THAT(read_lines(ledger_), ElementsAre("start good",
                                               "port=8080 flag=true ratio=0.500000 timeout=120 size=1024 names=n1,n2, "
                                               "limits=cpu:4, friends=hello, other=hello"));
}

TEST_F(Load, starts_beans_after_those_they_need_and_stops_them_in_reverse) {
  auto wiring = load(bean("a", "depends-on=\"c\"") + bean("b", "", "<property name=\"other\" ref=\"a\"/>") + bean("c"));
  EXPECT_THAT(read_lines(ledger_), ElementsAre("start c", "start a", "start b"));
  wiring.reset();
  EXPECT_THAT(read_lines(ledger_), ElementsAre("start c", "start a", "start b", "stop b", "stop a", "stop c"));
}

TEST_F(Load, calls_init_and_destroy_methods_inside_start_and_stop) {
  auto wiring = load(bean("a", "init-method=\"init\" destroy-method=\"destroy\""));
  wiring.reset();
  EXPECT_THAT(read_lines(ledger_), ElementsAre("start a", "init a", "destroy a", "stop a"));
}

TEST_F(Load, calls_extensions_by_order_then_as_declared_and_finds_drivers_by_type) {
  auto extension = [](const std::string& id, const std::string& order) {
    return "<bean id=\"" + id + "\" class=\"sample.Bean\"><property name=\"text\" value=\"" + id +
           "\"/><tenon:plugin><tenon:extension interface=\"sample.Greeting\" order=\"" + order +
           "\"/></tenon:plugin></bean>\n";
  };
  auto wiring =
      load("<bean id=\"host\" class=\"sample.Host\"><property name=\"file\" value=\"${ledger}\"/></bean>" +
           extension("low", "-1") + extension("first", "0") + extension("second", "0") + extension("high", "9") +
           "<bean id=\"tools\" class=\"sample.Tools\"><property name=\"what\" value=\"hammer\"/><tenon:plugin>"
           "<tenon:driver kind=\"Tool\" type=\"Hammer\" resource=\"sample.Tool\"/></tenon:plugin></bean>");
  ASSERT_NE(wiring, nullptr);
  EXPECT_THAT(read_lines(ledger_), ElementsAre("greetings high first second low Hammer=hammer"));
  ASSERT_EQ(wiring->drivers.size(), 1U);
  EXPECT_EQ(wiring->drivers[0].kind, "Tool");
  EXPECT_EQ(wiring->drivers[0].type, "Hammer");
  EXPECT_EQ(wiring->drivers[0].resource, "sample.Tool");
  std::vector<std::string> beans;
  for (const auto& info : wiring->extensions) beans.push_back(info.bean);
  EXPECT_THAT(beans, ElementsAre("high", "first", "second", "low"));
}

TEST_F(Load, lets_another_bean_be_the_extension) {
  auto wiring = load(
      "<bean id=\"host\" class=\"sample.Host\"><property name=\"file\" value=\"${ledger}\"/><tenon:plugin>"
      "<tenon:extension interface=\"sample.Greeting/1\" instance-ref=\"other\"/></tenon:plugin></bean>"
      "<bean id=\"other\" class=\"sample.Bean\"><property name=\"text\" value=\"hi\"/></bean>");
  EXPECT_THAT(read_lines(ledger_), ElementsAre("greetings hi"));
}

TEST_F(Load, runs_a_chain_from_xml_and_rolls_it_back) {
  folder_.descriptor("chains/c.xml",
                     "<chains><chain name=\"good\"><input key=\"ledger\"/><flow class=\"sample.Append\"/>"
                     "<flow class=\"sample.NoOp\"/></chain>"
                     "<chain name=\"bad\"><input key=\"ledger\"/><flow class=\"sample.Append\"/>"
                     "<extension-point interface=\"sample.Extra\"/><flow class=\"sample.Fail\"/></chain></chains>");
  auto extra = [](const std::string& id, const std::string& order) {
    return "<bean id=\"" + id + "\" class=\"sample.ExtraStep\"><property name=\"text\" value=\"" + id +
           "\"/><tenon:plugin><tenon:extension interface=\"sample.Extra\" order=\"" + order +
           "\"/></tenon:plugin></bean>";
  };
  auto wiring = load(
      "<bean id=\"append\" class=\"sample.Append\"><property name=\"text\" value=\"configured\"/></bean>" +
          extra("x", "1") + extra("y", "2"),
      {"chains/c.xml:1:78: warning: flow 'sample.NoOp' has no undo: derive it from NoRollbackFlow if it makes nothing "
       "outside"});
  ASSERT_NE(wiring, nullptr);
  tenon::flow::Engine engine;
  auto good = tenon::test::run_chain(engine, wiring->find_chain("good"), input());
  EXPECT_TRUE(good.ok());
  EXPECT_EQ(good.find("text")->json(), tenon::Json("configured"));
  EXPECT_THAT(read_lines(ledger_), ElementsAre("run configured"));
  fs::remove(ledger_);

  auto bad = tenon::test::run_chain(engine, wiring->find_chain("bad"), input());
  ASSERT_FALSE(bad.ok());
  EXPECT_EQ(bad.error->code, "SAMPLE.1001");
  EXPECT_EQ(bad.error->elaboration.at("place"), (folder_.folder.path() / "descriptors/chains/c.xml:1:224").string());
  EXPECT_THAT(read_lines(ledger_), ElementsAre("run configured", "run extra y", "run extra x", "run fail", "undo fail",
                                               "undo extra x", "undo extra y", "undo configured"));
  std::vector<std::string> steps;
  for (const auto& step : wiring->find_chain("bad")->steps) steps.push_back(step.name);
  EXPECT_THAT(steps, ElementsAre("sample.Append", "sample.Extra[y]", "sample.Extra[x]", "sample.Fail"));
  EXPECT_FALSE(wiring->find_chain("good")->steps.at(1).has_undo);
}

TEST_F(Load, keeps_a_library_as_long_as_a_chain_or_a_value_of_it_is_held) {
  folder_.descriptor(
      "chains/c.xml",
      "<chains><chain name=\"c\"><input key=\"ledger\"/><flow class=\"sample.Append\"/></chain></chains>");
  auto wiring = load("");
  const fs::path copy = wiring->plugins.at(0).generation->file();
  auto chain = wiring->find_chain("c");
  wiring.reset();
  EXPECT_TRUE(tenon::plugin::is_mapped(copy));
  std::optional<tenon::flow::RunResult> result;
  {
    // Gone before the library: its threads may still be leaving a flow when the run has ended.
    tenon::flow::Engine engine;
    result = tenon::test::run_chain(engine, std::move(chain), input());
  }
  EXPECT_EQ(result->find("text")->json(), tenon::Json("append"));
  EXPECT_TRUE(tenon::plugin::is_mapped(copy)) << "the result holds a value of the library";
  result.reset();
  EXPECT_FALSE(tenon::plugin::is_mapped(copy));
  EXPECT_THAT(folder_.node.lines(), IsEmpty());
}

TEST_F(Load, of_a_check_makes_no_bean) {
  folder_.properties.set("ledger", ledger_.string(), "test");
  folder_.beans("a.xml", kLibrary + bean("a"));
  LoadResult result = folder_.load(true);
  EXPECT_THAT(folder_.messages(result), IsEmpty());
  EXPECT_EQ(result.wiring, nullptr);
  EXPECT_FALSE(fs::exists(ledger_));
}

TEST_F(Load, leaves_out_what_needs_a_bean_that_there_is_none_of_while_a_plugin_is_in_quarantine) {
  folder_.quarantined = {{"voice", "is in quarantine"}};
  folder_.beans("v.xml", "<tenon:library name=\"voice\" version=\"1.0.0\" file=\"voice.so\"/>");
  auto wiring = load("<bean id=\"g\" class=\"sample.Guest\"/>\n",
                     {"a.xml:1:39: warning: left out: plugin 'sample' needs a bean that implements "
                      "sample.Greeting/1; there is none while plugins are in quarantine",
                      "v.xml:1:39: warning: left out: plugin 'voice' is in quarantine"});
  ASSERT_NE(wiring, nullptr);
  EXPECT_THAT(wiring->plugins, IsEmpty());
}

TEST_F(Load, removes_copies_of_libraries_that_are_not_used_any_more) {
  folder_.folder.write("libraries/0123-old.so", "");
  auto wiring = load("");
  EXPECT_FALSE(fs::exists(folder_.folder.path() / "libraries/0123-old.so"));
}

}  // namespace
