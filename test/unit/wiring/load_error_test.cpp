#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tenon/record.h>

#include <filesystem>
#include <regex>
#include <string>
#include <vector>

#include "plugin/generation.h"
#include "support/loading.h"

/// Each error of a load, with its exact message and place.
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

const fs::path kPlugins = TEST_PLUGINS;
const std::string kLibrary = "<tenon:library name=\"sample\" version=\"1.2.0\" file=\"sample.so\"/>\n";

class LoadError : public testing::Test {
 protected:
  void SetUp() override { sample_ = folder_.library(kPlugins / "sample.so"); }
  /// The messages for descriptors with the sample library and, from line 2 on, these beans.
  std::vector<std::string> with_sample(const std::string& xml) {
    folder_.beans("a.xml", kLibrary + xml);
    return load();
  }
  std::vector<std::string> load() {
    tenon::wiring::LoadResult result = folder_.load();
    EXPECT_TRUE(result.wiring == nullptr || !result.diagnostics.has_errors()) << "nothing may stay of a failed load";
    return folder_.messages(result);
  }
  /// The name under which the cache keeps a library depends on its content.
  static std::string without_hash(const std::string& line) {
    return std::regex_replace(line, std::regex("libraries/[0-9a-f]{32}-"), "libraries/HASH-");
  }
  /// The sample library with other bytes in its record.
  void patch_record(std::size_t offset, const std::string& bytes) {
    std::string content = tenon::test::read_file(sample_);
    const std::size_t record = content.find(std::string("TENON\r\n\0", 8));
    ASSERT_NE(record, std::string::npos);
    content.replace(record + offset, bytes.size(), bytes);
    folder_.folder.write("plugins/sample.so", content);
  }
  fs::path sample_;
  tenon::test::LoadingFolder folder_;
};

TEST_F(LoadError, malformed_xml) {
  folder_.descriptor("a.xml", "<beans>\n  <bean id=\"a\" class=\"b\">\n</beans>\n");
  const auto messages = load();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_THAT(messages[0], testing::StartsWith("a.xml:3:"));
}

TEST_F(LoadError, unknown_element_and_attribute) {
  EXPECT_THAT(with_sample("<ben id=\"a\" class=\"sample.Bean\"/>\n<bean id=\"b\" clas=\"x\" class=\"sample.Bean\"/>"),
              ElementsAre("a.xml:2:1: error: unknown element 'ben' in <beans> (did you mean 'bean'?)",
                          "a.xml:3:14: error: unknown attribute 'clas' of <bean> (did you mean 'class'?)"));
}

TEST_F(LoadError, spring_feature_is_a_warning_and_the_rest_loads) {
  folder_.beans("a.xml", kLibrary + "<bean id=\"a\" class=\"sample.Bean\" lazy-init=\"true\"/>");
  tenon::wiring::LoadResult result = folder_.load();
  EXPECT_NE(result.wiring, nullptr);
  EXPECT_THAT(folder_.messages(result), ElementsAre(testing::StartsWith("a.xml:2:34: warning: Spring's 'lazy-init'")));
}

TEST_F(LoadError, duplicate_bean_id) {
  folder_.beans("b.xml", "\n  <bean id=\"x\" class=\"sample.Bean\"/>");
  EXPECT_THAT(with_sample("<bean id=\"x\" class=\"sample.Bean\"/>"),
              ElementsAre("b.xml:2:9: error: id 'x' is used twice (first at a.xml:2:7)"));
}

TEST_F(LoadError, unknown_class_with_the_nearest_name) {
  EXPECT_THAT(with_sample("<bean id=\"x\" class=\"sample.Baen\"/>"),
              ElementsAre("a.xml:2:14: error: class 'sample.Baen' is unknown (did you mean 'sample.Bean'?)"));
}

