#pragma once

#include <tenon/flow.h>
#include <tenon/interface.h>

#include <concepts>
#include <utility>

namespace tenon {

/// BlockingFlow for an extension of a step-able interface `I`: plain functions that may block and throw, under the same
/// rules.
/// ```cpp
/// class CheckDaemon final : public tenon::BlockingExtension<kvm::KvmHostConnectExtensionPoint> {
///  public:
///   void execute(tenon::FlowData& data) const override;
/// };
/// ```
template <Interface I>
requires std::derived_from<I, Flow>
class BlockingExtension : public I {
 public:
  BlockingExtension() = default;
  BlockingExtension(const BlockingExtension&) = delete;
  BlockingExtension& operator=(const BlockingExtension&) = delete;

  virtual void execute(FlowData& data) const = 0;
  /// The undo of `execute`, under the rules of Flow::rollback.
  virtual void undo(FlowData& /*data*/) const {}

  void run(FlowStep step) const final { work_.run(std::move(step)); }
  void rollback(FlowStep step) const final { work_.rollback(std::move(step)); }

 private:
  class Work final : public BlockingFlow {
   public:
    explicit Work(const BlockingExtension& extension) : extension_(&extension) {}
    void execute(FlowData& data) const override { extension_->execute(data); }
    void undo(FlowData& data) const override { extension_->undo(data); }

   private:
    const BlockingExtension* extension_;
  };
  Work work_{*this};
};

}  // namespace tenon
