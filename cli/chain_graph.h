#pragma once

#include <tenon/json.h>

#include <string>

namespace tenon::cli {

/// A chain as the API tells it, as a graph in Graphviz's DOT language: steps coloured by their plugins, the way forward
/// drawn through, the way of the undo dashed, frames around sub-chains, parallels and extension points.
[[nodiscard]] std::string chain_dot(const Json& chain);

}  // namespace tenon::cli
