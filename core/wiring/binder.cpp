#include "wiring/binder.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "wiring/chain_binder.h"
#include "wiring/message_binder.h"
#include "wiring/names.h"

namespace tenon::wiring {
namespace {

using descriptor::BeanDefinition;
using descriptor::Diagnostics;
using descriptor::Place;
using descriptor::Text;

class Binder {
 public:
  Binder(const Definitions& definitions, const Libraries& libraries, Diagnostics& diagnostics)
      : definitions_(definitions),
        libraries_(libraries),
        diagnostics_(diagnostics),
        chains_(definitions, libraries, plan_, diagnostics) {}

  Plan bind(const Reserved& reserved) {
    for (const BeanDefinition* bean : definitions_.beans) add_bean(*bean);
    chains_.add_flows();
    const std::size_t described = plan_.beans.size();
    for (std::size_t i = 0; i < described; ++i) add_lists(i);
    for (std::size_t i = 0; i < plan_.beans.size(); ++i) {
      if (plan_.beans[i].definition != nullptr) check_bean(i);
      check_injections(i);
    }
    std::stable_sort(plan_.extensions.begin(), plan_.extensions.end(),
                     [](const ExtensionPlan& a, const ExtensionPlan& b) { return a.order > b.order; });
    chains_.add_chains();
    MessageBinder(definitions_, libraries_, plan_, reserved, diagnostics_, [this](std::string_view id) {
      return find(id);
    }).add_messages();
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

  /// The chains that the bean has as properties.
  void add_lists(std::size_t index) {
    if (plan_.beans[index].definition == nullptr) return;
    const BeanDefinition& bean = *plan_.beans[index].definition;
    const ClassEntry& entry = *plan_.beans[index].use.entry;
    for (const descriptor::PropertyDefinition& property : bean.properties) {
      const PropertyEntry* declared = find_property(entry, property.name.text);
      if (declared == nullptr || declared->type.kind != PropertyType::Kind::kChain) continue;
      const auto find = [&](std::string_view id) { return look_up(index, id); };
      if (const auto flows = plugin::listed_flows(property.value, find))
        chains_.add_list(index, property.name.text, property.name.place, *flows);
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
      const PropertyEntry* declared = find_property(entry, property.name.text);
      if (declared == nullptr) {
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

  static const PropertyEntry* find_property(const ClassEntry& entry, std::string_view name) {
    const auto found = std::find_if(entry.properties.begin(), entry.properties.end(),
                                    [&](const PropertyEntry& property) { return property.name == name; });
    return found == entry.properties.end() ? nullptr : &*found;
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
                                           "; there are several: " + list_of(plan_.ids(found)));
      } else if (!broken_ && !libraries_.incomplete()) {
        diagnostics_.error(bean.place,
                           "'" + bean.id + "' needs a bean that implements " + injection.interface + "; there is none");
        plan_.unsatisfied.emplace(bean.use.generation->name(), injection.interface);
      }
    }
  }

  void sort_beans() {
    std::vector<std::vector<std::size_t>> edges;
    for (const BeanPlan& bean : plan_.beans) edges.push_back(bean.needs);
    std::vector<std::vector<std::size_t>> cycles;
    plan_.order = dependency_order(plan_.beans.size(), edges, cycles);
    if (diagnostics_.has_errors()) return;  // cycles of references are reported by then; these go through injection
    for (const auto& cycle : cycles) {
      std::vector<std::string> names = plan_.ids(cycle);
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

  const Definitions& definitions_;
  const Libraries& libraries_;
  Diagnostics& diagnostics_;
  Plan plan_;
  std::map<const BeanDefinition*, std::size_t> by_definition_;
  ChainBinder chains_;
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

std::vector<std::string> Plan::ids(const std::vector<std::size_t>& some) const {
  std::vector<std::string> names;
  for (const std::size_t bean : some) names.push_back(beans[bean].id);
  return names;
}

Plan bind(const Definitions& definitions, const Libraries& libraries, const Reserved& reserved,
          Diagnostics& diagnostics) {
  return Binder(definitions, libraries, diagnostics).bind(reserved);
}

}  // namespace tenon::wiring
