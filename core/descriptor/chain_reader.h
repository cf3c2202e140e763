#pragma once

#include "descriptor/element_reader.h"

namespace tenon::descriptor {

/// Reads a `<chain>` of `<chains>`: what it says, not yet whether that fits other chains.
[[nodiscard]] ChainDefinition read_chain(pugi::xml_node element, ElementReader& elements, Diagnostics& diagnostics);

}  // namespace tenon::descriptor
