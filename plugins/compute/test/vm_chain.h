#pragma once

#include "connection.h"
#include "folder.h"
#include "folder_network.h"
#include "hypervisor_factory.h"
#include "images.h"
#include "nics.h"
#include "on_hypervisor.h"
#include "placement.h"
#include "prepare_vm.h"
#include "probes.h"
#include "registered_vms.h"
#include "services.h"
#include "store_registry.h"
#include "support/temp_store.h"
#include "volumes.h"

#include <tenon/storage/command.h>
#include <tenon/testing/chain_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace compute::test {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using tenon::make_error;
using tenon::Owned;
using tenon::Result;
using tenon::iaas::HostRecord;
using tenon::iaas::kInstance;
using tenon::iaas::kNics;
using tenon::iaas::kVm;
using tenon::iaas::kVmUuid;
using tenon::iaas::kVolumes;
using tenon::iaas::VmSpec;
using tenon::testing::ChainRunner;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kUri = "test:///default";

/// The driver KVM with one call that fails, when a test says so.
class FaultyHypervisor final : public tenon::iaas::Hypervisor {
 public:
  FaultyHypervisor(Owned<tenon::iaas::Hypervisor> real, const std::string& fault)
      : real_(std::move(real)), fault_(fault) {}
  Result<void> ping() override {
    return or_fault("ping", [&] { return real_->ping(); });
  }
  Result<void> define(const tenon::iaas::VmDefinition& vm, const std::string& key) override {
    return or_fault("define", [&] { return real_->define(vm, key); });
  }
  Result<void> start(const std::string& uuid) override {
    return or_fault("start", [&] { return real_->start(uuid); });
  }
  Result<void> destroy(const std::string& uuid) override { return real_->destroy(uuid); }
  Result<void> undefine(const std::string& uuid) override { return real_->undefine(uuid); }
  Result<std::optional<tenon::iaas::VmInfo>> find(const std::string& uuid) override { return real_->find(uuid); }
  Result<std::vector<tenon::iaas::VmInfo>> list() override { return real_->list(); }

 private:
  template <class Call>
  Result<void> or_fault(std::string_view call, const Call& real) {
    if (fault_ == call) return make_error("TEST.1001", "fault", std::string(call));
    return real();
  }
  Owned<tenon::iaas::Hypervisor> real_;
  const std::string& fault_;
};

class FaultyFactory final : public tenon::iaas::HypervisorFactory {
 public:
  Result<Owned<tenon::iaas::Hypervisor>> create(const HostRecord& host) override {
    auto real = kvm.create(host);
    if (!real) return std::move(real).error();
    return tenon::make_owned<tenon::iaas::Hypervisor, FaultyHypervisor>(std::move(real).value(), fault);
  }
  kvm::HypervisorFactory kvm;
  /// `ping`, `define` or `start`.
  std::string fault;
};

