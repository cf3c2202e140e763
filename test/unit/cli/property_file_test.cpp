#include "property_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "failure.h"
#include "support/temp_folder.h"

namespace tenon::cli {
namespace {

using ::testing::HasSubstr;

template <class Work>
std::string failure(const Work& work) {
  try {
    work();
    return "(none)";
  } catch (const Failure& e) {
    return e.what();
  }
}

TEST(PropertyFile, changes_one_line_and_keeps_the_others) {
  EXPECT_EQ(with_property("# first\na.b = 1\n\n  a.c=2   \n# end", "a.b", "x = y"),
            "# first\na.b = x = y\n\n  a.c=2   \n# end");
  EXPECT_EQ(with_property("  a.c=2   \na = 1\n", "a.c", "3"), "  a.c= 3\na = 1\n");
  EXPECT_EQ(with_property("a =\n", "a", "3"), "a = 3\n");
  EXPECT_EQ(with_property("a = 1\n", "a", ""), "a = \n");
}

TEST(PropertyFile, adds_a_line_behind_the_comment_that_shows_it) {
  EXPECT_EQ(with_property("# How long.\n#a.limit = 10s\n\n# Next\n", "a.limit", "5s"),
            "# How long.\n#a.limit = 10s\na.limit = 5s\n\n# Next\n");
  EXPECT_EQ(with_property("b = 1", "a", "2"), "b = 1\na = 2\n");
  EXPECT_EQ(with_property("", "a", "2"), "a = 2\n");
}

TEST(PropertyFile, removes_the_line_that_sets_a_property) {
  EXPECT_EQ(without_property("# c\na = 1\nb = 2\n", "a"), "# c\nb = 2\n");
  EXPECT_EQ(without_property("b = 2\na = 1", "a"), "b = 2\n");
  EXPECT_EQ(failure([] { (void)without_property("#a = 1\n", "a"); }), "'a' is not set there");
}

TEST(PropertyFile, refuses_what_no_line_can_hold) {
  EXPECT_EQ(failure([] { (void)with_property("", "a b", "1"); }),
            "'a b' is not a name: letters, digits, '.', '-' and '_' make names");
  EXPECT_EQ(failure([] { (void)with_property("", "a", "1\nb = 2"); }),
            "a value can't hold line ends or control characters");
  EXPECT_EQ(failure([] { (void)with_property("", "a", " 1"); }), "a value can't begin or end with blanks");
  EXPECT_EQ(failure([] { (void)with_property("a = 1\nb = 1\na = 2\n", "a", "3"); }),
            "'a' is set twice, in the lines 1 and 3");
}

TEST(PropertyFile, is_replaced_as_a_whole_with_its_mode_and_links) {
  const test::TempFolder folder;
  const std::string file = folder.write("real", "a = 1\n");
  ::chmod(file.c_str(), 0640);
  const auto link = folder.path() / "link";
  std::filesystem::create_symlink("real", link);
  edit_property_file(link, [](const std::string& text) { return with_property(text, "a", "2"); });
  EXPECT_EQ(test::read_file(file), "a = 2\n");
  EXPECT_TRUE(std::filesystem::is_symlink(link));
  struct stat status {};
  ::stat(file.c_str(), &status);
  EXPECT_EQ(status.st_mode & 07777, 0640U);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2) << "nothing is left beside it";
}

TEST(PropertyFile, stays_as_it_is_if_the_change_is_refused) {
  const test::TempFolder folder;
  const std::string file = folder.write("p", "a = 1\n");
  const auto change = [&] {
    edit_property_file(file, [](const std::string& text) { return without_property(text, "b"); });
  };
  EXPECT_EQ(failure(change), file + ": 'b' is not set there");
  EXPECT_EQ(test::read_file(file), "a = 1\n");
  EXPECT_THAT(
      failure([&] { edit_property_file(folder.path() / "none", [](const std::string& text) { return text; }); }),
      HasSubstr("none: No such file or directory"));
}

}  // namespace
}  // namespace tenon::cli
