#include "chain_runner.h"
#include "configured_registry.h"
#include "connection.h"
#include "folder.h"
#include "hypervisor_factory.h"
#include "on_hypervisor.h"
#include "placement.h"
#include "prepare_vm.h"
#include "volumes.h"

#include <tenon/storage/command.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using compute::test::ChainRunner;
using tenon::ErrorCode;
using tenon::Flow;
using tenon::make_error;
using tenon::Owned;
using tenon::Result;
using tenon::iaas::HostRecord;
using tenon::iaas::kHost;
using tenon::iaas::kInstance;
using tenon::iaas::kPrimaryStorage;
using tenon::iaas::kVm;
using tenon::iaas::kVmInfo;
using tenon::iaas::kVmUuid;
using tenon::iaas::kVolumes;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::VmSpec;
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
/// driver) and Folder. What is left is looked up in the folder and by a libvirt connection of the test's own.
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
    hypervisors.list = &hypervisor_list;
    storages.list = &storage_list;
    registry.host_name = "local";
    registry.hypervisor_type = "KVM";
    registry.hypervisor_uri = kUri;
    registry.storage_name = "local";
    registry.storage_type = "Folder";
    registry.storage_url = root / "volumes";
    bind_flows();
  }
  void TearDown() override { fs::remove_all(root); }

  void bind_flows() {
    allocate_host.registry.bind(&registry);
    allocate_host.hypervisors.bind(&hypervisors);
    allocate_storage.registry.bind(&registry);
    allocate_storage.storages.bind(&storages);
    allocate_volume.storages.bind(&storages);
    create.hypervisors.bind(&hypervisors);
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
    return vm;
  }

  Result<void> vm_create(ChainRunner& run, const VmSpec& vm) {
    run.give(kVm, vm);
    return run.run({&prepare, &allocate_host, &allocate_storage, &allocate_volume, &create});
  }
  Result<void> vm_destroy(ChainRunner& run, const std::string& uuid) {
    run.give(kVmUuid, uuid);
    return run.run({&locate, &destroy, &delete_volume, &undefine});
  }
  /// Makes the VM and gives its uuid.
  std::string created(const VmSpec& vm, const std::string& run = "17") {
    ChainRunner runner(run);
    vm_create(runner, vm).value();
    return runner.data(kInstance)->uuid;
  }

  std::vector<std::string> files() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(root / "volumes")) names.push_back(entry.path().filename());
    return names;
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
  tenon::ExtensionSlot hypervisors;
  tenon::ExtensionSlot storages;
  compute::ConfiguredRegistry registry;
  kvm::ConnectionHandle libvirt{virConnectOpen(kUri)};

  compute::PrepareVm prepare;
  compute::AllocateHost allocate_host;
  compute::AllocatePrimaryStorage allocate_storage;
  compute::AllocateVolume allocate_volume;
  compute::CreateOnHypervisor create;
  compute::LocateVm locate;
  compute::DestroyOnHypervisor destroy;
  compute::DeleteVolume delete_volume;
  compute::UndefineOnHypervisor undefine;
};

TEST_F(VmChain, create_starts_a_domain_with_disks_of_its_own) {
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  EXPECT_TRUE(runs());
  EXPECT_THAT(files(), SizeIs(3));
  const auto& volumes = *run.data(kVolumes);
  ASSERT_THAT(volumes, SizeIs(3));
  kvm::TextHandle xml(virDomainGetXMLDesc(domain().get(), 0));
  std::size_t at = 0;
  for (const auto& volume : volumes) {
    EXPECT_TRUE(fs::exists(volume.location.path));
    const std::size_t found = std::string_view(xml.get()).find(volume.location.path, at);
    ASSERT_NE(found, std::string_view::npos) << "the domain's disks are in another order";
    at = found;
  }
}

TEST_F(VmChain, create_names_volumes_after_the_vm_and_the_step) {
  const std::string uuid = created(web(), "17");
  EXPECT_THAT(files(), testing::UnorderedElementsAre(uuid + ".17-4.root.qcow2", uuid + ".17-4.data1.qcow2",
                                                     uuid + ".17-4.data2.qcow2"));
}

