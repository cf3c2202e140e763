#include "support/node.h"
#include "support/temp_folder.h"
#include "wiring/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

/// The descriptors as they are shipped and the plugins as they are built.
class NfsPlugin : public testing::Test {
 protected:
  tenon::wiring::LoadResult load() {
    const fs::path descriptors = folder.path() / "descriptors";
    fs::create_directories(descriptors);
    for (const char* file : {"storage.xml", "nfs.xml"}) {
      fs::copy_file(fs::path(SHIPPED_DESCRIPTORS) / file, descriptors / file);
    }
    tenon::wiring::LoadRequest request;
    request.descriptor_folders = {descriptors};
    request.plugin_folders = {BUILT_PLUGINS};
    request.library_cache = folder.path() / "libraries";
    properties.set("tenon.plugins.trust", "any", "this test");
    request.properties = &properties;
    request.node = &node;
    return tenon::wiring::load(request);
  }
  static std::string mapped_files() {
    std::ifstream maps("/proc/self/maps");
    return {std::istreambuf_iterator<char>(maps), {}};
  }

  tenon::test::TempFolder folder;
  tenon::test::Node node;
  tenon::descriptor::Properties properties;
};

TEST_F(NfsPlugin, brings_the_primary_storage_type_NFS_and_goes_without_a_trace) {
  auto loaded = load();
  for (const auto& diagnostic : loaded.diagnostics.sorted()) ADD_FAILURE() << diagnostic.to_string();
  ASSERT_NE(loaded.wiring, nullptr);
  std::vector<std::string> drivers;
  for (const auto& driver : loaded.wiring->drivers) drivers.push_back(driver.kind + " " + driver.type);
  EXPECT_THAT(drivers, Contains("PrimaryStorage NFS"));
  EXPECT_THAT(mapped_files(), HasSubstr("libnfs.so"));
  loaded.wiring->stop();
  loaded.wiring.reset();
  EXPECT_THAT(mapped_files(), Not(HasSubstr("libnfs.so")));
  EXPECT_THAT(mapped_files(), Not(HasSubstr((folder.path() / "libraries").string())));
}

TEST_F(NfsPlugin, refuses_a_time_limit_of_nothing) {
  properties.set("nfs.timeout", "0s", "test");
  auto loaded = load();
  ASSERT_EQ(loaded.wiring, nullptr);
  EXPECT_THAT(loaded.diagnostics.sorted().at(0).to_string(), HasSubstr("nfs.xml:9:"));
}

}  // namespace
