#pragma once

#include <tenon/flow.h>
#include <tenon/iaas/hypervisor.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/registry.h>
#include <tenon/wiring.h>

#include <optional>
#include <string>

namespace compute {

/// Makes the VM on its host and starts it. Reads kInstance, kVolumes, kNics and kHost. The undo takes it down, whether
/// it was started, only defined, or not there at all; a VM of the same uuid that another run made is left alone.
class CreateOnHypervisor final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
  void undo(tenon::FlowData& data) const override;

  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
  tenon::Drivers<tenon::iaas::L2NetworkFactory> networks;
};

/// Finds a VM by its uuid: on the host where it is registered, else on all hosts. Reads kVmUuid, writes kInstance,
/// kHost, kVmInfo and kNics. kVmInfo has the disks that are registered and those that the host tells of; if the host
/// does not know a registered VM, its state is Unknown. Of a VM that is not registered, kInstance has the uuid and the
/// name alone, and kNics none. Fails with COMPUTE.1004 if the VM is neither registered nor known to a host
/// (the causes say which hosts did not answer), COMPUTE.1007 if Tenon did not make it. Makes nothing.
class LocateVm final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;

 private:
  void locate_registered(tenon::FlowData& data, const tenon::iaas::VmRecord& vm) const;
  void locate_unregistered(tenon::FlowData& data, const std::string& uuid) const;
  /// The VM, if this host has it; what keeps the host from telling becomes a cause of `note`.
  std::optional<tenon::iaas::VmInfo> find_or_note(const tenon::iaas::HostRecord& host, const std::string& uuid,
                                                  tenon::ErrorCode& note) const;
};

/// Takes the VM's power away. Reads kVmInfo and kHost. Final: what ran in the guest is gone, so there is no undo.
class DestroyOnHypervisor final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
};

/// Makes the host forget the VM. Reads kVmInfo and kHost. Comes after the volumes were deleted: as long as the host
/// knows the VM, its disks can be found, and a destroy that failed half-way can be repeated. Final, without undo.
class UndefineOnHypervisor final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
};

}  // namespace compute
