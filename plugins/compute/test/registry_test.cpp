#include "store_registry.h"

#include "support/postgres.h"
#include "support/temp_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <thread>

namespace {

using compute::StoreRegistry;
using tenon::Result;
using tenon::StoreTransaction;
using tenon::iaas::HostRecord;
using tenon::iaas::ImageRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::Nic;
using tenon::iaas::PrimaryStorageRecord;
using tenon::iaas::VmRecord;
using tenon::store::PluginStore;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

HostRecord host(const std::string& name) { return {name, "KVM", "qemu+ssh://" + name + "/system"}; }

VmRecord vm(const std::string& name, const std::string& number = "1") {
  VmRecord record;
  record.instance = {"6695eb01-f6a4-4304-79aa-97f2502e190" + number, name, 1, 134217728, std::nullopt};
  record.host = "one";
  record.primary_storage = "local";
  record.image = "base";
  record.volumes = {{"root", {"nfs", "/export/root.qcow2", "127.0.0.1", 2049}, "qcow2"}};
  record.nics = {Nic{"0b9c1a52-33d4-5f6a-8c1e-9f3f0a7d2b1" + number,
                     "52:54:00:00:00:0" + number,
                     {"blue", "Openvswitch", {}, "br0", 100},
                     "tn52540000000" + number,
                     "virtio"}};
  return record;
}

tenon::test::PostgresServer& server() {
  static tenon::test::PostgresServer server;
  return server;
}

/// The registry in an empty store of the engine that the parameter names.
class Registry : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "postgresql") {
      if (tenon::test::PostgresServer::programs().empty()) {
        if (std::getenv("TENON_REQUIRE_LAB") != nullptr) FAIL() << "PostgreSQL is missing";
        GTEST_SKIP() << "PostgreSQL is missing: scripts/packages test";
      }
      address = server().new_schema();
    }
    node = std::make_unique<tenon::test::StoreNode>(address);
    if (GetParam() == "postgresql") elsewhere = std::make_unique<tenon::test::TempStore>(address);
  }
  /// The store as another node has it; on SQLite, which has one node, as another plugin has it.
  PluginStore& other_node() { return elsewhere ? elsewhere->host() : *beside(); }
  PluginStore* beside() {
    if (!second) second = std::make_unique<PluginStore>(node->temp().store());
    return second.get();
  }
  void add_all() {
    registry.hosts().add(host("one"), "1:2").value();
    registry.primary_storages().add({"local", "Folder", "/v"}, "2:2").value();
    registry.l2_networks().add({"blue", "Openvswitch", {}, "br0", 100}, "3:3").value();
    registry.images().add({"base", "/images/base.qcow2", "qcow2"}, "4:2").value();
    registry.vms().add(vm("web"), "5:7").value();
  }
  /// The error of a statement, past the registry's rules.
  std::string refusal_of(const std::string& sql) {
    const auto done = tenon::transaction([&](StoreTransaction& store) { return store.execute(sql); });
    return done ? "none" : done.error().code;
  }

  std::string address;
  std::unique_ptr<tenon::test::StoreNode> node;
  std::unique_ptr<tenon::test::TempStore> elsewhere;
  std::unique_ptr<PluginStore> second;
  StoreRegistry registry;
};

INSTANTIATE_TEST_SUITE_P(On, Registry, testing::Values("sqlite", "postgresql"),
                         [](const auto& it) { return it.param; });

TEST_P(Registry, begins_empty) {
  EXPECT_THAT(registry.hosts().list(), IsEmpty());
  EXPECT_THAT(registry.vms().list(), IsEmpty());
  EXPECT_EQ(registry.hosts().find("one"), std::nullopt);
}

TEST_P(Registry, finds_what_it_kept) {
  add_all();
  EXPECT_EQ(registry.hosts().find("one"), host("one"));
  EXPECT_EQ(registry.primary_storages().find("local"), (PrimaryStorageRecord{"local", "Folder", "/v"}));
  EXPECT_EQ(registry.l2_networks().find("blue"), (L2NetworkRecord{"blue", "Openvswitch", {}, "br0", 100}));
  EXPECT_EQ(registry.images().find("base"), (ImageRecord{"base", "/images/base.qcow2", "qcow2"}));
  EXPECT_EQ(registry.vms().find(vm("web").instance.uuid), vm("web"));
}

