#include "connection.h"
#include "flow/engine.h"
#include "support/node.h"
#include "support/run.h"
#include "support/temp_folder.h"
#include "wiring/loader.h"

#include <tenon/iaas/vm.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using tenon::Json;
using tenon::Value;
using tenon::flow::RunResult;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kUri = "test:///default";

/// The descriptors of the VM chains as they are shipped, the plugins as they are built, and libvirt's test driver for a
/// host.
class ShippedChains : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(volumes());
    std::ofstream(folder.path() / "base.raw") << std::string(65536, '\0');
    properties.set("compute.hypervisor.uri", kUri, "test");
    properties.set("storage.folder.path", volumes(), "test");
    for (const char* file : {"kvm.xml", "storage.xml", "compute.xml", "chains/vm.xml"}) {
      const fs::path copy = folder.path() / "descriptors" / file;
      fs::create_directories(copy.parent_path());
      fs::copy_file(fs::path(SHIPPED_DESCRIPTORS) / file, copy);
    }
    load();
  }
  void load() {
    tenon::wiring::LoadRequest request;
    request.descriptor_folders = {folder.path() / "descriptors"};
    request.plugin_folders = {BUILT_PLUGINS};
    request.library_cache = folder.path() / "libraries";
    request.properties = &properties;
    request.node = &node;
    auto loaded = tenon::wiring::load(request);
    for (const auto& diagnostic : loaded.diagnostics.sorted()) ADD_FAILURE() << diagnostic.to_string();
    wiring = std::move(loaded.wiring);
  }
  RunResult run(const char* chain, const char* key, Json input) {
    return tenon::test::run_chain(engine, wiring->find_chain(chain), {{key, Value::of(std::move(input))}});
  }
  Json order(const std::string& image) {
    return Json::object().add("name", "web").add("image", image).add("image_format", "raw");
  }
  fs::path volumes() const { return folder.path() / "volumes"; }
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(volumes())) names.push_back(entry.path().filename());
    return names;
  }
  int domains() const { return virConnectListAllDomains(libvirt.get(), nullptr, 0); }

  tenon::test::TempFolder folder;
  tenon::test::Node node;
  tenon::descriptor::Properties properties;
  std::shared_ptr<tenon::wiring::Wiring> wiring;
  tenon::flow::Engine engine;
  kvm::ConnectionHandle libvirt{virConnectOpen(kUri)};
};

TEST_F(ShippedChains, create_and_destroy_a_vm) {
  ASSERT_NE(wiring, nullptr);
  std::string uuid;
  {
    RunResult created = run("vm.create", "vm", order(folder.path() / "base.raw"));
    ASSERT_TRUE(created.ok()) << created.error->to_string();
    uuid = *created.find("instance")->json().find("uuid")->as_string();
  }
  kvm::DomainHandle domain(virDomainLookupByUUIDString(libvirt.get(), uuid.c_str()));
  ASSERT_NE(domain, nullptr);
  EXPECT_EQ(virDomainIsActive(domain.get()), 1);
  EXPECT_THAT(files(), SizeIs(1));

  RunResult destroyed = run("vm.destroy", "vm_uuid", uuid);
  ASSERT_TRUE(destroyed.ok()) << destroyed.error->to_string();
  EXPECT_EQ(domains(), 1) << "the test driver's own";
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(ShippedChains, undo_a_vm_whose_name_is_taken_when_its_disk_has_been_made) {
  ASSERT_NE(wiring, nullptr);
  Json taken = Json::object().add("name", "test").add("disk_size", 65536);
  RunResult created = run("vm.create", "vm", std::move(taken));
  ASSERT_FALSE(created.ok());
  EXPECT_EQ(created.error->code, "KVM.1004");
  EXPECT_EQ(domains(), 1);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(ShippedChains, leave_none_of_the_libraries_behind) {
  ASSERT_NE(wiring, nullptr);
  ASSERT_TRUE(run("vm.create", "vm", order(folder.path() / "base.raw")).ok());
  auto mapped = [&] {
    std::ifstream maps("/proc/self/maps");
    std::string text(std::istreambuf_iterator<char>(maps), {});
    return text.find((folder.path() / "libraries").string()) != std::string::npos;
  };
  EXPECT_TRUE(mapped());
  wiring->stop();
  wiring.reset();
  EXPECT_FALSE(mapped());
  // libvirt stays and must call nothing that has gone with the plugin.
  EXPECT_EQ(virDomainLookupByName(libvirt.get(), "nobody"), nullptr);
}

}  // namespace
