#include <gmock/gmock.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/dial.h"
#include "support/reading.h"
#include "support/temp_store.h"

/// Configs from descriptors to the members of beans.
namespace {

namespace fs = std::filesystem;
using tenon::Json;
using tenon::config::Configs;
using tenon::test::config_xml;
using testing::ElementsAre;
using testing::IsEmpty;

class ConfigLoad : public testing::Test {
 protected:
  ConfigLoad() {
    folder_.node.set_store(&store_.host());
    tenon::test::add_dial(folder_);
  }
  ~ConfigLoad() override { end(); }

  std::vector<std::string> load() {
    end();
    folder_.configs = std::make_shared<Configs>(tenon::config::ConfigsOptions{&store_.host(), {}});
    loaded_ = folder_.load();
    return folder_.messages(loaded_);
  }
  void end() {
    if (loaded_.wiring) loaded_.wiring->stop();
    loaded_.wiring.reset();
  }
  /// What is said of these configs besides those of the dial.
  std::vector<std::string> load_configs(const std::string& xml, const std::string& beans = {}) {
    folder_.descriptor("config/more.xml", "<globalConfig>" + xml + "</globalConfig>");
    folder_.beans("dial.xml", tenon::test::kDialLibrary + tenon::test::kDialBeans + beans);
    return load();
  }
  Json dial() {
    void* reading = loaded_.wiring->find_bean("Dial")->as(tenon::test::Reading::kInterface);
    return static_cast<tenon::test::Reading*>(reading)->read();
  }
  Json shown(std::string_view name) {
    const Json all = dial();
    return *all.find(name);
  }
  Configs& configs() { return *loaded_.wiring->configs; }

  tenon::test::TempStore store_;
  tenon::test::LoadingFolder folder_;
  tenon::wiring::LoadResult loaded_;
};

TEST_F(ConfigLoad, gives_members_of_each_type_their_defaults) {
  ASSERT_THAT(load(), IsEmpty());
  EXPECT_EQ(shown("interval_ms"), Json(30'000));
  EXPECT_EQ(shown("greeting"), Json("hello"));
  EXPECT_EQ(shown("loud"), Json(false));
  EXPECT_EQ(shown("steps"), Json(7));
  EXPECT_EQ(shown("ratio"), Json(0.5));
  EXPECT_EQ(shown("paper"), Json(2048));
}

TEST_F(ConfigLoad, changes_members_at_once_and_tells_the_bean) {
  ASSERT_THAT(load(), IsEmpty());
  ASSERT_TRUE(configs().set("dial", "look.interval", "45s", {}, "ada"));
  ASSERT_TRUE(configs().set("dial", "greeting", "a much longer text than before", {}, "ada"));
  EXPECT_EQ(shown("interval_ms"), Json(45'000));
  EXPECT_EQ(shown("greeting"), Json("a much longer text than before"));
  configs().flush();
  EXPECT_EQ(shown("heard"), Json(Json::Array{Json("30000 -> 45000")}));
}

TEST_F(ConfigLoad, has_values_before_beans_start) {
  ASSERT_THAT(load(), IsEmpty());
  ASSERT_TRUE(configs().set("dial", "look.interval", "45s", {}, "ada"));
  ASSERT_THAT(load(), IsEmpty());
  EXPECT_EQ(shown("at_start_ms"), Json(45'000));
  configs().flush();
  EXPECT_EQ(shown("heard"), Json::array());
}

TEST_F(ConfigLoad, asks_extensions_for_the_parents_of_resources) {
  ASSERT_THAT(load(), IsEmpty());
  EXPECT_EQ(shown("on_shelf_ms"), Json(30'000));
  ASSERT_TRUE(configs().set("dial", "look.interval", "3s", {{"House", "home"}}, "ada"));
  EXPECT_EQ(shown("on_shelf_ms"), Json(3'000));
  ASSERT_TRUE(configs().set("dial", "look.interval", "2s", {{"Room", "attic"}}, "ada"));
  EXPECT_EQ(shown("on_shelf_ms"), Json(2'000));
  ASSERT_TRUE(configs().set("dial", "look.interval", "1s", {{"Shelf", "attic/1"}}, "ada"));
  EXPECT_EQ(shown("on_shelf_ms"), Json(1'000));
  EXPECT_EQ(shown("interval_ms"), Json(30'000));
}

TEST_F(ConfigLoad, tells_no_bean_that_has_stopped) {
  ASSERT_THAT(load(), IsEmpty());
  loaded_.wiring->stop();
  ASSERT_TRUE(configs().set("dial", "look.interval", "45s", {}, "ada"));
  configs().flush();
  EXPECT_EQ(shown("heard"), Json::array());
}

TEST_F(ConfigLoad, refuses_members_without_a_fitting_config) {
  const std::string needle = "<bean id=\"Needle\" class=\"dial.Needle\"/>";
  EXPECT_THAT(load_configs(config_xml("needle", "widht", "integer", "1"), needle),
              ElementsAre("dial.xml:1:257: error: class 'dial.Needle' of 'Needle' holds the config 'needle.width', "
                          "which no descriptor defines (did you mean 'needle.widht'?)"));
  EXPECT_THAT(load_configs(config_xml("needle", "width", "number", "1"), needle),
              ElementsAre("dial.xml:1:257: error: class 'dial.Needle' of 'Needle' holds the config 'needle.width' as "
                          "integer, and it is defined as number at config/more.xml:1:15"));
  EXPECT_THAT(load_configs(config_xml("needle", "width", "java.lang.Long", "1"), needle), IsEmpty());
}

TEST_F(ConfigLoad, refuses_definitions_that_do_not_fit_together) {
  EXPECT_THAT(load_configs(config_xml("wall", "look", "integer", "5", "<validator min='6'/>")),
              ElementsAre("config/more.xml:1:65: error: the default of config 'wall.look': expected an integer of at "
                          "least 6, found '5'"));
  EXPECT_THAT(load_configs(config_xml("wall", "look", "intger", "5")),
              ElementsAre("config/more.xml:1:95: error: there is no type 'intger': expected bool, integer, number, "
                          "string, duration or size (did you mean 'integer'?)"));
  EXPECT_THAT(load_configs(config_xml("dial", "loud", "bool", "true")),
              ElementsAre(testing::MatchesRegex("config/more.xml:1:15: error: config 'dial.loud' is defined twice "
                                                "\\(first at config/dial.xml:1:[0-9]+\\)")));
}

TEST_F(ConfigLoad, finds_tags_with_their_patterns) {
  folder_.descriptor("tags/t.xml",
                     "<tags><tag resource='Wall' pattern='paint::{color}'><token name='color' pattern='[a-z]+'/></tag>"
                     "<tag resource='Wall' pattern='note'/></tags>");
  ASSERT_THAT(load(), IsEmpty());
  ASSERT_EQ(loaded_.wiring->tags->specs().size(), 2U);
  EXPECT_EQ(loaded_.wiring->tags->specs()[0].pattern, "note");
  folder_.descriptor("tags/t.xml", "<tags><tag resource='Wall' pattern='paint::v{color}'/></tags>");
  EXPECT_THAT(load(), ElementsAre("tags/t.xml:1:28: error: pattern 'paint::v{color}': the part 'v{color}' is neither a "
                                  "word nor one {token}: '::' stands between parts"));
}

}  // namespace
