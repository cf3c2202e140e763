#pragma once

#include <tenon/iaas/registry.h>
#include <tenon/iaas/zone_messages.h>
#include <tenon/store.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The registry's tables, of this plugin, of storage and of network (schema/ of each): statements, without rules. What
/// fails throws an Error of the store.
namespace compute {

template <class Record>
struct Registered {
  Record record;
  /// The idempotency key that it was added with.
  std::string key;
};

/// The table of one kind of record that is found by its name.
template <class Record>
struct Table;

template <>
struct Table<tenon::iaas::HostRecord> {
  static constexpr std::string_view kTitle = "host";
  static constexpr std::string_view kName = "compute_host";
  static constexpr std::string_view kColumns = "name, type, uri, cluster, added_by";
  static constexpr std::string_view kPlaces = "$1, $2, $3, $4, $5";
  static tenon::iaas::HostRecord read(const tenon::StoreRow& row);
  static std::vector<tenon::StoreValue> values(const tenon::iaas::HostRecord& host);
};
template <>
struct Table<tenon::iaas::PrimaryStorageRecord> {
  static constexpr std::string_view kTitle = "primary storage";
  static constexpr std::string_view kName = "storage_primary";
  static constexpr std::string_view kColumns = "name, type, url, added_by";
  static constexpr std::string_view kPlaces = "$1, $2, $3, $4";
  static tenon::iaas::PrimaryStorageRecord read(const tenon::StoreRow& row);
  static std::vector<tenon::StoreValue> values(const tenon::iaas::PrimaryStorageRecord& storage);
};
template <>
struct Table<tenon::iaas::L2NetworkRecord> {
  static constexpr std::string_view kTitle = "L2 network";
  static constexpr std::string_view kName = "network_l2";
  static constexpr std::string_view kColumns = "name, type, physical_interface, bridge, vlan, added_by";
  static constexpr std::string_view kPlaces = "$1, $2, $3, $4, $5, $6";
  static tenon::iaas::L2NetworkRecord read(const tenon::StoreRow& row);
  static std::vector<tenon::StoreValue> values(const tenon::iaas::L2NetworkRecord& network);
};
template <>
struct Table<tenon::iaas::ImageRecord> {
  static constexpr std::string_view kTitle = "image";
  static constexpr std::string_view kName = "compute_image";
  static constexpr std::string_view kColumns = "name, url, format, added_by";
  static constexpr std::string_view kPlaces = "$1, $2, $3, $4";
  static tenon::iaas::ImageRecord read(const tenon::StoreRow& row);
  static std::vector<tenon::StoreValue> values(const tenon::iaas::ImageRecord& image);
};
template <>
struct Table<tenon::iaas::ZoneRecord> {
  static constexpr std::string_view kTitle = "zone";
  static constexpr std::string_view kName = "compute_zone";
  static constexpr std::string_view kColumns = "name, added_by";
  static constexpr std::string_view kPlaces = "$1, $2";
  static tenon::iaas::ZoneRecord read(const tenon::StoreRow& row);
  static std::vector<tenon::StoreValue> values(const tenon::iaas::ZoneRecord& zone);
};
template <>
struct Table<tenon::iaas::ClusterRecord> {
  static constexpr std::string_view kTitle = "cluster";
  static constexpr std::string_view kName = "compute_cluster";
  static constexpr std::string_view kColumns = "name, zone, added_by";
  static constexpr std::string_view kPlaces = "$1, $2, $3";
  static tenon::iaas::ClusterRecord read(const tenon::StoreRow& row);
  static std::vector<tenon::StoreValue> values(const tenon::iaas::ClusterRecord& cluster);
};

/// All records, in no particular order.
template <class Record>
[[nodiscard]] std::vector<Record> select_all(tenon::StoreTransaction& store);
/// The record, or nothing.
template <class Record>
[[nodiscard]] std::optional<Registered<Record>> select_one(tenon::StoreTransaction& store, const std::string& id);
template <class Record>
void insert_record(tenon::StoreTransaction& store, const Record& record, const std::string& key);
template <class Record>
void delete_record(tenon::StoreTransaction& store, const std::string& id);

// A VM is in three tables, with its volumes and NICs.
template <>
std::vector<tenon::iaas::VmRecord> select_all(tenon::StoreTransaction& store);
template <>
std::optional<Registered<tenon::iaas::VmRecord>> select_one(tenon::StoreTransaction& store, const std::string& id);
template <>
void insert_record(tenon::StoreTransaction& store, const tenon::iaas::VmRecord& vm, const std::string& key);
template <>
void delete_record<tenon::iaas::VmRecord>(tenon::StoreTransaction& store, const std::string& id);

}  // namespace compute
