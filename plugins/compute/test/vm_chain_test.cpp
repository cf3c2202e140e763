#include "connection.h"
#include "folder.h"
#include "folder_network.h"
#include "hypervisor_factory.h"
#include "images.h"
#include "inventories.h"
#include "nics.h"
#include "on_hypervisor.h"
#include "placement.h"
#include "prepare_vm.h"
#include "probes.h"
#include "registered_vms.h"
#include "store_registry.h"
#include "support/temp_store.h"
#include "volumes.h"

#include <tenon/storage/command.h>
#include <tenon/testing/chain_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

namespace {

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

TEST_F(VmChain, create_starts_a_domain_with_disks_of_its_own) {
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  EXPECT_TRUE(runs());
  EXPECT_THAT(files(), SizeIs(3));
  const auto& volumes = *run.find(kVolumes);
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
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  std::string key = run.key("compute.AllocateVolume");
  std::replace(key.begin(), key.end(), ':', '-');
  const std::string volume = run.find(kInstance)->uuid + "." + key;
  EXPECT_THAT(files(),
              testing::UnorderedElementsAre(volume + ".root.qcow2", volume + ".data1.qcow2", volume + ".data2.qcow2"));
}

TEST_F(VmChain, create_may_repeat_its_last_steps) {
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  const auto nics = *run.find(kNics);
  EXPECT_TRUE(run.run_from("compute.AllocateVolume").ok());
  EXPECT_THAT(run.trace(), SizeIs(6)) << "five steps, and the check of the networks";
  EXPECT_EQ(*run.find(kNics), nics);
  EXPECT_THAT(files(), SizeIs(3));
  EXPECT_THAT(registered(), SizeIs(1));
  EXPECT_TRUE(runs());
}

TEST_F(VmChain, create_finds_its_own_work_whichever_step_is_repeated_after_a_crash) {
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  const auto record = registered();
  const auto made = files();
  for (const char* step :
       {"compute.AllocateHost", "compute.AllocatePrimaryStorage", "compute.AllocateVolume", "network.AllocateNic",
        "compute.RegisterVm", "tenon.iaas.RealizeL2Networks", "compute.CreateOnHypervisor"}) {
    EXPECT_NO_THROW(run.run_from(step).result().value()) << step;
    EXPECT_THAT(files(), testing::UnorderedElementsAreArray(made)) << step;
    EXPECT_EQ(registered(), record) << step;
    EXPECT_TRUE(runs()) << step;
  }
}

TEST_F(VmChain, create_can_be_undone_once_more_after_a_crash_within_its_undo) {
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  ASSERT_TRUE(run.undo_from("tenon.iaas.RealizeL2Networks").ok());
  EXPECT_TRUE(run.undo().ok());
  expect_nothing_left();
  EXPECT_TRUE(run.undo().ok()) << "of steps that had not begun";
}

TEST_F(VmChain, create_leaves_nothing_when_the_vm_is_undone) {
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  run.undo();
  EXPECT_THAT(run.outcome().undo_errors, IsEmpty());
  expect_nothing_left();
}

TEST_F(VmChain, create_registers_the_vm_with_all_that_it_has) {
  ChainRunner run;
  VmSpec vm = web();
  vm.image = "base";
  ASSERT_TRUE(vm_create(run, vm).ok());
  ASSERT_THAT(registered(), SizeIs(1));
  const auto record = registered()[0];
  EXPECT_EQ(record.instance, *run.find(kInstance));
  EXPECT_EQ(record.host, "local");
  EXPECT_EQ(record.primary_storage, "local");
  EXPECT_EQ(record.image, "base");
  EXPECT_EQ(record.volumes, *run.find(kVolumes));
  EXPECT_EQ(record.nics, *run.find(kNics));
}

TEST_F(VmChain, create_plugs_a_nic_into_the_bridge_of_each_network) {
  registry.l2_networks().add({"green", "Folder", {}, "br0", {}}, "1:5").value();
  VmSpec vm = web();
  vm.networks = std::vector<std::string>{"green", "blue"};
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, vm).ok());
  EXPECT_THAT(in_folder("bridges"), testing::UnorderedElementsAre("br0", "br-blue"));
  kvm::TextHandle text(virDomainGetXMLDesc(domain().get(), 0));
  const std::string xml = text.get();
  const auto& nics = *run.find(kNics);
  const std::size_t first = xml.find("<source bridge='br0'/>");
  const std::size_t second = xml.find("<source bridge='br-blue'/>");
  ASSERT_NE(first, std::string::npos);
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(first, second);
  for (const auto& nic : nics) {
    EXPECT_THAT(xml, HasSubstr("<mac address='" + nic.mac + "'/>"));
    EXPECT_THAT(xml, HasSubstr("<target dev='" + nic.device + "'/>"));
  }
}