TEST_P(Registry, keeps_each_member_of_a_vm_with_its_disks_and_nics_in_order) {
  add_all();
  registry.l2_networks().add({"plain", "L2NoVlanNetwork", "eth1", {}, {}}, "3:4").value();
  VmRecord big = vm("big", "2");
  big.instance.cpus = 64;
  big.instance.memory = std::uint64_t{1} << 40;
  big.instance.console = "/tmp/console";
  big.image.reset();
  big.volumes.push_back({"data1", {"file", "/v/data1", {}, {}}, "raw"});
  for (int i = 0; i < 11; ++i) {
    big.nics.push_back(big.nics[0]);
    big.nics.back().mac = "52:54:00:00:01:" + std::to_string(10 + i);
    big.nics.back().network = {"plain", "L2NoVlanNetwork", "eth1", {}, {}};
  }
  registry.vms().add(big, "6:7").value();
  EXPECT_EQ(registry.vms().find(big.instance.uuid), big);
  EXPECT_THAT(registry.vms().list(), ElementsAre(big, vm("web")));
}

TEST_P(Registry, lists_in_the_order_of_names) {
  for (const char* name : {"b", "c", "a"}) registry.hosts().add(host(name), "1:2").value();
  EXPECT_THAT(registry.hosts().list(), ElementsAre(host("a"), host("b"), host("c")));
}

TEST_P(Registry, takes_a_repeated_step_for_the_same) {
  ASSERT_TRUE(registry.hosts().add(host("one"), "1:2").ok());
  EXPECT_TRUE(registry.hosts().add(host("one"), "1:2").ok());
  EXPECT_THAT(registry.hosts().list(), ElementsAre(host("one")));
  add_all();
  EXPECT_TRUE(registry.vms().add(vm("web"), "5:7").ok());
  EXPECT_THAT(registry.vms().list(), ElementsAre(vm("web")));
}

TEST_P(Registry, refuses_a_name_that_another_step_has_taken) {
  registry.hosts().add(host("one"), "1:2").value();
  auto added = registry.hosts().add(host("one"), "7:2");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().to_string(), "REGISTRY.1002: another one is registered already: host one");
}

TEST_P(Registry, refuses_another_record_of_the_same_step) {
  registry.hosts().add(host("one"), "1:2").value();
  EXPECT_FALSE(registry.hosts().add({"one", "KVM", "qemu:///system"}, "1:2").ok());
  EXPECT_EQ(registry.hosts().find("one"), host("one"));
}

TEST_P(Registry, refuses_the_same_host_or_storage_under_two_names) {
  registry.hosts().add({"one", "KVM", "qemu:///system"}, "1:2").value();
  auto added = registry.hosts().add({"two", "KVM", "qemu:///system"}, "2:2");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().details, "host one is qemu:///system too");
  registry.primary_storages().add({"one", "Folder", "/v"}, "3:2").value();
  EXPECT_FALSE(registry.primary_storages().add({"two", "Folder", "/v"}, "4:2").ok());
}

TEST_P(Registry, refuses_a_name_that_is_none) {
  auto added = registry.hosts().add({"../one", "KVM", "qemu:///system"}, "1:2");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().code, "REGISTRY.1007");
}

TEST_P(Registry, lets_an_undo_remove_only_what_its_step_added) {
  registry.hosts().add(host("one"), "1:2").value();
  EXPECT_TRUE(registry.hosts().remove("one", "2:2").ok());
  EXPECT_NE(registry.hosts().find("one"), std::nullopt);
  EXPECT_TRUE(registry.hosts().remove("one", "1:2").ok());
  EXPECT_EQ(registry.hosts().find("one"), std::nullopt);
  EXPECT_TRUE(registry.hosts().remove("one", std::nullopt).ok()) << "removing what is gone may be repeated";
}

