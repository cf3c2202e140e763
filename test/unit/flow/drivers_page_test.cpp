#include <gtest/gtest.h>

#include "flows_page.h"

/// docs/drivers.md shows the files of test/plugins/patchboard, which test/integration/outside_driver builds and uses.
TEST(DriversPage, shows_the_files_of_a_driver) {
  EXPECT_EQ(tenon::test::expect_compiled(tenon::test::page_blocks("drivers.md")), 11U);
}
