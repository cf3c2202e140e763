#pragma once

#include <tenon/contract.h>
#include <tenon/flow.h>
#include <tenon/iaas/network.h>
#include <tenon/iaas/vm.h>

#include <string_view>

/// The steps that plugins add to the chains of virtual machines. Each is an extension point: `<extension-point>` in a
/// chain becomes a step for each extension.
namespace tenon::iaas {

/// Steps before a VM is made or started on its host: `run` prepares there what the VM needs; `pre_check` refuses a host
/// that lacks what the step needs, before any of them has made anything. The undo removes what the step made, and
/// nothing that another run uses; by then the VM is gone again.
///
/// `release` gives back for good what `run` had prepared, after the VM was stopped for the last time. A VM may be half
/// gone by then.
///
/// Finds kInstance, kHost and kNics on both sides. Of a VM that is not registered, only kInstance's uuid and name are
/// known, and no NICs.
class PreVmInstantiateResourceExtensionPoint : public ReleasableFlow {
 public:
  static constexpr std::string_view kInterface = "tenon.iaas.PreVmInstantiateResourceExtensionPoint/2";
  static void contract(FlowContract& contract) { contract.reads(kInstance).reads(kHost).reads(kNics); }
};

/// Steps after a VM was made and started. Finds kInstance, kHost and kNics. One that fails takes the VM down again.
class PostVmInstantiateResourceExtensionPoint : public Flow {
 public:
  static constexpr std::string_view kInterface = "tenon.iaas.PostVmInstantiateResourceExtensionPoint/1";
  static void contract(FlowContract& contract) { contract.reads(kInstance).reads(kHost).reads(kNics); }
};

}  // namespace tenon::iaas
