#include "l2_networks.h"

#include "l2_network_service.h"

#include "folder_network.h"
#include "store_registry.h"
#include "support/temp_folder.h"
#include "support/temp_store.h"

#include <tenon/testing/chain_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

namespace {

namespace fs = std::filesystem;
using tenon::Result;
using tenon::iaas::HostRecord;
using tenon::iaas::kHost;
using tenon::iaas::kL2Network;
using tenon::iaas::kName;
using tenon::iaas::L2NetworkRecord;
using tenon::testing::ChainRunner;
using testing::IsEmpty;
using testing::SizeIs;

/// The flows of network.add and network.remove, on a network of folders.
class L2Networks : public testing::Test {
 protected:
  void SetUp() override {
    fs::create_directory(folder.path() / "bridges");
    factory.root = folder.path() / "bridges";
    list = {{static_cast<tenon::iaas::L2NetworkFactory*>(&factory), "Folder", "Folder"}};
    drivers.list = &list;
    registry.hosts().add(kLocal, "1:1").value();
    bind(check);
    bind(realize);
    bind(unrealize);
    bind(leave);
    register_network.registry.bind(&registry);
    find.registry.bind(&registry);
    unregister.registry.bind(&registry);
  }
  template <class F>
  void bind(F& flow) {
    flow.registry.bind(&registry);
    flow.networks.bind(&drivers);
  }
  Result<void> add(ChainRunner& run, const L2NetworkRecord& record) {
    run.input(kL2Network, record).then(check).then(realize).then(register_network);
    return run.run().result();
  }
  Result<void> remove(ChainRunner& run, const std::string& name) {
    return run.input(kName, name).then(find).then(unregister).then(unrealize).run().result();
  }
  std::vector<std::string> bridges() {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path() / "bridges"))
      names.push_back(entry.path().filename());
    return names;
  }

  const HostRecord kLocal{"local", "KVM", "test:///default"};
  const L2NetworkRecord kBlue{"blue", "Folder", {}, {}, 100};
  tenon::test::TempFolder folder;
  network::test::FolderNetworkFactory factory;
  tenon::ExtensionList list;
  tenon::ExtensionSlot drivers;
  tenon::test::StoreNode node;
  compute::StoreRegistry registry;
  network::CheckL2Network check;
  network::RealizeL2Network realize;
  network::RegisterL2Network register_network;
  network::FindL2Network find;
  network::UnregisterL2Network unregister;
  network::UnrealizeL2Network unrealize;
  network::LeaveHost leave;
};

TEST_F(L2Networks, are_made_on_the_hosts_and_registered) {
  ChainRunner run(17);
  ASSERT_TRUE(add(run, kBlue).ok());
  EXPECT_THAT(bridges(), testing::ElementsAre("br-blue"));
  EXPECT_EQ(registry.l2_networks().find("blue"), kBlue);
}

TEST_F(L2Networks, leave_nothing_when_they_are_undone) {
  ChainRunner run(17);
  ASSERT_TRUE(add(run, kBlue).ok());
  run.undo();
  EXPECT_THAT(run.outcome().undo_errors, IsEmpty());
  EXPECT_THAT(bridges(), IsEmpty());
  EXPECT_EQ(registry.l2_networks().find("blue"), std::nullopt);
}

TEST_F(L2Networks, of_a_taken_name_leave_the_first_one_alone) {
  ChainRunner first(17);
  ASSERT_TRUE(add(first, kBlue).ok());
  ChainRunner second(18);
  auto added = add(second, kBlue);
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, "REGISTRY.1002");
  EXPECT_THAT(second.outcome().undo_errors, IsEmpty());
  EXPECT_THAT(bridges(), SizeIs(1));
  EXPECT_EQ(registry.l2_networks().find("blue"), kBlue);
}

TEST_F(L2Networks, that_the_driver_refuses_are_not_made) {
  fs::remove(folder.path() / "bridges");
  ChainRunner run;
  auto added = add(run, kBlue);
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, "TEST.1002");
  EXPECT_THAT(run.outcome().undo_errors, IsEmpty());
  EXPECT_EQ(registry.l2_networks().find("blue"), std::nullopt);
}

