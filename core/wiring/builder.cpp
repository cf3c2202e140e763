#include "wiring/builder.h"

#include <tenon/config.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "plugin/lease.h"
#include "plugin/retirement.h"
#include "wiring/message_builder.h"

namespace tenon::wiring {

using descriptor::BeanDefinition;
using descriptor::Diagnostics;
using descriptor::Place;

namespace {

class WiringRetiree final : public plugin::Retiree {
 public:
  explicit WiringRetiree(Wiring* wiring) : wiring_(wiring) {}
  void go() noexcept override { wiring_.reset(); }
  std::string name() const override { return "a wiring"; }

 private:
  std::unique_ptr<Wiring> wiring_;
};

}  // namespace

class Builder {
 public:
  Builder(const Definitions& definitions, const Plan& plan, std::vector<PluginInfo> plugins, BuildContext context,
          Diagnostics& diagnostics)
      : definitions_(definitions),
        plan_(plan),
        diagnostics_(diagnostics),
        previous_(std::move(context.previous)),
        gate_(std::move(context.gate)),
        generations_(context.generations),
        wiring_(new_wiring(retirement())),
        made_(plan.beans.size()),
        is_new_(plan.beans.size(), true) {
    if (previous_ != nullptr) wiring_->slots_ = previous_->slots_;
    wiring_->retirement_ = retirement();
    wiring_->plugins = std::move(plugins);
    wiring_->configs = std::move(context.configs);
    wiring_->properties = std::move(context.properties);
    wiring_->tags = std::move(context.tags);
  }

  std::shared_ptr<Wiring> build() {
    std::shared_ptr<Wiring> built = make_all() ? std::move(wiring_) : nullptr;
    // Out of sight before the grace begins for which its beans stay.
    if (built == nullptr) wiring_->withdraw();
    return built;
  }

 private:
  [[nodiscard]] std::shared_ptr<plugin::Retirement> retirement() const {
    return generations_ != nullptr ? generations_->retirement() : nullptr;
  }

  bool make_all() {
    for (std::size_t index : plan_.order) {
      if (!make(index)) return false;
    }
    fill_lists();
    show_new_lists();
    publish_parents();
    make_chains();
    describe_beans();
    describe_errors();
    for (const PluginInfo& plugin : wiring_->plugins) {
      if (plugin.stop_first) wiring_->gates.emplace(plugin.name, std::make_shared<message::ServiceGate>());
    }
    wiring_->messages = std::make_shared<const message::MessageTable>(make_messages(plan_, made_, *wiring_));
    StopFirst replaced(previous_ != nullptr ? *previous_ : *wiring_, stopped_first(), gate_);
    if (!replaced.close(diagnostics_)) return false;
    for (std::size_t index : plan_.order) {
      if (!is_new_[index] || start(index)) continue;
      for (auto made = plan_.order.rbegin(); made != plan_.order.rend(); ++made) {
        if (is_new_[*made]) made_[*made]->stop();
      }
      replaced.take_back([this](plugin::Bean& bean) {
        const std::vector<const ConfigValue*> seen = previous_->config_values(bean);
        bean.start();
        previous_->listen(bean, seen);
      });
      return false;
    }
    return true;
  }

  static std::shared_ptr<Wiring> new_wiring(const std::shared_ptr<plugin::Retirement>& retirement) {
    // Its lists may still be read when the last reference goes.
    return {new Wiring, [retirement](Wiring* unused) {
              auto retiree = std::make_unique<WiringRetiree>(unused);
              if (retirement != nullptr) retirement->add(std::move(retiree));
            }};
  }

  bool make(std::size_t index) {
    const BeanPlan& plan = plan_.beans[index];
    place_ = plan.place;
    if (take_over(index)) return true;
    try {
      auto bean = plugin::Bean::make(plan.id, plan.use.generation, *plan.use.entry, wiring_->retirement_);
      bean->set_recipe(recipe(plan));
      made_[index] = bean;
      wiring_->beans_.push_back(bean);
      for (std::size_t needed : plan.needs) bean->refer(made_[needed]);
      if (plan.definition != nullptr) configure(index);
      wiring_->inject(*bean);
      return true;
    } catch (const std::exception& e) {
      return failed(plan, e);
    }
  }

