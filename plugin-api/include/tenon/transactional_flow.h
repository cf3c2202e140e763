#pragma once

#include <tenon/blocking_extension.h>
#include <tenon/flow.h>
#include <tenon/store.h>

#include <utility>

namespace tenon {
namespace detail {

/// Hands the step to the pool, to be answered when the transaction of `worker.*kWork` is durable. `F` is the Flow that
/// `worker` is.
template <auto kWork, class F>
void transact_on(FlowStep step, const F& worker) {
  std::move(step).transact(
      [](const Flow& flow, FlowData& data, StoreTransaction& transaction) {
        (static_cast<const F&>(flow).*kWork)(data, transaction);
      },
      worker);
}

}  // namespace detail

/// A flow that touches nothing but the store: its SQL and the record that its step is done become durable together, so
/// that it takes effect exactly once. The same holds for its undo.
///
/// Both run on the node's bounded pool. A return commits and answers `next()`; an exception forgets all statements and
/// fails the step, an Error with the ErrorCode it carries. They may be called anew when the store could not commit,
/// with the data of before, so they have no effect but on the store and through FlowData::set. `tenon::transaction` and
/// `tenon::read` are refused within them: they have their transaction. A node without a store fails the step with
/// FLOW.1032.
class TransactionalFlow : public Flow {
 public:
  static constexpr bool kWorksBlocking = true;

  virtual void execute(FlowData& data, StoreTransaction& transaction) const = 0;
  /// The undo of `execute`, under the rules of Flow::rollback. It never finds a part of it, but may find nothing.
  virtual void undo(FlowData& /*data*/, StoreTransaction& /*transaction*/) const {}
  /// Under the rules of Flow::pre_check, but may block.
  virtual void check(FlowData& /*data*/) const {}

  void run(FlowStep step) const final { detail::transact_on<&TransactionalFlow::execute>(std::move(step), *this); }
  void rollback(FlowStep step) const final { detail::transact_on<&TransactionalFlow::undo>(std::move(step), *this); }
  void pre_check(FlowStep step) const final { detail::block_on<&TransactionalFlow::check>(std::move(step), *this); }
};

/// A TransactionalFlow without an undo: a NoRollbackFlow.
class NoRollbackTransactionalFlow : public NoRollbackFlow {
 public:
  static constexpr bool kWorksBlocking = true;

  virtual void execute(FlowData& data, StoreTransaction& transaction) const = 0;
  /// Under the rules of Flow::pre_check, but may block.
  virtual void check(FlowData& /*data*/) const {}

  void run(FlowStep step) const final {
    detail::transact_on<&NoRollbackTransactionalFlow::execute>(std::move(step), *this);
  }
  void pre_check(FlowStep step) const final {
    detail::block_on<&NoRollbackTransactionalFlow::check>(std::move(step), *this);
  }
};

namespace detail {
template <>
inline constexpr bool kIsFlowBase<TransactionalFlow> = true;
template <>
inline constexpr bool kIsFlowBase<NoRollbackTransactionalFlow> = true;
}  // namespace detail

}  // namespace tenon
