#include "support/node.h"
#include "support/temp_folder.h"
#include "wiring/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

/// The descriptors of the L2 networks as they are shipped, and the plugins as they are built.
class L2Plugins : public testing::Test {
 protected:
  tenon::wiring::LoadResult load(const std::vector<std::string>& files) {
    const fs::path descriptors = folder.path() / "descriptors";
    for (const char* kind : {"chains", "config"}) fs::create_directories(descriptors / kind);
    for (const std::string& file : files) fs::copy_file(fs::path(SHIPPED_DESCRIPTORS) / file, descriptors / file);
    tenon::wiring::LoadRequest request;
    request.descriptor_folders = {descriptors};
    request.plugin_folders = {BUILT_PLUGINS};
    request.library_cache = folder.path() / "libraries";
    properties.set("tenon.plugins.trust", "any", "this test");
    request.properties = &properties;
    request.node = &node;
    return tenon::wiring::load(request);
  }
  /// The descriptor of Open vSwitch, those that it needs, and more.
  static std::vector<std::string> with_ovs(std::vector<std::string> more = {}) {
    more.insert(more.end(), {"kvm.xml", "storage.xml", "compute.xml", "network.xml", "ovs.xml", "config/compute.xml"});
    return more;
  }
  static std::string mapped_files() {
    std::ifstream maps("/proc/self/maps");
    return {std::istreambuf_iterator<char>(maps), {}};
  }
  static std::string first_mistake(const tenon::wiring::LoadResult& loaded) {
    return loaded.wiring == nullptr ? loaded.diagnostics.sorted().at(0).to_string() : "none";
  }

  tenon::test::TempFolder folder;
  tenon::test::Node node;
  tenon::descriptor::Properties properties;
};

TEST_F(L2Plugins, bring_their_types_of_network_and_go_without_a_trace) {
  auto loaded = load(with_ovs({"vlan.xml", "chains/network.xml"}));
  for (const auto& diagnostic : loaded.diagnostics.sorted()) ADD_FAILURE() << diagnostic.to_string();
  ASSERT_NE(loaded.wiring, nullptr);
  std::vector<std::string> types;
  for (const auto& driver : loaded.wiring->drivers) {
    if (driver.kind == "L2Network") types.push_back(driver.type);
  }
  EXPECT_THAT(types, UnorderedElementsAre("Openvswitch", "L2NoVlanNetwork", "L2VlanNetwork"));
  EXPECT_THAT(mapped_files(), AllOf(HasSubstr("libnl-route-3.so"), HasSubstr((folder.path() / "libraries").string())));
  loaded.wiring->stop();
  loaded.wiring.reset();
  EXPECT_THAT(mapped_files(),
              AllOf(Not(HasSubstr("libnl-route-3.so")), Not(HasSubstr((folder.path() / "libraries").string()))));
}

TEST_F(L2Plugins, forget_what_they_recorded_of_a_network_when_it_is_removed_by_the_chain_of_all_types) {
  auto loaded = load(with_ovs({"chains/network.xml"}));
  ASSERT_NE(loaded.wiring, nullptr) << first_mistake(loaded);
  std::vector<std::string> steps;
  for (const auto& step : loaded.wiring->find_chain("network.remove")->steps) steps.push_back(step.name);
  EXPECT_THAT(steps, ElementsAre("network.FindL2Network", "network.UnregisterL2Network", "network.UnrealizeL2Network",
                                 HasSubstr("OvsForgetL2Network")));
}

TEST_F(L2Plugins, do_without_open_vswitch_where_it_is_not_wanted) {
  EXPECT_EQ(first_mistake(load({"vlan.xml"})), "none");
}

TEST_F(L2Plugins, need_the_plugin_whose_hosts_they_check) {
  EXPECT_THAT(first_mistake(load({"ovs.xml"})), HasSubstr("kvm"));
}

TEST_F(L2Plugins, refuse_a_database_that_is_no_unix_socket) {
  properties.set("ovs.database", "tcp:127.0.0.1:6640", "test");
  EXPECT_THAT(first_mistake(load(with_ovs())),
              AllOf(HasSubstr("ovs.xml:"), HasSubstr("expected unix: and an absolute path")));
}

}  // namespace