  /// Beans of the previous wiring that must be stopped before others are started.
  [[nodiscard]] StopFirst::Beans stopped_first() const {
    StopFirst::Beans beans;
    if (previous_ == nullptr) return beans;
    for (const auto& bean : previous_->beans_) {
      const PluginInfo* plugin = previous_->find_plugin(bean->generation().name());
      if (plugin == nullptr || !plugin->stop_first) continue;
      if (std::find(made_.begin(), made_.end(), bean) == made_.end()) beans.push_back(bean);
    }
    return beans;
  }

  /// The bean of the previous wiring, if it would be made the same: of the same library, by the same definition, with
  /// the same beans that it refers to.
  bool take_over(std::size_t index) {
    if (previous_ == nullptr) return false;
    const BeanPlan& plan = plan_.beans[index];
    for (const std::size_t needed : plan.needs) {
      if (is_new_[needed]) return false;
    }
    const std::shared_ptr<plugin::Bean> bean = previous_->find_bean(plan.id);
    if (bean == nullptr || &bean->generation() != plan.use.generation.get() || &bean->entry() != plan.use.entry ||
        bean->recipe() != recipe(plan)) {
      return false;
    }
    made_[index] = bean;
    is_new_[index] = false;
    wiring_->beans_.push_back(bean);
    for (const auto& [name, listed] : previous_->listed_chains_) {
      if (name.starts_with(plan.id + ".")) wiring_->listed_chains_[name].slot = listed.slot;
    }
    return true;
  }

  [[nodiscard]] std::string recipe(const BeanPlan& plan) const {
    std::string text;
    for (const std::size_t needed : plan.needs) text.append(plan_.beans[needed].id).append("\n");
    for (const ConfigEntry& entry : plan.use.entry->configs) {
      // A config whose definition has changed is another one.
      text.append(
          std::to_string(reinterpret_cast<std::uintptr_t>(wiring_->configs->find_slot(entry.category, entry.name))));
    }
    if (plan.definition == nullptr) return text;
    for (const descriptor::PropertyDefinition& property : plan.definition->properties) {
      append(text, property.name.text);
      append(text, property.value);
    }
    for (const auto& method : {plan.definition->init_method, plan.definition->destroy_method}) {
      append(text, method ? method->name.text : "");
    }
    return text;
  }

  static void append(std::string& text, const std::string& part) {
    text.append(std::to_string(part.size())).append(":").append(part);
  }

  void append(std::string& text, const descriptor::ValueNode& node) const {
    text.push_back("trlm"[static_cast<std::size_t>(node.kind)]);
    append(text, node.text);
    if (node.kind == descriptor::ValueNode::Kind::kReference) {
      const auto value = definitions_.values.find(node.text);
      if (value != definitions_.values.end()) append(text, *value->second);
    }
    for (const descriptor::ValueNode& item : node.items) append(text, item);
    for (const descriptor::ValueNode::Entry& entry : node.entries) {
      append(text, entry.key.text);
      append(text, entry.value);
    }
    text.push_back(';');
  }

  void configure(std::size_t index) {
    plugin::Bean& bean = *made_[index];
    const BeanDefinition& definition = *plan_.beans[index].definition;
    const auto find = [&](std::string_view id) { return look_up(id); };
    Diagnostics ignored;  // the values were read before, when they were checked
    for (const descriptor::PropertyDefinition& property : definition.properties) {
      for (const PropertyEntry& declared : bean.entry().properties) {
        if (declared.name != property.name.text) continue;
        auto value = plugin::read_property(property.value, declared.type, "", find, ignored);
        place_ = property.name.place;
        if (declared.type.kind == PropertyType::Kind::kChain)
          value->scalar = static_cast<void*>(listed_slot(index, property.name.text).get());
        declared.assign(bean.object(), std::move(value).value());
      }
    }
    place_ = definition.place;
    bean.set_methods(method(bean.entry(), definition.init_method), method(bean.entry(), definition.destroy_method));
  }

