#pragma once

#include <tenon/flow.h>
#include <tenon/iaas/hypervisor.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/registry.h>
#include <tenon/iaas/storage.h>
#include <tenon/wiring.h>

namespace compute {

/// Chooses the host of a VM: the one that the order names, else the first registered one that answers and on which the
/// networks of the VM can be used. Reads kVm, writes kHost. Fails with COMPUTE.1002, whose causes say for each host why
/// not. Reserves nothing, so it has nothing to undo.
class AllocateHost final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
  tenon::Drivers<tenon::iaas::L2NetworkFactory> networks;
};

/// Chooses where the volumes of a VM will be: the storage that the order names, else the first registered one that
/// answers, with the room that the disks with a given size may fill. Reads kVm, writes kPrimaryStorage. Fails with
/// COMPUTE.1003, whose causes say for each storage why not. Reserves nothing, so it has nothing to undo.
class AllocatePrimaryStorage final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::PrimaryStorageFactory> storages;
};

}  // namespace compute
