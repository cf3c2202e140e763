#pragma once

#include <tenon/described.h>
#include <tenon/event.h>
#include <tenon/iaas/registry.h>

#include <string>
#include <string_view>

/// What is published when records come and go, each in the transaction in which it does.
namespace tenon::iaas {

struct HostAdded {
  static constexpr std::string_view kEvent = "/hosts/{name}/added";
  std::string name;
  std::string type;
};
BOOST_DESCRIBE_STRUCT(HostAdded, (), (name, type))
struct HostRemoved {
  static constexpr std::string_view kEvent = "/hosts/{name}/removed";
  std::string name;
  std::string type;
};
BOOST_DESCRIBE_STRUCT(HostRemoved, (), (name, type))

struct ZoneAdded {
  static constexpr std::string_view kEvent = "/zones/{name}/added";
  std::string name;
};
BOOST_DESCRIBE_STRUCT(ZoneAdded, (), (name))
struct ZoneRemoved {
  static constexpr std::string_view kEvent = "/zones/{name}/removed";
  std::string name;
};
BOOST_DESCRIBE_STRUCT(ZoneRemoved, (), (name))

struct ClusterAdded {
  static constexpr std::string_view kEvent = "/clusters/{name}/added";
  std::string name;
  std::string zone;
};
BOOST_DESCRIBE_STRUCT(ClusterAdded, (), (name, zone))
struct ClusterRemoved {
  static constexpr std::string_view kEvent = "/clusters/{name}/removed";
  std::string name;
  std::string zone;
};
BOOST_DESCRIBE_STRUCT(ClusterRemoved, (), (name, zone))

struct PrimaryStorageAdded {
  static constexpr std::string_view kEvent = "/primary-storages/{name}/added";
  std::string name;
  std::string type;
};
BOOST_DESCRIBE_STRUCT(PrimaryStorageAdded, (), (name, type))
struct PrimaryStorageRemoved {
  static constexpr std::string_view kEvent = "/primary-storages/{name}/removed";
  std::string name;
  std::string type;
};
BOOST_DESCRIBE_STRUCT(PrimaryStorageRemoved, (), (name, type))

struct L2NetworkAdded {
  static constexpr std::string_view kEvent = "/l2-networks/{name}/added";
  std::string name;
  std::string type;
};
BOOST_DESCRIBE_STRUCT(L2NetworkAdded, (), (name, type))
struct L2NetworkRemoved {
  static constexpr std::string_view kEvent = "/l2-networks/{name}/removed";
  std::string name;
  std::string type;
};
BOOST_DESCRIBE_STRUCT(L2NetworkRemoved, (), (name, type))

struct ImageAdded {
  static constexpr std::string_view kEvent = "/images/{name}/added";
  std::string name;
};
BOOST_DESCRIBE_STRUCT(ImageAdded, (), (name))
struct ImageRemoved {
  static constexpr std::string_view kEvent = "/images/{name}/removed";
  std::string name;
};
BOOST_DESCRIBE_STRUCT(ImageRemoved, (), (name))

/// The VM has all that it needs, and is about to be made on its host: `created` follows, or `destroyed`.
struct VmRegistered {
  static constexpr std::string_view kEvent = "/vms/{uuid}/registered";
  std::string uuid;
  std::string name;
  std::string host;
};
BOOST_DESCRIBE_STRUCT(VmRegistered, (), (uuid, name, host))
/// It runs.
struct VmCreated {
  static constexpr std::string_view kEvent = "/vms/{uuid}/created";
  std::string uuid;
  std::string name;
  std::string host;
};
BOOST_DESCRIBE_STRUCT(VmCreated, (), (uuid, name, host))
/// Nothing is left of it.
struct VmDestroyed {
  static constexpr std::string_view kEvent = "/vms/{uuid}/destroyed";
  std::string uuid;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(VmDestroyed, (), (uuid, name))

namespace detail {

/// The events of one kind of record.
template <class Record>
struct RecordEvents;
template <>
struct RecordEvents<HostRecord> {
  static HostAdded added(const HostRecord& record) { return {record.name, record.type}; }
  static HostRemoved removed(const HostRecord& record) { return {record.name, record.type}; }
};
template <>
struct RecordEvents<PrimaryStorageRecord> {
  static PrimaryStorageAdded added(const PrimaryStorageRecord& record) { return {record.name, record.type}; }
  static PrimaryStorageRemoved removed(const PrimaryStorageRecord& record) { return {record.name, record.type}; }
};
template <>
struct RecordEvents<L2NetworkRecord> {
  static L2NetworkAdded added(const L2NetworkRecord& record) { return {record.name, record.type}; }
  static L2NetworkRemoved removed(const L2NetworkRecord& record) { return {record.name, record.type}; }
};
template <>
struct RecordEvents<ImageRecord> {
  static ImageAdded added(const ImageRecord& record) { return {record.name}; }
  static ImageRemoved removed(const ImageRecord& record) { return {record.name}; }
};

}  // namespace detail
}  // namespace tenon::iaas
