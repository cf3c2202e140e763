#pragma once

#include <tenon/flow.h>

#include <string_view>

namespace kvm {

/// Steps of the chain that connects a KVM host, after libvirt has answered: checks and prepares what a plugin needs on
/// the host. Finds tenon::iaas::kHost (tenon/iaas/vm.h). One that fails refuses the host, with its error.
class KvmHostConnectExtensionPoint : public tenon::Flow {
 public:
  static constexpr std::string_view kInterface = "tenon.kvm.KvmHostConnectExtensionPoint/1";
};

}  // namespace kvm
