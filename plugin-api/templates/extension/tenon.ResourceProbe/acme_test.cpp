#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "probe.h"

namespace {

namespace fs = std::filesystem;

TEST(AcmeProbe, tells_what_is_there_in_order) {
  const fs::path root = fs::temp_directory_path() / ("acme-test-" + std::to_string(::getpid()));
  fs::create_directories(root);
  std::ofstream(root / "b");
  std::ofstream(root / "a");
  acme::Probe probe;
  probe.root = root;
  EXPECT_EQ(*probe.list(), (std::vector<std::string>{"file a", "file b"}));
  fs::remove_all(root);
}

TEST(AcmeProbe, finds_nothing_where_nothing_is) {
  acme::Probe probe;
  probe.root = "/nowhere";
  EXPECT_TRUE(probe.list()->empty());
}

}  // namespace
