#pragma once

#include <tenon/flow.h>
#include <tenon/interface.h>

#include <concepts>
#include <type_traits>
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
  static constexpr bool kWorksBlocking = true;

  virtual void execute(FlowData& data) const = 0;
  /// The undo of `execute`, under the rules of Flow::rollback.
  virtual void undo(FlowData& /*data*/) const {}
  /// Under the rules of Flow::pre_check, but may block.
  virtual void check(FlowData& /*data*/) const {}

  void run(FlowStep step) const final { detail::block_on<&BlockingExtension::execute>(std::move(step), *this); }
  void rollback(FlowStep step) const final { detail::block_on<&BlockingExtension::undo>(std::move(step), *this); }
  void pre_check(FlowStep step) const final { detail::block_on<&BlockingExtension::check>(std::move(step), *this); }
};

/// As BlockingExtension, for an interface with a release side.
template <Interface I>
requires std::derived_from<I, ReleasableFlow>
class BlockingReleasableExtension : public BlockingExtension<I> {
 public:
  /// Under the rules of ReleasableFlow::release, but may block.
  virtual void give_back(FlowData& data) const = 0;

  void release(FlowStep step) const final {
    detail::block_on<&BlockingReleasableExtension::give_back>(std::move(step), *this);
  }
};

/// NoRollbackFlow for an extension of a step-able interface `I`.
template <Interface I>
requires std::derived_from<I, Flow>
class NoRollbackExtension : public I {
 public:
  void rollback(FlowStep step) const final { std::move(step).next(); }
};

/// NoRollbackBlockingFlow for an extension of a step-able interface `I`.
template <Interface I>
class NoRollbackBlockingExtension : public NoRollbackExtension<I> {
 public:
  static constexpr bool kWorksBlocking = true;

  virtual void execute(FlowData& data) const = 0;
  /// Under the rules of Flow::pre_check, but may block.
  virtual void check(FlowData& /*data*/) const {}

  void run(FlowStep step) const final {
    detail::block_on<&NoRollbackBlockingExtension::execute>(std::move(step), *this);
  }
  void pre_check(FlowStep step) const final {
    detail::block_on<&NoRollbackBlockingExtension::check>(std::move(step), *this);
  }
};

namespace detail {

/// The classes whose functions an author overrides.
template <class C>
inline constexpr bool kIsFlowBase = false;
template <>
inline constexpr bool kIsFlowBase<Flow> = true;
template <>
inline constexpr bool kIsFlowBase<ReleasableFlow> = true;
template <>
inline constexpr bool kIsFlowBase<BlockingFlow> = true;
template <>
inline constexpr bool kIsFlowBase<NoRollbackBlockingFlow> = true;
template <class I>
inline constexpr bool kIsFlowBase<BlockingExtension<I>> = true;
template <class I>
inline constexpr bool kIsFlowBase<NoRollbackBlockingExtension<I>> = true;
template <class I>
inline constexpr bool kIsFlowBase<BlockingReleasableExtension<I>> = true;

/// Whether the function that the pointer names was declared by one of them: then the class has none of its own.
template <class R, class C, class... Args>
constexpr bool declared_by_flow_base(R (C::*)(Args...) const) {
  return kIsFlowBase<C>;
}
template <class R, class C, class... Args>
constexpr bool declared_by_flow_base(R (C::*)(Args...) const noexcept) {
  return kIsFlowBase<C>;
}

template <class T>
concept BlockingWorker = requires {
  T::kWorksBlocking;
};

}  // namespace detail
}  // namespace tenon
