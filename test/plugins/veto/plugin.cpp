#include <tenon/iaas/vm_steps.h>
#include <tenon/plugin.h>

#include <fstream>
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

/// Makes a file in the folder and says, wrongly, that nothing has to be undone.
class Leave : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override {
    if (!std::ofstream(folder + "/left-by-" + data.key())) {
      throw tenon::Error(tenon::make_error("VETO.1003", "no file can be left", folder));
    }
  }
  std::string folder;
};

/// Does nothing, and can't undo it.
class Stuck : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
  void rollback(tenon::FlowStep step) const override {
    std::move(step).fail(tenon::make_error("VETO.1004", "cannot be undone"));
  }
};

}  // namespace
}  // namespace veto

TENON_PLUGIN("veto", "1.0.0", plugin) {
  plugin.bean<veto::RefuseVm>("veto.RefuseVm")
      .implements<tenon::iaas::PostVmInstantiateResourceExtensionPoint>()
      .property("reason", &veto::RefuseVm::reason);
  plugin.flow<veto::Fail>("veto.Fail");
  plugin.flow<veto::Stuck>("veto.Stuck");
  plugin.flow<veto::Leave>("veto.Leave").property("folder", &veto::Leave::folder, {.required = true});
}
