#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <functional>

#include "descriptor/reader.h"
#include "descriptor/source_text.h"
#include "unit/descriptor/reading.h"

/// Files that are there to do harm: reading each ends soon, in little memory, with few and clear errors.
namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

/// What the process has taken at most, so far.
std::size_t peak_megabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) / 1024;
}

std::string repeated(std::string_view part, std::size_t size) {
  std::string text;
  while (text.size() + part.size() < size) text += part;
  return text;
}

std::string filled(const std::string& begin, std::string_view part, const std::string& end) {
  return begin + repeated(part, kLargestFile - begin.size() - end.size()) + end;
}

struct Hostile {
  const char* name;
  std::string (*text)();
};

class HostileText : public testing::TestWithParam<Hostile> {};

TEST_P(HostileText, is_read_in_bounded_memory_with_few_errors) {
  constexpr std::size_t kMostMegabytes = 1500;
  Properties properties;
  properties.set("large", std::string(100'000, 'x'), "test");
  Diagnostics diagnostics;
  std::vector<Text> imports;
  static_cast<void>(read_descriptor("f.xml", GetParam().text(), properties, diagnostics, imports));
  EXPECT_LE(diagnostics.sorted().size(), Diagnostics::kMostListed + 1);
  EXPECT_LT(peak_megabytes(), kMostMegabytes);
}

INSTANTIATE_TEST_SUITE_P(
    Of, HostileText,
    testing::Values(
        Hostile{"beans", [] { return filled("<beans>", "<bean class='a.B'/>", "</beans>"); }},
        Hostile{"unknown_elements", [] { return filled("<beans>", "<beam/>", "</beans>"); }},
        Hostile{"texts_where_none_belong", [] { return filled("<beans>", "x<a/>", "</beans>"); }},
        Hostile{"attributes",
                [] {
                  std::string text = "<beans";
                  for (int i = 0; text.size() < kLargestFile - 100; ++i) text += " a" + std::to_string(i) + "=''";
                  return text + "/>";
                }},
        Hostile{"the_same_attribute", [] { return filled("<beans", " a=''", "/>"); }},
        Hostile{"unknown_entities", [] { return filled("<beans default-init-method='", "&b;", "'/>"); }},
        Hostile{"references_that_grow", [] { return filled("<beans>", "<bean class='${large}'/>", "</beans>"); }},
        Hostile{"open_elements", [] { return repeated("<a>", kLargestFile); }},
        Hostile{"open_references", [] { return filled("<beans default-init-method='", "${a:", "'/>"); }},
        Hostile{"comments", [] { return filled("<beans>", "<!---->", "</beans>"); }},
        Hostile{"steps",
                [] { return filled("<chains><chain name='c'>", "<flow class='a.B'/>", "</chain></chains>"); }}),
    [](const auto& tested) { return std::string(tested.param.name); });

class HostileFiles : public InFolder {};

TEST_F(HostileFiles, are_told_of_by_name) {
  ASSERT_EQ(::mkfifo("fifo.xml", 0600), 0);
  std::filesystem::create_directory("folder.xml");
  std::filesystem::create_symlink("nothing", "dangling.xml");
  std::filesystem::create_symlink("loop.xml", "loop.xml");
  std::filesystem::create_symlink("/dev/zero", "zero.xml");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strcpy(address.sun_path, "socket.xml");
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  Diagnostics diagnostics;
  static_cast<void>(read_descriptors(
      {"fifo.xml", "folder.xml", "dangling.xml", "loop.xml", "zero.xml", "socket.xml", "gone-since-it-was-listed.xml"},
      {}, diagnostics));
  ::close(listener);
  EXPECT_THAT(
      messages_of(diagnostics),
      ElementsAre("dangling.xml: error: cannot read: No such file or directory",
                  "fifo.xml: error: cannot read: not a regular file", "folder.xml: error: cannot read: Is a directory",
                  "gone-since-it-was-listed.xml: error: cannot read: No such file or directory",
                  "loop.xml: error: cannot read: Too many levels of symbolic links",
                  "socket.xml: error: cannot read: No such device or address",
                  "zero.xml: error: cannot read: not a regular file"));
}

TEST_F(HostileFiles, that_import_thousands_are_read_without_a_deep_stack) {
  constexpr int kFiles = 3000;
  for (int i = 0; i < kFiles; ++i) {
    write(std::to_string(i) + ".xml", "<beans><import resource='" + std::to_string(i + 1) + ".xml'/></beans>");
  }
  write(std::to_string(kFiles) + ".xml", "<beans/>");
  Diagnostics diagnostics;
  EXPECT_LE(read_descriptors({"0.xml"}, {}, diagnostics).size(), 65U);
  EXPECT_THAT(messages_of(diagnostics), ElementsAre(HasSubstr("imports are nested more than 64 deep")));
}

TEST(HostileProperties, are_checked_in_bounded_time) {
  Properties many;
  Diagnostics diagnostics;
  std::string text;
  for (int i = 0; text.size() < kLargestFile - 100; ++i)
    text += "n" + std::to_string(i) + "=${m" + std::to_string(i) + "}\n";
  many.read_text("p", text, diagnostics);
  many.check(diagnostics);
  EXPECT_THAT(diagnostics.sorted(), SizeIs(Diagnostics::kMostListed + 1));

  Properties doubling;
  Diagnostics told;
  text = "a0=\n";
  for (int i = 1; i < 20'000; ++i) text += "a" + std::to_string(i) + "=" + repeated("${a0}", 20'000) + "\n";
  doubling.read_text("p", text.substr(0, text.rfind('\n', kLargestFile - 1)), told);
  doubling.check(told);
  ASSERT_THAT(messages_of(told), SizeIs(1));
  EXPECT_THAT(messages_of(told)[0], HasSubstr("refer to each other more than 200000 times"));
}

TEST(HostileProperties, have_few_errors) {
  for (const char* line : {"bad\n", "a=1\n", "=\n", "\xc3\xa4=1\n", "a b=1\n"}) {
    Diagnostics diagnostics;
    Properties properties;
    properties.read_text("p", repeated(line, kLargestFile), diagnostics);
    EXPECT_THAT(diagnostics.sorted(), SizeIs(Diagnostics::kMostListed + 1)) << line;
  }
}

}  // namespace
}  // namespace tenon::descriptor
