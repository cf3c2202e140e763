#pragma once

#include "descriptor/element_reader.h"

#include <vector>

namespace tenon::descriptor {

/// Reads an `<error>`: the codes of one prefix.
[[nodiscard]] std::vector<ErrorCodeDefinition> read_errors(pugi::xml_node root, ElementReader& elements,
                                                           Diagnostics& diagnostics);

}  // namespace tenon::descriptor
