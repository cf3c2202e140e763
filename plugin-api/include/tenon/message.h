#pragma once

#include <tenon/described.h>
#include <tenon/error.h>
#include <tenon/library.h>
#include <tenon/value.h>

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

/// Messages: named requests that one service of the node answers, for the API, for other plugins, and for whoever
/// stands in between (tenon/interceptor.h). A message is a described struct that names itself and its reply:
/// ```cpp
/// struct PaintWall {
///   static constexpr std::string_view kMessage = "paint.PaintWall";
///   using Reply = WallInventory;
///   std::string wall;
///   std::string color = "white";
/// };
/// BOOST_DESCRIBE_STRUCT(PaintWall, (), (wall, color))
/// ```
/// A bean handles it, and a `<service>` of a descriptor says that it does, who may stop it before, and at which address
/// of the API it can be had:
/// ```cpp
/// plugin.message<PaintWall>();
/// plugin.bean<Painter>("paint.Painter").handles(&Painter::paint);  // void paint(tenon::Call<PaintWall> call)
/// …
/// tenon::Result<WallInventory> wall = tenon::call(PaintWall{"north", "blue"});
/// ```
/// Within the node a message passes as the object that it is; only the API makes it from JSON. What its fields may hold
/// beyond their types is the descriptor's to say, and checked where JSON comes in.
namespace tenon {

/// The reply of a message that has nothing to say but that it is done.
struct NoReply {
  friend bool operator==(const NoReply&, const NoReply&) = default;
};
BOOST_DESCRIBE_STRUCT(NoReply, (), ())

template <class M>
concept Message = DescribedStruct<M> && requires {
  { M::kMessage } -> std::convertible_to<std::string_view>;
  typename M::Reply;
};

/// A message that is another one with more in it: whoever handles or intercepts the other gets this one, too. It
/// derives from it, names itself anew, and says so: `using Extends = CreateWall;`. Its reply is, or derives from, the
/// other's.
template <class M>
concept ExtendingMessage = Message<M> && requires {
  typename M::Extends;
} && !std::same_as<M, typename M::Extends> && std::derived_from<M, typename M::Extends>;

/// Who asks.
struct Caller {
  /// A user of the machine, by name; `plugin NAME` for code that asks within the node.
  std::string user;
  /// Whether the user may do everything: root, whom the node runs as, and the node's own code.
  bool is_admin = false;
  /// The id of the request that led to this call, for logs; empty if there was none.
  std::string request;
};

namespace detail {

/// `object` as the type of this id: the message's own, or one that it extends; null for any other.
template <Message M>
const void* message_as(const M* object, std::uint64_t type) noexcept {
  if (type == kTypeId<M>) return object;
  if constexpr (ExtendingMessage<M>) {
    return message_as<typename M::Extends>(static_cast<const typename M::Extends*>(object), type);
  } else {
    return nullptr;
  }
}

}  // namespace detail

/// One call under way, as the node keeps it. Counted; used through Call and PendingCall.
class CallState {
 public:
  CallState(const CallState&) = delete;
  CallState& operator=(const CallState&) = delete;

  [[nodiscard]] const Value& message() const noexcept { return message_; }
  /// The message as a type that it is or extends, or null.
  [[nodiscard]] virtual const void* as(std::uint64_t type) const noexcept = 0;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;
  [[nodiscard]] virtual const Caller& caller() const noexcept = 0;
  [[nodiscard]] virtual std::string_view key() const noexcept = 0;
  [[nodiscard]] virtual std::chrono::steady_clock::time_point deadline() const noexcept = 0;
  [[nodiscard]] virtual bool cancelled() const noexcept = 0;
  /// The first answer counts; a later one is logged (MESSAGE.1003).
  virtual void answer(Result<Value> answer) noexcept = 0;
  /// It is answered by a run, which has been recorded.
  virtual void started(std::uint64_t run) noexcept = 0;
  /// Nobody holds it any more who could answer it.
  virtual void dropped() noexcept = 0;
  virtual void cancel() noexcept = 0;

  void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
  void drop_reference() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy();
  }

 protected:
  explicit CallState(Value message) noexcept : message_(std::move(message)) {}
  ~CallState() = default;
  virtual void destroy() noexcept = 0;

  Value message_;

 private:
  std::atomic<std::uint32_t> references_{1};
};

