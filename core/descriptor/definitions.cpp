#include "descriptor/definitions.h"

namespace tenon::descriptor {
namespace {

std::size_t lists_in(const ValueNode& value) {
  std::size_t lists = value.kind == ValueNode::Kind::kList ? 1 : 0;
  for (const ValueNode& item : value.items) lists += lists_in(item);
  for (const auto& [key, entry] : value.entries) lists += lists_in(entry);
  return lists;
}

}  // namespace

Counts count(const std::vector<Descriptor>& descriptors) {
  Counts counts;
  for (const Descriptor& descriptor : descriptors) {
    counts.beans += descriptor.beans.size();
    counts.chains += descriptor.chains.size();
    for (const NamedValueDefinition& named : descriptor.values) counts.lists += lists_in(named.value);
    for (const BeanDefinition& bean : descriptor.beans) {
      counts.extensions += bean.extensions.size();
      for (const PropertyDefinition& property : bean.properties) counts.lists += lists_in(property.value);
    }
  }
  return counts;
}

}  // namespace tenon::descriptor
