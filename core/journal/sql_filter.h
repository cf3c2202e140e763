#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "store/value.h"

namespace tenon::journal {

/// A WHERE that is put together. What it binds must outlive it.
class SqlFilter {
 public:
  /// All that is added must hold.
  void add(std::string_view condition) {
    sql_.append(sql_.empty() ? "WHERE (" : " AND (").append(condition).append(")");
  }
  /// Each `?` of the condition is the value.
  void add(std::string_view condition, const store::Parameter& value) {
    parameters_.push_back(value);
    std::string text;
    for (const char letter : condition) {
      if (letter == '?') {
        text.append("$").append(std::to_string(parameters_.size()));
      } else {
        text += letter;
      }
    }
    add(text);
  }
  /// The text is the value, or begins with what stands before a `*` in its end.
  void add_pattern(std::string_view before, std::string_view column, std::string_view after, std::string_view pattern) {
    std::string condition(before);
    if (pattern.ends_with('*')) {
      pattern.remove_suffix(1);
      condition.append("substr(").append(column).append(", 1, length(CAST(? AS text))) = ?");
    } else {
      condition.append(column).append(" = ?");
    }
    add(condition.append(after), pattern);
  }

  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }
  [[nodiscard]] const std::vector<store::Parameter>& parameters() const noexcept { return parameters_; }

 private:
  std::string sql_;
  std::vector<store::Parameter> parameters_;
};

}  // namespace tenon::journal
