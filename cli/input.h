#pragma once

#include <tenon/json.h>

#include <string>

namespace tenon::cli {

/// The inputs of a chain: a file of one JSON object; `-` for standard input; empty for none. Throws Failure with the
/// place of a mistake.
[[nodiscard]] Json read_input(const std::string& file);

/// One JSON object of a file, or of standard input (`-`). `what` names it for messages.
[[nodiscard]] Json read_object(const std::string& file, const std::string& what);

}  // namespace tenon::cli
