#pragma once

#include <tenon/json.h>

#include <string>

#include "terminal.h"

namespace tenon::cli {

/// A chain as the API tells it, as text: what it asks for, then a row a step in the order of the way forward, indented
/// below the sub-chain, parallel or extension point that it belongs to. Long cells are wrapped at the width of a live
/// terminal.
[[nodiscard]] std::string chain_text(const Json& chain, const Terminal& terminal);

}  // namespace tenon::cli