  static const MethodEntry* method(const ClassEntry& entry, const std::optional<BeanDefinition::Method>& wanted) {
    if (!wanted) return nullptr;
    for (const MethodEntry& known : entry.methods) {
      if (known.name == wanted->name.text) return &known;
    }
    return nullptr;  // a default of <beans> that this class does not have
  }

  plugin::ReferenceTarget look_up(std::string_view id) const {
    if (auto value = definitions_.values.find(id); value != definitions_.values.end()) return {value->second, {}, {}};
    const BeanDefinition* definition = definitions_.find_bean(id);
    for (std::size_t i = 0; i < plan_.beans.size(); ++i) {
      if (plan_.beans[i].definition == definition) return {nullptr, plan_.beans[i].use.entry, made_[i]->object()};
    }
    return {};
  }

  /// Before any bean starts, so that every bean sees whole lists.
  void fill_lists() {
    for (const ExtensionPlan& extension : plan_.extensions) {
      const plugin::Bean& bean = *made_[extension.bean];
      wiring_->lists_[extension.interface->id].push_back({extension.interface->cast(bean.object()), bean.id(), {}});
      wiring_->extensions.push_back(
          {extension.interface->id, bean.id(), extension.order, bean.generation().name(), extension.place});
    }
    std::stable_sort(wiring_->extensions.begin(), wiring_->extensions.end(),
                     [](const ExtensionInfo& a, const ExtensionInfo& b) { return a.interface < b.interface; });
    // The names that lists show are kept by the infos, which must not move any more.
    wiring_->drivers.reserve(plan_.drivers.size());
    for (const DriverPlan& driver : plan_.drivers) {
      const plugin::Bean& bean = *made_[driver.bean];
      const descriptor::DriverDefinition& definition = *driver.definition;
      wiring_->drivers.push_back({definition.kind.text, definition.type.text, bean.id(),
                                  definition.resource ? definition.resource->text : "", bean.generation().name(),
                                  definition.place});
    }
    std::sort(wiring_->drivers.begin(), wiring_->drivers.end(), [](const DriverInfo& a, const DriverInfo& b) {
      return std::tie(a.kind, a.type) < std::tie(b.kind, b.type);
    });
    for (const DriverInfo& info : wiring_->drivers) {
      for (const DriverPlan& driver : plan_.drivers) {
        if (driver.definition->kind.text != info.kind || driver.definition->type.text != info.type) continue;
        const plugin::Bean& bean = *made_[driver.bean];
        wiring_->lists_[driver.interface->id].push_back({driver.interface->cast(bean.object()), bean.id(), info.type});
      }
    }
  }

  /// Interfaces whose lists code may look at that is at work already.
  [[nodiscard]] std::set<std::string> watched() const {
    std::set<std::string> interfaces;
    if (previous_ == nullptr || generations_ == nullptr) return interfaces;
    interfaces.emplace(ResourceParents::kInterface);
    for (const auto& generation : generations_->live()) {
      const PluginInfo* before = previous_->find_plugin(generation->name());
      const auto now = std::find_if(wiring_->plugins.begin(), wiring_->plugins.end(),
                                    [&](const PluginInfo& plugin) { return plugin.generation == generation; });
      if (now != wiring_->plugins.end() && (before == nullptr || before->generation != generation)) continue;
      for (const ClassEntry& entry : generation->classes().classes) {
        for (const InjectionEntry& injection : entry.injections) interfaces.insert(injection.interface);
      }
    }
    return interfaces;
  }

  /// Lists that only new beans look at are there when the first of them starts, whole; others change when the wiring is
  /// published and all beans have been started.
  void show_new_lists() {
    const std::set<std::string> seen = watched();
    for (const auto& [interface_id, list] : wiring_->lists_) {
      if (seen.count(interface_id) != 0) continue;
      ExtensionSlot& slot = wiring_->slots_->slot(interface_id);
      const ExtensionList* none = nullptr;
      slot.list.compare_exchange_strong(none, &list);
    }
  }

