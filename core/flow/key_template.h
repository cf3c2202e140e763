#pragma once

#include <tenon/error.h>
#include <tenon/value.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::flow {

/// A name made of data: `host:{host.uuid}` is `host:` and the member `uuid` of the value under the key `host`. Names
/// what a lock or a limit is about.
class KeyTemplate {
 public:
  /// Reads a template: text, and `{KEY}` or `{KEY.MEMBER…}` any number of times. The error says what is wrong and at
  /// which character.
  static Result<KeyTemplate> parse(std::string_view text);

  /// The keys that it takes values of, each once.
  [[nodiscard]] std::vector<std::string> keys() const;
  /// As it was read.
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

  /// The name for these data; `find` gives the value under a key, or null. FLOW.1015 if a value or a member of it is
  /// not there, or is no text, number or truth value.
  [[nodiscard]] Result<std::string> name(const std::function<const Value*(std::string_view key)>& find) const;

 private:
  struct Part {
    std::string literal;
    /// Empty for a part that is text alone.
    std::string key;
    std::vector<std::string> members;
  };
  std::string text_;
  std::vector<Part> parts_;
};

}  // namespace tenon::flow
