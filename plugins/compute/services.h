#pragma once

#include <tenon/iaas/host_messages.h>
#include <tenon/iaas/hypervisor.h>
#include <tenon/iaas/registry.h>
#include <tenon/iaas/storage_messages.h>
#include <tenon/iaas/vm_messages.h>
#include <tenon/wiring.h>

/// Who answers the messages about hosts, images and VMs that no run answers.
namespace compute {

using HostService = tenon::iaas::KindService<tenon::iaas::HostKind>;
using PrimaryStorageService = tenon::iaas::KindService<tenon::iaas::PrimaryStorageKind>;

class ImageService final {
 public:
  /// Fails with REGISTRY.1001.
  tenon::Result<tenon::iaas::ImageRecord> get(const tenon::iaas::GetImage& message) const;

  tenon::Ref<tenon::iaas::Registry> registry;
};

class VmService final {
 public:
  /// Asks the VM's host for its state. Fails with REGISTRY.1001.
  tenon::Result<tenon::iaas::VmInventory> get(const tenon::iaas::GetVm& message) const;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;

 private:
  [[nodiscard]] tenon::iaas::VmState state_of(const tenon::iaas::VmRecord& vm) const;
};

}  // namespace compute
