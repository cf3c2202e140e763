#include "wiring/property_binder.h"

#include <unistd.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "descriptor/reader.h"

namespace tenon::wiring {
namespace {

using config::DeclaredProperty;
using descriptor::Diagnostics;
using descriptor::PropertyDeclaration;

constexpr std::string_view kVariablePrefix = "TENON_";
/// Names that begin so are the node's own, which it checks itself.
constexpr std::string_view kNodePrefix = "tenon.";

/// The names of the environment's variables that begin with the prefix.
std::vector<std::string> variables() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view variable(*entry);
    if (variable.starts_with(kVariablePrefix)) names.emplace_back(variable.substr(0, variable.find('=')));
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<descriptor::Descriptor> PropertyUse::read(const std::vector<std::filesystem::path>& files,
                                                      Diagnostics& diagnostics) {
  values_.record_uses(&uses_);
  Diagnostics found;
  std::vector<descriptor::Descriptor> descriptors = descriptor::read_descriptors(files, values_, found);
  const std::set<std::string> declared = declare(descriptors);
  const bool matters =
      std::any_of(declared.begin(), declared.end(), [&](const std::string& name) { return uses_.count(name) != 0; });
  // They are read again if a default was not known yet where it is used, or could be suggested in a message.
  if (matters || (found.has_errors() && !declared.empty())) {
    found = {};
    uses_.clear();
    descriptors = descriptor::read_descriptors(files, values_, found);
  }
  diagnostics.append(std::move(found));
  values_.check(diagnostics);
  return descriptors;
}

std::set<std::string> PropertyUse::declare(const std::vector<descriptor::Descriptor>& descriptors) {
  std::set<std::string> names;
  for (const descriptor::Descriptor& descriptor : descriptors) {
    if (!descriptor.library) continue;
    for (const PropertyDeclaration& declared : descriptor.library->properties) {
      if (!declared.default_value) continue;
      values_.declare(declared.name.text, declared.default_value->text, declared.place);
      names.insert(declared.name.text);
    }
  }
  return names;
}

std::shared_ptr<const config::PropertyTable> PropertyUse::check(const Definitions& definitions,
                                                                const std::vector<DeclaredProperty>& own,
                                                                Diagnostics& diagnostics) {
  values_.record_uses(nullptr);
  std::vector<DeclaredProperty> declared = own;
  for (const Definitions::Library& library : definitions.libraries) add(*library.definition, declared, diagnostics);
  warn_of_unknown(declared, diagnostics);
  return std::make_shared<const config::PropertyTable>(std::move(declared), values_);
}

void PropertyUse::add(const descriptor::LibraryDefinition& library, std::vector<DeclaredProperty>& declared,
                      Diagnostics& diagnostics) {
  for (const PropertyDeclaration& property : library.properties) {
    const auto known = std::find_if(declared.begin(), declared.end(),
                                    [&](const DeclaredProperty& one) { return one.name == property.name.text; });
    if (known != declared.end()) {
      diagnostics.error(property.place, "property '" + property.name.text + "' is declared twice (first at " +
                                            known->place.to_string() + ")");
      continue;
    }
    const auto rule = config::ValueRule::read(property.type, property.validator, diagnostics);
    DeclaredProperty added{property.name.text,
                           std::string(rule ? config::type_name(rule->kind()) : "string"),
                           rule ? rule->expected() : std::string(),
                           property.default_value ? std::optional(property.default_value->text) : std::nullopt,
                           property.description,
                           library.name.text,
                           property.place,
                           false};
    if (rule) check_value(added, *rule, diagnostics);
    declared.push_back(std::move(added));
  }
}

void PropertyUse::check_value(const DeclaredProperty& property, const config::ValueRule& rule,
                              Diagnostics& diagnostics) {
  if (property.default_text) {
    const std::string value = values_.substitute(*property.default_text, property.place, diagnostics);
    (void)rule.parse({property.place, value}, "the default of property '" + property.name + "'", diagnostics);
  }
  if (const auto entry = values_.find(property.name)) {
    (void)rule.parse({entry->place, entry->value}, "property '" + property.name + "'", diagnostics);
  }
}

void PropertyUse::warn_of_unknown(const std::vector<DeclaredProperty>& declared, Diagnostics& diagnostics) {
  std::vector<std::string> known(uses_.begin(), uses_.end());
  for (const DeclaredProperty& property : declared) known.push_back(property.name);
  const auto is_known = [&](const std::string& name) {
    return name.starts_with(kNodePrefix) || std::find(known.begin(), known.end(), name) != known.end();
  };
  for (const std::string& name : values_.names()) {
    if (is_known(name)) continue;
    diagnostics.warning(values_.find(name)->place, "property '" + name + "' has no effect: no plugin declares it" +
                                                       descriptor::suggestion(name, known));
  }
  // Other programs have variables of this prefix, too: only what looks like a slip of the fingers is told.
  std::vector<std::string> known_variables;
  for (const std::string& name : known) known_variables.push_back(descriptor::Properties::environment_name(name));
  for (const std::string& variable : variables()) {
    if (std::find(known_variables.begin(), known_variables.end(), variable) != known_variables.end()) continue;
    const std::string near = descriptor::suggestion(variable, known_variables);
    if (near.empty()) continue;
    diagnostics.warning({"environment variable " + variable, 0, 0}, "it sets no property that is declared" + near);
  }
}

}  // namespace tenon::wiring
