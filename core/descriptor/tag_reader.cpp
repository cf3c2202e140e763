#include "descriptor/tag_reader.h"

#include "descriptor/attribute_values.h"
#include "descriptor/first_places.h"
#include "descriptor/single_children.h"

#include <utility>

namespace tenon::descriptor {
namespace {

TagDefinition read_tag(pugi::xml_node element, ElementReader& elements, Diagnostics& diagnostics) {
  const auto attributes = elements.attributes(element, rules::kTag);
  const AttributeValues values("tag", attributes, diagnostics);
  TagDefinition tag;
  tag.place = elements.place(element);
  tag.resource = attributes.get("resource");
  tag.pattern = attributes.get("pattern");
  if (const auto unique = values.flag("unique")) tag.unique = unique->value;
  if (const auto inherent = values.flag("inherent")) tag.inherent = inherent->value;
  SingleChildren texts("tag", tag.place, elements, diagnostics);
  FirstPlaces tokens("token", diagnostics);
  for (const pugi::xml_node child : elements.children(element, rules::kTag).elements) {
    if (local_name(child.name()) == "description") {
      texts.read(child);
      continue;
    }
    const auto token = elements.leaf(child, rules::kToken);
    TagDefinition::Token read{elements.place(child), token.get("name"), token.find("type"), token.find("pattern")};
    if (tokens.is_new(read.name)) tag.tokens.push_back(std::move(read));
  }
  tag.description = texts.prose("description");
  return tag;
}

}  // namespace

std::vector<TagDefinition> read_tags(pugi::xml_node root, ElementReader& elements, Diagnostics& diagnostics) {
  static_cast<void>(elements.attributes(root, rules::kTags));
  std::vector<TagDefinition> tags;
  for (const pugi::xml_node child : elements.children(root, rules::kTags).elements) {
    TagDefinition tag = read_tag(child, elements, diagnostics);
    if (!tag.resource.text.empty() && !tag.pattern.text.empty()) tags.push_back(std::move(tag));
  }
  return tags;
}

}  // namespace tenon::descriptor
