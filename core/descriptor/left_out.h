#pragma once

#include "descriptor/definitions.h"
#include "descriptor/diagnostics.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::descriptor {

/// What the message of each warning of leave_out begins with.
inline constexpr std::string_view kLeftOut = "left out: ";

/// Plugins that are to be left out, each with the reason, which follows its name: `is in quarantine`.
using LeftOutPlugins = std::map<std::string, std::string, std::less<>>;

/// Takes away what can't be without these plugins, so that the rest can be loaded: plugins that require one, beans of
/// their classes, and whatever refers to something that is taken away (beans, values, chains with flows of theirs,
/// messages that such a chain answers). A message is taken away with any of its interceptors: it is not to be handled
/// unchecked. Each gets a warning at its place. What a plugin adds to extension points goes without a word.
void leave_out(const LeftOutPlugins& plugins, std::vector<Descriptor>& descriptors, Diagnostics& diagnostics);

}  // namespace tenon::descriptor
