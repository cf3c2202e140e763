#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <cstddef>
#include <string>
#include <string_view>

/// JSON as text. A library of its own (tenon_json_text) that needs nothing else of core: the command line uses it too.
namespace tenon::api {

inline constexpr std::size_t kJsonDepth = 64;

/// Reads one JSON text (RFC 8259, UTF-8). Strict: nothing but blanks may follow the value, and an object may not have
/// one name twice. Errors, each with the line and column where reading stopped: JSON.1006 not JSON, JSON.1007 a name
/// given twice, JSON.1008 nested deeper than `depth`. Needs no stack for nesting.
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::size_t depth = kJsonDepth);

enum class JsonStyle { kCompact, kIndented };

/// Whether the text is UTF-8 (RFC 3629).
[[nodiscard]] bool is_utf8(std::string_view text);

/// The value as text. Always valid: a number that JSON can't express becomes null, a byte that is not UTF-8 the
/// replacement character.
[[nodiscard]] std::string print_json(const Json& value, JsonStyle style = JsonStyle::kCompact);

}  // namespace tenon::api
