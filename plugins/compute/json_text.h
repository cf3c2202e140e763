#pragma once

#include <tenon/json.h>

#include <optional>
#include <string_view>

namespace compute {

/// The value that the text is, all of it. Nothing if it is no JSON, an object has one name twice, or values nest more
/// than 32 levels deep.
[[nodiscard]] std::optional<tenon::Json> parse_json(std::string_view text);

}  // namespace compute
