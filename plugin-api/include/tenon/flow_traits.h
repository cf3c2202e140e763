#pragma once

#include <tenon/blocking_extension.h>
#include <tenon/flow.h>
#include <tenon/transactional_flow.h>

#include <concepts>

/// What a class of flows has of its own. `&T::rollback` has the class that declares it in its type; what can't be named
/// here, as it is not public, is T's own.
namespace tenon::detail {

/// Whether it has an undo, or says that it needs none.
template <class T>
constexpr bool has_undo() {
  if constexpr (std::derived_from<T, NoRollbackFlow>) {
    return true;
  } else if constexpr (BlockingWorker<T>) {
    if constexpr (requires { &T::undo; }) return !declared_by_flow_base(&T::undo);
    return true;
  } else {
    if constexpr (requires { &T::rollback; }) return !declared_by_flow_base(&T::rollback);
    return true;
  }
}

template <class T>
constexpr bool has_pre_check() {
  if constexpr (BlockingWorker<T>) {
    if constexpr (requires { &T::check; }) return !declared_by_flow_base(&T::check);
    return true;
  } else {
    if constexpr (requires { &T::pre_check; }) return !declared_by_flow_base(&T::pre_check);
    return true;
  }
}

template <class T>
constexpr bool has_skip() {
  if constexpr (requires { &T::skip; }) return !declared_by_flow_base(&T::skip);
  return true;
}

}  // namespace tenon::detail
