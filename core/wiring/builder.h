#pragma once

#include <memory>

#include "wiring/binder.h"
#include "wiring/swap_gate.h"
#include "wiring/wiring.h"

namespace tenon::wiring {

/// Where beans and whoever looks at the wiring find what is set by users.
struct BuildContext {
  std::shared_ptr<config::Configs> configs;
  std::shared_ptr<const config::PropertyTable> properties;
  std::shared_ptr<config::Tags> tags;
  /// The wiring that this one is to follow, whose beans are taken over where they would be made the same; or null.
  std::shared_ptr<const Wiring> previous;
  /// Who unloads what goes; null: it goes at once.
  plugin::Generations* generations = nullptr;
  SwapGate gate = {};
};

/// Makes, configures and starts what the plan says; nothing is published yet, but for lists that only new beans look
/// at. The first bean that fails ends it: the error goes to `diagnostics`, what was started is stopped and destroyed in
/// reverse, and the result is null.
[[nodiscard]] std::shared_ptr<Wiring> build(const Definitions& definitions, const Plan& plan,
                                            std::vector<PluginInfo> plugins, BuildContext context,
                                            descriptor::Diagnostics& diagnostics);

}  // namespace tenon::wiring
