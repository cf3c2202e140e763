#include "descriptor/reader.h"

#include "descriptor/attribute_values.h"
#include "descriptor/chain_reader.h"
#include "descriptor/config_reader.h"
#include "descriptor/error_reader.h"
#include "descriptor/first_places.h"
#include "descriptor/service_reader.h"
#include "descriptor/tag_reader.h"
#include "descriptor/value_reader.h"

#include <cctype>
#include <charconv>
#include <string>
#include <utility>

namespace tenon::descriptor {
namespace {

class DescriptorReader {
 public:
  DescriptorReader(const XmlDocument& document, const Properties& properties, Diagnostics& diagnostics)
      : document_(document),
        diagnostics_(diagnostics),
        elements_(document, properties, diagnostics),
        values_(elements_, diagnostics) {}

  void read(Descriptor& descriptor, std::vector<Text>& imports);

 private:
  struct Defaults {
    std::optional<Text> init_method;
    std::optional<Text> destroy_method;
  };

  void read_beans(Descriptor& descriptor, std::vector<Text>& imports);
  void read_library(pugi::xml_node element, std::optional<LibraryDefinition>& library);
  void read_bean(pugi::xml_node element, const Defaults& defaults, std::vector<BeanDefinition>& beans);
  /// The bean's id and aliases.
  void read_names(const Attributes& attributes, BeanDefinition& bean);
  std::vector<Text> names_in(const Attributes& attributes, std::string_view attribute);
  void read_plugin(pugi::xml_node element, BeanDefinition& bean);
  void read_extension(pugi::xml_node element, BeanDefinition& bean);
  void read_driver(pugi::xml_node element, BeanDefinition& bean);
  void read_chains(Descriptor& descriptor);

