#pragma once

#include <tenon/config.h>
#include <tenon/flow.h>
#include <tenon/iaas/hypervisor.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/registry.h>
#include <tenon/iaas/storage.h>
#include <tenon/wiring.h>

#include <cstdint>

namespace compute {

/// Chooses the host of a VM: the one that the order names, else the first registered one that answers and on which the
/// networks of the VM can be used, and that has not as many VMs as it may have. Reads kVm, writes kHost. Fails with
/// COMPUTE.1002, whose causes say for each host why not. Reserves nothing, so it has nothing to undo; runs at the same
/// time may both get the last place.
class AllocateHost final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
  tenon::Drivers<tenon::iaas::L2NetworkFactory> networks;
  /// Configs `host.max.vms` and `host.vm.memory`, of each host; 0 is no limit. Registered VMs count, whether they run
  /// or not.
  tenon::Config<std::int64_t> max_vms;
  tenon::Config<tenon::Size> vm_memory;

 private:
  void check_limits(const tenon::iaas::HostRecord& host, std::uint64_t memory) const;
};

/// Chooses where the volumes of a VM will be: the storage that the order names, else the first registered one that
/// answers, with the room that the disks with a given size may fill and what it is to keep free. Reads kVm, writes
/// kPrimaryStorage. Fails with COMPUTE.1003, whose causes say for each storage why not. Reserves nothing, so it has
/// nothing to undo.
class AllocatePrimaryStorage final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::PrimaryStorageFactory> storages;
  /// Config `primaryStorage.reserved.capacity`, of each storage.
  tenon::Config<tenon::Size> reserved;
};

}  // namespace compute
