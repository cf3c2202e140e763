#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <string>
#include <string_view>

namespace compute {

/// The value that the text is, all of it. An object must not have one name twice; values may nest 32 levels deep. The
/// error (REGISTRY.1005) says `line:column: what is wrong`, or only what.
[[nodiscard]] tenon::Result<tenon::Json> parse_json(std::string_view text);

/// For people: indented, a newline at its end.
[[nodiscard]] std::string json_text(const tenon::Json& json);

}  // namespace compute