TEST_P(Registry, says_which_vms_use_what_is_to_be_removed) {
  add_all();
  const std::string user = " is used by VM web (6695eb01-f6a4-4304-79aa-97f2502e1901)";
  auto details = [](const tenon::Result<void>& removed) { return removed ? "removed" : removed.error().to_string(); };
  EXPECT_EQ(details(registry.hosts().remove("one", std::nullopt)), "REGISTRY.1003: it is in use: host one" + user);
  EXPECT_THAT(details(registry.primary_storages().remove("local", std::nullopt)),
              HasSubstr("primary storage local" + user));
  EXPECT_THAT(details(registry.l2_networks().remove("blue", std::nullopt)), HasSubstr("L2 network blue" + user));
  EXPECT_THAT(details(registry.images().remove("base", std::nullopt)), HasSubstr("image base" + user));
  registry.vms().remove(vm("web").instance.uuid, std::nullopt).value();
  EXPECT_TRUE(registry.hosts().remove("one", std::nullopt).ok());
  EXPECT_TRUE(registry.l2_networks().remove("blue", std::nullopt).ok());
}

TEST_P(Registry, names_five_users_and_counts_the_others) {
  add_all();
  for (const char* number : {"2", "3", "4", "5", "6", "7"}) registry.vms().add(vm("v", number), "6:7").value();
  auto removed = registry.hosts().remove("one", std::nullopt);
  ASSERT_FALSE(removed.ok());
  EXPECT_THAT(removed.error().details, testing::EndsWith("and 2 more"));
}

TEST_P(Registry, refuses_a_vm_whose_parts_are_not_registered_as_it_says) {
  auto missing = [&](void (*spoil)(VmRecord&)) {
    VmRecord record = vm("other", "2");
    spoil(record);
    auto added = registry.vms().add(record, "6:7");
    if (added) return std::string("added");
    EXPECT_EQ(added.error().code, "REGISTRY.1004");
    return added.error().details.substr(added.error().details.find("needs"));
  };
  add_all();
  EXPECT_EQ(missing([](VmRecord& r) { r.host = "two"; }), "needs host two");
  EXPECT_EQ(missing([](VmRecord& r) { r.primary_storage = "nfs"; }), "needs primary storage nfs");
  EXPECT_EQ(missing([](VmRecord& r) { r.image = "other"; }), "needs image other");
  EXPECT_EQ(missing([](VmRecord& r) { r.nics[0].network.name = "green"; }), "needs L2 network green");
  EXPECT_EQ(missing([](VmRecord& r) { r.nics[0].network.vlan = 200; }), "needs L2 network blue as it was");
  EXPECT_EQ(missing([](VmRecord& r) { r.image.reset(); }), "added");
}

TEST_P(Registry, refuses_a_mac_that_another_vm_has) {
  add_all();
  VmRecord twin = vm("twin", "2");
  twin.nics[0].mac = vm("web").nics[0].mac;
  auto added = registry.vms().add(twin, "6:7");
  ASSERT_FALSE(added.ok());
  EXPECT_EQ(added.error().details, "the MAC 52:54:00:00:00:01 is one of VM web (6695eb01-f6a4-4304-79aa-97f2502e1901)");
}

TEST_P(Registry, refuses_a_mac_twice_in_one_vm) {
  add_all();
  VmRecord twin = vm("twin", "2");
  twin.nics.push_back(twin.nics[0]);
  EXPECT_EQ(registry.vms().add(twin, "6:7").error().details,
            "two NICs of VM twin (6695eb01-f6a4-4304-79aa-97f2502e1902) have the MAC 52:54:00:00:00:02");
}

TEST_P(Registry, keeps_nothing_of_what_it_refuses) {
  add_all();
  VmRecord twin = vm("twin", "2");
  twin.nics.push_back(vm("web").nics[0]);
  EXPECT_FALSE(registry.vms().add(twin, "6:7").ok());
  EXPECT_THAT(registry.vms().list(), ElementsAre(vm("web")));
}

TEST_P(Registry, forgets_a_vm_with_its_disks_and_nics) {
  add_all();
  registry.vms().remove(vm("web").instance.uuid, "5:7").value();
  const auto left = tenon::read([](StoreTransaction& store) {
    return store.query("SELECT vm FROM compute_nic UNION ALL SELECT vm FROM compute_volume").value().size();
  });
  EXPECT_EQ(left.value(), 0u);
  EXPECT_TRUE(registry.vms().add(vm("web"), "7:7").ok()) << "its MAC is free again";
}

