#pragma once

#include <tenon/config.h>
#include <tenon/iaas/zone_messages.h>
#include <tenon/store.h>

#include <optional>

/// Zones, clusters, and what belongs to what.
namespace compute {

class ZoneService final {
 public:
  /// Fails with REGISTRY.1002 or 1007.
  tenon::Result<tenon::iaas::ZoneRecord> create(tenon::StoreTransaction& store,
                                                const tenon::iaas::CreateZone& message) const;
  /// Fails with LIST.… or STORE.…
  tenon::Result<tenon::Page<tenon::iaas::ZoneInventory>> list(const tenon::iaas::ListZones& message) const;
  /// Fails with REGISTRY.1001 or 1003.
  tenon::Result<tenon::NoReply> remove(tenon::StoreTransaction& store, const tenon::iaas::DeleteZone& message) const;
};

class ClusterService final {
 public:
  /// Fails with REGISTRY.1002, 1004 or 1007.
  tenon::Result<tenon::iaas::ClusterRecord> create(tenon::StoreTransaction& store,
                                                   const tenon::iaas::CreateCluster& message) const;
  /// Fails with LIST.… or STORE.…
  tenon::Result<tenon::Page<tenon::iaas::ClusterInventory>> list(const tenon::iaas::ListClusters& message) const;
  /// Fails with REGISTRY.1001 or 1003.
  tenon::Result<tenon::NoReply> remove(tenon::StoreTransaction& store, const tenon::iaas::DeleteCluster& message) const;
};

/// A Vm belongs to its Host, a Host to its Cluster, a Cluster to its Zone.
class Parents final : public tenon::ResourceParents {
 public:
  /// Throws Error STORE.…
  [[nodiscard]] std::optional<tenon::ResourceRef> parent_of(const tenon::ResourceRef& resource) const override;
};

}  // namespace compute
