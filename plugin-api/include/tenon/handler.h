#pragma once

#include <tenon/class_table.h>
#include <tenon/error.h>
#include <tenon/message.h>
#include <tenon/store.h>

#include <concepts>
#include <exception>
#include <string>
#include <type_traits>
#include <utility>

namespace tenon {

struct HandlerOptions {
  /// Whether a function that takes a call may block: then it is called on a thread for that.
  bool blocks = false;
};

/// Answers the call with what `work` (const M&) returns, or with the error that it throws. `call.as<M>()` must not be
/// null.
template <Message M, class Work>
void answer(AnyCall call, const Work& work);

}  // namespace tenon

/// What ClassBuilder::handles makes of a member function.
namespace tenon::detail {

template <class F>
struct MemberFunction;
template <class R, class C, class... A>
struct MemberFunction<R (C::*)(A...)> {
  using Returned = R;
  using Class = C;
};
template <class R, class C, class... A>
struct MemberFunction<R (C::*)(A...) const> : MemberFunction<R (C::*)(A...)> {};

/// The message among the parameters of a handler, or void.
template <class... A>
struct HandledMessage {
  using type = void;
};
template <class M, class... Rest>
struct HandledMessage<Call<M>, Rest...> {
  using type = M;
};
template <class First, class... Rest>
struct HandledMessage<First, Rest...> {
  using Plain = std::remove_cvref_t<First>;
  using type = typename std::conditional_t<Message<Plain>, std::type_identity<Plain>, HandledMessage<Rest...>>::type;
};
template <class R, class C, class... A>
HandledMessage<A...> handled_message(R (C::*)(A...));
template <class R, class C, class... A>
HandledMessage<A...> handled_message(R (C::*)(A...) const);

/// Answers the call with what `work` (const M&) returns or throws.
template <Message M, class Work>
void answer_call(AnyCall any, const Work& work) {
  Call<M> call(std::move(any));
  Result<typename M::Reply> answer = ErrorCode();
  try {
    answer = work(call);
  } catch (const Error& e) {
    answer = e.error();
  } catch (const std::exception& e) {
    answer = make_error("MESSAGE.1009", "a handler or an interceptor threw an exception", e.what());
  } catch (...) {
    answer = make_error("MESSAGE.1009", "a handler or an interceptor threw an exception", "not a std::exception");
  }
  std::move(call).finish(std::move(answer));
}

template <class T, class F>
HandlerEntry make_handler(F function, HandlerOptions options) {
  using M = typename decltype(handled_message(function))::type;
  static_assert(std::derived_from<T, typename MemberFunction<F>::Class>, "the class must have this function");
  HandlerEntry entry;
  entry.blocks = options.blocks;
  if constexpr (std::is_void_v<M>) {
    static_assert(std::is_invocable_v<F, T&, AnyCall>, "a handler takes a message, a Call of one, or an AnyCall");
    entry.call = [function](void* object, AnyCall call) { (static_cast<T*>(object)->*function)(std::move(call)); };
  } else {
    entry.message = M::kMessage;
    if constexpr (std::is_invocable_v<F, T&, Call<M>>) {
      entry.call = [function](void* object, AnyCall call) {
        (static_cast<T*>(object)->*function)(Call<M>(std::move(call)));
      };
    } else {
      static_assert(std::is_same_v<typename MemberFunction<F>::Returned, Result<typename M::Reply>>,
                    "a handler that may block returns Result<M::Reply>");
      entry.blocks = true;
      entry.call = [function](void* object, AnyCall call) {
        T& self = *static_cast<T*>(object);
        answer_call<M>(std::move(call), [&](const Call<M>& typed) {
          if constexpr (std::is_invocable_v<F, T&, const M&>) {
            return (self.*function)(typed.message());
          } else if constexpr (std::is_invocable_v<F, T&, const M&, const Caller&>) {
            return (self.*function)(typed.message(), typed.caller());
          } else {
            static_assert(std::is_invocable_v<F, T&, StoreTransaction&, const M&>,
                          "a handler takes (const M&), (const M&, const Caller&) or (StoreTransaction&, const M&)");
            return transaction([&](StoreTransaction& store) { return (self.*function)(store, typed.message()); });
          }
        });
      };
    }
  }
  return entry;
}

}  // namespace tenon::detail

namespace tenon {

template <Message M, class Work>
void answer(AnyCall call, const Work& work) {
  detail::answer_call<M>(std::move(call), [&](const Call<M>& typed) { return work(typed.message()); });
}

}  // namespace tenon