TEST_F(LoadError, property_of_the_wrong_type_or_out_of_range_or_unknown) {
  EXPECT_THAT(
      with_sample("<bean id=\"x\" class=\"sample.Bean\">\n"
                  "<property name=\"port\" value=\"70000\"/>\n"
                  "<property name=\"flag\" value=\"maybe\"/>\n"
                  "<property name=\"timeout\" value=\"10\"/>\n"
                  "<property name=\"prot\" value=\"1\"/>\n"
                  "<property name=\"size\"><list><value>1</value></list></property>\n"
                  "</bean>"),
      ElementsAre(
          "a.xml:3:23: error: property 'port' of bean 'x': expected an integer from 1 to 65535, found '70000'",
          "a.xml:4:23: error: property 'flag' of bean 'x': expected true or false, found 'maybe'",
          "a.xml:5:26: error: property 'timeout' of bean 'x': expected a duration such as 10s from 1s to 3600s, found "
          "'10'",
          "a.xml:6:11: error: class 'sample.Bean' has no property 'prot' (did you mean 'port'?)",
          "a.xml:7:23: error: property 'size' of bean 'x': expected a size such as 512M, found a list"));
}

TEST_F(LoadError, required_property_missing) {
  EXPECT_THAT(with_sample("<bean id=\"x\" class=\"sample.Host\"/>"),
              ElementsAre("a.xml:2:1: error: bean 'x' needs the property 'file'"));
}

TEST_F(LoadError, property_that_its_setter_refuses) {
  EXPECT_THAT(with_sample("<bean id=\"x\" class=\"sample.Bean\">\n<property name=\"checked\" value=\"bad\"/></bean>"),
              ElementsAre("a.xml:3:11: error: bean 'x': 'bad' is bad"));
}

TEST_F(LoadError, reference_to_a_bean_without_the_interface) {
  EXPECT_THAT(with_sample("<bean id=\"x\" class=\"sample.Bean\">\n<property name=\"other\" ref=\"t\"/></bean>\n"
                          "<bean id=\"t\" class=\"sample.Tools\"/>"),
              ElementsAre("a.xml:3:24: error: property 'other' of bean 'x': bean 't' of class 'sample.Tools' does not "
                          "implement sample.Greeting/1"));
}

TEST_F(LoadError, reference_to_nothing) {
  EXPECT_THAT(with_sample("<bean id=\"x\" class=\"sample.Bean\" depends-on=\"toolz\">\n"
                          "<property name=\"other\" ref=\"y\"/></bean>\n"
                          "<bean id=\"tools\" class=\"sample.Tools\"/>"),
              ElementsAre("a.xml:2:34: error: bean 'toolz' is not defined (did you mean 'tools'?)",
                          "a.xml:3:24: error: bean or value 'y' is not defined"));
}

TEST_F(LoadError, missing_library) {
  folder_.beans("a.xml", "<tenon:library name=\"x\" version=\"1\" file=\"x.so\"/>\n<bean id=\"b\" class=\"x.Thing\"/>");
  EXPECT_THAT(load(), ElementsAre("a.xml:1:75: error: library file 'x.so' not found (looked in: descriptors, plugins)"))
      << "and nothing of the classes that it would have had";
}

TEST_F(LoadError, not_an_elf_file) {
  folder_.folder.write("plugins/x.so", "#!/bin/sh\n");
  folder_.beans("a.xml", "<tenon:library name=\"x\" version=\"1\" file=\"x.so\"/>");
  EXPECT_THAT(load(), ElementsAre("a.xml:1:75: error: plugin 'x': not an ELF file: plugins/x.so"));
  EXPECT_FALSE(fs::exists(folder_.folder.path() / "libraries")) << "what is no plugin is not copied";
}

TEST_F(LoadError, elf_file_without_the_record) {
  folder_.library(kPlugins / "no_record.so");
  folder_.beans("a.xml", "<tenon:library name=\"no_record\" version=\"1\" file=\"no_record.so\"/>");
  EXPECT_THAT(load(), ElementsAre("a.xml:1:83: error: plugin 'no_record': no plugin record: plugins/no_record.so: the "
                                  "file has no section .tenon.plugin (is TENON_PLUGIN used?)"));
}

