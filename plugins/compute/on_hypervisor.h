#pragma once

#include <tenon/flow.h>
#include <tenon/iaas/hypervisor.h>
#include <tenon/iaas/registry.h>
#include <tenon/wiring.h>

#include <optional>
#include <string>

namespace compute {

/// Makes the VM on its host and starts it. Reads kInstance, kVolumes and kHost. The undo takes it down, whether it was
/// started, only defined, or not there at all; a VM of the same uuid that another run made is left alone.
class CreateOnHypervisor final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
  void undo(tenon::FlowData& data) const override;

  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
};

/// Finds a VM by its uuid on the registered hosts. Reads kVmUuid, writes kHost and kVmInfo. Fails with COMPUTE.1004 if
/// no host knows it (the causes say which hosts did not answer), COMPUTE.1007 if Tenon did not make it. Makes nothing,
/// so it has nothing to undo.
class LocateVm final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
  void undo(tenon::FlowData& /*data*/) const override {}

  tenon::Ref<tenon::iaas::Registry> registry;
  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;

 private:
  /// The VM, if this host has it; what keeps the host from telling becomes a cause of `note`.
  std::optional<tenon::iaas::VmInfo> find_or_note(const tenon::iaas::HostRecord& host, const std::string& uuid,
                                                  tenon::ErrorCode& note) const;
};

/// Takes the VM's power away. Reads kVmInfo and kHost. Final: what ran in the guest is gone, so there is no undo.
class DestroyOnHypervisor final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
  void undo(tenon::FlowData& /*data*/) const override {}

  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
};

/// Makes the host forget the VM. Reads kVmInfo and kHost. Comes after the volumes were deleted: as long as the host
/// knows the VM, its disks can be found, and a destroy that failed half-way can be repeated. Final, without undo.
class UndefineOnHypervisor final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
  void undo(tenon::FlowData& /*data*/) const override {}

  tenon::Drivers<tenon::iaas::HypervisorFactory> hypervisors;
};

}  // namespace compute
