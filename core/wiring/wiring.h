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
#include "plugin/generations.h"
#include "wiring/slots.h"

namespace tenon::wiring {

struct PluginInfo {
  std::string name;
  std::string version;
  /// Of its `<library>`.
  descriptor::Place place;
  /// The file that was installed; the generation is loaded from a private copy of it.
  std::filesystem::path file;
  std::vector<std::string> requirements;
  /// Its beans can't stand beside those that replace them: the old ones are stopped before the new ones are started.
  bool stop_first = false;
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

/// A chain that a bean has in a property, and where the bean finds it: a slot that stays as long as the bean.
struct ListedChain {
  std::shared_ptr<ChainSlot> slot;
  std::shared_ptr<const flow::Chain> chain;
};

/// The instance of a class of flows that no chain named when the wiring was made.
struct LateFlow {
  /// Held while it is made, so that it is made once: whoever else wants this class waits.
  std::mutex making;
  std::shared_ptr<plugin::Bean> bean;
};

/// All that the descriptors define, made and started: immutable but for late flows, shared by whoever works with it.
/// Parts that outlive it (a chain in a run) hold what they need themselves. The next wiring takes over those beans that
/// would be made the same.
class Wiring {
 public:
  Wiring();
  /// Lets go of beans, in reverse order of their making, then of libraries.
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
  /// Of the plugins that can't stand beside their successors, by name.
  std::map<std::string, std::shared_ptr<message::ServiceGate>, std::less<>> gates;
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
  /// Where the list of this interface is to be found whichever wiring is published.
  [[nodiscard]] const std::shared_ptr<Slots>& slots() const noexcept { return slots_; }

  /// From now on beans see the lists and chains of this wiring, and no others; gates are open. One thread at a time.
  void publish() const;
  /// From now on nobody sees its lists and chains, unless another wiring has been published. One thread at a time.
  void withdraw() const;

  /// Null if there is none.
  [[nodiscard]] std::shared_ptr<plugin::Bean> find_bean(std::string_view id) const;
  /// The instance of a class of flows: its bean, else the one that chains share, else one that is made for whoever asks
  /// first: a run may still need a class that no chain names any more. Any thread, until `stop`. Error FLOW.1044 if
  /// there is no such class, if it has several beans, or if it can't be made without a bean in a descriptor.
  [[nodiscard]] Result<std::shared_ptr<plugin::Bean>> find_flow(const std::string& class_name);

  /// Stops the beans in reverse order of their start. Called once, on the last wiring, when no run is in flight.
  void stop() noexcept;

 private:
  friend class Builder;
  using BeanPtr = std::shared_ptr<plugin::Bean>;

  /// Among those that have been made.
  [[nodiscard]] std::vector<BeanPtr> implementing(std::string_view interface_id) const;
  /// Has those of the bean's functions called that hear of changed configs. `seen`: the values that it may know, as
  /// config_values() gave them before it was started.
  void listen(plugin::Bean& bean, const std::vector<const ConfigValue*>& seen) const;
  [[nodiscard]] std::vector<const ConfigValue*> config_values(const plugin::Bean& bean) const;
  /// Gives the bean what it has members for; the only beans of their interfaces must have been made.
  void inject(plugin::Bean& bean);
  [[nodiscard]] Result<BeanPtr> make_late(const std::string& class_name);
  /// Why there can be no bean of this class without a word in a descriptor; empty if there can be.
  [[nodiscard]] std::string needs_descriptor(const ClassEntry& entry) const;

  std::shared_ptr<Slots> slots_ = std::make_shared<Slots>();
  std::shared_ptr<plugin::Retirement> retirement_;
  std::vector<BeanPtr> beans_;  // in order of start
  std::map<std::string, ExtensionList> lists_;
  std::map<std::string, ListedChain> listed_chains_;
  /// Guards the map; what is in it stays where it is.
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<LateFlow>> late_flows_;
};

}  // namespace tenon::wiring
