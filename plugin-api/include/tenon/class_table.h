#pragma once

#include <tenon/component.h>
#include <tenon/contract.h>
#include <tenon/flow.h>
#include <tenon/interface.h>
#include <tenon/library.h>
#include <tenon/message.h>
#include <tenon/wiring.h>

#include <cstdint>
#include <functional>
#include <string>
#include <variant>
#include <vector>

/// What a library tells the node about itself when it is registered: plain data, and functions of the library. Written
/// by PluginBuilder (tenon/plugin.h), read by the node, destroyed before the library is unloaded.
namespace tenon {

class ConfigSlot;
struct ConfigValue;

/// The type of a property, as data: the node parses and checks the descriptor's text by it.
struct PropertyType {
  enum class Kind : std::uint8_t {
    kString,
    kInteger,
    kNumber,
    kBool,
    kDuration,
    kSize,
    kList,
    kMap,
    kReference,
    kChain
  };
  Kind kind = Kind::kString;
  /// Range, both ends included. Integer: as is; duration: ticks; size: bytes.
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
  /// Duration: nanoseconds a tick; the text must be a whole number of ticks.
  std::int64_t tick = 1;
  /// Reference: the interface that the bean must implement.
  std::string interface;
  /// List and map: one element, the type of the items.
  std::vector<PropertyType> item;
};

/// A checked property value on its way into a bean.
struct PropertyValue {
  /// string · integer, duration in ticks or size in bytes · number · bool · reference, cast to the interface · chain:
  /// its ChainSlot.
  std::variant<std::monostate, std::string, std::int64_t, double, bool, void*> scalar;
  /// Of a list, of a map in the order of its keys, or of a chain: the names of its flows.
  std::vector<PropertyValue> items;
  std::vector<std::string> keys;
};

struct PropertyEntry {
  std::string name;
  PropertyType type;
  bool required = false;
  std::string description;
  std::function<void(void* object, PropertyValue value)> assign;
};

/// A member that the node binds by interface, without a word in the descriptor.
struct InjectionEntry {
  enum class Kind : std::uint8_t { kExtensions, kDrivers, kOnly };
  Kind kind;
  std::string interface;
  /// `source`: an ExtensionSlot for extensions and drivers, the object cast to the interface for the only bean.
  std::function<void(void* object, void* source)> bind;
};

struct InterfaceEntry {
  std::string id;
  /// Not empty for the factory interface of a kind of driver.
  std::string driver_kind;
  void* (*cast)(void* object) = nullptr;
  /// Null unless the interface derives from Flow: its extensions can be steps of a chain.
  const Flow* (*flow)(void* object) = nullptr;
  /// Whether it derives from ReleasableFlow: its extensions can be called on their release side, too.
  bool releasable = false;
  /// What the interface promises its extensions; empty for one that is no Flow.
  FlowContract contract;
};

struct MethodEntry {
  std::string name;
  std::function<void(void* object)> call;
};

/// A member that holds a config (tenon/config.h).
struct ConfigEntry {
  std::string category;
  std::string name;
  PropertyType::Kind kind = PropertyType::Kind::kString;
  std::function<void(void* object, const ConfigSlot* slot)> bind;
  /// Empty if the class does not want to hear of changes.
  std::function<void(void* object, const ConfigValue& before, const ConfigValue& now)> changed;
};

/// A message that a class of beans handles.
struct HandlerEntry {
  /// The message's name; empty for the one that gets all that the others do not.
  std::string message;
  /// Whether it works on the thread that calls it, and may block: then it is called on a thread for that.
  bool blocks = false;
  std::function<void(void* object, AnyCall call)> call;
};

/// A message as its library declares it.
struct MessageEntry {
  std::string name;
  std::uint64_t type_id = 0;
  /// The name of the message that this one extends; empty for none.
  std::string extends;
  std::uint64_t reply_type_id = 0;
  /// JSON Schema of the message and of its reply.
  Json (*schema)() = nullptr;
  Json (*reply_schema)() = nullptr;
  /// Reads the message strictly: JSON.1001 – 1005.
  Result<Value> (*read)(const Json& json) = nullptr;
  /// The message in the value as the type of this id, which it is or extends; null if it is neither.
  const void* (*as)(const Value& message, std::uint64_t type) = nullptr;
};

/// One class of a library.
struct ClassEntry {
  enum class Kind : std::uint8_t { kBean, kFlow, kResource };
  Kind kind = Kind::kBean;
  std::string name;
  std::vector<InterfaceEntry> interfaces;
  std::vector<PropertyEntry> properties;
  std::vector<InjectionEntry> injections;
  std::vector<ConfigEntry> configs;
  std::vector<MethodEntry> methods;
  std::vector<HandlerEntry> handlers;
  /// Null for a resource, which its factory makes.
  void* (*create)() = nullptr;
  void (*destroy)(void* object) = nullptr;
  /// Null if the class is no Component.
  Component* (*component)(void* object) = nullptr;
  /// Null if the class is no Flow.
  const Flow* (*flow)(void* object) = nullptr;
  /// Flow: whether it has a rollback of its own, or says that it needs none.
  bool has_undo = true;
  /// Flow: whether it has a pre_check, and a skip, of its own.
  bool has_pre_check = false;
  bool has_skip = false;
  FlowContract contract;
};

struct ClassTable {
  std::vector<ClassEntry> classes;
  std::vector<MessageEntry> messages;
};

/// Handed to a library's one exported function.
struct Registration {
  NodeServices* node = nullptr;
  LibraryContext* library = nullptr;
  ClassTable* table = nullptr;
};

/// Name and type of a library's one exported function.
inline constexpr const char* kRegisterSymbol = "tenon_plugin_register";
using RegisterFunction = void(Registration* registration);

}  // namespace tenon
