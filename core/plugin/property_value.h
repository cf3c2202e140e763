#pragma once

#include <tenon/class_table.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor/definitions.h"

namespace tenon::plugin {

/// What an id in a descriptor stands for.
struct ReferenceTarget {
  /// A `util:list` or `util:map`: its value takes the reference's place.
  const descriptor::ValueNode* value = nullptr;
  /// A bean's class; null together with `value` if the id is unknown or has been reported already.
  const ClassEntry* bean_class = nullptr;
  /// The bean, once it has been made.
  void* object = nullptr;
};
using FindReference = std::function<ReferenceTarget(std::string_view id)>;

/// Reads `node` as a value of `type`. What does not fit goes to `diagnostics`, at the place of the value, and gives
/// nothing; `what` begins the messages (`property 'port' of bean 'web'`). A reference to an unknown id gives nothing
/// and no message: unknown ids are found before. A bean that is not made yet gives a null pointer.
[[nodiscard]] std::optional<PropertyValue> read_property(const descriptor::ValueNode& node, const PropertyType& type,
                                                         std::string_view what, const FindReference& find,
                                                         descriptor::Diagnostics& diagnostics);

/// The flows that a value of kind kChain lists, with their places. Nothing if it is no list of names.
[[nodiscard]] std::optional<std::vector<descriptor::Text>> listed_flows(const descriptor::ValueNode& node,
                                                                        const FindReference& find);

/// The type in words, for people: `integer from 1 to 65535`, `list of duration`, `reference to tenon.Flow/1`.
[[nodiscard]] std::string describe(const PropertyType& type);

}  // namespace tenon::plugin
