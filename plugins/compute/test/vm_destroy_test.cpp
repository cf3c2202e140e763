#include "vm_chain.h"

namespace compute::test {
namespace {

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
}  // namespace compute::test