TEST_F(VmChain, create_begins_the_root_disk_with_a_registered_image) {
  VmSpec vm = web();
  vm.image = "base";
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, vm).ok());
  const std::string root_disk = (*run.find(kVolumes))[0].location.path;
  const std::string info = storage::run_command({"qemu-img", "info", "--force-share", root_disk}, 60s).value();
  EXPECT_THAT(info, HasSubstr("backing file: " + image.string()));
}

TEST_F(VmChain, create_takes_the_host_and_the_storage_that_are_named) {
  fs::create_directory(root / "other");
  registry.primary_storages().add({"other", "Folder", root / "other"}, "1:6").value();
  VmSpec vm = web();
  vm.primary_storage = "other";
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, vm).ok());
  EXPECT_THAT(in_folder("other"), SizeIs(3));
  vm.name = "second";
  vm.host = "far";
  ChainRunner second(18);
  EXPECT_EQ(vm_create(second, vm).error().to_string(), "COMPUTE.1002: no host can take the VM: far is not registered");
}

TEST_F(VmChain, create_passes_over_a_host_that_cannot_have_its_networks) {
  fs::remove_all(root / "bridges");
  ChainRunner run;
  auto made = vm_create(run, web());
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, "COMPUTE.1002");
  ASSERT_THAT(made.error().causes, SizeIs(1));
  EXPECT_EQ(made.error().causes[0].code, "TEST.1002");
}

TEST_F(VmChain, create_says_that_there_is_no_such_network) {
  VmSpec vm = web();
  vm.networks = std::vector<std::string>{"red"};
  ChainRunner run;
  EXPECT_EQ(vm_create(run, vm).error().to_string(),
            "REGISTRY.1001: nothing of this name is registered: L2 network red");
}

TEST_F(VmChain, create_undoes_the_vm_whose_host_was_removed_meanwhile) {
  ChainRunner run;
  create_up_to_storage(run, web()).then(allocate_volume).then(allocate_nic);
  run.then("the host goes", [&](tenon::FlowStep step) {
    registry.hosts().remove("local", std::nullopt).value();
    std::move(step).next();
  });
  const auto& made = run.then(register_vm).run();
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error->code, "REGISTRY.1004");
  expect_nothing_left();
}

TEST_F(VmChain, is_seen_in_the_inventory_with_the_state_that_its_host_tells) {
  compute::VmInventory inventory;
  inventory.registry.bind(&registry);
  inventory.hypervisors.bind(&hypervisors);
  EXPECT_THAT(inventory.list().value(), IsEmpty());
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  const auto state = [&] { return *inventory.list().value().at(0).find("state")->as_string(); };
  tenon::Json volumes = tenon::Json::array();
  for (const auto& volume : *run.find(kVolumes)) volumes.push(volume.location.path);
  const tenon::Json row = tenon::Json::object()
                              .add("uuid", run.find(kInstance)->uuid)
                              .add("name", "web")
                              .add("state", "Running")
                              .add("host", "local")
                              .add("networks", tenon::Json::array().push("blue"))
                              .add("volumes", volumes);
  EXPECT_THAT(inventory.list().value(), ElementsAre(row));
  virDomainSuspend(domain().get());
  EXPECT_EQ(state(), "Paused");
  virDomainDestroy(domain().get());
  EXPECT_EQ(state(), "Stopped");
  virDomainUndefine(domain().get());
  EXPECT_EQ(state(), "Absent");
  hypervisors.list = nullptr;
  EXPECT_EQ(state(), "Unknown");
}

