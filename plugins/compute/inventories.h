#pragma once

#include <tenon/iaas/hypervisor.h>
#include <tenon/iaas/registry.h>
#include <tenon/iaas/storage.h>
#include <tenon/inventory.h>
#include <tenon/wiring.h>

#include <string>
#include <vector>

namespace compute {

/// A path on the host, or a URL: for people.
[[nodiscard]] std::string place_of(const tenon::iaas::VolumeLocation& location);

/// name, type, uri, state (`Connected` or `Disconnected`), vms (how many are registered on it).
class HostInventory final : public tenon::Inventory {
 public:
  std::string kind() const override { return "Host"; }
  tenon::Result<std::vector<tenon::Json>> list() const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
};

/// name, type, url, state (`Connected` or `Disconnected`), total and available (bytes; null if it does not answer).
class PrimaryStorageInventory final : public tenon::Inventory {
 public:
  std::string kind() const override { return "PrimaryStorage"; }
  tenon::Result<std::vector<tenon::Json>> list() const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::PrimaryStorageFactory> storages;
};

/// name, url, format.
class ImageInventory final : public tenon::Inventory {
 public:
  std::string kind() const override { return "Image"; }
  tenon::Result<std::vector<tenon::Json>> list() const override;

  tenon::Ref<tenon::iaas::Registry> registry;
};

/// uuid, name, state, host, networks (names), volumes (places). The state is what the host says: one of VmState,
/// `Absent` if it does not know the VM, `Unknown` if it does not answer.
class VmInventory final : public tenon::Inventory {
 public:
  std::string kind() const override { return "Vm"; }
  tenon::Result<std::vector<tenon::Json>> list() const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
};

}  // namespace compute
