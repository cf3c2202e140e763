#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <string>
#include <string_view>

namespace ovs {

/// The value that the text is, all of it. Error OVS.1004 with the place of the mistake. The nesting is as deep as the
/// text's: JsonFramer has bounded it.
[[nodiscard]] tenon::Result<tenon::Json> parse_json(std::string_view text);

/// In one line.
[[nodiscard]] std::string json_text(const tenon::Json& json);

/// OVS.1004.
[[nodiscard]] tenon::ErrorCode not_understood(std::string details);

}  // namespace ovs
