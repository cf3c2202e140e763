#include "wiring/binder.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace tenon::wiring {
namespace {

using descriptor::BeanDefinition;
using descriptor::Diagnostics;
using descriptor::Place;
using descriptor::Text;

std::string list_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text.empty() ? "none" : text;
}

class Binder {
 public:
  Binder(const Definitions& definitions, const Libraries& libraries, Diagnostics& diagnostics)
      : definitions_(definitions), libraries_(libraries), diagnostics_(diagnostics) {}

  Plan bind() {
    for (const BeanDefinition* bean : definitions_.beans) add_bean(*bean);
    for (const descriptor::ChainDefinition* chain : definitions_.chains) add_flows(*chain);
    for (std::size_t i = 0; i < plan_.beans.size(); ++i) {
      if (plan_.beans[i].definition != nullptr) check_bean(i);
      check_injections(i);
    }
    std::stable_sort(plan_.extensions.begin(), plan_.extensions.end(),
                     [](const ExtensionPlan& a, const ExtensionPlan& b) { return a.order > b.order; });
    for (const descriptor::ChainDefinition* chain : definitions_.chains) add_chain(*chain);
    sort_beans();
    return std::move(plan_);
  }

 private:
  void add_bean(const BeanDefinition& bean) {
    ClassUse use = libraries_.require(bean.class_name, "class", diagnostics_);
    if (!use) {
      broken_ = true;
      return;
    }
    if (use.entry->kind == ClassEntry::Kind::kResource) {
      diagnostics_.error(bean.class_name.place, "class '" + bean.class_name.text +
                                                    "' is a resource: a driver's factory makes it, a bean can't be");
      broken_ = true;
      return;
    }
    by_definition_.emplace(&bean, plan_.beans.size());
    plan_.beans.push_back({bean.id.text, &bean, std::move(use), bean.place, {}});
  }

  /// Gives each flow that a chain names an instance: the bean of its class, or one that is made as it is.
  void add_flows(const descriptor::ChainDefinition& chain) {
    for (const descriptor::StepDefinition& step : chain.steps) {
      if (step.kind != descriptor::StepDefinition::Kind::kFlow || flows_.count(step.name.text) != 0) continue;
      ClassUse use = libraries_.require(step.name, "flow", diagnostics_);
      if (!use) continue;
      if (use.entry->flow == nullptr) {
        diagnostics_.error(step.name.place, "class '" + step.name.text + "' is no flow");
        continue;
      }
      std::vector<std::size_t> configured;
      for (std::size_t i = 0; i < plan_.beans.size(); ++i) {
        if (plan_.beans[i].use.entry == use.entry) configured.push_back(i);
      }
      if (configured.size() > 1) {
        diagnostics_.error(step.name.place, "flow '" + step.name.text + "' is ambiguous: the beans " +
                                                list_of(ids(configured)) + " are of this class");
        continue;
      }
      if (configured.empty()) {
        configured.push_back(plan_.beans.size());
        plan_.beans.push_back({step.name.text, nullptr, std::move(use), step.place, {}});
      }
      flows_.emplace(step.name.text, configured.front());
    }
  }

  void check_bean(std::size_t index) {
    const BeanDefinition& bean = *plan_.beans[index].definition;
    const ClassEntry& entry = *plan_.beans[index].use.entry;
    check_properties(index);
    check_method(bean, entry, bean.init_method);
    check_method(bean, entry, bean.destroy_method);
    for (const Text& id : bean.depends_on) need(index, id.text);
    for (const descriptor::ExtensionDefinition& extension : bean.extensions) add_extension(index, extension);
    for (const descriptor::DriverDefinition& driver : bean.drivers) add_driver(index, driver);
  }

