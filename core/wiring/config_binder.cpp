#include "wiring/config_binder.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace tenon::wiring {
namespace {

using config::full_name;
using descriptor::ConfigDefinition;

const ConfigDefinition* find(const Definitions& definitions, const ConfigEntry& entry) {
  const auto found =
      std::find_if(definitions.configs.begin(), definitions.configs.end(), [&](const ConfigDefinition* config) {
        return config->category.text == entry.category && config->name.text == entry.name;
      });
  return found != definitions.configs.end() ? *found : nullptr;
}

}  // namespace

std::vector<config::ConfigSpec> config_specs(const Definitions& definitions, descriptor::Diagnostics& diagnostics) {
  std::vector<config::ConfigSpec> specs;
  for (const ConfigDefinition* config : definitions.configs) {
    const std::string name = full_name(config->category.text, config->name.text);
    const auto rule = config::ValueRule::read(config->type, config->validator, diagnostics);
    if (!rule) continue;
    auto value = rule->parse(config->default_value, "the default of config '" + name + "'", diagnostics);
    if (!value) continue;
    config::ConfigSpec spec{config->category.text,
                            config->name.text,
                            config->description,
                            *rule,
                            config->default_value.text,
                            *std::move(value),
                            {},
                            config->place,
                            config->default_value.place};
    for (const descriptor::Text& kind : config->resources) spec.resources.push_back(kind.text);
    specs.push_back(std::move(spec));
  }
  return specs;
}

void check_configs(const Plan& plan, const Definitions& definitions, descriptor::Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const ConfigDefinition* config : definitions.configs) {
    names.push_back(full_name(config->category.text, config->name.text));
  }
  for (const BeanPlan& bean : plan.beans) {
    for (const ConfigEntry& entry : bean.use.entry->configs) {
      const std::string name = full_name(entry.category, entry.name);
      const std::string what = "class '" + bean.use.entry->name + "' of '" + bean.id + "' holds the config '" + name;
      const ConfigDefinition* config = find(definitions, entry);
      if (config == nullptr) {
        diagnostics.error(bean.place, what + "', which no descriptor defines" + descriptor::suggestion(name, names));
        continue;
      }
      descriptor::Diagnostics ignored;  // the definition's own errors were reported
      const auto rule = config::ValueRule::read(config->type, {}, ignored);
      if (!rule || rule->kind() == entry.kind) continue;
      diagnostics.error(bean.place, what + "' as " + std::string(config::type_name(entry.kind)) +
                                        ", and it is defined as " + config->type.text + " at " +
                                        config->place.to_string());
    }
  }
}

std::vector<config::TagSpec> tag_specs(const Definitions& definitions, descriptor::Diagnostics& diagnostics) {
  std::vector<config::TagSpec> specs;
  for (const descriptor::TagDefinition* tag : definitions.tags) {
    if (auto spec = config::read_tag_spec(*tag, diagnostics)) specs.push_back(*std::move(spec));
  }
  std::sort(specs.begin(), specs.end(), [](const config::TagSpec& a, const config::TagSpec& b) {
    return std::pair(a.pattern, a.kind) < std::pair(b.pattern, b.kind);
  });
  return specs;
}

}  // namespace tenon::wiring
