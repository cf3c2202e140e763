#include "vm_chain.h"

namespace compute::test {
namespace {

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

}  // namespace
}  // namespace compute::test