TEST_F(LoadError, each_field_of_the_handshake) {
  struct Case {
    std::size_t offset;
    std::string bytes;
    std::string message;
  };
  const std::string prefix =
      "a.xml:1:84: error: plugin 'sample': the record of plugins/sample.so does not fit this node: ";
  for (const Case& c : std::vector<Case>{
           {8, std::string("\x0c\0\0\0", 4), "record_size: expected 176, found 12"},
           {12, std::string("\x09\0", 2), "abi_major: expected " + std::to_string(tenon::kAbiMajor) + ", found 9"},
           {14, std::string("\x63\0", 2), "abi_minor: expected at most 0, found 99"},
           {16, "zample", "name: expected 'sample', found 'zample'"},
           {80, "9", "version: expected '1.2.0', found '9.2.0'"},
           {112, "m", "standard_library: expected 'libstdc++/cxx11', found 'mibstdc++/cxx11'"},
       }) {
    fs::copy_file(kPlugins / "sample.so", sample_, fs::copy_options::overwrite_existing);
    patch_record(c.offset, c.bytes);
    EXPECT_THAT(with_sample(""), ElementsAre(prefix + c.message));
  }
  for (const auto& [offset, field] :
       std::vector<std::pair<std::size_t, std::string>>{{144, "containers"}, {160, "sanitizer"}}) {
    fs::copy_file(kPlugins / "sample.so", sample_, fs::copy_options::overwrite_existing);
    patch_record(offset, "X");
    EXPECT_THAT(with_sample(""), ElementsAre(testing::StartsWith(prefix + field + ": expected '")));
  }
  fs::copy_file(kPlugins / "sample.so", sample_, fs::copy_options::overwrite_existing);
  patch_record(0, "X");
  EXPECT_THAT(with_sample(""), ElementsAre(prefix + "magic: expected a Tenon plugin record, found other bytes"));
}

TEST_F(LoadError, no_entry_symbol) {
  folder_.library(kPlugins / "no_entry.so");
  folder_.beans("a.xml", "<tenon:library name=\"no_entry\" version=\"1.0.0\" file=\"no_entry.so\"/>");
  const auto messages = load();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(
      without_hash(messages[0]),
      "a.xml:1:86: error: plugin 'no_entry': no entry symbol: libraries/HASH-no_entry.so: tenon_plugin_register is "
      "not exported (is TENON_PLUGIN used?)");
}

TEST_F(LoadError, unresolved_symbol) {
  folder_.library(kPlugins / "unresolved.so");
  folder_.beans("a.xml", "<tenon:library name=\"unresolved\" version=\"1.0.0\" file=\"unresolved.so\"/>");
  const auto messages = load();
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(without_hash(messages[0]),
            "a.xml:1:88: error: plugin 'unresolved': the dynamic linker refuses the library: "
            "libraries/HASH-unresolved.so: undefined symbol: _ZN7nowhere11to_be_foundEv");
}

TEST_F(LoadError, registration_that_throws) {
  folder_.library(kPlugins / "throws.so");
  folder_.beans("a.xml", "<tenon:library name=\"throws\" version=\"1.0.0\" file=\"throws.so\"/>");
  EXPECT_THAT(load(),
              ElementsAre("a.xml:1:84: error: plugin 'throws': the registration of the library threw: not today"));
}

TEST_F(LoadError, class_named_outside_its_plugin) {
  folder_.library(kPlugins / "foreign_name.so");
  folder_.beans("a.xml", "<tenon:library name=\"foreign_name\" version=\"1.0.0\" file=\"foreign_name.so\"/>");
  EXPECT_THAT(load(), ElementsAre("a.xml:1:90: error: plugin 'foreign_name': its class 'sample.Thing' must be named "
                                  "'foreign_name.…'"));
}

TEST_F(LoadError, class_that_does_not_implement_the_interface_of_an_extension) {
  EXPECT_THAT(
      with_sample("<bean id=\"x\" class=\"sample.Bean\"><tenon:plugin>\n"
                  "<tenon:extension interface=\"sample.ToolFactory\"/></tenon:plugin></bean>"),
      ElementsAre("a.xml:3:18: error: class 'sample.Bean' of bean 'x' does not implement sample.ToolFactory (it "
                  "implements: sample.Greeting/1)"));
}

