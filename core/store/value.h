#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tenon::store {

/// Bytes of a column of type `bytea`. A view: what it shows must outlive the call it is given to.
struct Blob {
  std::string_view bytes;
};

/// A value bound to a statement. A view of text and blobs: they must outlive the call.
///
/// Text must be UTF-8 without NUL and a double must be finite: STORE.1008 otherwise, on both engines, before anything
/// is sent.
class Parameter {
 public:
  using Data = std::variant<std::monostate, bool, std::int64_t, double, std::string_view, Blob>;

  Parameter() = default;
  Parameter(std::nullptr_t) {}                                             // NOLINT(google-explicit-constructor)
  Parameter(std::nullopt_t) {}                                             // NOLINT(google-explicit-constructor)
  Parameter(bool value) : data_(value) {}                                  // NOLINT(google-explicit-constructor)
  Parameter(double value) : data_(value) {}                                // NOLINT(google-explicit-constructor)
  Parameter(std::string_view value) : data_(value) {}                      // NOLINT(google-explicit-constructor)
  Parameter(const std::string& value) : data_(std::string_view(value)) {}  // NOLINT(google-explicit-constructor)
  Parameter(const char* value) : data_(std::string_view(value)) {}         // NOLINT(google-explicit-constructor)
  Parameter(Blob value) : data_(value) {}                                  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  requires(!std::same_as<T, bool> && (std::signed_integral<T> || sizeof(T) < sizeof(std::int64_t)))
      Parameter(T value)  // NOLINT(google-explicit-constructor)
      : data_(std::int64_t{value}) {}
  template <class T>
  Parameter(const std::optional<T>& value) {  // NOLINT(google-explicit-constructor)
    if (value) data_ = Parameter(*value).data_;
  }

  [[nodiscard]] const Data& data() const noexcept { return data_; }

 private:
  Data data_;
};

/// The values of `$1`, `$2` …, in order.
class Parameters {
 public:
  Parameters() = default;
  Parameters(std::initializer_list<Parameter> list)  // NOLINT(google-explicit-constructor)
      : list_(std::data(list), list.size()) {}
  Parameters(std::span<const Parameter> list) : list_(list) {}     // NOLINT(google-explicit-constructor)
  Parameters(const std::vector<Parameter>& list) : list_(list) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] std::size_t size() const noexcept { return list_.size(); }
  [[nodiscard]] const Parameter& operator[](std::size_t index) const { return list_[index]; }
  [[nodiscard]] auto begin() const noexcept { return list_.begin(); }
  [[nodiscard]] auto end() const noexcept { return list_.end(); }

 private:
  std::span<const Parameter> list_;
};

}  // namespace tenon::store