TEST_F(L2Networks, need_a_host_that_their_driver_serves) {
  registry.hosts().remove("local", std::nullopt).value();
  ChainRunner none;
  EXPECT_EQ(add(none, kBlue).error().to_string(), "NETWORK.1002: no host can have the network: none is registered");
  registry.hosts().add({"far", "KVM", "qemu+ssh://far/system"}, "1:2").value();
  ChainRunner far;
  auto added = add(far, kBlue);
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, "NETWORK.1002");
  ASSERT_THAT(added.error().causes, SizeIs(1));
  EXPECT_EQ(added.error().causes[0].code, "TEST.1003");
}

TEST_F(L2Networks, pass_over_hosts_that_their_driver_does_not_serve) {
  registry.hosts().add({"far", "KVM", "qemu+ssh://far/system"}, "1:2").value();
  ChainRunner run;
  EXPECT_TRUE(add(run, kBlue).ok());
}

TEST_F(L2Networks, with_a_bad_name_or_type_are_refused_before_anything_is_made) {
  ChainRunner name;
  EXPECT_EQ(add(name, {"a/b", "Folder", {}, {}, {}}).error().code, "REGISTRY.1007");
  ChainRunner type;
  EXPECT_EQ(add(type, {"blue", "Vxlan", {}, {}, {}}).error().code, "DRIVER.1001");
  EXPECT_THAT(bridges(), IsEmpty());
}

TEST_F(L2Networks, go_from_the_hosts_when_they_are_removed) {
  ChainRunner added(17);
  ASSERT_TRUE(add(added, kBlue).ok());
  ChainRunner run(18);
  ASSERT_TRUE(remove(run, "blue").ok());
  EXPECT_THAT(bridges(), IsEmpty());
  EXPECT_EQ(registry.l2_networks().find("blue"), std::nullopt);
}

TEST_F(L2Networks, come_back_when_their_removal_is_undone) {
  ChainRunner added(17);
  ASSERT_TRUE(add(added, kBlue).ok());
  ChainRunner run(18);
  ASSERT_TRUE(remove(run, "blue").ok());
  run.undo();
  EXPECT_THAT(run.outcome().undo_errors, IsEmpty());
  EXPECT_THAT(bridges(), SizeIs(1));
  EXPECT_EQ(registry.l2_networks().find("blue"), kBlue);
}

TEST_F(L2Networks, leave_a_host_that_is_removed_and_come_back_if_it_stays) {
  ChainRunner added(17);
  ASSERT_TRUE(add(added, kBlue).ok());
  ChainRunner run(18);
  ASSERT_TRUE(run.input(kHost, kLocal).then(leave).run().ok());
  EXPECT_THAT(bridges(), IsEmpty());
  EXPECT_TRUE(run.undo().ok());
  EXPECT_THAT(bridges(), SizeIs(1));
}

TEST_F(L2Networks, do_not_keep_a_broken_host_from_being_removed) {
  ChainRunner added(17);
  ASSERT_TRUE(add(added, kBlue).ok());
  fs::remove_all(folder.path() / "bridges");
  ChainRunner run(18);
  EXPECT_TRUE(run.input(kHost, kLocal).then(leave).run().ok());
}

TEST_F(L2Networks, are_probed_for_their_ports_on_the_hosts_that_their_driver_serves) {
  network::L2NetworkProbe probe;
  bind(probe);
  EXPECT_THAT(probe.list().value(), IsEmpty());
  registry.hosts().add({"far", "KVM", "qemu+ssh://far/system"}, "1:2").value();
  ChainRunner run(17);
  ASSERT_TRUE(add(run, kBlue).ok());
  EXPECT_THAT(probe.list().value(), testing::ElementsAre("port network:blue of network blue on local"));
  fs::remove_all(folder.path() / "bridges");
  EXPECT_EQ(probe.list().error().code, "TEST.1002") << "what can't be asked is not gone";
  drivers.list = nullptr;
  EXPECT_EQ(probe.list().error().code, "DRIVER.1001");
}

TEST_F(L2Networks, are_listed_with_the_nics_on_them) {
  ChainRunner run(17);
  ASSERT_TRUE(add(run, kBlue).ok());
  const auto page = network::L2NetworkService().list({});
  ASSERT_TRUE(page.ok()) << page.error().to_string();
  ASSERT_THAT(page->items, SizeIs(1));
  EXPECT_EQ(page->items[0].json, tenon::Json::object()
                                     .add("name", "blue")
                                     .add("type", "Folder")
                                     .add("physical_interface", nullptr)
                                     .add("bridge", nullptr)
                                     .add("vlan", 100)
                                     .add("nics", 0));
}

}  // namespace