  void check_properties(std::size_t index) {
    const BeanDefinition& bean = *plan_.beans[index].definition;
    const ClassEntry& entry = *plan_.beans[index].use.entry;
    std::map<std::string, Place> given;
    for (const descriptor::PropertyDefinition& property : bean.properties) {
      if (property.name.text.empty()) continue;  // reported by the reader, here and below
      auto [known, fresh] = given.try_emplace(property.name.text, property.name.place);
      if (!fresh) {
        diagnostics_.error(property.name.place, "property '" + property.name.text + "' is given twice (first at " +
                                                    known->second.to_string() + ")");
        continue;
      }
      auto declared = std::find_if(entry.properties.begin(), entry.properties.end(),
                                   [&](const PropertyEntry& p) { return p.name == property.name.text; });
      if (declared == entry.properties.end()) {
        std::vector<std::string> names;
        for (const PropertyEntry& p : entry.properties) names.push_back(p.name);
        diagnostics_.error(property.name.place, "class '" + entry.name + "' has no property '" + property.name.text +
                                                    "'" + descriptor::suggestion(property.name.text, names));
        continue;
      }
      const auto find = [&](std::string_view id) { return look_up(index, id); };
      (void)plugin::read_property(property.value, declared->type,
                                  "property '" + property.name.text + "' of bean '" + bean.id.text + "'", find,
                                  diagnostics_);
    }
    for (const PropertyEntry& property : entry.properties) {
      if (property.required && given.count(property.name) == 0) {
        diagnostics_.error(bean.place, "bean '" + bean.id.text + "' needs the property '" + property.name + "'");
      }
    }
  }

  plugin::ReferenceTarget look_up(std::size_t from, std::string_view id) {
    plugin::ReferenceTarget target;
    if (auto value = definitions_.values.find(id); value != definitions_.values.end()) {
      target.value = value->second;
    } else if (const std::size_t* bean = find(id)) {
      target.bean_class = plan_.beans[*bean].use.entry;
      plan_.beans[from].needs.push_back(*bean);
    }
    return target;
  }

  void check_method(const BeanDefinition& bean, const ClassEntry& entry,
                    const std::optional<BeanDefinition::Method>& method) {
    if (!method || !method->required || method->name.text.empty()) return;
    std::vector<std::string> names;
    for (const MethodEntry& known : entry.methods) names.push_back(known.name);
    if (std::find(names.begin(), names.end(), method->name.text) != names.end()) return;
    diagnostics_.error(method->name.place, "class '" + entry.name + "' of bean '" + bean.id.text + "' has no method '" +
                                               method->name.text + "'" +
                                               descriptor::suggestion(method->name.text, names));
  }

  void add_extension(std::size_t index, const descriptor::ExtensionDefinition& extension) {
    if (extension.instance_ref) {
      const std::size_t* other = find(extension.instance_ref->text);
      if (other == nullptr) return;  // reported already
      index = *other;
    }
    if (extension.interface.text.empty()) return;
    const ClassEntry& entry = *plan_.beans[index].use.entry;
    const InterfaceEntry* interface = plugin::find_interface(entry, extension.interface.text);
    if (interface == nullptr) {
      not_implemented(extension.interface, index);
      return;
    }
    for (const ExtensionPlan& other : plan_.extensions) {
      if (other.bean == index && other.interface == interface) {
        diagnostics_.error(extension.place, "bean '" + plan_.beans[index].id + "' extends " + interface->id +
                                                " twice (first at " + other.place.to_string() + ")");
        return;
      }
    }
    plan_.extensions.push_back({index, interface, extension.order, extension.place});
  }

  void not_implemented(const Text& interface, std::size_t index) {
    const ClassEntry& entry = *plan_.beans[index].use.entry;
    std::vector<std::string> names;
    for (const InterfaceEntry& known : entry.interfaces) names.push_back(known.id);
    diagnostics_.error(interface.place, "class '" + entry.name + "' of bean '" + plan_.beans[index].id +
                                            "' does not implement " + interface.text +
                                            " (it implements: " + list_of(names) + ")");
  }

  void add_driver(std::size_t index, const descriptor::DriverDefinition& driver) {
    if (driver.kind.text.empty() || driver.type.text.empty()) return;
    const ClassEntry& entry = *plan_.beans[index].use.entry;
    const InterfaceEntry* factory = nullptr;
    std::vector<std::string> kinds;
    for (const InterfaceEntry& interface : entry.interfaces) {
      if (interface.driver_kind == driver.kind.text) factory = &interface;
      if (!interface.driver_kind.empty()) kinds.push_back(interface.driver_kind);
    }
    if (factory == nullptr) {
      diagnostics_.error(driver.kind.place, "class '" + entry.name + "' is no factory of drivers of kind '" +
                                                driver.kind.text + "' (it is one of: " + list_of(kinds) + ")" +
                                                descriptor::suggestion(driver.kind.text, kinds));
    }
    if (driver.resource) {
      const ClassUse resource = libraries_.require(*driver.resource, "resource class", diagnostics_);
      if (resource && resource.entry->kind != ClassEntry::Kind::kResource) {
        diagnostics_.error(driver.resource->place, "class '" + driver.resource->text + "' is no resource");
      }
    }
    if (factory != nullptr) plan_.drivers.push_back({index, factory, &driver});
  }