TEST_F(VmChain, counts_in_the_inventory_of_hosts_and_storages_tell_whether_they_answer) {
  created(web());
  compute::HostInventory hosts;
  hosts.registry.bind(&registry);
  hosts.hypervisors.bind(&hypervisors);
  const auto host = [&](const char* host_state) {
    return tenon::Json::object()
        .add("name", "local")
        .add("type", "KVM")
        .add("uri", kUri)
        .add("state", host_state)
        .add("vms", 1);
  };
  EXPECT_THAT(hosts.list().value(), ElementsAre(host("Connected")));
  kvm.fault = "ping";
  EXPECT_THAT(hosts.list().value(), ElementsAre(host("Disconnected")));

  compute::PrimaryStorageInventory inventory;
  inventory.registry.bind(&registry);
  inventory.storages.bind(&storages);
  auto row = inventory.list().value().at(0);
  EXPECT_EQ(*row.find("state"), tenon::Json("Connected"));
  EXPECT_GT(*row.find("available")->as_int(), 0);
  fs::rename(root / "volumes", root / "gone");
  row = inventory.list().value().at(0);
  EXPECT_EQ(*row.find("state"), tenon::Json("Disconnected"));
  EXPECT_TRUE(row.find("total")->is_null());
  fs::rename(root / "gone", root / "volumes");

  compute::ImageInventory images;
  images.registry.bind(&registry);
  EXPECT_THAT(images.list().value(),
              ElementsAre(tenon::Json::object().add("name", "base").add("url", image.string()).add("format", "qcow2")));
}

TEST_F(VmChain, is_found_by_the_probes_on_the_devices_and_in_the_registry) {
  compute::HypervisorProbe vms;
  vms.registry.bind(&registry);
  vms.hypervisors.bind(&hypervisors);
  compute::PrimaryStorageProbe disks;
  disks.registry.bind(&registry);
  disks.storages.bind(&storages);
  compute::RecordProbe records;
  records.registry.bind(&registry);
  const std::string foreign = "vm 6695eb01-f6a4-8304-79aa-97f2502e193f test (Running) on local";
  const std::string host = std::string("record host local (KVM, ") + kUri + ")";
  const std::string image_record = "record image base (qcow2, " + image.string() + ")";
  const std::string storage = "record primary storage local (Folder, " + (root / "volumes").string() + ")";
  const std::string network = "record L2 network blue (Folder, vlan 100)";
  EXPECT_THAT(vms.list().value(), ElementsAre(foreign));
  EXPECT_THAT(disks.list().value(), IsEmpty());
  EXPECT_THAT(records.list().value(), ElementsAre(network, host, image_record, storage));

  const std::string uuid = created(web());
  EXPECT_THAT(vms.list().value(), testing::UnorderedElementsAre(foreign, "vm " + uuid + " web (Running) on local"));
  std::vector<std::string> in_storage;
  for (const std::string& file : files()) in_storage.push_back("file " + file + " on local");
  EXPECT_THAT(in_storage, SizeIs(3));
  EXPECT_THAT(disks.list().value(), testing::UnorderedElementsAreArray(in_storage));
  EXPECT_THAT(records.list().value(),
              ElementsAre(network, host, image_record, storage,
                          "record vm " + uuid + " web (host local, primary storage local, 3 volumes, 1 NIC)"));

  registry.vms().remove(uuid, std::nullopt).value();
  virDomainDestroy(domain().get());
  EXPECT_THAT(vms.list().value(), testing::Contains("vm " + uuid + " web (Stopped) on local"))
      << "asked from the device";
}

TEST_F(VmChain, is_not_taken_for_gone_by_probes_that_cannot_ask) {
  compute::HypervisorProbe vms;
  vms.registry.bind(&registry);
  vms.hypervisors.bind(&hypervisors);
  replace_host({"local", "KVM", "qemu+unix:///system?socket=/nonexistent/libvirt-sock"});
  EXPECT_EQ(vms.list().error().code, "KVM.1001");
  hypervisors.list = nullptr;
  EXPECT_EQ(vms.list().error().code, "DRIVER.1001");
  compute::PrimaryStorageProbe disks;
  disks.registry.bind(&registry);
  disks.storages.bind(&storages);
  fs::remove_all(root / "volumes");
  EXPECT_EQ(disks.list().error().code, "STORAGE.1001");
}

