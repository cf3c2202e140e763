#include "wiring/wiring.h"

#include <exception>

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

Wiring::~Wiring() {
  stop();
  configs->set_parents(nullptr);
  messages.reset();
  chains.clear();
  // They keep beans, which are to go in order.
  for (const auto& [name, listed] : listed_chains_) listed->withdraw();
  late_flows_.clear();
  while (!beans_.empty()) beans_.pop_back();
  lists_.clear();
  listed_chains_.clear();
  while (!plugins.empty()) plugins.pop_back();
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
  std::lock_guard lock(mutex_);
  auto found = lists_.find(interface_id);
  return found != lists_.end() ? found->second->list : kNone;
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
    auto bean = std::make_shared<plugin::Bean>(class_name, generation, *entry);
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

void Wiring::listen(const plugin::Bean& bean, const std::vector<const ConfigValue*>& seen) {
  const std::vector<ConfigEntry>& entries = bean.entry().configs;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const ConfigEntry& entry = entries[i];
    if (!entry.changed) continue;
    const std::uint64_t subscription =
        configs->subscribe(configs->find_slot(entry.category, entry.name), seen[i],
                           [&entry, object = bean.object()](const ConfigValue& before, const ConfigValue& now) {
                             entry.changed(object, before, now);
                           });
    const std::lock_guard lock(mutex_);
    subscriptions_.emplace(&bean, subscription);
  }
}

void Wiring::stop_listening(const plugin::Bean& bean) noexcept {
  std::vector<std::uint64_t> ended;
  {
    const std::lock_guard lock(mutex_);
    const auto [begin, end] = subscriptions_.equal_range(&bean);
    for (auto one = begin; one != end; ++one) ended.push_back(one->second);
    subscriptions_.erase(begin, end);
  }
  for (const std::uint64_t subscription : ended) configs->unsubscribe(subscription);
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
      injection.bind(bean.object(), &list(injection.interface).slot);
    }
  }
}

PublishedList& Wiring::list(const std::string& interface_id) {
  std::lock_guard lock(mutex_);
  std::unique_ptr<PublishedList>& published = lists_[interface_id];
  if (!published) {
    published = std::make_unique<PublishedList>();
    published->slot.list.store(&published->list, std::memory_order_release);
  }
  return *published;
}

void Wiring::stop() noexcept {
  for (const auto& [name, late] : late_flows_) {
    if (late->bean) stop_listening(*late->bean);
  }
  for (auto bean = beans_.rbegin(); bean != beans_.rend(); ++bean) {
    stop_listening(**bean);
    (*bean)->stop();
  }
}

}  // namespace tenon::wiring
