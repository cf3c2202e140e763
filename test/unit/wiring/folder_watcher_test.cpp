#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "support/temp_folder.h"
#include "wiring/folder_watcher.h"

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using tenon::wiring::FolderWatcher;

class Watching : public testing::Test {
 protected:
  Watching() { fs::create_directories(plugins()); }
  fs::path plugins() const { return folder_.path() / "plugins"; }
  FolderWatcher watch() {
    return FolderWatcher({.folders = {plugins(), folder_.path() / "later"}, .quiet = 20ms, .abandoned = 10min});
  }
  /// Whether it tells of a change within a while.
  static bool tells(FolderWatcher& watcher, std::chrono::milliseconds patience = 10s) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (std::chrono::steady_clock::now() < deadline) {
      watcher.read();
      if (watcher.take()) return true;
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }
  static bool is_silent(FolderWatcher& watcher) { return !tells(watcher, 200ms); }

  tenon::test::TempFolder folder_;
};

TEST_F(Watching, tells_once_of_a_new_file_and_of_its_end) {
  FolderWatcher watcher = watch();
  EXPECT_TRUE(is_silent(watcher));
  folder_.write("plugins/a.xml", "<beans/>");
  EXPECT_TRUE(tells(watcher));
  EXPECT_TRUE(is_silent(watcher));
  fs::remove(plugins() / "a.xml");
  EXPECT_TRUE(tells(watcher));
}

TEST_F(Watching, waits_for_a_file_that_is_still_being_written) {
  FolderWatcher watcher = watch();
  std::ofstream out(plugins() / "a.so");
  out << "half" << std::flush;
  EXPECT_TRUE(is_silent(watcher));
  out << "whole" << std::flush;
  EXPECT_TRUE(is_silent(watcher));
  out.close();
  EXPECT_TRUE(tells(watcher));
}

TEST_F(Watching, takes_a_file_as_whole_that_was_linked_or_renamed_into_place) {
  FolderWatcher watcher = watch();
  folder_.write("a.so", "x");
  fs::create_hard_link(folder_.path() / "a.so", plugins() / "a.so");
  EXPECT_TRUE(tells(watcher));
  fs::create_symlink(folder_.path() / "a.so", plugins() / "b.so");
  EXPECT_TRUE(tells(watcher));
  fs::rename(folder_.path() / "a.so", plugins() / "c.so");
  EXPECT_TRUE(tells(watcher));
  ASSERT_EQ(::mkfifo((plugins() / "d.so").c_str(), 0600), 0);
  EXPECT_TRUE(tells(watcher));
}

TEST_F(Watching, passes_over_what_is_not_finished_by_its_name) {
  FolderWatcher watcher = watch();
  for (const char* name : {".a.xml.swp", "a.xml~", "a.so.tmp", "a.so.dpkg-new", ".hidden"}) {
    folder_.write("plugins/" + std::string(name), "x");
  }
  EXPECT_TRUE(is_silent(watcher));
}

TEST_F(Watching, finds_folders_that_come_later) {
  FolderWatcher watcher = watch();
  fs::create_directories(plugins() / "chains");
  EXPECT_TRUE(tells(watcher));
  folder_.write("plugins/chains/a.xml", "<chains/>");
  EXPECT_TRUE(tells(watcher));
  fs::create_directories(folder_.path() / "later");
  EXPECT_TRUE(tells(watcher));
  folder_.write("later/a.xml", "<beans/>");
  EXPECT_TRUE(tells(watcher));
  fs::create_directories(plugins() / "schema/a");
  EXPECT_TRUE(tells(watcher));
  folder_.write("plugins/schema/a/001_a.sql", "SELECT 1");
  EXPECT_TRUE(tells(watcher));
  folder_.write("beside.xml", "x");
  fs::create_directories(folder_.path() / "beside");
  EXPECT_TRUE(is_silent(watcher));
}

TEST_F(Watching, goes_on_when_a_folder_is_replaced) {
  FolderWatcher watcher = watch();
  fs::create_directories(folder_.path() / "next");
  fs::rename(plugins(), folder_.path() / "old");
  fs::rename(folder_.path() / "next", plugins());
  EXPECT_TRUE(tells(watcher));
  folder_.write("plugins/a.xml", "<beans/>");
  EXPECT_TRUE(tells(watcher));
  folder_.write("old/a.xml", "<beans/>");
  EXPECT_TRUE(is_silent(watcher));
}

TEST_F(Watching, takes_an_overflow_for_a_change) {
  FolderWatcher watcher = watch();
  std::ifstream limit("/proc/sys/fs/inotify/max_queued_events");
  int most = 16384;
  limit >> most;
  if (most > 200'000) GTEST_SKIP() << "the queue of inotify is too long here";
  for (int i = 0; i < most; ++i) {
    const fs::path file = plugins() / (".x" + std::to_string(i % 2));
    const int made = ::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    ASSERT_GE(made, 0);
    ::close(made);
    ::unlink(file.c_str());
  }
  folder_.write("plugins/lost.xml", "<beans/>");
  EXPECT_TRUE(tells(watcher));
}

}  // namespace
