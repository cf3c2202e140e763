#pragma once

#include "descriptor/element_reader.h"

#include <vector>

namespace tenon::descriptor {

/// Reads a `<globalConfig>`: what it says, not yet whether values fit their types. One whose category or name is
/// missing is left out.
[[nodiscard]] std::vector<ConfigDefinition> read_configs(pugi::xml_node root, ElementReader& elements,
                                                         Diagnostics& diagnostics);

/// Reads a `<property>` of a `<library>`.
[[nodiscard]] PropertyDeclaration read_declaration(pugi::xml_node element, ElementReader& elements,
                                                   Diagnostics& diagnostics);

}  // namespace tenon::descriptor
