#pragma once

#include <tenon/library.h>

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "descriptor/definitions.h"
#include "descriptor/left_out.h"
#include "descriptor/properties.h"
#include "wiring/reserved.h"
#include "wiring/swap_gate.h"
#include "wiring/wiring.h"

namespace tenon::wiring {

struct LoadRequest {
  /// Searched for `*.xml`, here and in `chains/`, `services/`, `errors/`, `config/` and `tags/`, in this order.
  std::vector<std::filesystem::path> descriptor_folders;
  /// Searched for `*.xml` as well, and for the libraries that descriptors name.
  std::vector<std::filesystem::path> plugin_folders;
  /// Where private copies of libraries are kept: must allow execution.
  std::filesystem::path library_cache;
  const descriptor::Properties* properties = nullptr;
  NodeServices* node = nullptr;
  /// The configs of the node, for their values; null: all have their defaults.
  std::shared_ptr<config::Configs> configs;
  /// The wiring that is published now, which the new one is to follow; null for the first one.
  std::shared_ptr<const Wiring> previous;
  /// Plugins that are not loaded, with the reason: `disabled`. Their descriptors are passed over, and those of the same
  /// name in the folders of chains, services, errors, configs and tags. What others need of them is an error.
  std::map<std::string, std::string> left_out;
  /// Plugins that are not loaded whatever comes of it, with the reason, `is in quarantine`: what can't be without them
  /// is left out, too, with a warning (descriptor/left_out.h), and so is a plugin that needs a bean that then is not
  /// there.
  descriptor::LeftOutPlugins quarantined;
  /// Who loads libraries and unloads them; null: each load has its own, and what goes goes at once.
  plugin::Generations* generations = nullptr;
  SwapGate gate = {};
  /// Called when everything has been found good, before any bean is made: what beans need and may fail. Errors end the
  /// load. May be empty.
  std::function<Result<void>(const std::vector<PluginInfo>& plugins)> prepare;
  /// Who finds the tags for the beans; may be null.
  config::CurrentTags* tags = nullptr;
  /// What the node itself declares, to be shown with what plugins declare.
  std::vector<config::DeclaredProperty> node_properties;
  /// What messages can't have.
  Reserved reserved;
  /// Loads and registers libraries and checks all, but makes no bean.
  bool check_only = false;
};

/// What was found: meaningful if there are no errors.
struct LoadCounts {
  std::size_t plugins = 0;
  std::size_t beans = 0;
  std::size_t drivers = 0;
  std::size_t extensions = 0;
  std::size_t chains = 0;
  std::size_t messages = 0;
};

struct LoadResult {
  /// All that is wrong, in one go.
  descriptor::Diagnostics diagnostics;
  LoadCounts counts;
  /// Published. Null if there are errors, and after a mere check: then the previous one stays as it is, and nothing
  /// else stays loaded or started.
  std::shared_ptr<Wiring> wiring;
};

/// Reads all descriptors, checks them against one another and against their libraries, makes, configures and starts the
/// beans. Called on the node's main thread, which is where beans are started.
[[nodiscard]] LoadResult load(const LoadRequest& request);

/// The files that go with the plugin of this descriptor: those of the same name in `chains/`, `services/`, `errors/`,
/// `config/` and `tags/` beside it.
[[nodiscard]] std::vector<std::filesystem::path> files_of_plugin(const std::filesystem::path& descriptor);

}  // namespace tenon::wiring
