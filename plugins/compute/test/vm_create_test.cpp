#include "vm_chain.h"

namespace compute::test {
namespace {

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

}  // namespace
}  // namespace compute::test
