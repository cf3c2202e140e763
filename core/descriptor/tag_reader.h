#pragma once

#include "descriptor/element_reader.h"

#include <vector>

namespace tenon::descriptor {

/// Reads a `<tags>`: what it says, not yet whether its patterns are in order.
[[nodiscard]] std::vector<TagDefinition> read_tags(pugi::xml_node root, ElementReader& elements,
                                                   Diagnostics& diagnostics);

}  // namespace tenon::descriptor
