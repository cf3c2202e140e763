#pragma once

#include "descriptor/diagnostics.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
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

/// What a value may be beyond its type, as written: what `min` and `max` are is a matter of the type.
struct ValidatorDefinition {
  std::optional<Text> min;
  std::optional<Text> max;
  std::optional<std::uint32_t> min_length;
  std::optional<std::uint32_t> max_length;
  std::optional<Text> pattern;
  std::vector<Text> one_of;
};

/// A property that a plugin declares: descriptors take it as `${name}`.
struct PropertyDeclaration {
  Place place;
  Text name;
  Text type;
  /// Nothing: it must be set by whoever uses it.
  std::optional<Text> default_value;
  ValidatorDefinition validator;
  std::string description;
};

struct LibraryDefinition {
  Place place;
  Text name;
  Text version;
  /// As written; relative to the descriptor's folder, else to the plugin folders.
  Text file;
  std::vector<RequiresDefinition> requirements;
  std::vector<PropertyDeclaration> properties;
  /// `swap="stop-first"`.
  bool stop_first = false;
  /// In small letters; empty if what was given is no SHA-256, which was reported.
  std::optional<Text> sha256 = {};
};

/// `util:list` or `util:map`: a value with an id.
struct NamedValueDefinition {
  Text id;
  ValueNode value;
};

/// What an attribute gives, with its place.
template <class T>
struct Given {
  Place place;
  T value{};
};

/// `host:{host.uuid}=10`.
struct ConcurrencyDefinition {
  /// A template, whose syntax is not checked here.
  Text name;
  std::uint32_t limit = 1;
};

/// `key` or `!key`.
struct ConditionDefinition {
  Text key;
  bool negated = false;
};

/// How a step, a part of a chain or a whole chain is to be run, as written: what is not given is left to the chain that
/// this one extends or refers to, else to the node's defaults. What each means stands in flow/policy.h.
struct PolicyDefinition {
  using Duration = std::optional<Given<std::chrono::milliseconds>>;
  Duration timeout;
  Duration undo_timeout;
  Duration grace;
  std::optional<Given<std::uint32_t>> retry;
  Duration backoff;
  Duration max_backoff;
  std::optional<Given<double>> jitter;
  std::optional<Given<std::vector<std::string>>> retry_on;
  std::optional<Given<bool>> retry_undo;
  std::optional<Given<std::uint32_t>> undo_retry;
  std::optional<ConcurrencyDefinition> concurrency;
  std::vector<ConditionDefinition> when;
};

struct StepDefinition {
  enum class Kind { kFlow, kExtensionPoint, kChain, kParallel, kBranch };
  Kind kind = Kind::kFlow;
  Place place;
  /// Class of the flow, the interface whose extensions become steps, or the chain whose steps these are. Empty for a
  /// parallel and a branch.
  Text name;
  /// Names it among the steps of its chain, for chains that extend this one.
  std::optional<Text> id;
  PolicyDefinition policy;
  /// Extension point: its release side is called.
  bool release = false;
  /// Parallel: how many branches at once; 0: all.
  std::uint32_t limit = 0;
  /// Of a parallel its branches, of a branch its steps. Of a chain none, until it is expanded.
  std::vector<StepDefinition> steps;
};

/// A change to the chain that is extended.
struct EditDefinition {
  enum class Kind { kReplace, kInsertBefore, kInsertAfter, kRemove };
  enum class By { kFlow, kExtensionPoint, kChain, kId };
  Kind kind = Kind::kReplace;
  Place place;
  /// What names the step that it is about: the step's name, or its id.
  By by = By::kFlow;
  Text target;
  /// Replace: another name for the step, which keeps its policies. Else `steps` take its place.
  std::optional<Text> with;
  std::vector<StepDefinition> steps;
};

enum class RecoveryDefinition { kRollback, kResume };

