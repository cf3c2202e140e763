#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "support/loading.h"

/// Global properties: what plugins declare, and what is set.
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class PropertyLoad : public testing::Test {
 protected:
  PropertyLoad() { folder_.library(std::filesystem::path(TEST_PLUGINS) / "desk.so"); }
  ~PropertyLoad() override {
    if (loaded_.wiring) loaded_.wiring->stop();
  }

  /// What is said of the plugin `desk` with these declarations, its Stamp with this word.
  std::vector<std::string> load(const std::string& declarations, const std::string& word = "${desk.word}",
                                const std::string& properties = {}) {
    if (loaded_.wiring) loaded_.wiring->stop();
    loaded_.wiring.reset();
    folder_.beans("desk.xml", "<tenon:library name=\"desk\" version=\"1.0.0\" file=\"desk.so\">" + declarations +
                                  "</tenon:library>");
    // Read before the file that declares what it uses.
    folder_.beans("a.xml",
                  "<bean id=\"S\" class=\"desk.Stamp\"><property name=\"word\" value=\"" + word + "\"/></bean>");
    folder_.properties = {};
    tenon::descriptor::Diagnostics diagnostics;
    folder_.properties.read_text("p", properties, diagnostics);
    EXPECT_FALSE(diagnostics.has_errors());
    loaded_ = folder_.load();
    return folder_.messages(loaded_);
  }
  std::string value(std::string_view name) {
    const auto view = loaded_.wiring->properties->find(name);
    return view && view->value ? *view->value : "(none)";
  }

  tenon::test::LoadingFolder folder_;
  tenon::wiring::LoadResult loaded_;
};

const std::string kWord = "<tenon:property name='desk.word' type='string' default='seen'>What it says</tenon:property>";
const std::string kLimit = "<tenon:property name='desk.limit' type='duration' default='10s' min='1s'/>";

TEST_F(PropertyLoad, takes_the_default_that_a_plugin_declares) {
  EXPECT_THAT(load(kWord), IsEmpty());
  EXPECT_EQ(value("desk.word"), "seen");
  EXPECT_THAT(load(kWord, "${desk.word}", "desk.word = read\n"), IsEmpty());
  EXPECT_EQ(value("desk.word"), "read");
}

TEST_F(PropertyLoad, warns_of_another_default_in_a_descriptor) {
  EXPECT_THAT(load(kWord, "${desk.word:seen}"), IsEmpty());
  EXPECT_THAT(load(kWord, "${desk.word:read}"),
              ElementsAre("a.xml:1:93: warning: the default in '${desk.word:read}' is not the declared one, 'seen' "
                          "(desk.xml:1:97)"));
}

TEST_F(PropertyLoad, refuses_values_that_do_not_fit_where_they_were_set) {
  EXPECT_THAT(load(kWord + kLimit, "${desk.word}", "# limits\ndesk.limit = soon\n"),
              ElementsAre("p:2:1: error: property 'desk.limit': expected a duration such as 10s or 200ms of at least "
                          "1s, found 'soon'"));
  EXPECT_THAT(load(kWord + kLimit, "${desk.word}", "desk.limit = ${base}ms\nbase = 20\n"),
              ElementsAre("p:1:1: error: property 'desk.limit': expected a duration such as 10s or 200ms of at least "
                          "1s, found '20ms'"));
}

TEST_F(PropertyLoad, refuses_declarations_that_are_wrong) {
  EXPECT_THAT(load(kWord + "<tenon:property name='desk.x' type='duration' default='10'/>"),
              ElementsAre("desk.xml:1:188: error: the default of property 'desk.x': expected a duration such as 10s or "
                          "200ms, found '10'"));
  EXPECT_THAT(load(kWord + "<tenon:property name='desk.x' type='durtion'/>"),
              ElementsAre("desk.xml:1:218: error: there is no type 'durtion': expected bool, integer, number, string, "
                          "duration or size (did you mean 'duration'?)"));
}

TEST_F(PropertyLoad, warns_of_what_is_set_and_has_no_effect) {
  EXPECT_THAT(load(kWord, "${desk.word}", "desk.wrod = read\nhelper = 1\nused = ${helper}\n"),
              ElementsAre("p:1:1: warning: property 'desk.wrod' has no effect: no plugin declares it (did you mean "
                          "'desk.word'?)",
                          "p:3:1: warning: property 'used' has no effect: no plugin declares it"));
  EXPECT_TRUE(loaded_.wiring);
}

TEST_F(PropertyLoad, warns_of_a_variable_that_is_nearly_one) {
  ::setenv("TENON_DESK_WROD", "read", 1);
  ::setenv("TENON_OF_SOMETHING_ELSE", "1", 1);
  const std::vector<std::string> messages = load(kWord);
  ::unsetenv("TENON_DESK_WROD");
  ::unsetenv("TENON_OF_SOMETHING_ELSE");
  EXPECT_THAT(messages, ElementsAre("environment variable TENON_DESK_WROD: warning: it sets no property that is "
                                    "declared (did you mean 'TENON_DESK_WORD'?)"));
}

TEST_F(PropertyLoad, takes_values_of_the_environment) {
  ::setenv("TENON_DESK_LIMIT", "1", 1);
  const std::vector<std::string> messages = load(kWord + kLimit);
  ::unsetenv("TENON_DESK_LIMIT");
  EXPECT_THAT(messages, ElementsAre("environment variable TENON_DESK_LIMIT: error: property 'desk.limit': expected a "
                                    "duration such as 10s or 200ms of at least 1s, found '1'"));
}

TEST_F(PropertyLoad, refuses_a_property_that_two_plugins_declare) {
  folder_.library(std::filesystem::path(TEST_PLUGINS) / "dial.so");
  folder_.beans("e.xml",
                "<tenon:library name=\"dial\" version=\"1.0.0\" file=\"dial.so\">" + kWord + "</tenon:library>");
  EXPECT_THAT(load(kWord),
              ElementsAre("e.xml:1:97: error: property 'desk.word' is declared twice (first at desk.xml:1:97)"));
}

}  // namespace