TEST_F(LoadError, factory_of_another_kind) {
  EXPECT_THAT(
      with_sample("<bean id=\"x\" class=\"sample.Tools\"><tenon:plugin>\n"
                  "<tenon:driver kind=\"Tol\" type=\"T\" resource=\"sample.Bean\"/></tenon:plugin></bean>"),
      ElementsAre("a.xml:3:15: error: class 'sample.Tools' is no factory of drivers of kind 'Tol' (it is one of: "
                  "Tool) (did you mean 'Tool'?)",
                  "a.xml:3:35: error: class 'sample.Bean' is no resource"));
}

TEST_F(LoadError, two_drivers_of_one_kind_and_type) {
  folder_.beans("b.xml",
                "<bean id=\"y\" class=\"sample.Tools\"><tenon:plugin>\n<tenon:driver kind=\"Tool\" type=\"T\"/>"
                "</tenon:plugin></bean>");
  EXPECT_THAT(
      with_sample("<bean id=\"x\" class=\"sample.Tools\"><tenon:plugin>\n"
                  "<tenon:driver kind=\"Tool\" type=\"T\"/></tenon:plugin></bean>"),
      ElementsAre("b.xml:2:1: error: driver of kind 'Tool' and type 'T' is defined twice (first at a.xml:3:1)"));
}

TEST_F(LoadError, cyclic_depends_on_and_ref_as_a_path) {
  EXPECT_THAT(with_sample("<bean id=\"a\" class=\"sample.Bean\" depends-on=\"b\"/>\n"
                          "<bean id=\"b\" class=\"sample.Bean\"><property name=\"other\" ref=\"c\"/></bean>\n"
                          "<bean id=\"c\" class=\"sample.Bean\" depends-on=\"a\"/>"),
              ElementsAre("a.xml:2:1: error: beans depend on one another: a -> b -> c -> a"));
}

TEST_F(LoadError, list_that_holds_itself) {
  EXPECT_THAT(with_sample("<util:list id=\"l\"><ref bean=\"l\"/></util:list>\n"
                          "<bean id=\"b\" class=\"sample.Bean\"><property name=\"names\" ref=\"l\"/></bean>"),
              ElementsAre("a.xml:2:12: error: beans depend on one another: l -> l"));
}

TEST_F(LoadError, cyclic_requires_as_a_path) {
  folder_.beans("b.xml",
                "<tenon:library name=\"b\" version=\"1\" file=\"b.so\"><tenon:requires plugin=\"c\"/></tenon:library>");
  folder_.beans("c.xml",
                "<tenon:library name=\"c\" version=\"1\" file=\"c.so\"><tenon:requires plugin=\"b\"/></tenon:library>");
  folder_.folder.write("plugins/b.so", "");
  folder_.folder.write("plugins/c.so", "");
  EXPECT_THAT(load(), testing::Contains("b.xml:1:39: error: plugins require one another: b -> c -> b"));
}

TEST_F(LoadError, requires_a_plugin_that_is_not_there_or_of_another_version) {
  folder_.beans("a.xml",
                "<tenon:library name=\"sample\" version=\"1.2.0\" file=\"sample.so\">\n"
                "<tenon:requires plugin=\"networc\"/>\n"
                "<tenon:requires plugin=\"network\" version=\"2\"/>\n</tenon:library>");
  folder_.beans("n.xml", "<tenon:library name=\"network\" version=\"1.0.0\" file=\"sample.so\"/>");
  EXPECT_THAT(load(),
              testing::IsSupersetOf(
                  {"a.xml:2:1: error: plugin 'sample' requires plugin 'networc', which is not there (did you mean "
                   "'network'?)",
                   "a.xml:3:1: error: plugin 'sample' requires version 2 of plugin 'network', found 1.0.0"}));
}

TEST_F(LoadError, chain_with_an_unknown_flow_or_a_class_that_is_none) {
  folder_.descriptor("chains/c.xml",
                     "<chains><chain name=\"c\">\n<flow class=\"sample.Apend\"/>\n<flow class=\"sample.Bean\"/>\n"
                     "</chain></chains>");
  EXPECT_THAT(with_sample(""),
              ElementsAre("chains/c.xml:2:7: error: flow 'sample.Apend' is unknown (did you mean 'sample.Append'?)",
                          "chains/c.xml:3:7: error: class 'sample.Bean' is no flow"));
}

