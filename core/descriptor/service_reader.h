#pragma once

#include "descriptor/element_reader.h"

namespace tenon::descriptor {

/// Reads a `<service>`: what it says, not yet whether there are such beans, messages and chains.
[[nodiscard]] ServiceDefinition read_service(pugi::xml_node root, ElementReader& elements, Diagnostics& diagnostics);

}  // namespace tenon::descriptor
