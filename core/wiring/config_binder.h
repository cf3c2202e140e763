#pragma once

#include <vector>

#include "config/spec.h"
#include "config/tag_pattern.h"
#include "wiring/binder.h"

namespace tenon::wiring {

/// The configs whose definitions are in order: type, validator and default fit each other.
[[nodiscard]] std::vector<config::ConfigSpec> config_specs(const Definitions& definitions,
                                                           descriptor::Diagnostics& diagnostics);

/// Reports, at the beans, members that hold a config which no descriptor defines, or one of another type.
void check_configs(const Plan& plan, const Definitions& definitions, descriptor::Diagnostics& diagnostics);

/// The tags whose patterns are in order; sorted by pattern.
[[nodiscard]] std::vector<config::TagSpec> tag_specs(const Definitions& definitions,
                                                     descriptor::Diagnostics& diagnostics);

}  // namespace tenon::wiring