/// What the chains vm.create and vm.destroy of descriptors/chains/vm.xml do, with the drivers KVM (on libvirt's test
/// driver), Folder, and networks of folders. What is left is looked up in the folder and by a libvirt connection of the
/// test's own.
class VmChain : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "tenon-compute-XXXXXX";
    root = ::mkdtemp(pattern.data());
    fs::create_directory(root / "volumes");
    image = root / "base.qcow2";
    ASSERT_TRUE(storage::run_command({"qemu-img", "create", "-q", "-f", "qcow2", image, "8M"}, 60s).ok());
    hypervisor_list = {{static_cast<tenon::iaas::HypervisorFactory*>(&kvm), "Kvm", "KVM"}};
    storage_list = {{static_cast<tenon::iaas::PrimaryStorageFactory*>(&folder), "Folder", "Folder"}};
    network_list = {{static_cast<tenon::iaas::L2NetworkFactory*>(&bridges), "Folder", "Folder"}};
    hypervisors.list = &hypervisor_list;
    storages.list = &storage_list;
    networks.list = &network_list;
    fs::create_directory(root / "bridges");
    bridges.root = root / "bridges";
    registry.hosts().add({"local", "KVM", kUri}, "1:1").value();
    registry.primary_storages().add({"local", "Folder", root / "volumes"}, "1:2").value();
    registry.l2_networks().add({"blue", "Folder", {}, {}, 100}, "1:3").value();
    registry.images().add({"base", image, "qcow2"}, "1:4").value();
    bind_flows();
  }
  void TearDown() override { fs::remove_all(root); }

  void bind_flows() {
    allocate_host.registry.bind(&registry);
    allocate_host.hypervisors.bind(&hypervisors);
    allocate_host.networks.bind(&networks);
    select_image.registry.bind(&registry);
    allocate_nic.registry.bind(&registry);
    register_vm.registry.bind(&registry);
    realize.drivers.bind(&networks);
    realize.types = {"Folder"};
    unregister.registry.bind(&registry);
    allocate_storage.registry.bind(&registry);
    allocate_storage.storages.bind(&storages);
    allocate_volume.storages.bind(&storages);
    create.hypervisors.bind(&hypervisors);
    create.networks.bind(&networks);
    locate.registry.bind(&registry);
    locate.hypervisors.bind(&hypervisors);
    destroy.hypervisors.bind(&hypervisors);
    delete_volume.registry.bind(&registry);
    delete_volume.storages.bind(&storages);
    undefine.hypervisors.bind(&hypervisors);
  }

  VmSpec web() {
    VmSpec vm;
    vm.name = "web";
    vm.image = image;
    vm.data_disks = {{1 << 20}, {2 << 20}};
    vm.networks = std::vector<std::string>{"blue"};
    return vm;
  }

  ChainRunner& create_up_to_storage(ChainRunner& run, const VmSpec& vm) {
    return run.input(kVm, vm).then(prepare).then(allocate_host).then(select_image).then(allocate_storage);
  }
  ChainRunner& create_up_to_realize(ChainRunner& run, const VmSpec& vm) {
    return create_up_to_storage(run, vm).then(allocate_volume).then(allocate_nic).then(register_vm).then(realize);
  }
  Result<void> vm_create(ChainRunner& run, const VmSpec& vm) {
    create_up_to_realize(run, vm).then(create);
    return run.run().result();
  }
  Result<void> vm_destroy(ChainRunner& run, const std::string& uuid) {
    run.input(kVmUuid, uuid).then(locate).then(destroy).then_release(realize).then(delete_volume).then(undefine);
    return run.then(unregister).run().result();
  }
  /// Makes the VM and gives its uuid.
  std::string created(const VmSpec& vm, std::uint64_t run = 17) {
    ChainRunner runner(run);
    vm_create(runner, vm).value();
    return runner.find(kInstance)->uuid;
  }

  std::vector<std::string> in_folder(const char* name) {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(root / name)) names.push_back(entry.path().filename());
    return names;
  }
  std::vector<std::string> files() { return in_folder("volumes"); }
  std::vector<tenon::iaas::VmRecord> registered() { return registry.vms().list(); }
  /// Nothing of any VM is left: no domain, file, bridge or record.
  void expect_nothing_left() {
    EXPECT_EQ(domain(), nullptr);
    EXPECT_THAT(files(), IsEmpty());
    EXPECT_THAT(in_folder("bridges"), IsEmpty());
    EXPECT_THAT(registered(), IsEmpty());
  }
  void replace_host(const HostRecord& record) {
    registry.hosts().remove(record.name, std::nullopt).value();
    registry.hosts().add(record, "2:1").value();
  }
  kvm::DomainHandle domain(const std::string& name = "web") {
    return kvm::DomainHandle(virDomainLookupByName(libvirt.get(), name.c_str()));
  }
  bool runs(const std::string& name = "web") { return virDomainIsActive(domain(name).get()) == 1; }

  fs::path root;
  fs::path image;
  FaultyFactory kvm;
  storage::FolderFactory folder;
  tenon::ExtensionList hypervisor_list;
  tenon::ExtensionList storage_list;
  tenon::ExtensionList network_list;
  network::test::FolderNetworkFactory bridges;
  tenon::ExtensionSlot hypervisors;
  tenon::ExtensionSlot storages;
  tenon::ExtensionSlot networks;
  tenon::test::StoreNode node;
  compute::StoreRegistry registry;
  kvm::ConnectionHandle libvirt{virConnectOpen(kUri)};

  compute::PrepareVm prepare;
  compute::AllocateHost allocate_host;
  compute::AllocatePrimaryStorage allocate_storage;
  compute::SelectImage select_image;
  compute::AllocateVolume allocate_volume;
  network::AllocateNic allocate_nic;
  compute::RegisterVm register_vm;
  tenon::iaas::RealizeL2Networks realize;
  compute::CreateOnHypervisor create;
  compute::LocateVm locate;
  compute::DestroyOnHypervisor destroy;
  compute::DeleteVolume delete_volume;
  compute::UndefineOnHypervisor undefine;
  compute::UnregisterVm unregister;
};

}  // namespace compute::test
