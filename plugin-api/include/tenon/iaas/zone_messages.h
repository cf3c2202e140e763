#pragma once

#include <tenon/list.h>
#include <tenon/message.h>

#include <cstdint>
#include <string>
#include <string_view>

/// Zones, clusters, and the messages about them. A zone is a place with clusters in it, a cluster some hosts that are
/// alike. A config may have a value for each: a host has that of its cluster, a cluster that of its zone.
namespace tenon::iaas {

struct ZoneRecord {
  std::string name;
  friend bool operator==(const ZoneRecord&, const ZoneRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(ZoneRecord, (), (name))

struct ClusterRecord {
  std::string name;
  /// Name of the zone that it is in.
  std::string zone;
  friend bool operator==(const ClusterRecord&, const ClusterRecord&) = default;
};
BOOST_DESCRIBE_STRUCT(ClusterRecord, (), (name, zone))

struct ZoneInventory : ZoneRecord {
  /// How many are in it.
  std::int64_t clusters = 0;
};
BOOST_DESCRIBE_STRUCT(ZoneInventory, (ZoneRecord), (clusters))

struct ClusterInventory : ClusterRecord {
  /// How many are in it.
  std::int64_t hosts = 0;
};
BOOST_DESCRIBE_STRUCT(ClusterInventory, (ClusterRecord), (hosts))

struct CreateZone : ZoneRecord {
  static constexpr std::string_view kMessage = "compute.CreateZone";
  using Reply = ZoneRecord;
};
BOOST_DESCRIBE_STRUCT(CreateZone, (ZoneRecord), ())

struct ListZones : ListRequest {
  static constexpr std::string_view kMessage = "compute.ListZones";
  using Reply = Page<ZoneInventory>;
};
BOOST_DESCRIBE_STRUCT(ListZones, (ListRequest), ())

/// Refused while clusters are in it.
struct DeleteZone {
  static constexpr std::string_view kMessage = "compute.DeleteZone";
  using Reply = NoReply;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(DeleteZone, (), (name))

struct CreateCluster : ClusterRecord {
  static constexpr std::string_view kMessage = "compute.CreateCluster";
  using Reply = ClusterRecord;
};
BOOST_DESCRIBE_STRUCT(CreateCluster, (ClusterRecord), ())

struct ListClusters : ListRequest {
  static constexpr std::string_view kMessage = "compute.ListClusters";
  using Reply = Page<ClusterInventory>;
};
BOOST_DESCRIBE_STRUCT(ListClusters, (ListRequest), ())

/// Refused while hosts are in it.
struct DeleteCluster {
  static constexpr std::string_view kMessage = "compute.DeleteCluster";
  using Reply = NoReply;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(DeleteCluster, (), (name))

}  // namespace tenon::iaas
