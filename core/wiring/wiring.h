#pragma once

#include <tenon/error.h>
#include <tenon/flow_chain.h>
#include <tenon/wiring.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/configs.h"
#include "config/property_table.h"
#include "config/tags.h"
#include "descriptor/definitions.h"
#include "flow/chain.h"
#include "message/table.h"
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

/// The instance of a class of flows that no chain named when the wiring was made.
struct LateFlow {
  /// Held while it is made, so that it is made once: whoever else wants this class waits.
  std::mutex making;
  std::shared_ptr<plugin::Bean> bean;
};

/// All that the descriptors define, made and started: immutable but for late flows, shared by whoever works with it.
/// Parts that outlive it (a chain in a run) hold what they need themselves.
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
  std::shared_ptr<const message::MessageTable> messages = std::make_shared<const message::MessageTable>();
  /// Sorted by code.
  std::vector<descriptor::ErrorCodeDefinition> errors;
  std::shared_ptr<config::Configs> configs = std::make_shared<config::Configs>();
  std::shared_ptr<const config::PropertyTable> properties = std::make_shared<const config::PropertyTable>();
  std::shared_ptr<config::Tags> tags = std::make_shared<config::Tags>();

  /// Null if there is none.
  [[nodiscard]] std::shared_ptr<const flow::Chain> find_chain(std::string_view name) const;
  [[nodiscard]] const PluginInfo* find_plugin(std::string_view name) const;

  /// The extensions of an interface, in the order of calls; empty if there are none. Lives as long as this wiring.
  [[nodiscard]] const ExtensionList& extension_list(const std::string& interface_id) const;

  /// Null if there is none.
  [[nodiscard]] std::shared_ptr<plugin::Bean> find_bean(std::string_view id) const;
  /// The instance of a class of flows: its bean, else the one that chains share, else one that is made for whoever asks
  /// first: a run may still need a class that no chain names any more. Any thread, until `stop`. Error FLOW.1044 if
  /// there is no such class, if it has several beans, or if it can't be made without a bean in a descriptor.
  [[nodiscard]] Result<std::shared_ptr<plugin::Bean>> find_flow(const std::string& class_name);

  /// Stops the beans in reverse order of their start. Called once, when no run is in flight.
  void stop() noexcept;

 private:
  friend class Builder;
  using BeanPtr = std::shared_ptr<plugin::Bean>;

  /// Among those that have been made.
  [[nodiscard]] std::vector<BeanPtr> implementing(std::string_view interface_id) const;
  /// Has those of the bean's functions called that hear of changed configs. `seen`: the values that it may know, as
  /// config_values() gave them before it was started.
  void listen(const plugin::Bean& bean, const std::vector<const ConfigValue*>& seen);
  [[nodiscard]] std::vector<const ConfigValue*> config_values(const plugin::Bean& bean) const;
  /// Its functions are not called any more when this returns.
  void stop_listening(const plugin::Bean& bean) noexcept;
  /// Gives the bean what it has members for; the only beans of their interfaces must have been made.
  void inject(plugin::Bean& bean);
  [[nodiscard]] PublishedList& list(const std::string& interface_id);
  [[nodiscard]] Result<BeanPtr> make_late(const std::string& class_name);
  /// Why there can be no bean of this class without a word in a descriptor; empty if there can be.
  [[nodiscard]] std::string needs_descriptor(const ClassEntry& entry) const;

  std::vector<BeanPtr> beans_;  // in order of start
  /// Guards the two maps; what is in them stays where it is.
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<PublishedList>> lists_;
  std::map<std::string, std::unique_ptr<LateFlow>> late_flows_;
  std::map<std::string, std::unique_ptr<PublishedChain>> listed_chains_;
  std::multimap<const plugin::Bean*, std::uint64_t> subscriptions_;
};

}  // namespace tenon::wiring
