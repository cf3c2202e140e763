#include "plugin/quarantine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "support/temp_folder.h"

namespace tenon::plugin {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

const Quarantine::Time kNoon{std::chrono::seconds(1'764'331'200)};

class QuarantineFile : public testing::Test {
 protected:
  test::TempFolder folder;
  std::filesystem::path file = folder.path() / "quarantine";
};

TEST_F(QuarantineFile, takes_a_plugin_at_its_third_crash_within_ten_minutes) {
  Quarantine quarantine(file);
  EXPECT_FALSE(*quarantine.record_crash("a", kNoon));
  EXPECT_FALSE(*quarantine.record_crash("a", kNoon + 5min));
  EXPECT_FALSE(*quarantine.record_crash("b", kNoon + 5min)) << "each counts for itself";
  EXPECT_FALSE(quarantine.is_quarantined("a"));
  EXPECT_TRUE(*quarantine.record_crash("a", kNoon + 10min));
  EXPECT_TRUE(quarantine.is_quarantined("a"));
  EXPECT_FALSE(quarantine.is_quarantined("b"));
  ASSERT_THAT(quarantine.list(), SizeIs(1));
  EXPECT_EQ(quarantine.list()[0].plugin, "a");
  EXPECT_EQ(quarantine.list()[0].since, kNoon + 10min);
}

TEST_F(QuarantineFile, forgets_crashes_of_long_ago) {
  Quarantine quarantine(file);
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(*quarantine.record_crash("a", kNoon + i * 6min));
}

TEST_F(QuarantineFile, is_the_same_after_a_restart) {
  EXPECT_FALSE(*Quarantine(file).record_crash("a b", kNoon));
  EXPECT_FALSE(*Quarantine(file).record_crash("a b", kNoon + 1min));
  EXPECT_TRUE(*Quarantine(file).record_crash("a b", kNoon + 2min));
  EXPECT_TRUE(Quarantine(file).is_quarantined("a b"));
  EXPECT_EQ(Quarantine(file).list().at(0).since, kNoon + 2min);
}

TEST_F(QuarantineFile, lets_a_plugin_go_and_counts_from_the_beginning) {
  Quarantine quarantine(file);
  for (int i = 0; i < 3; ++i) (void)quarantine.record_crash("a", kNoon);
  EXPECT_TRUE(*quarantine.lift("a"));
  EXPECT_FALSE(*quarantine.lift("a"));
  EXPECT_FALSE(*quarantine.lift("never seen"));
  EXPECT_THAT(Quarantine(file).list(), IsEmpty());
  EXPECT_FALSE(*quarantine.record_crash("a", kNoon));
}

TEST_F(QuarantineFile, passes_over_lines_that_are_none) {
  folder.write("quarantine", "rubbish\nquarantined\nquarantined x a\nquarantined 1\n\nquarantined 1 a\ncrash 99999 ");
  EXPECT_THAT(Quarantine(file).list(), SizeIs(1));
}

TEST_F(QuarantineFile, counts_also_where_it_can_not_be_written) {
  Quarantine quarantine(folder.write("file", "") / "quarantine");
  for (int i = 0; i < 3; ++i) EXPECT_EQ(quarantine.record_crash("a", kNoon).error().code, "PLUGIN.1014");
  EXPECT_TRUE(quarantine.is_quarantined("a"));
  EXPECT_EQ(quarantine.lift("a").error().code, "PLUGIN.1014");
  EXPECT_TRUE(quarantine.is_quarantined("a"));
}

}  // namespace
}  // namespace tenon::plugin