  const XmlDocument& document_;
  Diagnostics& diagnostics_;
  ElementReader elements_;
  ValueReader values_;
};

std::optional<BeanDefinition::Method> method(const Attributes& attributes, std::string_view name,
                                             const std::optional<Text>& fallback) {
  if (auto own = attributes.find(name)) {
    if (own->text.empty()) return std::nullopt;
    return BeanDefinition::Method{*std::move(own), true};
  }
  return fallback ? std::optional(BeanDefinition::Method{*fallback, false}) : std::nullopt;
}

/// What `sha256` gives, if it is there.
std::optional<Text> digest(const Attributes& attributes, Diagnostics& diagnostics) {
  constexpr std::size_t kDigits = 64;
  const AttributeValues values(rules::kLibrary.name, attributes, diagnostics);
  std::optional<Text> digest = values.text("sha256");
  if (!digest)
    return attributes.find("sha256") ? std::optional(Text{attributes.get("sha256").place, {}}) : std::nullopt;
  const bool good =
      digest->text.size() == kDigits && digest->text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
  if (!good) {
    values.refuse("sha256", "expected 64 hexadecimal digits, found " + std::to_string(digest->text.size()) +
                                " characters: '" + digest->text + "'");
    digest->text.clear();
  }
  for (char& letter : digest->text) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return digest;
}

void DescriptorReader::read(Descriptor& descriptor, std::vector<Text>& imports) {
  const pugi::xml_node root = document_.root();
  const std::string_view name = local_name(root.name());
  if (name == "beans") {
    read_beans(descriptor, imports);
  } else if (name == "chains") {
    read_chains(descriptor);
  } else if (name == "service") {
    descriptor.services.push_back(read_service(root, elements_, diagnostics_));
  } else if (name == "error") {
    descriptor.errors = read_errors(root, elements_, diagnostics_);
  } else if (name == "globalConfig") {
    descriptor.configs = read_configs(root, elements_, diagnostics_);
  } else if (name == "tags") {
    descriptor.tags = read_tags(root, elements_, diagnostics_);
  } else {
    diagnostics_.error(document_.place(root),
                       "unknown root element '" + std::string(root.name()) +
                           "': a descriptor is <beans>, <chains>, <service>, <error>, <globalConfig> or <tags>" +
                           suggestion(name, {"beans", "chains", "service", "error", "globalConfig", "tags"}));
  }
}

void DescriptorReader::read_beans(Descriptor& descriptor, std::vector<Text>& imports) {
  const auto attributes = elements_.attributes(document_.root(), rules::kBeans);
  const Defaults defaults{attributes.find("default-init-method"), attributes.find("default-destroy-method")};
  for (const pugi::xml_node child : elements_.children(document_.root(), rules::kBeans).elements) {
    const std::string_view name = local_name(child.name());
    if (name == "bean") {
      read_bean(child, defaults, descriptor.beans);
    } else if (name == "library") {
      read_library(child, descriptor.library);
    } else if (name == "import") {
      const auto import = elements_.leaf(child, rules::kImport);
      if (const Text resource = import.get("resource"); !resource.text.empty()) imports.push_back(resource);
    } else if (auto named = values_.named(child)) {
      descriptor.values.push_back(*std::move(named));
    }
  }
}

void DescriptorReader::read_library(pugi::xml_node element, std::optional<LibraryDefinition>& library) {
  const Place place = elements_.place(element);
  if (library) {
    diagnostics_.error(place, "a second <library>: a descriptor has one, here at " + library->place.to_string());
    return;
  }
  const auto attributes = elements_.attributes(element, rules::kLibrary);
  LibraryDefinition& made = library.emplace();
  made.place = place;
  made.name = attributes.get("name");
  made.version = attributes.get("version");
  made.file = attributes.get("file");
  made.sha256 = digest(attributes, diagnostics_);
  const AttributeValues values(rules::kLibrary.name, attributes, diagnostics_);
  made.stop_first = values.choice("swap", {"start-first", "stop-first"}).value_or(0) == 1;
  FirstPlaces names("property", diagnostics_);
  for (const pugi::xml_node child : elements_.children(element, rules::kLibrary).elements) {
    if (local_name(child.name()) == "property") {
      PropertyDeclaration declared = read_declaration(child, elements_, diagnostics_);
      if (!declared.name.text.empty() && names.is_new(declared.name)) made.properties.push_back(std::move(declared));
      continue;
    }
    const auto needed = elements_.leaf(child, rules::kRequires);
    made.requirements.push_back({elements_.place(child), needed.get("plugin"), needed.find("version")});
  }
}

void DescriptorReader::read_bean(pugi::xml_node element, const Defaults& defaults, std::vector<BeanDefinition>& beans) {
  const auto attributes = elements_.attributes(element, rules::kBean);
  if (attributes.skipped()) return;
  BeanDefinition bean;
  bean.place = elements_.place(element);
  bean.class_name = attributes.get("class");
  read_names(attributes, bean);
  bean.depends_on = names_in(attributes, "depends-on");
  bean.init_method = method(attributes, "init-method", defaults.init_method);
  bean.destroy_method = method(attributes, "destroy-method", defaults.destroy_method);
  FirstPlaces names("property", diagnostics_);
  for (const pugi::xml_node child : elements_.children(element, rules::kBean).elements) {
    if (local_name(child.name()) == "plugin") {
      read_plugin(child, bean);
    } else if (auto property = values_.property(child); property && names.is_new(property->name)) {
      bean.properties.push_back(*std::move(property));
    }
  }
  beans.push_back(std::move(bean));
}

void DescriptorReader::read_names(const Attributes& attributes, BeanDefinition& bean) {
  bean.aliases = names_in(attributes, "name");
  if (auto id = attributes.find("id")) {
    bean.id = *std::move(id);
  } else if (!bean.aliases.empty()) {
    bean.id = bean.aliases.front();
  } else {
    bean.id = bean.class_name;
  }
  std::erase_if(bean.aliases, [&](const Text& alias) { return alias.text == bean.id.text; });
}

std::vector<Text> DescriptorReader::names_in(const Attributes& attributes, std::string_view attribute) {
  const auto names = attributes.find(attribute);
  if (!names || trimmed(names->text).empty()) return {};
  auto list = split(*names, ",; \t\n");
  if (list.empty()) diagnostics_.error(names->place, "attribute '" + std::string(attribute) + "' holds no name");
  return list;
}

void DescriptorReader::read_plugin(pugi::xml_node element, BeanDefinition& bean) {
  static_cast<void>(elements_.attributes(element, rules::kPlugin));
  for (const pugi::xml_node child : elements_.children(element, rules::kPlugin).elements) {
    if (local_name(child.name()) == "extension") {
      read_extension(child, bean);
    } else {
      read_driver(child, bean);
    }
  }
}

void DescriptorReader::read_extension(pugi::xml_node element, BeanDefinition& bean) {
  const auto attributes = elements_.leaf(element, rules::kExtension);
  ExtensionDefinition extension{elements_.place(element), attributes.get("interface"), 0,
                                attributes.find("instance-ref")};
  if (const auto order = attributes.find("order"); order && !order->text.empty()) {
    const std::string_view digits = trimmed(order->text);
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), extension.order);
    if (error == std::errc::result_out_of_range) {
      diagnostics_.error(order->place, "order '" + order->text + "' is not between -2147483648 and 2147483647");
    } else if (error != std::errc() || end != digits.end()) {
      diagnostics_.error(order->place, "order '" + order->text + "' is not a whole number");
    }
  }
  bean.extensions.push_back(std::move(extension));
}

void DescriptorReader::read_driver(pugi::xml_node element, BeanDefinition& bean) {
  const auto attributes = elements_.leaf(element, rules::kDriver);
  bean.drivers.push_back(
      {elements_.place(element), attributes.get("kind"), attributes.get("type"), attributes.find("resource")});
}

void DescriptorReader::read_chains(Descriptor& descriptor) {
  static_cast<void>(elements_.attributes(document_.root(), rules::kChains));
  for (const pugi::xml_node child : elements_.children(document_.root(), rules::kChains).elements)
    descriptor.chains.push_back(read_chain(child, elements_, diagnostics_));
}

}  // namespace

Descriptor read_descriptor(std::string_view file, std::string_view text, const Properties& properties,
                           Diagnostics& diagnostics, std::vector<Text>& imports) {
  Descriptor descriptor;
  descriptor.file = file;
  const auto document = XmlDocument::parse(file, text, diagnostics);
  if (document) DescriptorReader(*document, properties, diagnostics).read(descriptor, imports);
  return descriptor;
}

}  // namespace tenon::descriptor
