#pragma once

#include "descriptor/diagnostics.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// What descriptors say, as data with places. Nothing here has been checked against a library.
///
/// A definition that was read with an error is kept, so that references to it hold. In it, a Text that is empty where
/// one is required was missing or wrong: its error is reported, and later checks pass over it.
namespace tenon::descriptor {

/// A text with its place, after `${property:default}` was replaced.
struct Text {
  Place place;
  std::string text;
};

/// The value of a property, or an element of a list or map.
struct ValueNode {
  enum class Kind { kText, kReference, kList, kMap };
  Kind kind = Kind::kText;
  Place place;
  /// Text, or the id that a reference names. Of a `<value>` or `<prop>` element without the blanks around it, of an
  /// attribute as written.
  std::string text;
  std::vector<ValueNode> items;
  /// Map and props: keys are always text.
  struct Entry;
  std::vector<Entry> entries;
};

/// Not a pair: its members would have to know whether ValueNode can be copied before ValueNode is complete.
struct ValueNode::Entry {
  Entry(Text key_text, ValueNode value_node) : key(std::move(key_text)), value(std::move(value_node)) {}

  Text key;
  ValueNode value;
};

struct PropertyDefinition {
  Text name;
  ValueNode value;
};

struct ExtensionDefinition {
  Place place;
  Text interface;
  /// Higher comes first; equal orders as declared.
  int order = 0;
  /// Another bean that is the extension, instead of the bean that holds this element.
  std::optional<Text> instance_ref;
};

struct DriverDefinition {
  Place place;
  Text kind;
  Text type;
  /// Class of the resource; empty if the descriptor names none.
  std::optional<Text> resource;
};

struct BeanDefinition {
  Place place;
  /// The `id`, else the first of `name`, else the class name (Spring's rule for a bean without a name).
  Text id;
  /// The other names; none of them equals `id`.
  std::vector<Text> aliases;
  Text class_name;
  std::vector<Text> depends_on;
  /// With the defaults of `<beans>` applied: `required` says that the bean itself names it, so that a class without
  /// such a method is an error; a default is passed over.
  struct Method {
    Text name;
    bool required = true;
  };
  std::optional<Method> init_method;
  std::optional<Method> destroy_method;
  std::vector<PropertyDefinition> properties;
  std::vector<ExtensionDefinition> extensions;
  std::vector<DriverDefinition> drivers;
};

struct RequiresDefinition {
  Place place;
  Text plugin;
  /// The major version that is needed, e.g. `1`; empty for any.
  std::optional<Text> version;
};

struct LibraryDefinition {
  Place place;
  Text name;
  Text version;
  /// As written; relative to the descriptor's folder, else to the plugin folders.
  Text file;
  std::vector<RequiresDefinition> requirements;
};

/// `util:list` or `util:map`: a value with an id.
struct NamedValueDefinition {
  Text id;
  ValueNode value;
};

struct StepDefinition {
  enum class Kind { kFlow, kExtensionPoint };
  Kind kind = Kind::kFlow;
  Place place;
  /// Class of the flow, or the interface whose extensions become steps.
  Text name;
};

struct ChainDefinition {
  Place place;
  Text name;
  std::vector<Text> inputs;
  std::vector<StepDefinition> steps;
};

/// One file: `<beans>` or `<chains>`.
struct Descriptor {
  std::string file;
  std::optional<LibraryDefinition> library;
  std::vector<BeanDefinition> beans;
  std::vector<NamedValueDefinition> values;
  std::vector<ChainDefinition> chains;
};

/// What `tenon check` tells of descriptors that are in order.
struct Counts {
  std::size_t beans = 0;
  std::size_t extensions = 0;
  /// `util:list` and the lists in values, wherever they stand.
  std::size_t lists = 0;
  std::size_t chains = 0;
  friend bool operator==(const Counts&, const Counts&) = default;
};

[[nodiscard]] Counts count(const std::vector<Descriptor>& descriptors);

}  // namespace tenon::descriptor
