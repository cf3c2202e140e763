#pragma once

#include <tenon/flow.h>
#include <tenon/iaas/registry.h>
#include <tenon/iaas/storage.h>
#include <tenon/wiring.h>

namespace compute {

/// Makes the disks of a VM: the root disk, then the data disks. Reads kVm, kInstance, kSelectedImage and
/// kPrimaryStorage, writes kVolumes. Volumes are named after the VM and the step's key, so the undo finds them, however
/// many were made.
class AllocateVolume final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
  void undo(tenon::FlowData& data) const override;

  tenon::Drivers<tenon::iaas::PrimaryStorageFactory> storages;
};

/// Deletes the disks of a VM that is being destroyed. Reads kVmInfo. A disk that is in none of the registered primary
/// storages is not Tenon's and stays. Final: there is no undo. If a disk can't be deleted the others are, and the flow
/// fails with COMPUTE.1006; it may be repeated.
class DeleteVolume final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::PrimaryStorageFactory> storages;
};

}  // namespace compute