TEST_F(LoadError, chain_whose_flow_could_be_two_beans) {
  folder_.descriptor("chains/c.xml", "<chains><chain name=\"c\">\n<flow class=\"sample.Append\"/></chain></chains>");
  EXPECT_THAT(
      with_sample("<bean id=\"a\" class=\"sample.Append\"/><bean id=\"b\" class=\"sample.Append\"/>"),
      ElementsAre("chains/c.xml:2:7: error: flow 'sample.Append' is ambiguous: the beans a, b are of this class"));
}

TEST_F(LoadError, injection_of_one_bean_where_there_is_none_or_several) {
  EXPECT_THAT(with_sample("<bean id=\"g\" class=\"sample.Guest\"/>"),
              ElementsAre("a.xml:2:1: error: 'g' needs a bean that implements sample.Greeting/1; there is none"));
  EXPECT_THAT(
      with_sample("<bean id=\"g\" class=\"sample.Guest\"/>\n<bean id=\"x\" class=\"sample.Bean\"/>"
                  "<bean id=\"y\" class=\"sample.Bean\"/>"),
      ElementsAre("a.xml:2:1: error: 'g' needs one bean that implements sample.Greeting/1; there are several: x, "
                  "y"));
}

TEST_F(LoadError, bean_of_a_resource_class) {
  EXPECT_THAT(with_sample("<bean id=\"t\" class=\"sample.Tool\"/>"),
              ElementsAre("a.xml:2:14: error: class 'sample.Tool' is a resource: a driver's factory makes it, a bean "
                          "can't be"));
}

TEST_F(LoadError, init_method_that_the_class_does_not_have) {
  EXPECT_THAT(with_sample("<bean id=\"b\" class=\"sample.Bean\" init-method=\"innit\"/>"),
              ElementsAre("a.xml:2:34: error: class 'sample.Bean' of bean 'b' has no method 'innit' (did you mean "
                          "'init'?)"));
}

TEST_F(LoadError, what_the_reader_has_refused_is_not_reported_again) {
  folder_.beans("b.xml", "<tenon:library name=\"b\" version=\"1\"/>\n<bean id=\"c\" class=\"b.Thing\"/>");
  folder_.descriptor("chains/c.xml", "<chains><chain name=\"c\"><flow/></chain></chains>");
  EXPECT_THAT(with_sample("<bean id=\"x\"/>\n"
                          "<bean id=\"y\" class=\"sample.Bean\" depends-on=\"x\"><property value=\"1\"/>"
                          "<tenon:plugin><tenon:driver kind=\"Tool\"/><tenon:extension/></tenon:plugin></bean>"),
              ElementsAre("a.xml:2:1: error: <bean> needs the attribute 'class'",
                          "a.xml:3:49: error: <property> needs the attribute 'name'",
                          testing::HasSubstr("error: <driver> needs the attribute 'type'"),
                          testing::HasSubstr("error: <extension> needs the attribute 'interface'"),
                          "b.xml:1:39: error: <library> needs the attribute 'file'",
                          "chains/c.xml:1:25: error: <flow> needs the attribute 'class'"));
}

TEST_F(LoadError, property_of_the_node_that_can_not_be_resolved) {
  folder_.properties.set("a", "${b}", "tenon.properties");
  folder_.properties.set("c", "${a:x}", "tenon.properties");
  EXPECT_THAT(with_sample(""),
              ElementsAre("tenon.properties: error: property 'b' is not set and has no default",
                          "tenon.properties: warning: property 'c' has no effect: no plugin declares it"));
}