class VmChainFault : public VmChain, public testing::WithParamInterface<const char*> {};

TEST_P(VmChainFault, leaves_nothing) {
  kvm.fault = GetParam();
  ChainRunner run;
  auto made = vm_create(run, web());
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(run.outcome().undo_errors, IsEmpty());
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(AtEachCall, VmChainFault, testing::Values("ping", "define", "start"),
                         [](const auto& each) { return std::string(each.param); });

TEST_F(VmChain, create_removes_the_disks_that_it_made_before_one_failed) {
  ChainRunner run;
  folder.qemu_img = root / "qemu-img";
  std::ofstream(folder.qemu_img)
      << "#!/bin/sh\ncase \"$*\" in *data2*) echo no room >&2; exit 1;; esac\nexec qemu-img \"$@\"\n";
  fs::permissions(folder.qemu_img, fs::perms::owner_all);
  std::vector<std::string> left;
  create_up_to_storage(run, web())
      .then(
          "AllocateVolume", [&](tenon::FlowStep step) { allocate_volume.run(std::move(step)); },
          [&](tenon::FlowStep step) {
            left = files();
            allocate_volume.rollback(std::move(step));
          });
  const auto& made = run.run();
  ASSERT_FALSE(made.ok());
  EXPECT_THAT(made.error->details, HasSubstr("no room"));
  EXPECT_THAT(left, SizeIs(2));
  EXPECT_THAT(made.undo_errors, IsEmpty());
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(VmChain, create_makes_no_further_disk_once_it_is_told_to_end) {
  ChainRunner run;
  std::vector<std::string> made{"not undone"};
  create_up_to_storage(run, web())
      .then(
          "AllocateVolume", [&](tenon::FlowStep step) { allocate_volume.run(std::move(step)); },
          [&](tenon::FlowStep step) {
            made = files();
            allocate_volume.rollback(std::move(step));
          })
      .fail_at("AllocateVolume", tenon::testing::Fault::kTimeout);
  EXPECT_FALSE(run.run().ok());
  EXPECT_THAT(made, IsEmpty());
}

TEST_F(VmChain, create_defines_no_domain_once_it_is_told_to_end) {
  ChainRunner run;
  bool defined = true;
  create_up_to_realize(run, web())
      .then(
          "CreateOnHypervisor", [&](tenon::FlowStep step) { create.run(std::move(step)); },
          [&](tenon::FlowStep step) {
            defined = domain() != nullptr;
            create.rollback(std::move(step));
          })
      .fail_at("CreateOnHypervisor", tenon::testing::Fault::kTimeout);
  EXPECT_FALSE(run.run().ok());
  EXPECT_FALSE(defined);
}

TEST_F(VmChain, create_leaves_the_vm_of_another_run_alone_that_has_the_same_uuid) {
  const std::string uuid = created(web(), 16);
  VmSpec twin = web();
  twin.name = "twin";
  twin.uuid = uuid;
  ChainRunner run(17);
  auto made = vm_create(run, twin);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, "REGISTRY.1002");
  EXPECT_THAT(run.outcome().undo_errors, IsEmpty());
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
  replace_host({"local", "Xen", kUri});
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

TEST_F(VmChain, destroy_leaves_nothing) {
  const std::string uuid = created(web());
  EXPECT_THAT(in_folder("bridges"), SizeIs(1));
  ChainRunner run(18);
  ASSERT_TRUE(vm_destroy(run, uuid).ok());
  expect_nothing_left();
}

TEST_F(VmChain, destroy_tells_later_steps_which_vm_it_is_about) {
  ChainRunner creation(17);
  ASSERT_TRUE(vm_create(creation, web()).ok());
  const tenon::iaas::VmInstance made = *creation.find(kInstance);
  ChainRunner registered(18);
  ASSERT_TRUE(registered.input(kVmUuid, made.uuid).then(locate).run().ok());
  EXPECT_EQ(*registered.find(kInstance), made);

  registry.vms().remove(made.uuid, std::nullopt).value();
  ChainRunner unregistered(19);
  ASSERT_TRUE(unregistered.input(kVmUuid, made.uuid).then(locate).run().ok());
  EXPECT_EQ(unregistered.find(kInstance)->uuid, made.uuid);
  EXPECT_EQ(unregistered.find(kInstance)->name, "web");
  EXPECT_THAT(*unregistered.find(kNics), IsEmpty());
}

TEST_F(VmChain, destroy_clears_up_what_a_broken_off_creation_left) {
  ChainRunner creation(17);
  ASSERT_TRUE(create_up_to_realize(creation, web()).run().ok());
  EXPECT_THAT(files(), SizeIs(3));
  EXPECT_THAT(in_folder("bridges"), SizeIs(1));
  ChainRunner run(18);
  ASSERT_TRUE(vm_destroy(run, creation.find(kInstance)->uuid).ok());
  expect_nothing_left();
}

TEST_F(VmChain, destroy_waits_for_a_host_that_does_not_answer) {
  const std::string uuid = created(web());
  hypervisors.list = nullptr;
  ChainRunner run(18);
  auto destroyed = vm_destroy(run, uuid);
  ASSERT_FALSE(destroyed.ok());
  EXPECT_EQ(destroyed.error().code, "DRIVER.1001");
  EXPECT_THAT(files(), SizeIs(3));
  EXPECT_THAT(registered(), SizeIs(1));
}

TEST_F(VmChain, destroy_leaves_other_vms_alone) {
  created(web(), 16);
  VmSpec other = web();
  other.name = "other";
  ChainRunner run(18);
  ASSERT_TRUE(vm_destroy(run, created(other, 17)).ok());
  EXPECT_TRUE(runs("web"));
  EXPECT_EQ(domain("other"), nullptr);
  EXPECT_THAT(files(), SizeIs(3));
}

TEST_F(VmChain, destroy_keeps_disks_that_are_in_no_registered_storage) {
  const std::string uuid = created(web());
  registry.vms().remove(uuid, std::nullopt).value();
  registry.primary_storages().remove("local", std::nullopt).value();
  ChainRunner run(18);
  ASSERT_TRUE(vm_destroy(run, uuid).ok());
  EXPECT_THAT(files(), SizeIs(3));
}

TEST_F(VmChain, destroy_does_not_forget_disks_that_it_cannot_delete_and_can_be_repeated) {
  const std::string uuid = created(web());
  const auto volumes = files();
  const auto name = std::find_if(volumes.begin(), volumes.end(),
                                 [](const std::string& file) { return file.ends_with(".data1.qcow2"); });
  ASSERT_NE(name, volumes.end());
  const fs::path blocked = root / "volumes" / *name;
  fs::rename(blocked, root / "aside");
  fs::create_directory(blocked);
  ChainRunner first(18);
  auto destroyed = vm_destroy(first, uuid);
  ASSERT_FALSE(destroyed.ok());
  EXPECT_EQ(destroyed.error().to_string(), "COMPUTE.1006: volumes are left: 1 can't be deleted");
  EXPECT_NE(domain(), nullptr);
  EXPECT_THAT(files(), ElementsAre(blocked.filename().string()));

  fs::remove(blocked);
  fs::rename(root / "aside", blocked);
  ChainRunner second(19);
  EXPECT_TRUE(vm_destroy(second, uuid).ok());
  EXPECT_EQ(domain(), nullptr);
  EXPECT_THAT(files(), IsEmpty());
}

TEST_F(VmChain, destroy_fails_for_a_driver_that_is_missing_before_it_forgets_the_disks) {
  const std::string uuid = created(web());
  storages.list = nullptr;
  ChainRunner run(18);
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
  replace_host({"local", "KVM", "qemu+unix:///system?socket=/nonexistent/libvirt-sock"});
  ChainRunner run;
  auto destroyed = vm_destroy(run, "6695eb01-f6a4-8304-79aa-97f250200000");
  ASSERT_FALSE(destroyed.ok());
  EXPECT_THAT(destroyed.error().details, HasSubstr("not all hosts could be asked"));
  ASSERT_THAT(destroyed.error().causes, SizeIs(1));
  EXPECT_EQ(destroyed.error().causes[0].code, "KVM.1001");
}

}  // namespace
