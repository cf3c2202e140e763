#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "daemon/node_store.h"
#include "support/temp_folder.h"

namespace tenon::daemon {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class MigrationTrust : public testing::Test {
 protected:
  MigrationTrust() {
    file_ = folder_.write("schema/acme/001_things.sql", "CREATE TABLE thing (id BIGINT PRIMARY KEY)");
    settings_.plugins = {folder_.path()};
  }
  test::TempFolder folder_;
  fs::path file_;
  Settings settings_;
};

TEST_F(MigrationTrust, takes_what_no_one_else_may_change) {
  const auto found = find_migrations(settings_);
  ASSERT_TRUE(found.ok()) << found.error().to_string();
  EXPECT_EQ(found->back().owner, "acme");
}

TEST_F(MigrationTrust, refuses_what_others_may_change_with_path_and_mode) {
  fs::permissions(file_, fs::perms::others_write, fs::perm_options::add);
  const auto found = find_migrations(settings_);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, "PLUGIN.1012");
  EXPECT_THAT(found.error().details, AllOf(HasSubstr(file_.string()), HasSubstr("has the mode 0646")));
  settings_.trust = descriptor::Trust::kAny;
  EXPECT_TRUE(find_migrations(settings_).ok());
}

TEST_F(MigrationTrust, refuses_what_lies_in_a_folder_that_others_may_write) {
  fs::permissions(file_.parent_path(), fs::perms::group_write, fs::perm_options::add);
  const auto found = find_migrations(settings_);
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().details, HasSubstr("the folder " + file_.parent_path().string()));
}

}  // namespace
}  // namespace tenon::daemon
