#include "descriptor/config_reader.h"

#include "descriptor/attribute_values.h"
#include "descriptor/single_children.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

namespace tenon::descriptor {
namespace {

ValidatorDefinition validator(const AttributeValues& values) {
  ValidatorDefinition validator;
  validator.min = values.text("min");
  validator.max = values.text("max");
  if (const auto least = values.whole("min-length", 0, UINT32_MAX)) validator.min_length = least->value;
  if (const auto most = values.whole("max-length", 0, UINT32_MAX)) validator.max_length = most->value;
  if (validator.min_length && validator.max_length && *validator.min_length > *validator.max_length) {
    values.refuse("min-length", "it is above 'max-length'");
  }
  validator.pattern = values.text("pattern");
  if (const auto words = values.text("one-of")) validator.one_of = split(*words, " \t\r\n");
  return validator;
}

class ConfigReader {
 public:
  ConfigReader(ElementReader& elements, Diagnostics& diagnostics) : elements_(elements), diagnostics_(diagnostics) {}

  ConfigDefinition read(pugi::xml_node element) {
    ConfigDefinition config;
    config.place = elements_.place(element);
    static_cast<void>(elements_.attributes(element, rules::kConfig));
    const Children children = elements_.children(element, rules::kConfig);
    SingleChildren texts("config", config.place, elements_, diagnostics_);
    std::optional<Place> validator_place;
    std::optional<Text> default_value;
    for (const pugi::xml_node child : children.elements) {
      const std::string_view name = local_name(child.name());
      if (name == "validator") {
        if (is_first(validator_place, child)) config.validator = read_validator(child);
      } else if (name == "defaultValue") {
        read_default(child, default_value);
      } else {
        texts.read(child);
      }
    }
    config.category = texts.require("category", children.complete);
    check_category(config.category);
    config.name = texts.require("name", children.complete);
    config.type = texts.require("type", children.complete);
    config.description = texts.prose("description");
    if (const auto kinds = texts.find("resources")) config.resources = split(*kinds, " ,\t\r\n");
    if (default_value) {
      config.default_value = *std::move(default_value);
    } else {
      config.default_value.place = config.place;
      if (children.complete) diagnostics_.error(config.place, "<config> needs an element <defaultValue>");
      config.type.text.clear();  // what is missing is not to be reported as a value that does not fit, too
    }
    return config;
  }

 private:
  ValidatorDefinition read_validator(pugi::xml_node element) {
    const auto attributes = elements_.leaf(element, rules::kValidator);
    return validator(AttributeValues("validator", attributes, diagnostics_));
  }

  /// Unlike the other texts it may be empty.
  void read_default(pugi::xml_node element, std::optional<Text>& value) {
    static_cast<void>(elements_.attributes(element, rules::kText));
    static_cast<void>(elements_.children(element, rules::kText));
    std::optional<Place> first = value ? std::optional(value->place) : std::nullopt;
    if (is_first(first, element)) value = elements_.text(element);
  }

  /// It has no dot, so that `CATEGORY.NAME` means one config.
  void check_category(Text& category) {
    const bool good = std::all_of(category.text.begin(), category.text.end(), [](unsigned char letter) {
      return letter < 0x80 && (std::isalnum(letter) != 0 || letter == '-' || letter == '_');
    });
    if (good) return;
    diagnostics_.error(category.place,
                       "<category> of <config>: expected letters, digits, '-' and '_', found '" + category.text + "'");
    category.text.clear();
  }

  bool is_first(std::optional<Place>& first, pugi::xml_node element) {
    const Place place = elements_.place(element);
    if (first) {
      diagnostics_.error(place, "a second <" + std::string(local_name(element.name())) +
                                    "> in <config>: the first is at " + first->to_string());
      return false;
    }
    first = place;
    return true;
  }

  ElementReader& elements_;
  Diagnostics& diagnostics_;
};

}  // namespace

std::vector<ConfigDefinition> read_configs(pugi::xml_node root, ElementReader& elements, Diagnostics& diagnostics) {
  static_cast<void>(elements.attributes(root, rules::kGlobalConfig));
  std::vector<ConfigDefinition> configs;
  for (const pugi::xml_node child : elements.children(root, rules::kGlobalConfig).elements) {
    ConfigDefinition config = ConfigReader(elements, diagnostics).read(child);
    if (!config.category.text.empty() && !config.name.text.empty()) configs.push_back(std::move(config));
  }
  return configs;
}

PropertyDeclaration read_declaration(pugi::xml_node element, ElementReader& elements, Diagnostics& diagnostics) {
  const auto attributes = elements.attributes(element, rules::kDeclaration);
  static_cast<void>(elements.children(element, rules::kDeclaration));
  PropertyDeclaration declared;
  declared.place = elements.place(element);
  declared.name = attributes.get("name");
  declared.type = attributes.get("type");
  declared.default_value = attributes.find("default");
  declared.validator = validator(AttributeValues("property", attributes, diagnostics));
  declared.description = one_line(elements.text(element).text);
  return declared;
}

}  // namespace tenon::descriptor
