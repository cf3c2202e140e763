#pragma once

#include "descriptor/definitions.h"
#include "descriptor/properties.h"

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::descriptor {

/// The property with the names of plugins that are in quarantine, separated by blanks. The node sets it; it is none of
/// those that an operator may set.
inline constexpr std::string_view kQuarantinedProperty = "tenon.plugins.quarantined";

/// What the message of each warning of leave_out begins with.
inline constexpr std::string_view kLeftOut = "left out: ";

/// The names that the property has.
[[nodiscard]] std::set<std::string, std::less<>> quarantined_plugins(const Properties& properties);

/// Takes away what can't be without these plugins, so that the rest can be loaded: plugins that require one, beans of
/// their classes, and whatever refers to something that is taken away (beans, values, chains with flows of theirs,
/// messages that such a chain answers). A message is taken away with any of its interceptors: it is not to be handled
/// unchecked. Each gets a warning at its place. What a plugin adds to extension points goes without a word.
void leave_out(const std::set<std::string, std::less<>>& plugins, std::vector<Descriptor>& descriptors,
               Diagnostics& diagnostics);

}  // namespace tenon::descriptor
