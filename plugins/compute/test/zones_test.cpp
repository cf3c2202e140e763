#include "zones.h"

#include "store_registry.h"
#include "support/temp_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using tenon::Json;
using tenon::ResourceRef;
using tenon::StoreTransaction;
using testing::ElementsAre;

/// Two zones; two clusters in the first; hosts in and out of them.
class Zones : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* zone : {"east", "west"}) EXPECT_EQ(created_zone(zone), zone);
    for (const char* cluster : {"c1", "c2"}) EXPECT_EQ(created_cluster(cluster, "east"), cluster);
    registry.hosts().add({"h1", "KVM", "qemu:///h1", "c1"}, "1:1").value();
    registry.hosts().add({"h2", "KVM", "qemu:///h2"}, "1:2").value();
  }
  static std::string created_zone(const std::string& name) {
    const auto zone =
        tenon::transaction([&](StoreTransaction& store) { return compute::ZoneService().create(store, {{name}}); });
    return zone ? zone->name : zone.error().code + ": " + zone.error().details;
  }
  static std::string created_cluster(const std::string& name, const std::string& zone) {
    const auto cluster = tenon::transaction([&](StoreTransaction& store) {
      return compute::ClusterService().create(store, {{name, zone}});
    });
    return cluster ? cluster->name : cluster.error().code + ": " + cluster.error().details;
  }
  template <class Service, class Message>
  static std::string removed(const Message& message) {
    const auto done = tenon::transaction([&](StoreTransaction& store) { return Service().remove(store, message); });
    return done ? "removed" : done.error().code + ": " + done.error().details;
  }
  static std::string parent(const std::string& kind, const std::string& id) {
    const auto found = compute::Parents().parent_of({kind, id});
    return found ? found->kind + ":" + found->id : "none";
  }

  tenon::test::StoreNode node;
  compute::StoreRegistry registry;
};

TEST_F(Zones, are_listed_with_what_is_in_them) {
  const auto zones = compute::ZoneService().list({}).value();
  EXPECT_EQ(zones.items.at(0).json, Json::object().add("name", "east").add("clusters", 2));
  EXPECT_EQ(zones.items.at(1).json, Json::object().add("name", "west").add("clusters", 0));
  const auto clusters = compute::ClusterService().list({}).value();
  EXPECT_EQ(clusters.items.at(0).json, Json::object().add("name", "c1").add("zone", "east").add("hosts", 1));
  EXPECT_EQ(registry.hosts().find("h1")->cluster, "c1");
}

TEST_F(Zones, refuse_what_is_there_what_is_not_and_what_is_no_name) {
  EXPECT_EQ(created_zone("east"), "REGISTRY.1002: zone east");
  EXPECT_EQ(created_zone("e/st"), "REGISTRY.1007: zone e/st");
  EXPECT_EQ(created_cluster("c3", "north"), "REGISTRY.1004: cluster c3 needs zone north");
  EXPECT_EQ(registry.hosts().add({"h3", "KVM", "qemu:///h3", "c9"}, "1:3").error().to_string(),
            "REGISTRY.1004: what it needs is not registered: host h3 needs cluster c9");
}

TEST_F(Zones, stay_while_something_is_in_them) {
  using tenon::iaas::DeleteCluster;
  using tenon::iaas::DeleteZone;
  EXPECT_EQ((removed<compute::ZoneService>(DeleteZone{"east"})),
            "REGISTRY.1003: zone east is used by cluster c1, cluster c2");
  EXPECT_EQ((removed<compute::ClusterService>(DeleteCluster{"c1"})), "REGISTRY.1003: cluster c1 is used by host h1");
  EXPECT_EQ((removed<compute::ClusterService>(DeleteCluster{"c2"})), "removed");
  EXPECT_EQ((removed<compute::ZoneService>(DeleteZone{"west"})), "removed");
  EXPECT_EQ((removed<compute::ZoneService>(DeleteZone{"west"})).substr(0, 13), "REGISTRY.1001");
}

TEST_F(Zones, are_what_hosts_belong_to_by_way_of_their_clusters) {
  EXPECT_EQ(parent("Host", "h1"), "Cluster:c1");
  EXPECT_EQ(parent("Cluster", "c1"), "Zone:east");
  EXPECT_EQ(parent("Zone", "east"), "none");
  EXPECT_EQ(parent("Host", "h2"), "none");
  EXPECT_EQ(parent("Host", "h9"), "none");
  EXPECT_EQ(parent("Vm", "6695eb01-f6a4-8304-79aa-97f2502e193f"), "none");
}

}  // namespace