struct ChainDefinition {
  Place place;
  Text name;
  std::optional<Text> extends;
  /// Templates, whose syntax is not checked here.
  std::optional<std::vector<Text>> locks;
  std::optional<RecoveryDefinition> recovery;
  std::optional<bool> allow_empty;
  PolicyDefinition policy;
  std::vector<Text> inputs;
  /// None if it extends another chain.
  std::vector<StepDefinition> steps;
  /// In the order in which they are applied; none unless it extends another chain.
  std::vector<EditDefinition> edits;
};

struct InterceptorDefinition {
  /// The bean.
  Text bean;
  /// As an index into SYSTEM, FRONT, DEFAULT, END; the bean's own if it is not given.
  std::optional<Given<std::size_t>> position;
  /// Higher comes first.
  int order = 0;
};

/// What a field of a message may hold, beyond its type.
struct FieldDefinition {
  Place place;
  /// `walls[].color`.
  Text name;
  std::string description;
  bool required = false;
  std::optional<double> min;
  std::optional<double> max;
  std::optional<std::uint32_t> min_length;
  std::optional<std::uint32_t> max_length;
  std::optional<Text> pattern;
  std::vector<Text> one_of;
};

struct RouteDefinition {
  Place place;
  Text method;
  Text path;
  std::optional<std::uint32_t> status;
};

/// The chain whose run answers a message.
struct RunDefinition {
  struct Input {
    Text key;
    std::optional<Text> field;
    std::optional<Text> as;
  };
  Place place;
  Text chain;
  std::vector<Input> inputs;
  std::optional<Text> reply;
};

struct QueueDefinition {
  /// A template, whose syntax is not checked here.
  Text key;
  std::uint32_t parallelism = 1;
};

struct MessageDefinition {
  Place place;
  Text name;
  /// Another service than the one it stands in.
  std::optional<Text> service;
  std::string description;
  std::vector<InterceptorDefinition> interceptors;
  std::vector<FieldDefinition> fields;
  std::optional<RouteDefinition> route;
  std::optional<RunDefinition> run;
  std::optional<QueueDefinition> queue;
  std::optional<Given<std::chrono::milliseconds>> timeout;
  /// As an index into reader, operator, admin.
  std::optional<Given<std::size_t>> role;
  std::optional<Text> command;
};

struct ServiceDefinition {
  Place place;
  /// The bean that handles the messages.
  Text id;
  std::string description;
  std::vector<InterceptorDefinition> interceptors;
  std::vector<MessageDefinition> messages;
};

/// What an error's code means, and what can be done about it.
struct ErrorCodeDefinition {
  Place place;
  /// `DESK.1001`.
  std::string code;
  std::string description;
  std::string remedy;
  /// Of an HTTP answer.
  std::optional<std::uint32_t> status;
};

/// A value that operators change while the node runs.
struct ConfigDefinition {
  Place place;
  Text category;
  Text name;
  std::string description;
  /// May be empty.
  Text default_value;
  Text type;
  ValidatorDefinition validator;
  /// The kinds of resources that may have a value of their own.
  std::vector<Text> resources;
};

/// A pattern of system tags.
struct TagDefinition {
  struct Token {
    Place place;
    Text name;
    /// Empty: a text.
    std::optional<Text> type;
    std::optional<Text> pattern;
  };
  Place place;
  Text resource;
  Text pattern;
  std::string description;
  bool unique = false;
  bool inherent = false;
  std::vector<Token> tokens;
};

/// One file: `<beans>`, `<chains>`, `<service>`, `<error>`, `<globalConfig>` or `<tags>`.
struct Descriptor {
  std::string file;
  std::optional<LibraryDefinition> library;
  std::vector<BeanDefinition> beans;
  std::vector<NamedValueDefinition> values;
  std::vector<ChainDefinition> chains;
  std::vector<ServiceDefinition> services;
  std::vector<ErrorCodeDefinition> errors;
  std::vector<ConfigDefinition> configs;
  std::vector<TagDefinition> tags;
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