  void check_injections(std::size_t index) {
    BeanPlan& bean = plan_.beans[index];
    for (const InjectionEntry& injection : bean.use.entry->injections) {
      if (injection.kind != InjectionEntry::Kind::kOnly) continue;
      const std::vector<std::size_t> found = plan_.implementing(injection.interface);
      if (found.size() == 1) {
        bean.needs.push_back(found.front());
      } else if (found.size() > 1) {
        diagnostics_.error(bean.place, "'" + bean.id + "' needs one bean that implements " + injection.interface +
                                           "; there are several: " + list_of(ids(found)));
      } else if (!broken_ && !libraries_.incomplete()) {
        diagnostics_.error(bean.place,
                           "'" + bean.id + "' needs a bean that implements " + injection.interface + "; there is none");
      }
    }
  }

  void add_chain(const descriptor::ChainDefinition& chain) {
    ChainPlan plan{&chain, {}};
    for (const descriptor::StepDefinition& step : chain.steps) {
      if (step.kind == descriptor::StepDefinition::Kind::kFlow) {
        if (auto flow = flows_.find(step.name.text); flow != flows_.end()) {
          plan.steps.push_back({flow->second, nullptr, step.place});
        }
        continue;
      }
      for (const ExtensionPlan& extension : plan_.extensions) {
        if (!interface_matches(extension.interface->id, step.name.text)) continue;
        if (extension.interface->flow == nullptr) {
          diagnostics_.error(step.name.place, "interface " + extension.interface->id +
                                                  " is no Flow: its extensions can't be steps of a chain");
          break;
        }
        plan.steps.push_back({extension.bean, extension.interface, step.place});
      }
    }
    plan_.chains.push_back(std::move(plan));
  }

  void sort_beans() {
    std::vector<std::vector<std::size_t>> edges;
    for (const BeanPlan& bean : plan_.beans) edges.push_back(bean.needs);
    std::vector<std::vector<std::size_t>> cycles;
    plan_.order = dependency_order(plan_.beans.size(), edges, cycles);
    if (diagnostics_.has_errors()) return;  // cycles of references are reported by then; these go through injection
    for (const auto& cycle : cycles) {
      std::vector<std::string> names = ids(cycle);
      std::string path;
      for (const std::string& name : names) path.append(path.empty() ? "" : " -> ").append(name);
      diagnostics_.error(plan_.beans[cycle.front()].place, "beans depend on one another: " + path);
    }
  }

  const std::size_t* find(std::string_view id) const {
    auto bean = by_definition_.find(definitions_.find_bean(id));
    return bean != by_definition_.end() ? &bean->second : nullptr;
  }
  void need(std::size_t index, std::string_view id) {
    if (const std::size_t* other = find(id)) plan_.beans[index].needs.push_back(*other);
  }
  std::vector<std::string> ids(const std::vector<std::size_t>& beans) const {
    std::vector<std::string> names;
    for (std::size_t bean : beans) names.push_back(plan_.beans[bean].id);
    return names;
  }

  const Definitions& definitions_;
  const Libraries& libraries_;
  Diagnostics& diagnostics_;
  Plan plan_;
  std::map<const BeanDefinition*, std::size_t> by_definition_;
  std::map<std::string, std::size_t, std::less<>> flows_;
  bool broken_ = false;  // some bean has no class, so that others may miss it
};

}  // namespace

std::vector<std::size_t> Plan::implementing(std::string_view interface_id) const {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < beans.size(); ++i) {
    for (const InterfaceEntry& interface : beans[i].use.entry->interfaces) {
      if (interface.id == interface_id) found.push_back(i);
    }
  }
  return found;
}

Plan bind(const Definitions& definitions, const Libraries& libraries, Diagnostics& diagnostics) {
  return Binder(definitions, libraries, diagnostics).bind();
}

}  // namespace tenon::wiring
