#include "descriptor/diagnostics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;

TEST(Place, is_file_line_and_column) { EXPECT_EQ((Place{"ovs.xml", 12, 5}.to_string()), "ovs.xml:12:5"); }

TEST(Place, of_the_whole_file_is_its_name) { EXPECT_EQ(Place{"ovs.xml"}.to_string(), "ovs.xml"); }

TEST(Diagnostic, reads_like_that_of_a_compiler) {
  EXPECT_EQ((Diagnostic{Severity::kError, {"ovs.xml", 12, 5}, "unknown element 'ben'"}.to_string()),
            "ovs.xml:12:5: error: unknown element 'ben'");
  EXPECT_EQ((Diagnostic{Severity::kWarning, {"ovs.xml"}, "odd"}.to_string()), "ovs.xml: warning: odd");
}

TEST(Diagnostics, come_sorted_by_place_and_else_as_they_came) {
  Diagnostics diagnostics;
  diagnostics.error({"b.xml", 1, 1}, "5");
  diagnostics.error({"a.xml", 10, 1}, "4");
  diagnostics.warning({"a.xml", 9, 2}, "2");
  diagnostics.error({"a.xml", 9, 2}, "3");
  diagnostics.error({"a.xml", 9, 1}, "1");
  diagnostics.error({"a.xml"}, "0");
  EXPECT_THAT(messages_of(diagnostics),
              ElementsAre("a.xml: error: 0", "a.xml:9:1: error: 1", "a.xml:9:2: warning: 2", "a.xml:9:2: error: 3",
                          "a.xml:10:1: error: 4", "b.xml:1:1: error: 5"));
}

TEST(Diagnostics, count_errors_but_not_warnings) {
  Diagnostics diagnostics;
  diagnostics.warning({"a.xml"}, "odd");
  EXPECT_FALSE(diagnostics.has_errors());
  diagnostics.error({"a.xml"}, "wrong");
  EXPECT_TRUE(diagnostics.has_errors());
  EXPECT_EQ(diagnostics.errors(), 1U);
}

TEST(Suggestion, is_the_name_that_a_slip_of_the_fingers_misses) {
  const std::vector<std::string> names{"property", "bean", "plugin", "class"};
  EXPECT_EQ(suggestion("ben", names), " (did you mean 'bean'?)") << "a letter is missing";
  EXPECT_EQ(suggestion("beaan", names), " (did you mean 'bean'?)") << "a letter is doubled";
  EXPECT_EQ(suggestion("bran", names), " (did you mean 'bean'?)") << "a letter is wrong";
  EXPECT_EQ(suggestion("baen", names), " (did you mean 'bean'?)") << "two letters are swapped";
  EXPECT_EQ(suggestion("porpetry", names), " (did you mean 'property'?)") << "two slips in a long name";
  EXPECT_EQ(suggestion("BEAN", names), " (did you mean 'bean'?)") << "only the case differs";
}

TEST(Suggestion, is_nothing_if_no_name_is_near) {
  EXPECT_EQ(suggestion("baem", {"bean"}), "") << "two slips in a short name";
  EXPECT_EQ(suggestion("prprt", {"property"}), "") << "three slips";
  EXPECT_EQ(suggestion("interceptor", {"bean", "plugin"}), "");
  EXPECT_EQ(suggestion("a", {"b"}), "") << "nothing of the name is left";
  EXPECT_EQ(suggestion("", {"bean", ""}), "");
  EXPECT_EQ(suggestion("bean", {}), "");
}

TEST(Suggestion, is_the_nearest_name_and_the_first_of_equals) {
  EXPECT_EQ(suggestion("extensoin", {"extensions", "extension"}), " (did you mean 'extension'?)");
  EXPECT_EQ(suggestion("vm.crate", {"vm.create", "vm.grate"}), " (did you mean 'vm.create'?)");
}

TEST(Suggestion, allows_for_a_wrong_or_missing_qualifier) {
  EXPECT_EQ(suggestion("L2NetworkFactory", {"ovs.L2NetworkFactory"}), " (did you mean 'ovs.L2NetworkFactory'?)");
  EXPECT_EQ(suggestion("bridge.L2NetworkFactroy", {"ovs.L2NetworkFactory"}), " (did you mean 'ovs.L2NetworkFactory'?)");
  EXPECT_EQ(suggestion("ovs.L2NetworkFactry", {"kvm.L2NetworkFactory", "ovs.L2NetworkFactory"}),
            " (did you mean 'ovs.L2NetworkFactory'?)");
  EXPECT_EQ(suggestion("ovs.Stop", {"kvm.Step"}), "");
}

TEST(Suggestion, does_not_compare_names_without_end) {
  const std::string endless(100'000, 'x');
  EXPECT_EQ(suggestion(endless, {endless + "y"}), "");
}

TEST(Diagnostics, keep_no_more_than_a_thousand_and_say_so) {
  Diagnostics diagnostics;
  for (std::uint32_t line = 1; line <= 5000; ++line) {
    EXPECT_EQ(diagnostics.full(), line > Diagnostics::kMostListed + 1);
    diagnostics.error({"f.xml", line, 1}, "wrong");
  }
  const auto sorted = diagnostics.sorted();
  EXPECT_EQ(sorted.size(), Diagnostics::kMostListed + 1);
  EXPECT_EQ(sorted.back().to_string(),
            "f.xml:1001:1: error: there is more wrong than the first 1000, which are listed");
  EXPECT_EQ(diagnostics.errors(), 5000U);
}

}  // namespace
}  // namespace tenon::descriptor
