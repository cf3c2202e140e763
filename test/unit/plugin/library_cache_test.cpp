#include "plugin/library_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "support/temp_folder.h"

namespace {

namespace fs = std::filesystem;
using tenon::plugin::LibraryCache;
using tenon::test::read_file;

std::size_t files_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

TEST(LibraryCache, keeps_a_copy_that_a_new_file_does_not_touch) {
  tenon::test::TempFolder folder;
  LibraryCache cache(folder.path() / "cache");
  const fs::path library = folder.write("a.so", "one");
  auto first = cache.copy_of(library);
  ASSERT_TRUE(first.ok()) << first.error().to_string();
  folder.write("a.so", "two");
  auto second = cache.copy_of(library);
  ASSERT_TRUE(second.ok());
  EXPECT_NE(*first, *second) << "each content has a path of its own";
  EXPECT_EQ(read_file(*first), "one");
  EXPECT_EQ(read_file(*second), "two");
}

TEST(LibraryCache, makes_no_second_copy_of_the_same_content) {
  tenon::test::TempFolder folder;
  LibraryCache cache(folder.path() / "cache");
  const fs::path library = folder.write("a.so", "one");
  const fs::path first = cache.copy_of(library).value();
  struct stat before {};
  ASSERT_EQ(::stat(first.c_str(), &before), 0);
  EXPECT_EQ(LibraryCache(folder.path() / "cache").copy_of(library).value(), first);
  struct stat after {};
  ASSERT_EQ(::stat(first.c_str(), &after), 0);
  EXPECT_EQ(before.st_ino, after.st_ino);
  EXPECT_EQ(files_in(folder.path() / "cache"), 1U);
}

TEST(LibraryCache, replaces_a_copy_that_is_not_whole) {
  tenon::test::TempFolder folder;
  LibraryCache cache(folder.path() / "cache");
  const fs::path library = folder.write("a.so", "whole");
  const fs::path copy = cache.copy_of(library).value();
  fs::permissions(copy, fs::perms::owner_all);
  fs::resize_file(copy, 2);
  EXPECT_EQ(read_file(cache.copy_of(library).value()), "whole");
}

TEST(LibraryCache, removes_what_is_not_used_any_more) {
  tenon::test::TempFolder folder;
  LibraryCache cache(folder.path() / "cache");
  const fs::path used = cache.copy_of(folder.write("a.so", "one")).value();
  const fs::path unused = cache.copy_of(folder.write("a.so", "two")).value();
  cache.keep_only({used});
  EXPECT_TRUE(fs::exists(used));
  EXPECT_FALSE(fs::exists(unused));
}

TEST(LibraryCache, says_why_it_can_not_copy) {
  tenon::test::TempFolder folder;
  LibraryCache cache(folder.write("file", "") / "cache");
  EXPECT_EQ(cache.copy_of(folder.path() / "missing.so").error().code, "PLUGIN.1001");
  EXPECT_EQ(cache.copy_of(folder.write("a.so", "one")).error().code, "PLUGIN.1005");
}

}  // namespace
