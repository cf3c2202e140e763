#pragma once

#include <tenon/message.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Interceptors see messages before the service that handles them: they may change, refuse or answer one.
/// ```cpp
/// class NoNightShift final : public tenon::MessageInterceptor {
///  public:
///   tenon::Verdict intercept(tenon::InterceptedMessage& message) override {
///     if (!is_night()) return tenon::go_on();
///     return tenon::refuse(tenon::make_error("PAINT.1007", "nobody paints at night"));
///   }
/// };
/// ```
/// A descriptor names its bean in `<interceptor>` of a service or of one message, or as an extension of
/// `tenon.MessageInterceptor` for every message.
namespace tenon {

/// Interceptors are asked position by position; within one by `order`, highest first; then as declared: extensions
/// before those of services, those before the message's own.
enum class InterceptorPosition : std::uint8_t { kSystem, kFront, kDefault, kEnd };

/// Nothing: the message goes on. A value: it is the answer. An error: it is refused.
using Verdict = std::optional<Result<Value>>;
[[nodiscard]] inline Verdict go_on() { return std::nullopt; }
[[nodiscard]] inline Verdict refuse(ErrorCode error) { return Verdict(std::in_place, std::move(error)); }
template <class Reply>
[[nodiscard]] Verdict answer_with(Reply reply) {
  return Result<Value>(Value::of<Reply>(std::move(reply)));
}

/// A message on its way. Used within one call of `intercept`.
class InterceptedMessage {
 public:
  /// For the node. `replace`: takes another message of the same type.
  InterceptedMessage(const CallState& state, void (*replace)(void* context, Value message), void* context) noexcept
      : state_(state), replace_(replace), context_(context) {}
  InterceptedMessage(const InterceptedMessage&) = delete;
  InterceptedMessage& operator=(const InterceptedMessage&) = delete;

  [[nodiscard]] std::string_view name() const noexcept { return state_.name(); }
  [[nodiscard]] const Value& value() const noexcept { return state_.message(); }
  [[nodiscard]] const Caller& caller() const noexcept { return state_.caller(); }
  /// The message as an `M`, if it is one or extends it; else null. Lives until it is changed.
  template <Message M>
  [[nodiscard]] const M* as() const noexcept {
    return static_cast<const M*>(state_.as(kTypeId<M>));
  }

  /// Puts another message in its place. Throws Error MESSAGE.1008 if it is not of the same type.
  template <Message M>
  void change(M message) {
    if (value().type_id() != kTypeId<M>) {
      throw Error(make_error("MESSAGE.1008", "a message can't be changed into one of another type",
                             std::string(name()) + " into " + std::string(M::kMessage)));
    }
    replace_(context_, Value::of<M>(std::move(message)));
  }

 private:
  const CallState& state_;
  void (*replace_)(void*, Value);
  void* context_;
};

/// Any thread, several at once. An Error that it throws refuses the message; any other exception, with MESSAGE.1009.
class MessageInterceptor {
 public:
  static constexpr std::string_view kInterface = "tenon.MessageInterceptor/1";
  virtual ~MessageInterceptor() = default;

  virtual Verdict intercept(InterceptedMessage& message) = 0;

  /// Where the descriptor says nothing. The same each time.
  virtual InterceptorPosition position() const noexcept { return InterceptorPosition::kDefault; }
  /// Whether `intercept` may block: then it is never called on a thread that must not. The same each time.
  virtual bool may_block() const noexcept { return false; }
  /// Of an extension: the names of the messages that it is for, or what they extend; none: all. The same each time.
  virtual std::vector<std::string> messages() const { return {}; }
};

}  // namespace tenon
