#include "wiring/builder.h"

#include <tenon/config.h>

#include <algorithm>
#include <exception>
#include <tuple>
#include <utility>

#include "wiring/message_builder.h"

namespace tenon::wiring {

using descriptor::BeanDefinition;
using descriptor::Diagnostics;
using descriptor::Place;

class Builder {
 public:
  Builder(const Definitions& definitions, const Plan& plan, std::vector<PluginInfo> plugins, BuildContext context,
          Diagnostics& diagnostics)
      : definitions_(definitions),
        plan_(plan),
        diagnostics_(diagnostics),
        wiring_(std::make_shared<Wiring>()),
        made_(plan.beans.size()) {
    wiring_->plugins = std::move(plugins);
    wiring_->configs = std::move(context.configs);
    wiring_->properties = std::move(context.properties);
    wiring_->tags = std::move(context.tags);
  }

  std::shared_ptr<Wiring> build() {
    for (std::size_t index : plan_.order) {
      if (!make(index)) return nullptr;
    }
    fill_lists();
    publish_parents();
    make_chains();
    describe_beans();
    describe_errors();
    wiring_->messages = std::make_shared<const message::MessageTable>(make_messages(plan_, made_, *wiring_));
    for (std::size_t index : plan_.order) {
      if (!start(index)) return nullptr;
    }
    return wiring_;
  }

 private:
  bool make(std::size_t index) {
    const BeanPlan& plan = plan_.beans[index];
    place_ = plan.place;
    try {
      auto bean = std::make_shared<plugin::Bean>(plan.id, plan.use.generation, *plan.use.entry);
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
          value->scalar = static_cast<void*>(&listed_chain(index, property.name.text).slot);
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
      wiring_->list(extension.interface->id).list.push_back({extension.interface->cast(bean.object()), bean.id(), {}});
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
        wiring_->list(driver.interface->id)
            .list.push_back({driver.interface->cast(bean.object()), bean.id(), info.type});
      }
    }
  }

  /// Overrides of configs count for what belongs to their resources, too.
  void publish_parents() {
    const ExtensionSlot& slot = wiring_->list(std::string(ResourceParents::kInterface)).slot;
    wiring_->configs->set_parents([&slot](const ResourceRef& resource) -> std::optional<ResourceRef> {
      for (const ExtensionEntry& entry : *slot.list.load(std::memory_order_acquire)) {
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
      listed_chain(plan.bean, plan.property).publish(wiring_->chains.back());
    }
    std::sort(wiring_->chains.begin(), wiring_->chains.end(),
              [](const auto& a, const auto& b) { return a->name < b->name; });
  }

  PublishedChain& listed_chain(std::size_t bean, const std::string& property) {
    std::unique_ptr<PublishedChain>& published = wiring_->listed_chains_[plan_.beans[bean].id + "." + property];
    if (!published) published = std::make_unique<PublishedChain>();
    return *published;
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
  std::shared_ptr<Wiring> wiring_;
  std::vector<std::shared_ptr<plugin::Bean>> made_;
  Place place_;
};

std::shared_ptr<Wiring> build(const Definitions& definitions, const Plan& plan, std::vector<PluginInfo> plugins,
                              BuildContext context, Diagnostics& diagnostics) {
  return Builder(definitions, plan, std::move(plugins), std::move(context), diagnostics).build();
}

}  // namespace tenon::wiring
