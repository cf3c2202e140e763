#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <vector>

#include "api/json_text.h"
#include "process.h"
#include "support/temp_folder.h"

namespace tenon::test {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

struct Verified {
  int status = 0;
  std::string output;
  std::string errors;
};

/// `tenon plugin verify`, on libraries that keep all rules but one.
class Verify : public testing::Test {
 protected:
  static fs::path library(const std::string& name) { return fs::path(TEST_PLUGINS) / ("unruly_" + name + ".so"); }

  Verified verify(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"plugin", "verify"});
    Process tenon(folder_.path(), TENON_TENON,
                  {.arguments = std::move(arguments), .environment = {{"TENON_TENOND", TENON_TENOND}}, .input = {}});
    const int status = tenon.wait();
    return {status, tenon.output(), tenon.errors()};
  }
  /// With a descriptor that makes one bean.
  Verified verify_beans(const std::string& name, const std::string& rounds = "20") {
    const std::string plugin = "unruly_" + name;
    const fs::path descriptor =
        folder_.write(plugin + ".xml",
                      "<beans xmlns=\"urn:tenon:beans\" xmlns:tenon=\"urn:tenon:plugin\">\n  <tenon:library name=\"" +
                          plugin + "\" version=\"1.0.0\" file=\"" + plugin + ".so\"/>\n  <bean id=\"Thing\" class=\"" +
                          plugin + ".Thing\"/>\n</beans>\n");
    return verify({library(name).string(), "--descriptor", descriptor.string(), "--rounds", rounds});
  }
  TempFolder folder_;
};

TEST_F(Verify, finds_a_plugin_that_keeps_the_rules) {
  const Verified found = verify_beans("ruly", "1000");
  EXPECT_EQ(found.status, 0) << found.output << found.errors;
  EXPECT_THAT(found.output, HasSubstr("ok      record        unruly_ruly 1.0.0, ABI "));
  EXPECT_THAT(found.output, HasSubstr("ok      exports       tenon_plugin_register\n"));
  EXPECT_THAT(found.output, HasSubstr("1000 rounds without beans: gone after each dlclose\n"));
  EXPECT_THAT(found.output, HasSubstr("1000 rounds of start and stop: gone after each dlclose\n"));
  EXPECT_THAT(found.output, ContainsRegex("threads +[0-9]+, as before\n"));
  EXPECT_THAT(found.output,
              ContainsRegex("ok      swaps         100 swaps under traffic [(][0-9]+ looks at its "
                            "extensions; it has no message that only reads[)]: each former library went"));
  EXPECT_THAT(found.output, HasSubstr("unruly_ruly.so: keeps the rules\n"));
  EXPECT_THAT(found.output, Not(HasSubstr("FAILED")));
}

TEST_F(Verify, calls_what_only_reads_while_it_swaps) {
  const fs::path descriptor =
      folder_.write("desk.xml",
                    "<beans xmlns:tenon=\"urn:tenon:plugin\"><tenon:library name=\"desk\" version=\"1.0.0\" "
                    "file=\"desk.so\"/><bean id=\"Desk\" class=\"desk.Desk\"/></beans>");
  const auto service = [&](const std::string& name, const std::string& route) {
    folder_.write("services/desk.xml",
                  "<service><id>Desk</id><message><name>" + name + "</name><route " + route + "/></message></service>");
    const fs::path desk = fs::path(TEST_PLUGINS) / "desk.so";
    return verify({desk.string(), "--descriptor", descriptor.string(), "--rounds", "20"});
  };
  const Verified found = service("desk.Read", "method=\"GET\" path=\"/v1/topics/{topic}\"");
  EXPECT_EQ(found.status, 0) << found.output << found.errors;
  EXPECT_THAT(found.output, ContainsRegex("ok      swaps         2 swaps under traffic [(][0-9]+ calls of 1 message"));
  EXPECT_THAT(service("desk.Clear", "method=\"DELETE\" path=\"/v1/topics/{topic}\"").output,
              HasSubstr("it has no message that only reads"));
}

