#pragma once

#include <tenon/json.h>

#include <string>

namespace tenon::cli {

/// The inputs of a chain: a file of one JSON object; `-` for standard input; empty for none. Throws Failure with the
/// place of a mistake.
[[nodiscard]] Json read_input(const std::string& file);

}  // namespace tenon::cli
