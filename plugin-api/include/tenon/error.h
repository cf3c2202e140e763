#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tenon {

/// What went wrong, as data. Holds no pointer into any library, so it may be kept after the library that made it is
/// gone. Any thread may copy it.
struct ErrorCode {
  /// Stable identifier, for programs: `FLOW.1002`, `KVM.1001`.
  std::string code;
  /// What the code means, the same text every time.
  std::string description;
  /// What happened this time.
  std::string details;
  /// What led to it, nearest first; a run that failed lists here also each undo that failed.
  std::vector<ErrorCode> causes;
  /// Facts for programs and for the operator: the flow, the host, the place in a file.
  std::map<std::string, std::string> elaboration;

  /// One line: `CODE: description: details`, without the causes.
  [[nodiscard]] std::string to_string() const {
    std::string line = code;
    if (!description.empty()) line.append(line.empty() ? "" : ": ").append(description);
    if (!details.empty()) line.append(line.empty() ? "" : ": ").append(details);
    return line;
  }
};

/// Makes an error. `description` says what the code means, `details` what happened this time.
[[nodiscard]] inline ErrorCode make_error(std::string_view code, std::string_view description,
                                          std::string details = {}) {
  return ErrorCode{std::string(code), std::string(description), std::move(details), {}, {}};
}

/// The exception form of an ErrorCode, for code that may throw: the node turns it back into the ErrorCode it carries.
class Error : public std::runtime_error {
 public:
  explicit Error(ErrorCode error) : std::runtime_error(error.to_string()), error_(std::move(error)) {}
  [[nodiscard]] const ErrorCode& error() const noexcept { return error_; }

 private:
  ErrorCode error_;
};

/// A value or the reason why there is none.
///
/// Reading the wrong side throws `std::bad_variant_access` (`error()`) or `Error` (`value()`).
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}          // NOLINT(google-explicit-constructor)
  Result(ErrorCode error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  /// The value; throws Error if there is none.
  T& value() & {
    require();
    return std::get<0>(state_);
  }
  const T& value() const& {
    require();
    return std::get<0>(state_);
  }
  T&& value() && {
    require();
    return std::get<0>(std::move(state_));
  }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  [[nodiscard]] const ErrorCode& error() const& { return std::get<1>(state_); }
  [[nodiscard]] ErrorCode&& error() && { return std::get<1>(std::move(state_)); }

 private:
  void require() const {
    if (!ok()) throw Error(std::get<1>(state_));
  }
  std::variant<T, ErrorCode> state_;
};

/// Success without a value, or the reason of the failure.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(ErrorCode error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const noexcept { return !error_.has_value(); }
  explicit operator bool() const noexcept { return ok(); }
  /// Throws Error if this is a failure.
  void value() const {
    if (error_) throw Error(*error_);
  }
  [[nodiscard]] const ErrorCode& error() const& { return error_.value(); }
  [[nodiscard]] ErrorCode&& error() && { return std::move(error_).value(); }

 private:
  std::optional<ErrorCode> error_;
};

}  // namespace tenon
