#pragma once

#include <tenon/flow_chain.h>
#include <tenon/wiring.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descriptor/definitions.h"
#include "flow/chain.h"
#include "plugin/bean.h"
#include "plugin/generation.h"

namespace tenon::wiring {

struct PluginInfo {
  std::string name;
  std::string version;
  /// Of its `<library>`.
  descriptor::Place place;
  /// The file that was installed; the generation is loaded from a private copy of it.
  std::filesystem::path file;
  std::vector<std::string> requirements;
  std::chrono::system_clock::time_point loaded;
  std::shared_ptr<plugin::Generation> generation;
};

struct DriverInfo {
  std::string kind;
  std::string type;
  std::string bean;
  /// Class of the resource; empty if the descriptor names none.
  std::string resource;
  std::string plugin;
  descriptor::Place place;
};

struct ExtensionInfo {
  /// With its version.
  std::string interface;
  std::string bean;
  int order = 0;
  std::string plugin;
  descriptor::Place place;
};

struct BeanInfo {
  std::string id;
  std::string class_name;
  std::string plugin;
  descriptor::Place place;
};

/// The list of one interface, and where beans find it.
struct PublishedList {
  ExtensionSlot slot;
  ExtensionList list;
};

/// A chain that a bean has in a property, and where the bean finds it.
struct PublishedChain {
  ChainSlot slot;
  std::shared_ptr<const flow::Chain> chain;

  void publish(std::shared_ptr<const flow::Chain> made) {
    chain = std::move(made);
    slot.chain.store(&chain, std::memory_order_release);
  }
  void withdraw() {
    slot.chain.store(nullptr, std::memory_order_release);
    chain.reset();
  }
};

/// All that the descriptors define, made and started: immutable, shared by whoever works with it. Parts that outlive it
/// (a chain in a run) hold what they need themselves.
class Wiring {
 public:
  Wiring() = default;
  /// Stops what is still started, then destroys beans in reverse order of their making, then libraries.
  ~Wiring();
  Wiring(const Wiring&) = delete;
  Wiring& operator=(const Wiring&) = delete;

  /// In the order they were loaded: what is required comes first.
  std::vector<PluginInfo> plugins;
  /// As declared.
  std::vector<BeanInfo> bean_infos;
  /// Sorted by kind, then type.
  std::vector<DriverInfo> drivers;
  /// Sorted by interface; within one, in the order of calls.
  std::vector<ExtensionInfo> extensions;
  /// Sorted by name. One that a bean has in a property is called `BEAN.PROPERTY`.
  std::vector<std::shared_ptr<const flow::Chain>> chains;

  /// Null if there is none.
  [[nodiscard]] std::shared_ptr<const flow::Chain> find_chain(std::string_view name) const;
  [[nodiscard]] const PluginInfo* find_plugin(std::string_view name) const;

  /// The extensions of an interface, in the order of calls; empty if there are none. Lives as long as this wiring.
  [[nodiscard]] const ExtensionList& extension_list(const std::string& interface_id) const;

  /// Stops the beans in reverse order of their start. Called once, when no run is in flight.
  void stop() noexcept;

 private:
  friend class Builder;
  std::vector<std::shared_ptr<plugin::Bean>> beans_;  // in order of start
  std::map<std::string, std::unique_ptr<PublishedList>> lists_;
  std::map<std::string, std::unique_ptr<PublishedChain>> listed_chains_;
};

}  // namespace tenon::wiring
