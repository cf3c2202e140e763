#include "descriptor/file_trust.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "descriptor/reader.h"
#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr uid_t kAnotherUser = 4711;

class FileTrust : public InFolder {
 protected:
  FileTrust() {
    write("d/a.xml", "<beans/>");
    write("d/b.xml", "<beans/>");
  }
  static std::vector<std::string> refused(const std::vector<fs::path>& files, const char* trust = "owner") {
    Properties properties;
    properties.set(std::string(kTrustProperty), trust, "test");
    Diagnostics diagnostics;
    const std::size_t count = read_descriptors(files, properties, diagnostics).size();
    EXPECT_EQ(count == files.size(), !diagnostics.has_errors()) << "what is refused is not read";
    return messages_of(diagnostics);
  }
  static void set_mode(const fs::path& path, mode_t mode) { ASSERT_EQ(::chmod(path.c_str(), mode), 0); }
};

TEST_F(FileTrust, takes_files_that_only_their_owner_may_write) { EXPECT_THAT(refused({"d/a.xml"}), IsEmpty()); }

TEST_F(FileTrust, refuses_a_file_that_others_may_write) {
  for (const mode_t mode : {0664, 0646}) {
    set_mode("d/a.xml", mode);
    EXPECT_THAT(refused({"d/a.xml", "d/b.xml"}),
                ElementsAre(AllOf(StartsWith("d/a.xml: error: cannot read: d/a.xml is not trusted: it belongs to "),
                                  HasSubstr(" and has the mode 0" + std::string(mode == 0664 ? "664" : "646")),
                                  HasSubstr("tenon.plugins.trust=any"))));
  }
  EXPECT_THAT(refused({"d/a.xml"}, "any"), IsEmpty());
}

TEST_F(FileTrust, refuses_a_folder_that_others_may_write_once_and_a_sticky_one_too) {
  for (const mode_t mode : {0775, 0777, 01777}) {
    set_mode("d", mode);
    EXPECT_THAT(refused({"d/a.xml", "d/b.xml"}),
                ElementsAre(StartsWith("d/a.xml: error: the folder d is not trusted: ")));
  }
  EXPECT_THAT(refused({"d/a.xml", "d/b.xml"}, "any"), IsEmpty());
}

TEST_F(FileTrust, refuses_what_belongs_to_another_user) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  ASSERT_EQ(::chown("d/a.xml", kAnotherUser, 0), 0);
  EXPECT_THAT(refused({"d/a.xml"}), ElementsAre(HasSubstr("d/a.xml is not trusted: it belongs to uid 4711 and has")));
  ASSERT_EQ(::chown("d", kAnotherUser, 0), 0);
  EXPECT_THAT(refused({"d/b.xml"}), ElementsAre(HasSubstr("the folder d is not trusted: it belongs to uid 4711")));
}

TEST_F(FileTrust, follows_links_to_what_is_read) {
  write("far/c.xml", "<beans/>");
  fs::create_symlink("../far/c.xml", "d/link.xml");
  EXPECT_THAT(refused({"d/link.xml"}), IsEmpty());
  set_mode("far/c.xml", 0666);
  EXPECT_THAT(refused({"d/link.xml"}), ElementsAre(AllOf(HasSubstr("d/link.xml ("), HasSubstr("/far/c.xml) is not"))));
  set_mode("far/c.xml", 0644);
  set_mode("far", 0777);
  EXPECT_THAT(refused({"d/link.xml"}), ElementsAre(HasSubstr("/far is not trusted")));
}

TEST_F(FileTrust, holds_for_what_is_imported) {
  write("d/importer.xml", "<beans>\n<import resource='../far/c.xml'/></beans>");
  write("far/c.xml", "<beans/>");
  set_mode("far/c.xml", 0666);
  Diagnostics diagnostics;
  EXPECT_EQ(read_descriptors({"d/importer.xml"}, {}, diagnostics).size(), 1U);
  EXPECT_THAT(
      messages_of(diagnostics),
      ElementsAre(StartsWith("d/importer.xml:2:9: error: cannot import 'far/c.xml': far/c.xml is not trusted")));
}

TEST_F(FileTrust, is_of_owners_unless_any_is_said) {
  Properties properties;
  EXPECT_EQ(trust_of(properties), Trust::kOwner);
  properties.set(std::string(kTrustProperty), "anybody", "test");
  EXPECT_EQ(trust_of(properties), Trust::kOwner);
  properties.set(std::string(kTrustProperty), "any", "test");
  EXPECT_EQ(trust_of(properties), Trust::kAny);
}

}  // namespace
}  // namespace tenon::descriptor
