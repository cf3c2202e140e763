#pragma once

#include "descriptor/attribute_values.h"

namespace tenon::descriptor {

/// Whether the number of attempts may come from elsewhere: from the chain that is extended or referred to.
enum class Attempts { kOwn, kMaybeInherited };

/// Reads what an element's attributes say of how it is to be run.
[[nodiscard]] PolicyDefinition read_policy(const AttributeValues& values, Attempts attempts);

}  // namespace tenon::descriptor