/// A call that was made, for who may want it to end early. Copies mean the same call; letting go of it changes nothing.
class PendingCall {
 public:
  PendingCall() noexcept = default;
  /// Takes over a reference.
  explicit PendingCall(CallState* state) noexcept : state_(state) {}
  PendingCall(const PendingCall& other) noexcept : state_(other.state_) {
    if (state_ != nullptr) state_->add_reference();
  }
  PendingCall(PendingCall&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  PendingCall& operator=(PendingCall other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~PendingCall() {
    if (state_ != nullptr) state_->drop_reference();
  }

  /// The caller is told MESSAGE.1005 at once, if there was no answer yet; the handler may see `cancelled()`. Any
  /// thread.
  void cancel() const noexcept {
    if (state_ != nullptr) state_->cancel();
  }

 private:
  CallState* state_ = nullptr;
};

/// A call on its way to whom it is for, whatever its message. Move-only: exactly one answer counts.
///
/// Any thread may answer, before or after the handler returns; the caller goes on on that thread. A second answer has
/// no effect and is logged as MESSAGE.1003. A call destroyed without an answer is answered with MESSAGE.1002, which
/// names the handler.
class AnyCall {
 public:
  /// Made by the node only. Takes over a reference.
  explicit AnyCall(CallState* state) noexcept : state_(state) {}
  AnyCall(AnyCall&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
  AnyCall& operator=(AnyCall&&) = delete;
  ~AnyCall() {
    if (state_ == nullptr) return;
    state_->dropped();
    state_->drop_reference();
  }

  [[nodiscard]] std::string_view name() const noexcept { return state_->name(); }
  [[nodiscard]] const Value& value() const noexcept { return state_->message(); }
  [[nodiscard]] const Caller& caller() const noexcept { return state_->caller(); }
  /// The same when the same request comes again: names what is made for it. Empty if the caller gave none.
  [[nodiscard]] std::string_view key() const noexcept { return state_->key(); }
  /// When the caller is told MESSAGE.1004 if there is no answer.
  [[nodiscard]] std::chrono::steady_clock::time_point deadline() const noexcept { return state_->deadline(); }
  /// Whether nobody waits for the answer any longer.
  [[nodiscard]] bool cancelled() const noexcept { return state_->cancelled(); }
  /// The message as an `M`, if it is one or extends it; else null. Lives as long as the call.
  template <Message M>
  [[nodiscard]] const M* as() const noexcept {
    return static_cast<const M*>(state_->as(kTypeId<M>));
  }

  void fail(ErrorCode error) && { std::move(*this).answer(std::move(error)); }
  /// `reply` is of the type that the message declares, or of one that derives from it.
  void reply(Value reply) && { std::move(*this).answer(std::move(reply)); }
  /// The call as a counted state, without the duty to answer: whoever takes it has it.
  [[nodiscard]] CallState* release() && noexcept { return std::exchange(state_, nullptr); }

 protected:
  void answer(Result<Value> answer) && {
    CallState* state = std::exchange(state_, nullptr);
    state->answer(std::move(answer));
    state->drop_reference();
  }

  CallState* state_;
};

/// A call of one message. As AnyCall, with its types.
template <Message M>
class Call : public AnyCall {
 public:
  /// `call.as<M>()` must not be null.
  explicit Call(AnyCall&& call) noexcept : AnyCall(std::move(call)), message_(as<M>()) {}

  [[nodiscard]] const M& message() const noexcept { return *message_; }
  const M* operator->() const noexcept { return message_; }

  void reply(typename M::Reply reply) && { std::move(*this).answer(Value::of<typename M::Reply>(std::move(reply))); }
  /// Of a message that extends this one: its own reply.
  void reply(Value reply) && { std::move(*this).answer(std::move(reply)); }
  /// Answers with the value, or fails with the error.
  void finish(Result<typename M::Reply> result) && {
    if (result) return std::move(*this).reply(std::move(result).value());
    std::move(*this).fail(std::move(result).error());
  }

 private:
  const M* message_;
};

struct CallOptions {
  /// How long an answer is waited for; zero: as the descriptor says.
  std::chrono::milliseconds timeout{0};
  /// Null: the library that asks.
  std::shared_ptr<const Caller> caller = {};
  /// AnyCall::key.
  std::string key = {};
  /// Called when the call is answered by a run that is recorded by now, before the run has ended. On any thread; must
  /// not block or throw.
  std::function<void(std::uint64_t run)> started = {};
};

/// Who brings messages to their services. Implemented by the node; any thread may call. Plugins use `ask` and `call`.
class MessageHost {
 public:
  /// Does not throw.
  using Done = std::function<void(Result<Value>)>;

  /// Calls `done` exactly once, on whichever thread has the answer: maybe this one, before this returns. Errors: those
  /// of the handler and of interceptors; MESSAGE.1001 no service handles it; 1002 the handler let go of it without an
  /// answer; 1004 there is no answer in time; 1005 it was cancelled; 1006 the node is stopping.
  virtual PendingCall ask(Value message, CallOptions options, Done done) = 0;

  /// Waits for the answer; a handler that blocks works on this thread.
  virtual Result<Value> call(Value message, CallOptions options) = 0;

 protected:
  ~MessageHost() = default;
};

namespace detail {

/// What an answer holds as the reply that the message declares. One of a derived type is cut down to it.
template <class Reply>
Result<Reply> read_reply(const Result<Value>& answer) {
  if (!answer) return answer.error();
  if (const Reply* reply = answer->template as<Reply>()) return *reply;
  Result<Reply> read = from_json_lenient<Reply>(answer->json());
  if (read) return read;
  ErrorCode error = make_error("MESSAGE.1007", "a reply of another type",
                               std::string(answer->type_name()) + ", read as " + std::string(type_name<Reply>()));
  error.causes.push_back(std::move(read).error());
  return error;
}

[[nodiscard]] inline MessageHost* message_host() noexcept {
  return this_node != nullptr ? this_node->messages() : nullptr;
}
[[nodiscard]] inline ErrorCode no_messages() { return make_error("MESSAGE.1006", "the node takes no messages now"); }

}  // namespace detail

/// Asks the service that handles the message. `done` is called exactly once, on any thread, maybe before this returns;
/// it must not block. Errors as MessageHost::ask.
template <Message M>
PendingCall ask(M message, std::function<void(Result<typename M::Reply>)> done, CallOptions options = {}) {
  MessageHost* host = detail::message_host();
  if (host == nullptr) {
    done(detail::no_messages());
    return {};
  }
  return host->ask(Value::of<M>(std::move(message)), std::move(options),
                   [pin = Pin::here(), done = std::move(done)](const Result<Value>& answer) {
                     done(detail::read_reply<typename M::Reply>(answer));
                   });
}

/// The same, waiting for the answer: for a BlockingFlow, and for what else may block.
template <Message M>
[[nodiscard]] Result<typename M::Reply> call(M message, CallOptions options = {}) {
  MessageHost* host = detail::message_host();
  if (host == nullptr) return detail::no_messages();
  return detail::read_reply<typename M::Reply>(host->call(Value::of<M>(std::move(message)), std::move(options)));
}

}  // namespace tenon
