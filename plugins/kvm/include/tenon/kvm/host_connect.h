#pragma once

#include <tenon/contract.h>
#include <tenon/flow.h>
#include <tenon/iaas/vm.h>

#include <string_view>

namespace kvm {

/// Steps of the chain that connects a KVM host, after libvirt has answered: `pre_check` says whether the host has what
/// a plugin needs, `run` prepares it there. Finds tenon::iaas::kHost. One that fails refuses the host, with its error;
/// one whose pre_check fails does so before any has prepared anything.
class KvmHostConnectExtensionPoint : public tenon::Flow {
 public:
  static constexpr std::string_view kInterface = "tenon.kvm.KvmHostConnectExtensionPoint/1";
  static void contract(tenon::FlowContract& contract) { contract.reads(tenon::iaas::kHost); }
};

}  // namespace kvm
