#pragma once

#include <tenon/library.h>

#include <concepts>
#include <initializer_list>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

/// Structured logging through the node: a constant text and key/value fields.
/// ```cpp
/// tenon::log::info("domain started", {{"uuid", uuid}, {"memory", bytes}});
/// ```
/// Any thread may log. A line logged before the library is registered is dropped.
namespace tenon::log {

/// A key with its value, as written at the call: text, numbers and booleans.
class Field {
 public:
  Field(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  Field(std::string_view key, const std::string& value) : key_(key), value_(value) {}
  Field(std::string_view key, const char* value) : key_(key), value_(value) {}
  Field(std::string_view key, bool value) : key_(key), value_(value ? "true" : "false") {}
  template <class T>
  requires(std::is_arithmetic_v<T> && !std::same_as<T, bool>) Field(std::string_view key, T value)
      : key_(key), value_(std::to_string(value)) {}

  [[nodiscard]] LogField view() const noexcept { return {key_, value_}; }

 private:
  std::string_view key_;
  std::string value_;
};

inline void write(LogLevel level, std::string_view text, std::initializer_list<Field> fields) {
  NodeServices* node = detail::this_node;
  if (node == nullptr || !node->log_enabled(level)) return;
  std::vector<LogField> views;
  views.reserve(fields.size());
  for (const Field& field : fields) views.push_back(field.view());
  node->log(level, detail::this_library != nullptr ? detail::this_library->name : std::string_view("node"), text,
            views);
}

inline void debug(std::string_view text, std::initializer_list<Field> fields = {}) {
  write(LogLevel::kDebug, text, fields);
}
inline void info(std::string_view text, std::initializer_list<Field> fields = {}) {
  write(LogLevel::kInfo, text, fields);
}
inline void warning(std::string_view text, std::initializer_list<Field> fields = {}) {
  write(LogLevel::kWarning, text, fields);
}
inline void error(std::string_view text, std::initializer_list<Field> fields = {}) {
  write(LogLevel::kError, text, fields);
}

}  // namespace tenon::log
