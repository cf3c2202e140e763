#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "l2_network.h"

namespace {

namespace fs = std::filesystem;

class AcmeL2Network : public testing::Test {
 protected:
  AcmeL2Network() { fs::create_directories(root_); }
  ~AcmeL2Network() override { fs::remove_all(root_); }

  const fs::path root_ = fs::temp_directory_path() / ("acme-test-" + std::to_string(::getpid()));
  acme::L2Network network_{root_, "blue"};
};

TEST_F(AcmeL2Network, is_there_as_long_as_it_has_users) {
  ASSERT_TRUE(network_.realize("nic:1", "run-1:2").ok());
  ASSERT_TRUE(network_.realize("nic:2", "run-2:2").ok());
  EXPECT_TRUE(network_.unrealize("nic:1", "run-1:2").ok());
  EXPECT_TRUE(fs::exists(root_ / "blue"));
  EXPECT_TRUE(network_.unrealize("nic:2", std::nullopt).ok());
  EXPECT_FALSE(fs::exists(root_ / "blue"));
}

TEST_F(AcmeL2Network, bears_that_a_step_or_its_undo_is_repeated) {
  ASSERT_TRUE(network_.realize("nic:1", "run-1:2").ok());
  EXPECT_TRUE(network_.realize("nic:1", "run-1:2").ok());
  EXPECT_TRUE(network_.unrealize("nic:1", "run-1:2").ok());
  EXPECT_TRUE(network_.unrealize("nic:1", "run-1:2").ok());
}

TEST_F(AcmeL2Network, is_not_taken_away_by_the_undo_of_another_run) {
  ASSERT_TRUE(network_.realize("nic:1", "run-1:2").ok());
  EXPECT_TRUE(network_.unrealize("nic:1", "run-2:2").ok());
  EXPECT_TRUE(fs::exists(root_ / "blue"));
}

TEST_F(AcmeL2Network, says_what_is_missing) {
  EXPECT_TRUE(network_.check().ok());
  acme::L2Network nowhere("/nowhere", "blue");
  ASSERT_FALSE(nowhere.check().ok());
  EXPECT_EQ(nowhere.check().error().code, "ACME.1001");
}

}  // namespace
