#include <tenon/chain.h>
#include <tenon/paper/vm_flows.h>
#include <tenon/plugin.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

namespace paper {
namespace {

/// The name of a flow, as a template's argument.
template <std::size_t N>
struct Name {
  char text[N];
  consteval Name(const char (&given)[N]) { std::copy_n(given, N, text); }  // NOLINT(google-explicit-constructor)
};

/// A flow that notes its calls in the log, and no more.
template <Name kName>
class Noted final : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override {
    tenon::log::info("run", {{"flow", kName.text}});
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override {
    tenon::log::info("undo", {{"flow", kName.text}});
    std::move(step).next();
  }
};

class AllocateNic final : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    step.set(kNic, "nic of " + step.get(kVm));
    std::move(step).next();
  }
};

class ApplianceAllocateNic final : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    step.set(kNic, "management nic of " + step.get(kVm));
    std::move(step).next();
  }
};

// [extension]
/// Makes the tunnel of a VM's network to its host.
class GreTunnel final : public PreVmInstantiateResourceExtensionPoint {
 public:
  void run(tenon::FlowStep step) const override {
    tenon::log::info("tunnel made", {{"vm", step.get(kVm)}, {"host", step.get(kHost)}});
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override {
    tenon::log::info("tunnel undone", {{"vm", step.get(kVm)}});
    std::move(step).next();
  }
  void release(tenon::FlowStep step) const override {
    tenon::log::info("tunnel released", {{"vm", step.get(kVm)}});
    std::move(step).next();
  }
};
// [/extension]

// [manager]
class VmInstanceManager final : public VmManager {
 public:
  void set_flow_class_names(tenon::FlowChain flows) { create_ = std::move(flows); }

  tenon::Result<std::uint64_t> create(const std::string& vm) override {
    return tenon::new_chain_run(create_)
        .input(kVm, vm)
        .done([vm](const tenon::ChainData& data) {
          tenon::log::info("vm created", {{"vm", vm}, {"host", data.get(kHost)}});
        })
        .error([vm](const tenon::ErrorCode& error, const tenon::ChainData&) {
          tenon::log::error("vm not created", {{"vm", vm}, {"error", error.to_string()}});
        })
        .start();
  }

 private:
  tenon::FlowChain create_;
};
// [/manager]

}  // namespace
}  // namespace paper

// [declaration]
TENON_PLUGIN("paper", "1.0.0", plugin) {
  using namespace paper;
  plugin.flow<AllocateHost>("paper.AllocateHost").property("hosts", &AllocateHost::hosts).reads(kVm).writes(kHost);
  plugin.flow<AllocateVolume>("paper.AllocateVolume")
      .property("folder", &AllocateVolume::folder)
      .reads(kVm)
      .writes(kVolume);
  plugin.bean<GreTunnel>("paper.GreTunnel").implements<PreVmInstantiateResourceExtensionPoint>();
  // [/declaration]
  plugin.flow<AllocateNic>("paper.AllocateNic").reads(kVm).writes(kNic);
  plugin.flow<ApplianceAllocateNic>("paper.ApplianceAllocateNic").reads(kVm).writes(kNic);
  plugin.flow<Noted<"ImageSelectBackupStorage">>("paper.ImageSelectBackupStorage").reads(kVm);
  plugin.flow<Noted<"AllocatePrimaryStorage">>("paper.AllocatePrimaryStorage").reads(kVm).reads(kHost);
  plugin.flow<Noted<"CreateOnHypervisor">>("paper.CreateOnHypervisor").reads(kVm).reads(kHost).reads(kVolume);
  plugin.flow<Noted<"StopOnHypervisor">>("paper.StopOnHypervisor").reads(kVm).reads(kHost);
  plugin.bean<VmInstanceManager>("paper.VmInstanceManager")
      .implements<VmManager>()
      .property("createVmWorkFlowElements", &VmInstanceManager::set_flow_class_names);
}
