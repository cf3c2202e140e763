#include "zones.h"

#include "rules.h"
#include "tables.h"

#include <tenon/event.h>
#include <tenon/iaas/events.h>
#include <tenon/iaas/registry.h>

#include <array>
#include <string>
#include <string_view>

namespace compute {

using namespace tenon::iaas;  // NOLINT(google-build-using-namespace): the names of the messages

using tenon::NoReply;
using tenon::Result;
using tenon::StoreTransaction;

namespace {

/// Removes the record: what it was.
template <class Record>
Record removed(StoreTransaction& store, const std::string& name) {
  auto found = select_one<Record>(store, name);
  if (!found) throw tenon::Error(not_registered(std::string(Table<Record>::kTitle), name));
  remove_record<Record>(store, name, std::nullopt);
  return std::move(found->record);
}

/// Of the row of one kind of resource, where the parent's name is.
struct Belonging {
  std::string_view kind;
  std::string_view parent_kind;
  const char* sql;
};
constexpr std::array<Belonging, 3> kBelongings{
    {{"Vm", "Host", "SELECT host AS parent FROM compute_vm WHERE uuid = $1"},
     {"Host", "Cluster", "SELECT cluster AS parent FROM compute_host WHERE name = $1"},
     {"Cluster", "Zone", "SELECT zone AS parent FROM compute_cluster WHERE name = $1"}}};

}  // namespace

Result<ZoneRecord> ZoneService::create(StoreTransaction& store, const CreateZone& message) const {
  add_record<ZoneRecord>(store, message, std::nullopt);
  publish(store, ZoneAdded{message.name}).value();
  return ZoneRecord(message);
}

Result<tenon::Page<ZoneInventory>> ZoneService::list(const ListZones& message) const {
  return tenon::Listing<ZoneInventory>("compute_zone", "name")
      .column("clusters", "(SELECT count(*) FROM compute_cluster WHERE compute_cluster.zone = compute_zone.name)")
      .page(message);
}

Result<NoReply> ZoneService::remove(StoreTransaction& store, const DeleteZone& message) const {
  const auto zone = removed<ZoneRecord>(store, message.name);
  publish(store, ZoneRemoved{zone.name}).value();
  return NoReply{};
}

Result<ClusterRecord> ClusterService::create(StoreTransaction& store, const CreateCluster& message) const {
  add_record<ClusterRecord>(store, message, std::nullopt);
  publish(store, ClusterAdded{message.name, message.zone}).value();
  return ClusterRecord(message);
}

Result<tenon::Page<ClusterInventory>> ClusterService::list(const ListClusters& message) const {
  return tenon::Listing<ClusterInventory>("compute_cluster", "name")
      .column("hosts", "(SELECT count(*) FROM compute_host WHERE compute_host.cluster = compute_cluster.name)")
      .page(message);
}

Result<NoReply> ClusterService::remove(StoreTransaction& store, const DeleteCluster& message) const {
  const auto cluster = removed<ClusterRecord>(store, message.name);
  publish(store, ClusterRemoved{cluster.name, cluster.zone}).value();
  return NoReply{};
}

std::optional<tenon::ResourceRef> Parents::parent_of(const tenon::ResourceRef& resource) const {
  for (const Belonging& belonging : kBelongings) {
    if (belonging.kind != resource.kind) continue;
    const auto found = tenon::read([&](StoreTransaction& store) { return store.query(belonging.sql, {resource.id}); });
    if (found.value().empty()) return std::nullopt;
    auto name = found.value()[0].get<std::optional<std::string>>("parent");
    if (!name) return std::nullopt;
    return tenon::ResourceRef{std::string(belonging.parent_kind), *std::move(name)};
  }
  return std::nullopt;
}

}  // namespace compute
