#include <gtest/gtest.h>
#include <tenon/testing/chain_runner.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "make_file.h"

namespace {

namespace fs = std::filesystem;

class AcmeMakeFile : public testing::Test {
 protected:
  AcmeMakeFile() {
    fs::create_directories(root_);
    flow_.root = root_;
  }
  ~AcmeMakeFile() override { fs::remove_all(root_); }

  const fs::path root_ = fs::temp_directory_path() / ("acme-test-" + std::to_string(::getpid()));
  acme::MakeFile flow_;
};

TEST_F(AcmeMakeFile, makes_a_file_and_its_undo_removes_it) {
  tenon::testing::ChainRunner runner;
  runner.input(acme::kContent, "hello").then(flow_);
  ASSERT_TRUE(runner.run().ok());
  EXPECT_TRUE(fs::exists(*runner.find(acme::kFile)));
  EXPECT_TRUE(runner.undo().ok());
  EXPECT_TRUE(fs::is_empty(root_));
}

TEST_F(AcmeMakeFile, leaves_nothing_when_it_fails_at_any_moment) {
  using tenon::testing::Fault;
  for (const Fault fault : {Fault::kBefore, Fault::kAfter, Fault::kTimeout}) {
    tenon::testing::ChainRunner runner;
    runner.input(acme::kContent, "hello").then(flow_);
    runner.fail_at("acme.MakeFile", fault);
    EXPECT_FALSE(runner.run().ok());
    EXPECT_TRUE(fs::is_empty(root_));
  }
}

TEST_F(AcmeMakeFile, refuses_to_begin_without_its_folder) {
  flow_.root = "/nowhere";
  tenon::testing::ChainRunner runner;
  runner.input(acme::kContent, "hello").then(flow_);
  EXPECT_EQ(runner.run().error->code, "ACME.1001");
}

}  // namespace