TEST_F(VmChain, create_may_repeat_its_last_steps) {
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  EXPECT_TRUE(run.run_one(allocate_volume, 4).ok());
  EXPECT_TRUE(run.run_one(create, 5).ok());
  EXPECT_THAT(files(), SizeIs(3));
  EXPECT_TRUE(runs());
}

TEST_F(VmChain, create_leaves_nothing_when_the_vm_is_undone) {
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  run.undo({&prepare, &allocate_host, &allocate_storage, &allocate_volume, &create});
  EXPECT_THAT(run.undo_errors, IsEmpty());
  EXPECT_EQ(domain(), nullptr);
  EXPECT_THAT(files(), IsEmpty());
}

class VmChainFault : public VmChain, public testing::WithParamInterface<const char*> {};

TEST_P(VmChainFault, leaves_no_domain_and_no_file) {
  kvm.fault = GetParam();
  ChainRunner run;
  auto made = vm_create(run, web());
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(run.undo_errors, IsEmpty());
  EXPECT_EQ(domain(), nullptr);
  EXPECT_THAT(files(), IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(AtEachCall, VmChainFault, testing::Values("ping", "define", "start"),
                         [](const auto& each) { return std::string(each.param); });

TEST_F(VmChain, create_removes_the_disks_that_it_made_before_one_failed) {
  ChainRunner run;
  run.give(kVm, web());
  ASSERT_TRUE(run.run({&prepare, &allocate_host, &allocate_storage}).ok());
  folder.qemu_img = root / "qemu-img";
  std::ofstream(folder.qemu_img)
      << "#!/bin/sh\ncase \"$*\" in *data2*) echo no room >&2; exit 1;; esac\nexec qemu-img \"$@\"\n";
  fs::permissions(folder.qemu_img, fs::perms::owner_all);
  auto made = run.run_one(allocate_volume, 4);
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(made.error().details, HasSubstr("no room"));
  EXPECT_THAT(files(), SizeIs(2));
  EXPECT_TRUE(run.undo_one(allocate_volume, 4).ok());
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(VmChain, create_leaves_the_vm_of_another_run_alone_that_has_the_same_uuid) {
  const std::string uuid = created(web(), "16");
  VmSpec twin = web();
  twin.name = "twin";
  twin.uuid = uuid;
  ChainRunner run("17");
  auto made = vm_create(run, twin);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, "KVM.1005");
  EXPECT_THAT(run.undo_errors, IsEmpty());
  EXPECT_TRUE(runs());
  EXPECT_THAT(files(), SizeIs(3));
}

TEST_F(VmChain, create_says_why_no_host_will_do) {
  kvm.fault = "ping";
  ChainRunner run;
  auto made = vm_create(run, web());
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().to_string(), "COMPUTE.1002: no host can take the VM: 1 tried");
  ASSERT_THAT(made.error().causes, SizeIs(1));
  EXPECT_EQ(made.error().causes[0].code, "TEST.1001");
}

TEST_F(VmChain, create_says_which_drivers_there_are_when_the_hosts_is_missing) {
  registry.hypervisor_type = "Xen";
  ChainRunner run;
  auto made = vm_create(run, web());
  ASSERT_FALSE(made.ok());
  ASSERT_THAT(made.error().causes, SizeIs(1));
  EXPECT_EQ(made.error().causes[0].to_string(),
            "DRIVER.1001: no driver of this type: Hypervisor 'Xen' (there are: KVM)");
}

TEST_F(VmChain, create_does_not_begin_when_the_disks_have_no_room) {
  VmSpec vm = web();
  vm.disk_size = std::uint64_t{1} << 62;
  ChainRunner run;
  auto made = vm_create(run, vm);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, "COMPUTE.1003");
  ASSERT_THAT(made.error().causes, SizeIs(1));
  EXPECT_EQ(made.error().causes[0].code, "COMPUTE.1005");
}

