#include <gtest/gtest.h>
#include <tenon/testing/chain_runner.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "note.h"

namespace {

namespace fs = std::filesystem;

class AcmeNote : public testing::Test {
 protected:
  AcmeNote() {
    fs::create_directories(root_);
    note_.root = root_;
  }
  ~AcmeNote() override { fs::remove_all(root_); }

  static tenon::testing::ChainRunner& give_inputs(tenon::testing::ChainRunner& runner) {
    return runner
        .input(tenon::iaas::kInstance,
               tenon::iaas::VmInstance{"6695eb01-f6a4-4304-79aa-97f2502e193f", "blue", 1, 268435456, {}})
        .input(tenon::iaas::kHost, tenon::iaas::HostRecord{"h1", "KVM", "qemu:///system"})
        .input(tenon::iaas::kNics, {});
  }

  const fs::path root_ = fs::temp_directory_path() / ("acme-test-" + std::to_string(::getpid()));
  acme::Note note_;
};

TEST_F(AcmeNote, is_made_and_its_undo_removes_it) {
  tenon::testing::ChainRunner runner;
  give_inputs(runner).then(note_);
  ASSERT_TRUE(runner.run().ok());
  EXPECT_TRUE(fs::exists(root_ / "blue"));
  EXPECT_TRUE(runner.undo().ok());
  EXPECT_TRUE(fs::is_empty(root_));
}

TEST_F(AcmeNote, refuses_to_begin_without_its_folder) {
  note_.root = "/nowhere";
  tenon::testing::ChainRunner runner;
  give_inputs(runner).then(note_);
  EXPECT_EQ(runner.run().error->code, "ACME.1001");
}

}  // namespace
