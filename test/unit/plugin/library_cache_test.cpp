#include "plugin/library_cache.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

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

TEST(LibraryCache, replaces_a_copy_that_has_been_changed) {
  tenon::test::TempFolder folder;
  LibraryCache cache(folder.path() / "cache");
  const fs::path library = folder.write("a.so", "whole");
  const fs::path copy = cache.copy_of(library).value();
  fs::remove(copy);
  folder.write("elsewhere", "whole");
  fs::create_symlink(folder.path() / "elsewhere", copy);
  EXPECT_EQ(cache.copy_of(library).value(), copy);
  EXPECT_FALSE(fs::is_symlink(copy));
  fs::permissions(copy, fs::perms::owner_all);
  { std::ofstream(copy) << "other"; }
  EXPECT_EQ(read_file(cache.copy_of(library).value()), "whole") << "of the same size, too";
}

TEST(LibraryCache, keeps_its_folder_for_itself_whatever_the_umask) {
  tenon::test::TempFolder folder;
  const fs::path library = folder.write("a.so", "one");
  ::umask(0);
  LibraryCache cache(folder.path() / "cache");
  ASSERT_TRUE(cache.copy_of(library).ok());
  ::umask(022);
  EXPECT_EQ(fs::status(folder.path() / "cache").permissions(), fs::perms::owner_all);
}

TEST(LibraryCache, refuses_what_others_could_change) {
  tenon::test::TempFolder folder;
  LibraryCache cache(folder.path() / "cache");
  const fs::path library = folder.write("a.so", "one");
  fs::permissions(library, fs::perms::others_write, fs::perm_options::add);
  EXPECT_EQ(cache.copy_of(library).error().code, "PLUGIN.1012");
  EXPECT_TRUE(cache.copy_of(library, {.trust = tenon::descriptor::Trust::kAny}).ok());
}

TEST(LibraryCache, refuses_what_is_no_library_before_it_reads_it) {
  tenon::test::TempFolder folder;
  LibraryCache cache(folder.path() / "cache");
  const auto refused = [&](const fs::path& file) { return cache.copy_of(folder.path() / file).error().to_string(); };
  ASSERT_EQ(::mkfifo((folder.path() / "fifo.so").c_str(), 0600), 0);
  fs::create_directory(folder.path() / "folder.so");
  fs::create_symlink("loop.so", folder.path() / "loop.so");
  fs::resize_file(folder.write("large.so", "x"), (std::uintmax_t{1} << 30) + 1);
  EXPECT_NE(refused("fifo.so").find("not a regular file"), std::string::npos);
  EXPECT_NE(refused("folder.so").find("not a regular file"), std::string::npos);
  EXPECT_NE(refused("loop.so").find("Too many levels of symbolic links"), std::string::npos);
  EXPECT_NE(refused("large.so").find("larger than 1 GiB"), std::string::npos);
}

TEST(LibraryCache, refuses_another_content_than_is_asked_for) {
  tenon::test::TempFolder folder;
  LibraryCache cache(folder.path() / "cache");
  const fs::path library = folder.write("a.so", "abc");
  const std::string digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  EXPECT_TRUE(cache.copy_of(library, {.sha256 = digest}).ok());
  folder.write("a.so", "abd");
  EXPECT_EQ(cache.copy_of(library, {.sha256 = digest}).error().code, "PLUGIN.1013");
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