TEST_F(LoadError, library_that_others_may_write) {
  folder_.trust = "owner";
  fs::permissions(sample_, fs::perms::owner_all);
  EXPECT_THAT(with_sample(""), IsEmpty());
  fs::permissions(sample_, fs::perms::group_write, fs::perm_options::add);
  EXPECT_THAT(load(), ElementsAre(testing::AllOf(
                          testing::StartsWith("a.xml:1:84: error: plugin 'sample': others could change the library: "
                                              "plugins/sample.so is not trusted: it belongs to "),
                          testing::HasSubstr("has the mode 0720"))));
  fs::permissions(sample_, fs::perms::owner_all);
  fs::permissions(sample_.parent_path(), fs::perms::all | fs::perms::sticky_bit);
  EXPECT_THAT(load(), ElementsAre(testing::HasSubstr("plugins is not trusted: it belongs to ")));
}

TEST_F(LoadError, library_of_another_content) {
  const auto with_digest = [&](const std::string& digest) {
    folder_.beans("a.xml",
                  "<tenon:library name=\"sample\" version=\"1.2.0\" file=\"sample.so\"\nsha256=\"" + digest + "\"/>\n");
    return load();
  };
  const std::string wrong(64, 'A');
  const auto messages = with_digest(wrong);
  std::smatch found;
  ASSERT_EQ(messages.size(), 1U);
  ASSERT_TRUE(std::regex_search(messages[0], found, std::regex("found ([0-9a-f]{64})$"))) << messages[0];
  EXPECT_EQ(messages[0],
            "a.xml:2:1: error: plugin 'sample': not the library that the descriptor names: "
            "plugins/sample.so: expected SHA-256 " +
                std::string(64, 'a') + ", found " + found.str(1));
  EXPECT_FALSE(fs::exists(folder_.folder.path() / "libraries")) << "nothing is made of it";
  EXPECT_THAT(with_digest(found.str(1)), IsEmpty());
  EXPECT_THAT(with_digest("abc"), ElementsAre("a.xml:2:1: error: attribute 'sha256' of <library>: expected 64 "
                                              "hexadecimal digits, found 3 characters: 'abc'"));
  EXPECT_THAT(with_digest(std::string(63, 'a') + "g"), ElementsAre(testing::StartsWith("a.xml:2:1: error: ")));
}

TEST_F(LoadError, all_errors_come_in_one_go_sorted_by_place) {
  folder_.beans("b.xml", "<bean id=\"x\" class=\"sample.Nope\"/>");
  folder_.beans("c.xml", "<tenon:library name=\"x\" version=\"1\" file=\"x.so\"/>");
  EXPECT_THAT(
      with_sample("<bean id=\"p\" class=\"sample.Bean\"><property name=\"port\" value=\"0\"/></bean>"),
      ElementsAre(testing::StartsWith("a.xml:2:"), testing::StartsWith("b.xml:1:"), testing::StartsWith("c.xml:1:")));
}

TEST_F(LoadError, leaves_nothing_loaded) {
  EXPECT_THAT(with_sample("<bean id=\"p\" class=\"sample.Bean\"><property name=\"port\" value=\"0\"/></bean>"),
              testing::SizeIs(1));
  for (const auto& copy : fs::directory_iterator(folder_.folder.path() / "libraries")) {
    EXPECT_FALSE(tenon::plugin::is_mapped(copy.path()));
  }
  EXPECT_THAT(folder_.node.lines(), IsEmpty());
}

TEST_F(LoadError, of_a_bean_that_does_not_start_stops_and_destroys_those_before_it) {
  const std::string ledger = (folder_.folder.path() / "ledger").string();
  auto bean = [&](const std::string& name, const std::string& more) {
    return "<bean id=\"" + name + "\" class=\"sample.Bean\"><property name=\"text\" value=\"" + name +
           "\"/><property name=\"file\" value=\"" + ledger + "\"/>" + more + "</bean>\n";
  };
  EXPECT_THAT(with_sample(bean("a", "") + bean("b", "") + bean("c", "<property name=\"failStart\" value=\"true\"/>") +
                          bean("d", "")),
              ElementsAre("a.xml:4:1: error: bean 'c': PLUGIN.1010: the bean did not start: told to fail"));
  EXPECT_THAT(tenon::test::read_lines(ledger), ElementsAre("start a", "start b", "start c", "stop b", "stop a"));
}

}  // namespace
