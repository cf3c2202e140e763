#pragma once

#include "descriptor/definitions.h"
#include "descriptor/properties.h"

#include <filesystem>
#include <string_view>
#include <vector>

namespace tenon::descriptor {

/// Reads one descriptor from text. `file` is the name used in places. What is wrong goes to `diagnostics`; the result
/// holds what could be read, so that later checks can go on without follow-on errors. `imports` receives the resources
/// that `<import>` names, with their places.
[[nodiscard]] Descriptor read_descriptor(std::string_view file, std::string_view text, const Properties& properties,
                                         Diagnostics& diagnostics, std::vector<Text>& imports);

/// Reads the files and what they import, relative to the importing file, each file once. A cycle of imports is an
/// error that prints the path. Descriptors come in the order of `files`, an imported one before its importer. Files and
/// folders that others could write are errors, and not read, unless the properties trust them: see file_trust.h.
[[nodiscard]] std::vector<Descriptor> read_descriptors(const std::vector<std::filesystem::path>& files,
                                                       const Properties& properties, Diagnostics& diagnostics);

}  // namespace tenon::descriptor