TEST_F(Verify, names_a_thread_that_was_not_joined_and_does_not_unload_its_code) {
  const Verified found = verify_beans("thread");
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.output, AllOf(HasSubstr("FAILED  threads       round 1 with beans: 1 more than before"),
                                  HasSubstr("remedy: join the plugin's threads in stop()")));
  EXPECT_THAT(found.errors, HasSubstr("1 check of "));

  const std::string page = read_file(TENON_RULES_PAGE);
  const std::string marker = "<!-- unruly_thread -->\n```text\n";
  const std::size_t begin = page.find(marker);
  ASSERT_NE(begin, std::string::npos) << "docs/plugin-rules.md shows no output";
  const std::size_t end = page.find("```", begin + marker.size());
  EXPECT_THAT(found.output, HasSubstr(page.substr(begin + marker.size(), end - begin - marker.size())));
}

TEST_F(Verify, names_memory_that_grows) {
  if (kSanitized) GTEST_SKIP() << "what a sanitizer keeps is not the plugin's";
  const Verified found = verify_beans("memory", "1000");
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.output, ContainsRegex("FAILED  memory        with beans: from round 100 to 1000 the heap grew by "
                                          "3[0-9]+ KiB, .*: about 4[0-9]+ B a round"));
}

TEST_F(Verify, names_what_keeps_a_library_mapped) {
  const Verified found = verify_beans("pinned");
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.output,
              HasSubstr("FAILED  unload        round 1 with beans: the library stays mapped after dlclose, "
                        "by a thread_local variable with a destructor (it imports __cxa_thread_atexit"));
}

TEST_F(Verify, names_a_unique_symbol_and_what_it_does) {
  const Verified found = verify_beans("unique");
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.output, ContainsRegex("FAILED  unique        STB_GNU_UNIQUE, .*Cache<int>::entries"));
  EXPECT_THAT(found.output, HasSubstr("remedy: compile with -fno-gnu-unique"));
  EXPECT_THAT(found.output, HasSubstr("the library stays mapped after dlclose, by the STB_GNU_UNIQUE symbol "));
}

TEST_F(Verify, names_a_variable_of_the_initial_exec_model) {
  EXPECT_THAT(verify({library("initial_exec").string(), "--rounds", "1"}).output,
              HasSubstr("FAILED  thread-local  of the initial-exec model: unruly::depth\n"));
}

TEST_F(Verify, names_pins_that_are_kept) {
  EXPECT_THAT(verify_beans("kept").output, HasSubstr("FAILED  pins          round 1 with beans: 1 pin on the library"));
}

TEST_F(Verify, outlives_a_plugin_that_ends_the_process) {
  const Verified crashed = verify_beans("crash");
  EXPECT_EQ(crashed.status, 1);
  if (!kSanitized) {  // which exits then
    EXPECT_THAT(crashed.output,
                HasSubstr("FAILED  crash         the process was ended by SIGSEGV in round 1 with beans, the stop of"));
  }
  EXPECT_THAT(verify_beans("exit").output, HasSubstr("FAILED  exit          the process ended with 3 in round 1"));
}

TEST_F(Verify, says_why_a_bean_does_not_start) {
  EXPECT_THAT(verify_beans("throws").output,
              ContainsRegex("FAILED  beans         round 1 with beans: .*unruly_throws.xml:3:.*not today"));
}

TEST_F(Verify, needs_no_descriptor) {
  const Verified found = verify({library("ruly").string(), "--rounds", "3", "--json"});
  EXPECT_EQ(found.status, 0) << found.output;
  const Result<Json> json = api::parse_json(found.output);
  ASSERT_TRUE(json.ok()) << found.output;
  EXPECT_EQ(*json->find("ok"), Json(true));
  EXPECT_THAT(found.output, Not(HasSubstr("with beans")));
}

TEST_F(Verify, refuses_what_is_no_plugin) {
  const fs::path text = folder_.write("text.so", "hello");
  const Verified found = verify({text.string()});
  EXPECT_EQ(found.status, 1);
  EXPECT_THAT(found.output, HasSubstr("FAILED  record        PLUGIN.1002: not an ELF file"));
  EXPECT_THAT(verify({library("ruly").string(), "--descriptor", text.string()}).output,
              HasSubstr("FAILED  descriptor"));
}

}  // namespace
}  // namespace tenon::test