TEST_P(Registry, has_its_rules_in_the_store_too) {
  add_all();
  EXPECT_EQ(refusal_of("DELETE FROM compute_host WHERE name = 'one'"), "STORE.1004");
  EXPECT_EQ(refusal_of("DELETE FROM storage_primary"), "STORE.1004");
  EXPECT_EQ(refusal_of("DELETE FROM network_l2"), "STORE.1004");
  EXPECT_EQ(refusal_of("DELETE FROM compute_image"), "STORE.1004");
  EXPECT_EQ(refusal_of("INSERT INTO compute_host (name, type, uri, added_by) SELECT 'two', type, uri, '1:1' FROM "
                       "compute_host"),
            "STORE.1004");
  EXPECT_EQ(refusal_of("INSERT INTO compute_nic (vm, number, uuid, mac, network, device, model) SELECT vm, 9, uuid, "
                       "mac, network, device, model FROM compute_nic"),
            "STORE.1004");
}

TEST_P(Registry, changes_with_the_transaction_that_it_is_given) {
  const auto broken_off = tenon::transaction([&](StoreTransaction& store) -> Result<void> {
    registry.hosts().add(store, host("one"), "1:2").value();
    EXPECT_EQ(registry.hosts().find(store, "one"), host("one"));
    return tenon::make_error("TEST.1", "told to fail");
  });
  EXPECT_EQ(broken_off.error().code, "TEST.1");
  EXPECT_THAT(registry.hosts().list(), IsEmpty());
}

TEST_P(Registry, sees_what_another_node_has_changed) {
  other_node()
      .transaction([&](StoreTransaction& store) { return registry.hosts().add(store, host("one"), "1:2"); })
      .value();
  EXPECT_THAT(registry.hosts().list(), ElementsAre(host("one")));
}

TEST_P(Registry, loses_none_of_many_adds_at_once_on_two_nodes) {
  constexpr int kThreads = 4;
  constexpr int kEach = 15;
  PluginStore& other = other_node();
  std::vector<std::thread> threads;
  std::atomic<int> failed = 0;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      PluginStore& mine = t % 2 == 0 ? node->temp().host() : other;
      for (int i = 0; i < kEach; ++i) {
        const std::string name = "h" + std::to_string(t) + "-" + std::to_string(i);
        const auto added = mine.transaction(
            [&](StoreTransaction& store) { return registry.hosts().add(store, host(name), name + ":1"); });
        if (!added || !registry.hosts().find(name)) ++failed;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0);
  EXPECT_THAT(registry.hosts().list(), SizeIs(kThreads * kEach));
}

TEST_P(Registry, lets_one_of_many_take_a_name_and_tells_the_others_so) {
  PluginStore& other = other_node();
  std::vector<std::thread> threads;
  std::atomic<int> won = 0;
  std::atomic<int> told = 0;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      PluginStore& mine = t % 2 == 0 ? node->temp().host() : other;
      const auto added = mine.transaction(
          [&](StoreTransaction& store) { return registry.hosts().add(store, host("one"), std::to_string(t) + ":2"); });
      if (added) ++won;
      if (!added && added.error().code == "REGISTRY.1002") ++told;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_EQ(told, 3);
}

TEST_P(Registry, never_keeps_a_vm_whose_host_another_node_removes_at_the_same_time) {
  add_all();
  registry.vms().remove(vm("web").instance.uuid, std::nullopt).value();
  PluginStore& other = other_node();
  for (int i = 0; i < 20; ++i) {
    Result<void> removed;
    std::thread remover([&] {
      removed = other.transaction(
          [&](StoreTransaction& store) { return registry.hosts().remove(store, "one", std::nullopt); });
    });
    const Result<void> added = registry.vms().add(vm("web"), "5:7");
    remover.join();
    ASSERT_NE(added.ok(), removed.ok());
    ASSERT_EQ(added ? removed.error().code : added.error().code, added ? "REGISTRY.1003" : "REGISTRY.1004");
    registry.vms().remove(vm("web").instance.uuid, std::nullopt).value();
    registry.hosts().remove("one", std::nullopt).value();
    registry.hosts().add(host("one"), "1:2").value();
  }
}

TEST(RegistryWithoutAStore, says_so) {
  StoreRegistry registry;
  EXPECT_EQ(registry.hosts().add(host("one"), "1:2").error().code, "STORE.1015");
  EXPECT_THROW((void)registry.hosts().list(), tenon::Error);
}

}  // namespace
