#include "vm_chain.h"

namespace compute::test {
namespace {

using tenon::iaas::VmState;

using tenon::Json;

TEST_F(VmChain, is_listed_with_the_state_that_its_host_tells) {
  compute::VmService service;
  service.registry.bind(&registry);
  service.hypervisors.bind(&hypervisors);
  EXPECT_THAT(service.list({}).value().items, IsEmpty());
  ChainRunner run;
  ASSERT_TRUE(vm_create(run, web()).ok());
  const auto state = [&] { return service.list({}).value().items.at(0).value().value().state; };
  std::vector<std::string> volumes;
  for (const auto& volume : *run.find(kVolumes)) volumes.push_back(volume.location.path);
  const auto shown = service.list({}).value().items.at(0).value().value();
  EXPECT_EQ(static_cast<const tenon::iaas::VmInstance&>(shown), *run.find(kInstance));
  EXPECT_EQ(shown.state, VmState::Running);
  EXPECT_EQ(shown.host, "local");
  EXPECT_EQ(shown.primary_storage, "local");
  EXPECT_EQ(shown.image, std::nullopt) << "it began as a file that is not registered";
  EXPECT_THAT(shown.networks, ElementsAre("blue"));
  EXPECT_EQ(shown.volumes, volumes);
  virDomainSuspend(domain().get());
  EXPECT_EQ(state(), VmState::Paused);
  virDomainDestroy(domain().get());
  EXPECT_EQ(state(), VmState::Stopped);
  virDomainUndefine(domain().get());
  EXPECT_EQ(state(), VmState::Absent);
  hypervisors.list = nullptr;
  EXPECT_EQ(state(), VmState::Unknown);
}

TEST_F(VmChain, is_found_by_what_the_store_knows_and_by_what_its_host_says) {
  compute::VmService service;
  service.registry.bind(&registry);
  service.hypervisors.bind(&hypervisors);
  created(web());
  const auto found = [&](const std::vector<std::string>& conditions) {
    tenon::iaas::ListVms list;
    list.q = conditions;
    list.fields = {"name"};
    return service.list(list).value().items.size();
  };
  EXPECT_EQ(found({"name~WE", "host=local"}), 1U);
  EXPECT_EQ(found({"name~WE", "host!=local"}), 0U);
  EXPECT_EQ(found({"state in Running,Paused", "networks=blue"}), 1U);
  EXPECT_EQ(found({"state=Stopped"}), 0U);
  EXPECT_EQ(found({"networks!=blue"}), 0U);
  kvm.fault = "list";
  EXPECT_EQ(found({"name=web"}), 1U) << "the host need not be asked";
}

TEST_F(VmChain, counts_on_its_host_and_storages_are_listed_with_whether_they_answer) {
  created(web());
  compute::HostService hosts;
  hosts.drivers.bind(&hypervisors);
  const auto host = [&](const char* host_state) {
    return Json::object()
        .add("name", "local")
        .add("type", "KVM")
        .add("uri", kUri)
        .add("cluster", nullptr)
        .add("state", host_state)
        .add("vms", 1);
  };
  EXPECT_EQ(hosts.list({}).value().items.at(0).json, host("Connected"));
  kvm.fault = "ping";
  EXPECT_EQ(hosts.list({}).value().items.at(0).json, host("Disconnected"));

  compute::PrimaryStorageService service;
  service.drivers.bind(&storages);
  auto row = service.list({}).value().items.at(0).json;
  EXPECT_EQ(*row.find("state"), Json("Connected"));
  EXPECT_GT(*row.find("available")->as_int(), 0);
  fs::rename(root / "volumes", root / "gone");
  row = service.list({}).value().items.at(0).json;
  EXPECT_EQ(*row.find("state"), Json("Disconnected"));
  EXPECT_TRUE(row.find("total")->is_null());
  fs::rename(root / "gone", root / "volumes");

  EXPECT_EQ(compute::ImageService().list({}).value().items.at(0).json,
            Json::object().add("name", "base").add("url", image.string()).add("format", "qcow2"));
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
