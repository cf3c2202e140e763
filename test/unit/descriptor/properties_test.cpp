#include "descriptor/properties.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Place kPlace{"f.xml", 3, 7};

/// The environment is as it was when this goes.
class Environment {
 public:
  Environment(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Environment() { ::unsetenv(name_); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* name_;
};

struct Substitution {
  std::string text;
  std::vector<std::string> messages;
};

Substitution substitute(const Properties& properties, std::string_view text) {
  Diagnostics diagnostics;
  Substitution result;
  result.text = properties.substitute(text, kPlace, diagnostics);
  result.messages = messages_of(diagnostics);
  return result;
}

Properties properties_of(std::string_view text) {
  Properties properties;
  Diagnostics diagnostics;
  properties.read_text("p", text, diagnostics);
  EXPECT_THAT(messages_of(diagnostics), IsEmpty());
  return properties;
}

std::vector<std::string> mistakes_in(std::string_view text) {
  Properties properties;
  Diagnostics diagnostics;
  properties.read_text("p", text, diagnostics);
  return messages_of(diagnostics);
}

std::vector<std::string> checked(const Properties& properties) {
  Diagnostics diagnostics;
  properties.check(diagnostics);
  return messages_of(diagnostics);
}

TEST(Properties, are_lines_of_names_and_values) {
  const Properties properties = properties_of(
      "# comment\n"
      "\n"
      "ovs.database = unix:/run/db.sock  \r\n"
      "  # another\n"
      "empty =\n"
      "a-b_C.1=x = y # z");
  EXPECT_EQ(properties.get("ovs.database", ""), "unix:/run/db.sock");
  EXPECT_EQ(properties.get("empty", "unset"), "");
  EXPECT_EQ(properties.get("a-b_C.1", ""), "x = y # z") << "only the first '=' ends a name; a comment has its own line";
  EXPECT_THAT(properties.names(), ElementsAre("a-b_C.1", "empty", "ovs.database"));
}

TEST(Properties, know_where_they_were_set) {
  const Properties properties = properties_of("a = 1\n\n  b = 2\n");
  EXPECT_EQ(properties.find("b")->place, (Place{"p", 3, 3}));
  EXPECT_FALSE(properties.find("c"));
}

TEST(Properties, give_the_fallback_for_what_is_not_set) { EXPECT_EQ(Properties().get("a", "fallback"), "fallback"); }

TEST(Properties, pass_over_a_byte_order_mark) {
  EXPECT_EQ(properties_of("\xEF\xBB\xBF"
                          "a = 1")
                .find("a")
                ->place,
            (Place{"p", 1, 1}));
}

TEST(Properties, refuse_broken_lines_with_their_places) {
  EXPECT_THAT(mistakes_in("a = 1\n\n  just words\n"), ElementsAre("p:3:3: error: expected 'name = value'"));
  EXPECT_THAT(mistakes_in("= 1"), ElementsAre("p:1:1: error: expected 'name = value'"));
  EXPECT_THAT(mistakes_in("a b = 1"),
              ElementsAre("p:1:1: error: 'a b' is not a name: letters, digits, '.', '-' and '_' make names"));
  EXPECT_THAT(mistakes_in("a = 1\nb = 2\na = 3"), ElementsAre("p:3:1: error: property 'a' was set before at p:1:1"));
  EXPECT_THAT(mistakes_in(std::string_view("a = \0", 5)),
              ElementsAre("p:1:5: error: this is not text: it holds a NUL byte"));
}

TEST(Properties, of_a_later_file_win) {
  Properties properties = properties_of("a = 1\nb = 1");
  Diagnostics diagnostics;
  properties.read_text("later", "b = 2", diagnostics);
  properties.set("c", "3", "command line");
  properties.set("a", "3", "command line");
  EXPECT_THAT(messages_of(diagnostics), IsEmpty());
  EXPECT_EQ(properties.get("a", ""), "3");
  EXPECT_EQ(properties.find("a")->place.to_string(), "command line");
  EXPECT_EQ(properties.get("b", ""), "2");
  EXPECT_EQ(properties.find("b")->place.file, "later");
  EXPECT_EQ(properties.get("c", ""), "3");
}

TEST(Properties, from_the_environment_win_whenever_they_are_set) {
  const Properties properties = properties_of("ovs.data-base = file");
  {
    const Environment environment("TENON_OVS_DATA_BASE", "environment");
    EXPECT_EQ(properties.get("ovs.data-base", ""), "environment");
    EXPECT_EQ(properties.find("ovs.data-base")->place.to_string(), "environment variable TENON_OVS_DATA_BASE");
  }
  EXPECT_EQ(properties.get("ovs.data-base", ""), "file");
}

TEST(Properties, from_the_environment_need_no_file) {
  const Environment environment("TENON_X", "");
  EXPECT_EQ(Properties().get("x", "unset"), "") << "set to nothing is set";
}

TEST(Substitution, replaces_names_and_defaults) {
  const Properties properties = properties_of("a = 1\nb-c.d = 2");
  EXPECT_EQ(substitute(properties, "x ${a}${b-c.d} y").text, "x 12 y");
  EXPECT_EQ(substitute(properties, "${a:9}").text, "1");
  EXPECT_EQ(substitute(properties, "${n:unix:/run/db.sock}!").text, "unix:/run/db.sock!") << "the first colon counts";
  EXPECT_EQ(substitute(properties, "[${n:}]").text, "[]");
  EXPECT_EQ(substitute(properties, "${n:${m:${a}}}").text, "1");
  EXPECT_EQ(substitute(properties, R"(${n:{"a":{}}})").text, R"({"a":{}})") << "braces within a default come in pairs";
  EXPECT_EQ(substitute(properties, "5$ } $").text, "5$ } $");
  EXPECT_EQ(substitute(properties, "").text, "");
}

TEST(Substitution, leaves_what_is_escaped) {
  const Properties properties = properties_of("a = 1");
  EXPECT_EQ(substitute(properties, "$${a} ${a}").text, "${a} 1");
  EXPECT_EQ(substitute(properties, "${n:$${a}}").text, "${a}");
}

TEST(Substitution, reaches_into_the_values) {
  const Properties properties = properties_of("url = ${base}/x\nbase = ${host:local}:80");
  EXPECT_EQ(substitute(properties, "${url}").text, "local:80/x");
  EXPECT_EQ(properties.get("url", ""), "local:80/x");
  const Environment environment("TENON_HOST", "there");
  EXPECT_EQ(properties.find("url")->value, "there:80/x");
}

TEST(Substitution, refuses_what_it_cannot_replace_and_leaves_the_text) {
  const Properties properties = properties_of("database = 1\nv = ${missing}\nself = ${self}\na = ${b}\nb = x${a}");
  const auto expect = [&](const std::string& text, const std::string& message) {
    const Substitution result = substitute(properties, text);
    EXPECT_THAT(result.messages, ElementsAre("f.xml:3:7: error: " + message)) << text;
    EXPECT_EQ(result.text, text);
  };
  expect("x${none}y${none}", "property 'none' is not set and has no default");
  expect("${databse}", "property 'databse' is not set and has no default (did you mean 'database'?)");
  expect("x ${database", "'${' is not closed by '}'");
  expect("${n:{}", "'${' is not closed by '}'");
  expect("${}", "'' is not the name of a property");
  expect("${ database }", "' database ' is not the name of a property");
  expect("${a${b}}", "'a${b}' is not the name of a property");
  expect("${v}", "property 'missing' is not set and has no default (in the value of 'v': p:2:1)");
  expect("${self}", "property 'self' refers to itself: self -> self");
  expect("${b}", "property 'a' refers to itself: a -> b -> a");
  expect("${n:${a}}", "property 'a' refers to itself: a -> b -> a");
}

TEST(Substitution, ends_whatever_the_values_are) {
  Properties properties;
  for (int i = 0; i < 40; ++i) {
    const std::string next = "${p" + std::to_string(i + 1) + "}";
    properties.set("p" + std::to_string(i), next + next, "p");
  }
  properties.set("p40", "", "p");
  EXPECT_THAT(
      substitute(properties, "${p0}").messages,
      ElementsAre("f.xml:3:7: error: this text refers to more than 10000 properties (in the value of 'p0': p)"));
  properties.set("p40", std::string(10'000, 'x'), "p");
  EXPECT_THAT(
      substitute(properties, "${p0}").messages,
      ElementsAre("f.xml:3:7: error: the properties in this text make it longer than 1 MiB (in the value of 'p0': p)"));
  std::string deep = "x";
  for (int i = 0; i < 65; ++i) deep.insert(0, "${n:").append("}");
  EXPECT_THAT(substitute(properties, deep).messages,
              ElementsAre("f.xml:3:7: error: properties refer to each other more than 64 deep"));
}

TEST(PropertiesCheck, reports_each_cause_once_where_it_is_set) {
  const Properties properties = properties_of(
      "user = ${broken}\nbroken = ${missing}\nloop.b = ${loop.a}\nloop.a = ${loop.b}\nin = ${loop.b}\nfine = ${x:1}");
  EXPECT_THAT(checked(properties),
              ElementsAre("p:2:1: error: property 'missing' is not set and has no default",
                          "p:4:1: error: property 'loop.a' refers to itself: loop.a -> loop.b -> loop.a"));
  EXPECT_EQ(properties.get("user", ""), "${broken}") << "what cannot be replaced stays as it was written";
}

TEST(PropertiesCheck, reports_the_environment_too) {
  const Properties properties = properties_of("a = ${from.outside}");
  const Environment environment("TENON_FROM_OUTSIDE", "${missing}");
  EXPECT_THAT(checked(properties), ElementsAre("p:1:1: error: property 'missing' is not set and has no default"));
}

TEST(DeclaredProperties, stand_in_where_nothing_is_set) {
  Properties properties = properties_of("base = /srv");
  properties.declare("desk.folder", "${base}/desk", {"desk.xml", 3, 5});
  EXPECT_EQ(substitute(properties, "${desk.folder}").text, "/srv/desk");
  EXPECT_FALSE(properties.find("desk.folder")) << "it is not set";
  properties.set("desk.folder", "/tmp", "--set");
  EXPECT_EQ(substitute(properties, "${desk.folder}").text, "/tmp");
}

TEST(DeclaredProperties, are_warned_of_where_a_default_differs) {
  Properties properties;
  properties.declare("desk.limit", "10s", {"desk.xml", 3, 5});
  EXPECT_THAT(substitute(properties, "${desk.limit:10s}").messages, IsEmpty());
  const Substitution differing = substitute(properties, "${desk.limit:5s}");
  EXPECT_EQ(differing.text, "5s");
  EXPECT_THAT(differing.messages, ElementsAre("f.xml:3:7: warning: the default in '${desk.limit:5s}' is not the "
                                              "declared one, '10s' (desk.xml:3:5)"));
}

TEST(DeclaredProperties, may_not_refer_to_themselves) {
  Properties properties;
  properties.declare("a", "${b}", {"desk.xml", 3, 5});
  properties.declare("b", "${a}", {"desk.xml", 4, 5});
  EXPECT_THAT(substitute(properties, "${b}").messages,
              ElementsAre("f.xml:3:7: error: property 'a' refers to itself: a -> b -> a"));
}

TEST(DeclaredProperties, are_suggested) {
  Properties properties;
  properties.declare("desk.limit", "10s", {"desk.xml", 3, 5});
  EXPECT_THAT(substitute(properties, "${desk.limti}").messages,
              ElementsAre("f.xml:3:7: error: property 'desk.limti' is not set and has no default (did you mean "
                          "'desk.limit'?)"));
}

TEST(Properties, keep_all_that_was_given_to_one) {
  Properties properties = properties_of("a.b = 1");
  properties.set("a.b", "2", "--set a.b");
  const Environment environment("TENON_A_B", "3");
  std::vector<std::string> levels;
  for (const Properties::Entry& entry : properties.levels("a.b")) {
    levels.push_back(entry.value + " " + entry.place.to_string());
  }
  EXPECT_THAT(levels, ElementsAre("1 p:1:1", "2 --set a.b", "3 environment variable TENON_A_B"));
}

TEST(Properties, note_who_is_asked_for) {
  Properties properties = properties_of("a = ${b}");
  std::set<std::string, std::less<>> uses;
  properties.record_uses(&uses);
  (void)substitute(properties, "${c:${d:1}}");
  (void)checked(properties);
  EXPECT_THAT(uses, ElementsAre("b", "c", "d"));
}

using PropertiesFile = InFolder;

TEST_F(PropertiesFile, is_named_in_places_as_given) {
  write("etc/tenon.properties", "a = 1\nb");
  Properties properties;
  Diagnostics diagnostics;
  properties.read_file("etc/tenon.properties", diagnostics);
  EXPECT_THAT(messages_of(diagnostics), ElementsAre("etc/tenon.properties:2:1: error: expected 'name = value'"));
  EXPECT_EQ(properties.get("a", ""), "1");
}

TEST_F(PropertiesFile, that_cannot_be_read_is_an_error_and_never_waited_for) {
  ASSERT_EQ(::mkfifo("fifo", 0600), 0);
  Properties properties;
  Diagnostics diagnostics;
  for (const char* file : {".", "fifo", "none"}) properties.read_file(file, diagnostics);
  EXPECT_THAT(messages_of(diagnostics),
              ElementsAre(".: error: cannot read: Is a directory", "fifo: error: cannot read: not a regular file",
                          "none: error: cannot read: No such file or directory"));
}

}  // namespace
}  // namespace tenon::descriptor