TEST_F(VmChain, destroy_leaves_no_domain_and_no_file) {
  const std::string uuid = created(web());
  ChainRunner run("18");
  ASSERT_TRUE(vm_destroy(run, uuid).ok());
  EXPECT_EQ(domain(), nullptr);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(VmChain, destroy_leaves_other_vms_alone) {
  created(web(), "16");
  VmSpec other = web();
  other.name = "other";
  ChainRunner run("18");
  ASSERT_TRUE(vm_destroy(run, created(other, "17")).ok());
  EXPECT_TRUE(runs("web"));
  EXPECT_EQ(domain("other"), nullptr);
  EXPECT_THAT(files(), SizeIs(3));
}

TEST_F(VmChain, destroy_keeps_disks_that_are_in_no_registered_storage) {
  const std::string uuid = created(web());
  fs::create_directory(root / "elsewhere");
  registry.storage_url = root / "elsewhere";
  ChainRunner run("18");
  ASSERT_TRUE(vm_destroy(run, uuid).ok());
  EXPECT_THAT(files(), SizeIs(3));
}

TEST_F(VmChain, destroy_does_not_forget_disks_that_it_cannot_delete_and_can_be_repeated) {
  const std::string uuid = created(web());
  const fs::path blocked = root / "volumes" / (uuid + ".17-4.data1.qcow2");
  fs::rename(blocked, root / "aside");
  fs::create_directory(blocked);
  ChainRunner first("18");
  auto destroyed = vm_destroy(first, uuid);
  ASSERT_FALSE(destroyed.ok());
  EXPECT_EQ(destroyed.error().to_string(), "COMPUTE.1006: volumes are left: 1 can't be deleted");
  EXPECT_NE(domain(), nullptr);
  EXPECT_THAT(files(), ElementsAre(blocked.filename().string()));

  fs::remove(blocked);
  fs::rename(root / "aside", blocked);
  ChainRunner second("19");
  EXPECT_TRUE(vm_destroy(second, uuid).ok());
  EXPECT_EQ(domain(), nullptr);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(VmChain, destroy_fails_for_a_driver_that_is_missing_before_it_forgets_the_disks) {
  const std::string uuid = created(web());
  registry.storage_type = "NFS";
  ChainRunner run("18");
  auto destroyed = vm_destroy(run, uuid);
  ASSERT_FALSE(destroyed.ok());
  EXPECT_EQ(destroyed.error().code, "COMPUTE.1006");
  EXPECT_NE(domain(), nullptr);
}

TEST_F(VmChain, destroy_refuses_a_vm_that_tenon_did_not_make) {
  ChainRunner run;
  auto destroyed = vm_destroy(run, "6695eb01-f6a4-8304-79aa-97f2502e193f");  // the test driver's own
  ASSERT_FALSE(destroyed.ok());
  EXPECT_EQ(destroyed.error().to_string(),
            "COMPUTE.1007: Tenon did not make this VM: 6695eb01-f6a4-8304-79aa-97f2502e193f, test");
  EXPECT_TRUE(runs("test"));
}

TEST_F(VmChain, destroy_says_that_there_is_no_such_vm) {
  ChainRunner run;
  auto destroyed = vm_destroy(run, "6695EB01-F6A4-8304-79AA-97F250200000");
  ASSERT_FALSE(destroyed.ok());
  EXPECT_EQ(destroyed.error().to_string(), "COMPUTE.1004: no such VM: 6695eb01-f6a4-8304-79aa-97f250200000");
}

TEST_F(VmChain, destroy_says_that_a_host_could_not_be_asked) {
  registry.hypervisor_uri = "qemu+unix:///system?socket=/nonexistent/libvirt-sock";
  ChainRunner run;
  auto destroyed = vm_destroy(run, "6695eb01-f6a4-8304-79aa-97f250200000");
  ASSERT_FALSE(destroyed.ok());
  EXPECT_THAT(destroyed.error().details, HasSubstr("not all hosts could be asked"));
  ASSERT_THAT(destroyed.error().causes, SizeIs(1));
  EXPECT_EQ(destroyed.error().causes[0].code, "KVM.1001");
}

}  // namespace
