#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tenon {

/// One JSON value as a plain tree (RFC 8259). Object members keep their order; a duplicate name is kept as it came and
/// the first one is found. Made of standard types only, so it may cross libraries and outlive them.
class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;
  Json(std::nullptr_t) {}                               // NOLINT(google-explicit-constructor)
  Json(bool value) : data_(value) {}                    // NOLINT(google-explicit-constructor)
  Json(std::int64_t value) : data_(value) {}            // NOLINT(google-explicit-constructor)
  Json(int value) : data_(std::int64_t{value}) {}       // NOLINT(google-explicit-constructor)
  Json(unsigned value) : data_(std::int64_t{value}) {}  // NOLINT(google-explicit-constructor)
  /// Held as a signed number where it fits.
  Json(std::uint64_t value) {  // NOLINT(google-explicit-constructor)
    if (value <= INT64_MAX) {
      data_ = static_cast<std::int64_t>(value);
    } else {
      data_ = value;
    }
  }
  Json(double value) : data_(value) {}                         // NOLINT(google-explicit-constructor)
  Json(std::string value) : data_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Json(std::string_view value) : data_(std::string(value)) {}  // NOLINT(google-explicit-constructor)
  Json(const char* value) : data_(std::string(value)) {}       // NOLINT(google-explicit-constructor)
  Json(Array value) : data_(std::move(value)) {}               // NOLINT(google-explicit-constructor)
  Json(Object value) : data_(std::move(value)) {}              // NOLINT(google-explicit-constructor)

  [[nodiscard]] static Json array() { return Json(Array{}); }
  [[nodiscard]] static Json object() { return Json(Object{}); }

  [[nodiscard]] bool is_null() const noexcept { return std::holds_alternative<std::monostate>(data_); }
  /// Each `as_…` gives null if the value is of another type; the pointer lives as long as this value.
  [[nodiscard]] const bool* as_bool() const noexcept { return std::get_if<bool>(&data_); }
  [[nodiscard]] const std::int64_t* as_int() const noexcept { return std::get_if<std::int64_t>(&data_); }
  /// Only numbers above the signed range.
  [[nodiscard]] const std::uint64_t* as_uint() const noexcept { return std::get_if<std::uint64_t>(&data_); }
  [[nodiscard]] const double* as_double() const noexcept { return std::get_if<double>(&data_); }
  [[nodiscard]] const std::string* as_string() const noexcept { return std::get_if<std::string>(&data_); }
  [[nodiscard]] const Array* as_array() const noexcept { return std::get_if<Array>(&data_); }
  [[nodiscard]] const Object* as_object() const noexcept { return std::get_if<Object>(&data_); }
  [[nodiscard]] Array* as_array() noexcept { return std::get_if<Array>(&data_); }
  [[nodiscard]] Object* as_object() noexcept { return std::get_if<Object>(&data_); }

  /// The member of an object, or null if there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view name) const noexcept {
    if (const Object* members = as_object()) {
      for (const auto& [key, value] : *members) {
        if (key == name) return &value;
      }
    }
    return nullptr;
  }

  /// Adds a member; makes a null value an object first. Returns this value.
  Json& add(std::string_view name, Json value) & {
    if (is_null()) data_ = Object{};
    std::get<Object>(data_).emplace_back(name, std::move(value));
    return *this;
  }
  Json&& add(std::string_view name, Json value) && { return std::move(this->add(name, std::move(value))); }
  /// Adds an element; makes a null value an array first.
  Json& push(Json value) {
    if (is_null()) data_ = Array{};
    std::get<Array>(data_).push_back(std::move(value));
    return *this;
  }

  /// `null`, `boolean`, `number`, `string`, `array` or `object`.
  [[nodiscard]] std::string_view type_name() const noexcept {
    switch (data_.index()) {
      case 0: return "null";
      case 1: return "boolean";
      case 5: return "string";
      case 6: return "array";
      case 7: return "object";
      default: return "number";
    }
  }

  friend bool operator==(const Json&, const Json&) = default;

 private:
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> data_;
};

}  // namespace tenon
