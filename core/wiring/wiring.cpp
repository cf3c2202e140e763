#include "wiring/wiring.h"

#include <exception>

#include "plugin/lease.h"
#include "wiring/names.h"

namespace tenon::wiring {
namespace {

ErrorCode no_flow(std::string details) { return make_error("FLOW.1044", "a flow is missing", std::move(details)); }

std::string ids(const std::vector<std::shared_ptr<plugin::Bean>>& beans) {
  std::vector<std::string> ids;
  for (const auto& bean : beans) ids.push_back(bean->id());
  return list_of(ids);
}

}  // namespace

Wiring::Wiring() = default;

Wiring::~Wiring() {
  withdraw();
  messages.reset();
  chains.clear();
  listed_chains_.clear();
  late_flows_.clear();
  while (!beans_.empty()) beans_.pop_back();
  while (!plugins.empty()) plugins.pop_back();
}

void Wiring::publish() const {
  slots_->for_each([this](const std::string& interface_id, ExtensionSlot& slot) {
    const auto own = lists_.find(interface_id);
    slot.list.store(own != lists_.end() ? &own->second : nullptr, std::memory_order_release);
    if (slot.gated.load(std::memory_order_relaxed)) plugin::open_gate(slot);
  });
  for (const auto& [name, listed] : listed_chains_) {
    listed.slot->chain.store(&listed.chain, std::memory_order_release);
  }
}

void Wiring::withdraw() const {
  slots_->for_each([this](const std::string& interface_id, ExtensionSlot& slot) {
    const auto own = lists_.find(interface_id);
    const ExtensionList* list = own != lists_.end() ? &own->second : nullptr;
    if (list != nullptr) slot.list.compare_exchange_strong(list, nullptr);
  });
  for (const auto& [name, listed] : listed_chains_) {
    const void* chain = &listed.chain;
    listed.slot->chain.compare_exchange_strong(chain, nullptr);
  }
}

std::shared_ptr<const flow::Chain> Wiring::find_chain(std::string_view name) const {
  for (const auto& chain : chains) {
    if (chain->name == name) return chain;
  }
  return nullptr;
}

const PluginInfo* Wiring::find_plugin(std::string_view name) const {
  for (const PluginInfo& plugin : plugins) {
    if (plugin.name == name) return &plugin;
  }
  return nullptr;
}

const ExtensionList& Wiring::extension_list(const std::string& interface_id) const {
  static const ExtensionList kNone;
  const auto found = lists_.find(interface_id);
  return found != lists_.end() ? found->second : kNone;
}

std::shared_ptr<plugin::Bean> Wiring::find_bean(std::string_view id) const {
  for (const BeanPtr& bean : beans_) {
    if (bean->id() == id) return bean;
  }
  return nullptr;
}

Result<std::shared_ptr<plugin::Bean>> Wiring::find_flow(const std::string& class_name) {
  std::vector<BeanPtr> of_class;
  for (const BeanPtr& bean : beans_) {
    if (bean->entry().name == class_name) of_class.push_back(bean);
  }
  if (of_class.empty()) return make_late(class_name);
  if (of_class.size() > 1)
    return no_flow("flow class '" + class_name + "' is ambiguous: the beans " + ids(of_class) + " are of this class");
  if (of_class.front()->entry().flow == nullptr) return no_flow("class '" + class_name + "' is no flow");
  return of_class.front();
}

Result<std::shared_ptr<plugin::Bean>> Wiring::make_late(const std::string& class_name) {
  const ClassEntry* entry = nullptr;
  std::shared_ptr<plugin::Generation> generation;
  for (const PluginInfo& plugin : plugins) {
    if (entry != nullptr) break;
    entry = plugin.generation->find_class(class_name);
    generation = plugin.generation;
  }
  if (entry == nullptr) return no_flow("flow class '" + class_name + "' is not registered");
  if (entry->flow == nullptr) return no_flow("class '" + class_name + "' is no flow");
  if (const std::string why = needs_descriptor(*entry); !why.empty())
    return no_flow("flow class '" + class_name + "' " + why);

  LateFlow* late = nullptr;
  {
    std::lock_guard lock(mutex_);
    std::unique_ptr<LateFlow>& kept = late_flows_[class_name];
    if (!kept) kept = std::make_unique<LateFlow>();
    late = kept.get();
  }
  std::lock_guard making(late->making);
  if (late->bean) return late->bean;
  try {
    auto bean = plugin::Bean::make(class_name, generation, *entry, retirement_);
    inject(*bean);
    listen(*bean, config_values(*bean));
    late->bean = bean;
    return bean;
  } catch (const std::exception& e) {
    return no_flow("flow class '" + class_name + "' can't be made: " + e.what());
  }
}

std::string Wiring::needs_descriptor(const ClassEntry& entry) const {
  // A component is started on the main thread, when the wiring is made.
  if (entry.component != nullptr) return "is a component, and no descriptor has a bean of it";
  for (const PropertyEntry& property : entry.properties) {
    if (property.required) return "needs the property '" + property.name + "', and no descriptor has a bean of it";
  }
  for (const ConfigEntry& needed : entry.configs) {
    const config::ConfigSpec* spec = configs->find_spec(needed.category, needed.name);
    if (spec == nullptr || spec->rule.kind() != needed.kind)
      return "needs the config '" + config::full_name(needed.category, needed.name) + "' of another type, or at all";
  }
  for (const InjectionEntry& injection : entry.injections) {
    if (injection.kind != InjectionEntry::Kind::kOnly) continue;
    const std::vector<BeanPtr> found = implementing(injection.interface);
    if (found.size() != 1)
      return "needs one bean that implements " + injection.interface + "; there are: " + ids(found);
  }
  return {};
}

std::vector<std::shared_ptr<plugin::Bean>> Wiring::implementing(std::string_view interface_id) const {
  std::vector<BeanPtr> found;
  for (const BeanPtr& bean : beans_) {
    for (const InterfaceEntry& interface : bean->entry().interfaces) {
      if (interface.id == interface_id) found.push_back(bean);
    }
  }
  return found;
}

std::vector<const ConfigValue*> Wiring::config_values(const plugin::Bean& bean) const {
  std::vector<const ConfigValue*> values;
  for (const ConfigEntry& entry : bean.entry().configs) {
    values.push_back(configs->find_slot(entry.category, entry.name)->value.load(std::memory_order_acquire));
  }
  return values;
}

void Wiring::listen(plugin::Bean& bean, const std::vector<const ConfigValue*>& seen) const {
  std::vector<std::uint64_t> subscriptions;
  const std::vector<ConfigEntry>& entries = bean.entry().configs;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const ConfigEntry& entry = entries[i];
    if (!entry.changed) continue;
    subscriptions.push_back(
        configs->subscribe(configs->find_slot(entry.category, entry.name), seen[i],
                           [&entry, object = bean.object()](const ConfigValue& before, const ConfigValue& now) {
                             entry.changed(object, before, now);
                           }));
  }
  if (subscriptions.empty()) return;
  bean.on_stop([subscribed = configs, subscriptions = std::move(subscriptions)] {
    for (const std::uint64_t subscription : subscriptions) subscribed->unsubscribe(subscription);
  });
}

void Wiring::inject(plugin::Bean& bean) {
  for (const ConfigEntry& entry : bean.entry().configs) {
    entry.bind(bean.object(), configs->find_slot(entry.category, entry.name));
  }
  for (const InjectionEntry& injection : bean.entry().injections) {
    if (injection.kind == InjectionEntry::Kind::kOnly) {
      const BeanPtr only = implementing(injection.interface).front();
      bean.refer(only);
      injection.bind(bean.object(), only->as(injection.interface));
    } else {
      injection.bind(bean.object(), &slots_->slot(injection.interface));
    }
  }
}

void Wiring::stop() noexcept {
  for (const auto& [name, late] : late_flows_) {
    if (late->bean) late->bean->stop();
  }
  for (auto bean = beans_.rbegin(); bean != beans_.rend(); ++bean) (*bean)->stop();
}

}  // namespace tenon::wiring
