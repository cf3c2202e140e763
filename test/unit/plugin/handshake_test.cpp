#include "plugin/handshake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using tenon::PluginRecord;
using tenon::plugin::compare_record;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr PluginRecord kGood = tenon::make_record("ovs", "1.0.0");

std::vector<std::string> differences(void (*change)(PluginRecord&)) {
  PluginRecord record = kGood;
  change(record);
  return compare_record(record, "ovs", "1.0.0");
}

template <std::size_t N>
void put(std::array<char, N>& field, std::string_view text) {
  field = {};
  std::copy(text.begin(), text.end(), field.begin());
}

TEST(Handshake, accepts_a_record_of_this_build) { EXPECT_THAT(compare_record(kGood, "ovs", "1.0.0"), IsEmpty()); }

TEST(Handshake, names_each_field_that_differs_with_what_it_expected_and_found) {
  EXPECT_THAT(differences([](PluginRecord& r) { r.magic[0] = 'X'; }),
              ElementsAre("magic: expected a Tenon plugin record, found other bytes"));
  EXPECT_THAT(differences([](PluginRecord& r) { r.record_size = 12; }),
              ElementsAre("record_size: expected 176, found 12"));
  EXPECT_THAT(differences([](PluginRecord& r) { r.abi_major = 9; }),
              ElementsAre("abi_major: expected " + std::to_string(tenon::kAbiMajor) + ", found 9"));
  EXPECT_THAT(differences([](PluginRecord& r) { r.abi_minor = 99; }),
              ElementsAre("abi_minor: expected at most 0, found 99"));
  EXPECT_THAT(differences([](PluginRecord& r) { put(r.name, "ovz"); }),
              ElementsAre("name: expected 'ovs', found 'ovz'"));
  EXPECT_THAT(differences([](PluginRecord& r) { put(r.version, "2.0.0"); }),
              ElementsAre("version: expected '1.0.0', found '2.0.0'"));
  EXPECT_THAT(differences([](PluginRecord& r) { put(r.standard_library, "libc++"); }),
              ElementsAre("standard_library: expected 'libstdc++/cxx11', found 'libc++'"));
  EXPECT_THAT(differences([](PluginRecord& r) { put(r.containers, "odd"); }),
              ElementsAre(testing::StartsWith("containers: expected '")));
  EXPECT_THAT(differences([](PluginRecord& r) { put(r.sanitizer, "odd"); }),
              ElementsAre(testing::StartsWith("sanitizer: expected '")));
}

TEST(Handshake, reports_all_differences_at_once) {
  EXPECT_THAT(differences([](PluginRecord& r) {
                put(r.name, "a");
                put(r.version, "b");
              }),
              testing::SizeIs(2));
}

TEST(Handshake, shows_no_control_characters_of_a_hostile_record) {
  EXPECT_THAT(differences([](PluginRecord& r) { put(r.name, "a\x1b[2J"); }),
              ElementsAre("name: expected 'ovs', found 'a?[2J'"));
}

TEST(Handshake, reads_a_text_that_fills_its_field) {
  EXPECT_THAT(differences([](PluginRecord& r) { r.name.fill('x'); }),
              ElementsAre("name: expected 'ovs', found '" + std::string(64, 'x') + "'"));
}

}  // namespace
