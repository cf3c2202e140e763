#include <tenon/iaas/vm_steps.h>
#include <tenon/plugin.h>

#include <string>
#include <utility>

namespace veto {
namespace {

/// Lets no virtual machine come to be: fails once the machine is made and started, when there is most to undo.
class RefuseVm : public tenon::NoRollbackExtension<tenon::iaas::PostVmInstantiateResourceExtensionPoint> {
 public:
  void run(tenon::FlowStep step) const override {
    std::move(step).fail(tenon::make_error("VETO.1001", "no virtual machine today", reason));
  }
  std::string reason;
};

/// Fails wherever a chain has it.
class Fail : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    std::move(step).fail(tenon::make_error("VETO.1002", "told to fail"));
  }
};

}  // namespace
}  // namespace veto

TENON_PLUGIN("veto", "1.0.0", plugin) {
  plugin.bean<veto::RefuseVm>("veto.RefuseVm")
      .implements<tenon::iaas::PostVmInstantiateResourceExtensionPoint>()
      .property("reason", &veto::RefuseVm::reason);
  plugin.flow<veto::Fail>("veto.Fail");
}
