#pragma once

#include <tenon/iaas/registry.h>
#include <tenon/transactional_flow.h>
#include <tenon/wiring.h>

namespace compute {

/// Registers a VM that has all it needs, before it is made on its host: from then on what it uses can't be removed, and
/// vm.destroy finds what a broken-off creation left. Reads kInstance, kHost, kPrimaryStorage, kSelectedImage, kVolumes
/// and kNics. The undo forgets it.
class RegisterVm final : public tenon::TransactionalFlow {
 public:
  void execute(tenon::FlowData& data, tenon::StoreTransaction& store) const override;
  void undo(tenon::FlowData& data, tenon::StoreTransaction& store) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
};

/// Publishes that the VM runs, last of a chain. Reads kInstance and kHost.
class AnnounceVm final : public tenon::NoRollbackTransactionalFlow {
 public:
  void execute(tenon::FlowData& data, tenon::StoreTransaction& store) const override;
};

/// Forgets a VM when nothing is left of it. Reads kVmInfo. Final, without undo.
class UnregisterVm final : public tenon::NoRollbackTransactionalFlow {
 public:
  void execute(tenon::FlowData& data, tenon::StoreTransaction& store) const override;

  tenon::Ref<tenon::iaas::Registry> registry;
};

}  // namespace compute
