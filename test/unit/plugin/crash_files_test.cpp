#include "plugin/crash_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "plugin/library_names.h"
#include "support/temp_folder.h"

namespace tenon::plugin {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

std::string report(const std::string& time, const std::string& plugin) {
  return "time: " + time + "\nsignal: SIGSEGV\naddress: 0x10\nthread: 7 tenon-run\nrun: 0000000000001\nchain: c\n" +
         "flow: p.F\ndirection: undo\nplugin: " + plugin + "\ngeneration: 2\nstack:\n  /x.so+0x1\nplugin: later\n";
}

TEST(CrashRecord, is_read_up_to_the_stack) {
  const auto record = parse_crash(report("2026-01-02T03:04:05Z", "p"));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->time.time_since_epoch(), std::chrono::seconds(1'767'323'045));
  EXPECT_EQ(record->signal, "SIGSEGV");
  EXPECT_EQ(record->address, "0x10");
  EXPECT_EQ(record->thread, "7 tenon-run");
  EXPECT_EQ(record->plugin, "p");
  EXPECT_EQ(record->generation, 2U);
  EXPECT_EQ(record->run, "0000000000001");
  EXPECT_EQ(record->flow, "p.F");
  EXPECT_EQ(record->direction, "undo");
}

TEST(CrashRecord, may_end_anywhere) {
  const std::string whole = report("2026-01-02T03:04:05Z", "p");
  for (std::size_t end = 0; end < whole.size(); ++end) {
    EXPECT_EQ(parse_crash(whole.substr(0, end)).has_value(), end > whole.find("SIGSEGV")) << end;
  }
}

TEST(CrashFiles, are_taken_up_once) {
  test::TempFolder folder;
  CrashFiles files(folder.path() / "crashes");
  EXPECT_FALSE(files.take_up());
  folder.write("crashes/current", "");
  EXPECT_FALSE(files.take_up()) << "an end without a crash";
  folder.write("crashes/current", report("2026-01-02T03:04:05Z", "../p"));
  const auto record = files.take_up();
  ASSERT_TRUE(record);
  EXPECT_EQ(record->file, folder.path() / "crashes/20260102T030405Z-___p.crash");
  EXPECT_TRUE(std::filesystem::exists(record->file));
  EXPECT_FALSE(files.take_up());
  ASSERT_THAT(files.list(), SizeIs(1));
  EXPECT_EQ(files.list()[0].plugin, "../p");
}

TEST(CrashFiles, are_the_latest_twenty) {
  test::TempFolder folder;
  CrashFiles files(folder.path() / "crashes");
  for (int i = 0; i < 25; ++i) {
    folder.write("crashes/current", report("2026-01-02T03:04:" + std::to_string(10 + i) + "Z", "p"));
    EXPECT_TRUE(files.take_up());
  }
  folder.write("crashes/current", report("2026-01-02T03:04:34Z", "p"));
  EXPECT_EQ(files.take_up()->file.filename(), "20260102T030434Z-p-2.crash") << "two in one second";
  const auto records = files.list();
  ASSERT_THAT(records, SizeIs(20));
  EXPECT_GT(records.front().time, records.back().time);
}

TEST(LibraryNames, are_found_by_file_and_the_latest_counts) {
  EXPECT_FALSE(find_library("/x/1-a.so"));
  note_library("/x/1-a.so", "a", 1);
  note_library("/x/2-a.so", "a", 2);
  EXPECT_EQ(find_library("/x/1-a.so").plugin, "a");
  EXPECT_EQ(find_library("/x/1-a.so").generation, 1U);
  note_library("/x/1-a.so", "a", 3);
  EXPECT_EQ(find_library("/x/1-a.so").generation, 3U);
  EXPECT_FALSE(find_library("/x/1-a.so2"));
}

}  // namespace
}  // namespace tenon::plugin
