#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tenon::message {

/// Which paths of events are meant: segments; `*` or `{name}` stands for exactly one, `**` at the end for any number,
/// none too.
class EventPattern {
 public:
  explicit EventPattern(std::string_view text);
  [[nodiscard]] bool matches(std::string_view path) const;

  /// Whether the text is a pattern: begins with `/`, has no empty segment, and `**` at its end only.
  [[nodiscard]] static bool is_valid(std::string_view text);

 private:
  /// Empty for any.
  std::vector<std::string> segments_;
  bool open_ = false;
};

}  // namespace tenon::message
