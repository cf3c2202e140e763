#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The query of a target: `?state=running&limit=10`. Read strictly: whoever misspells a condition must not be answered
/// as if it had none.
namespace tenon::api {

/// A parameter that there is not; the details say which there are.
inline constexpr std::string_view kUnknownParameter = "API.1011";
/// One that is not as it should be; the details say how.
inline constexpr std::string_view kBadParameter = "API.1012";

using QueryParameters = std::vector<std::pair<std::string, std::string>>;

/// In the order in which they stand. API.1012 for a text that can't be decoded.
[[nodiscard]] Result<QueryParameters> read_query(std::string_view target);
/// The text as a part of a query.
[[nodiscard]] std::string query_text(std::string_view text);
/// Percent-encoding undone; nothing if a `%` is not followed by two hexadecimal digits, or stands for a zero byte.
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text);

/// `NAME: expected WHAT, found 'VALUE'`.
[[nodiscard]] ErrorCode bad_parameter(std::string_view name, std::string_view expected, std::string_view found);
[[nodiscard]] ErrorCode unknown_parameter(const std::string& name, const std::vector<std::string>& allowed);

/// A whole number from `least` to `most`.
[[nodiscard]] Result<std::uint64_t> read_count(std::string_view name, std::string_view text, std::uint64_t least,
                                               std::uint64_t most);
/// Microseconds since 1970 UTC of `2024-05-01`, `2024-05-01T12:30:00Z` (with a fraction or an offset such as `+02:00`
/// if need be), or `2h`: so long before `now`.
[[nodiscard]] Result<std::int64_t> read_moment(std::string_view name, std::string_view text, std::int64_t now);

}  // namespace tenon::api