  /// Overrides of configs count for what belongs to their resources, too.
  void publish_parents() {
    if (previous_ != nullptr) return;
    wiring_->configs->set_parents([slots = wiring_->slots_](const ResourceRef& resource) -> std::optional<ResourceRef> {
      static const std::string kParents(ResourceParents::kInterface);
      const plugin::NodeLease lease;
      const ExtensionList* list = tenon::detail::look(&slots->slot(kParents));
      if (list == nullptr) return std::nullopt;
      for (const ExtensionEntry& entry : *list) {
        if (auto parent = static_cast<const ResourceParents*>(entry.object)->parent_of(resource)) return parent;
      }
      return std::nullopt;
    });
  }

  /// The chain that was planned, with the instances of its flows.
  std::shared_ptr<const flow::Chain> make_chain(const ChainPlan& plan) {
    auto chain = std::make_shared<flow::Chain>(*plan.chain);
    for (std::size_t i = 0; i < plan.steps.size(); ++i) {
      const std::shared_ptr<plugin::Bean>& bean = made_[plan.steps[i].bean];
      const InterfaceEntry* interface = plan.steps[i].interface;
      chain->steps[i].flow =
          interface != nullptr ? interface->flow(bean->object()) : bean->entry().flow(bean->object());
      chain->steps[i].keep = bean;
    }
    return chain;
  }

  void make_chains() {
    for (const ChainPlan& plan : plan_.chains) wiring_->chains.push_back(make_chain(plan));
    for (const ListedChainPlan& plan : plan_.listed_chains) {
      wiring_->chains.push_back(make_chain(plan.chain));
      (void)listed_slot(plan.bean, plan.property);
      ListedChain& listed = listed_chain(plan.bean, plan.property);
      listed.chain = wiring_->chains.back();
      // A new bean has it when it starts; that of one that is taken over changes when the wiring is published.
      const void* none = nullptr;
      listed.slot->chain.compare_exchange_strong(none, &listed.chain);
    }
    std::sort(wiring_->chains.begin(), wiring_->chains.end(),
              [](const auto& a, const auto& b) { return a->name < b->name; });
  }

  ListedChain& listed_chain(std::size_t bean, const std::string& property) {
    return wiring_->listed_chains_[plan_.beans[bean].id + "." + property];
  }
  /// Kept by the bean, which has a pointer to it.
  const std::shared_ptr<ChainSlot>& listed_slot(std::size_t bean, const std::string& property) {
    std::shared_ptr<ChainSlot>& slot = listed_chain(bean, property).slot;
    if (slot == nullptr) {
      slot = std::make_shared<ChainSlot>();
      made_[bean]->refer(slot);
    }
    return slot;
  }

  void describe_beans() {
    for (const BeanPlan& bean : plan_.beans) {
      if (bean.definition == nullptr) continue;
      wiring_->bean_infos.push_back({bean.id, bean.use.entry->name, bean.use.generation->name(), bean.place});
    }
  }

  void describe_errors() {
    for (const descriptor::ErrorCodeDefinition* error : definitions_.errors) wiring_->errors.push_back(*error);
  }

  bool start(std::size_t index) {
    try {
      const std::vector<const ConfigValue*> seen = wiring_->config_values(*made_[index]);
      made_[index]->start();
      wiring_->listen(*made_[index], seen);
      return true;
    } catch (const std::exception& e) {
      place_ = plan_.beans[index].place;
      return failed(plan_.beans[index], e);
    }
  }

  bool failed(const BeanPlan& plan, const std::exception& error) {
    diagnostics_.error(place_, "bean '" + plan.id + "': " + error.what());
    return false;
  }

  const Definitions& definitions_;
  const Plan& plan_;
  Diagnostics& diagnostics_;
  const std::shared_ptr<const Wiring> previous_;
  const SwapGate gate_;
  plugin::Generations* const generations_;
  std::shared_ptr<Wiring> wiring_;
  std::vector<std::shared_ptr<plugin::Bean>> made_;
  /// Those that are not taken over from the previous wiring.
  std::vector<bool> is_new_;
  Place place_;
};

std::shared_ptr<Wiring> build(const Definitions& definitions, const Plan& plan, std::vector<PluginInfo> plugins,
                              BuildContext context, Diagnostics& diagnostics) {
  return Builder(definitions, plan, std::move(plugins), std::move(context), diagnostics).build();
}

}  // namespace tenon::wiring
