#pragma once

#include <memory>

#include "wiring/binder.h"
#include "wiring/wiring.h"

namespace tenon::wiring {

/// Where beans and whoever looks at the wiring find what is set by users.
struct BuildContext {
  std::shared_ptr<config::Configs> configs;
  std::shared_ptr<const config::PropertyTable> properties;
  std::shared_ptr<config::Tags> tags;
};

/// Makes, configures and starts what the plan says, and publishes the lists. The first bean that fails ends it: the
/// error goes to `diagnostics`, what was started is stopped and destroyed in reverse, and the result is null.
[[nodiscard]] std::shared_ptr<Wiring> build(const Definitions& definitions, const Plan& plan,
                                            std::vector<PluginInfo> plugins, BuildContext context,
                                            descriptor::Diagnostics& diagnostics);

}  // namespace tenon::wiring
