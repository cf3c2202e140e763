#pragma once

#include <tenon/flow.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/registry.h>
#include <tenon/wiring.h>

#include <string>
#include <string_view>
#include <vector>

namespace network {

/// Gives each NIC that a VM's order names its identity: a uuid and, unless the order gives one, a MAC, both following
/// from the step's key, so that a repeated step gives the same ones. Reads kVm, writes kNics. Reserves nothing, so it
/// has nothing to undo: the NICs are the VM's from when that is registered.
///
/// Fails with REGISTRY.1001 for a network that is not registered, NETWORK.1001 for what the order says of a NIC.
class AllocateNic final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
};

/// As AllocateNic, for an appliance VM: its first NIC is on the management network, which no order names.
class AllocateApplianceNic final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
  /// Property `management_network`: the name of a registered L2 network. NETWORK.1003 if it is empty.
  std::string management_network;
};

/// `52:54:00:ab:cd:ef`, from any case; empty if the text is no MAC that one NIC can have.
[[nodiscard]] std::string canonical_mac(std::string_view text);

}  // namespace network
