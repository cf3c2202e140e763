#pragma once

#include <tenon/blocking_extension.h>
#include <tenon/class_table.h>
#include <tenon/component.h>
#include <tenon/config.h>
#include <tenon/contract.h>
#include <tenon/error.h>
#include <tenon/event.h>
#include <tenon/flow.h>
#include <tenon/flow_chain.h>
#include <tenon/flow_traits.h>
#include <tenon/handler.h>
#include <tenon/interceptor.h>
#include <tenon/interface.h>
#include <tenon/lease.h>
#include <tenon/library.h>
#include <tenon/log.h>
#include <tenon/message.h>
#include <tenon/property.h>
#include <tenon/record.h>
#include <tenon/resource.h>
#include <tenon/schema.h>
#include <tenon/store.h>
#include <tenon/transactional_flow.h>
#include <tenon/wiring.h>

#include <concepts>
#include <string>
#include <type_traits>
#include <utility>

/// A plugin is one shared library with one TENON_PLUGIN and a descriptor:
/// ```cpp
/// #include <tenon/plugin.h>
///
/// TENON_PLUGIN("hello", "1.0.0", plugin) {
///   plugin.bean<hello::Greeter>("hello.Greeter")
///       .implements<hello::Greeting>()
///       .property("name", &hello::Greeter::name);
///   plugin.flow<hello::SayHello>("hello.SayHello").writes(hello::kText);
/// }
/// ```
/// The body runs once, when the library has been loaded and its record found good. It only declares: no I/O, no
/// threads, no globals. An exception in it refuses the library.
namespace tenon {

/// Declares one class. Returned by PluginBuilder; used within TENON_PLUGIN only.
template <class T>
class ClassBuilder {
 public:
  ClassBuilder(ClassTable& table, std::size_t index) : table_(&table), index_(index) {}

  /// The class can be had as an `I`: as an extension, a driver's factory, or by reference.
  template <Interface I>
  ClassBuilder& implements() {
    static_assert(std::derived_from<T, I>, "the class must derive from the interface publicly");
    InterfaceEntry entry;
    entry.id = I::kInterface;
    entry.cast = [](void* object) -> void* { return static_cast<I*>(static_cast<T*>(object)); };
    if constexpr (DriverFactory<I>) entry.driver_kind = I::kDriverKind;
    if constexpr (std::derived_from<I, Flow>) {
      entry.flow = [](void* object) -> const Flow* { return static_cast<I*>(static_cast<T*>(object)); };
      entry.releasable = std::derived_from<I, ReleasableFlow>;
      if constexpr (ContractedInterface<I>) I::contract(entry.contract);
    }
    self().interfaces.push_back(std::move(entry));
    return *this;
  }

  /// A property kept in a member: `std::string`, an integer, `bool`, a floating-point number, a `std::chrono`
  /// duration, Size, a Ref, a FlowChain, and `std::vector` and `std::map<std::string, …>` of these.
  template <class C, class M>
  requires(std::derived_from<T, C> && !std::is_function_v<M>) ClassBuilder& property(std::string name, M C::*member,
                                                                                     PropertyOptions options = {}) {
    PropertyEntry entry = detail::make_property(std::move(name), detail::property_type<M>(), std::move(options));
    entry.assign = [member](void* object, PropertyValue value) {
      static_cast<T*>(object)->*member = detail::property_value<M>(std::move(value));
    };
    self().properties.push_back(std::move(entry));
    return *this;
  }

  /// A property given to a setter, which may throw: the bean is then refused with the property's place.
  template <class C, class A>
  requires std::derived_from<T, C> ClassBuilder& property(std::string name, void (C::*setter)(A),
                                                          PropertyOptions options = {}) {
    using M = std::remove_cvref_t<A>;
    PropertyEntry entry = detail::make_property(std::move(name), detail::property_type<M>(), std::move(options));
    entry.assign = [setter](void* object, PropertyValue value) {
      (static_cast<T*>(object)->*setter)(detail::property_value<M>(std::move(value)));
    };
    self().properties.push_back(std::move(entry));
    return *this;
  }

  /// Binds the list of all extensions of an interface.
  template <class C, Interface I>
  requires std::derived_from<T, C> ClassBuilder& inject(Extensions<I> C::*member) {
    return inject_slot(InjectionEntry::Kind::kExtensions, I::kInterface, member);
  }
  /// Binds the drivers of a kind.
  template <class C, DriverFactory F>
  requires std::derived_from<T, C> ClassBuilder& inject(Drivers<F> C::*member) {
    return inject_slot(InjectionEntry::Kind::kDrivers, F::kInterface, member);
  }
  /// Binds the one bean that implements `I`; none, or more than one, is an error of the load.
  template <class C, Interface I>
  requires std::derived_from<T, C> ClassBuilder& inject(Ref<I> C::*member) {
    self().injections.push_back(
        {InjectionEntry::Kind::kOnly, std::string(I::kInterface),
         [member](void* object, void* source) { (static_cast<T*>(object)->*member).bind(static_cast<I*>(source)); }});
    return *this;
  }

  /// A member that holds the config of this category and name, which a descriptor must define, of this type.
  template <class C, ConfigType V>
  requires std::derived_from<T, C> ClassBuilder& config(std::string category, std::string name, Config<V> C::*member) {
    ConfigEntry entry{std::move(category), std::move(name), detail::ConfigTraits<V>::kKind, nullptr, nullptr};
    entry.bind = [member](void* object, const ConfigSlot* slot) { (static_cast<T*>(object)->*member).bind(slot); };
    self().configs.push_back(std::move(entry));
    return *this;
  }
  /// The same; `changed` hears of each new global value, after it counts. Called between `start()` and `stop()`, on a
  /// thread of the node, one call at a time, under no lock. It may take its time: others hear of changes later then.
  /// Values that follow one another fast may be told as one change.
  template <class C, ConfigType V, class D>
  requires(std::derived_from<T, C>&& std::derived_from<T, D>) ClassBuilder& config(
      std::string category, std::string name, Config<V> C::*member, void (D::*changed)(const V& before, const V& now)) {
    config(std::move(category), std::move(name), member);
    self().configs.back().changed = [changed](void* object, const ConfigValue& before, const ConfigValue& now) {
      using Traits = detail::ConfigTraits<V>;
      (static_cast<T*>(object)->*changed)(Traits::of(before), Traits::of(now));
    };
    return *this;
  }

  /// A method that a descriptor may name as `init-method` or `destroy-method`.
  template <class C>
  requires std::derived_from<T, C> ClassBuilder& method(std::string name, void (C::*function)()) {
    self().methods.push_back({std::move(name), [function](void* object) { (static_cast<T*>(object)->*function)(); }});
    return *this;
  }

  /// A message that the class handles, by a member function of one of these forms:
  /// - `void f(Call<M>)` answers now or later; unless `blocks` is set it must not block;
  /// - `Result<M::Reply> f(const M&)` or `f(const M&, const Caller&)` may block; an Error that it throws is the answer;
  /// - `Result<M::Reply> f(StoreTransaction&, const M&)` does so within one transaction, whose rules are those of
  ///   tenon::transaction: what it wrote is durable when the caller hears of success, and gone after an error;
  /// - `void f(AnyCall)`, as the first form, gets all messages of its services that no other function gets.
  template <class F>
  requires std::is_member_function_pointer_v<F> ClassBuilder& handles(F function, HandlerOptions options = {}) {
    self().handlers.push_back(detail::make_handler<T>(function, options));
    return *this;
  }

  /// Flow: a key that it needs.
  template <class V>
  ClassBuilder& reads(const FlowKey<V>& key) {
    self().contract.reads(key);
    return *this;
  }
  /// Flow: a key that it uses if it is there.
  template <class V>
  ClassBuilder& optional(const FlowKey<V>& key) {
    self().contract.optional(key);
    return *this;
  }
  /// Flow: a key that it has set when it answers `next()`.
  template <class V>
  ClassBuilder& writes(const FlowKey<V>& key) {
    self().contract.writes(key);
    return *this;
  }

 private:
  ClassEntry& self() { return table_->classes[index_]; }

  template <class Member>
  ClassBuilder& inject_slot(InjectionEntry::Kind kind, std::string_view interface, Member member) {
    self().injections.push_back({kind, std::string(interface), [member](void* object, void* source) {
                                   (static_cast<T*>(object)->*member).bind(static_cast<const ExtensionSlot*>(source));
                                 }});
    return *this;
  }

  ClassTable* table_;
  std::size_t index_;
};

/// What TENON_PLUGIN's body speaks to.
class PluginBuilder {
 public:
  explicit PluginBuilder(ClassTable& table) : table_(&table) {}

  /// A class of beans: default-constructible; made, configured and destroyed by the node as descriptors say. Class
  /// names are qualified by the plugin's name: `ovs.L2NetworkFactory`.
  template <class T>
  ClassBuilder<T> bean(std::string name) {
    return add<T>(ClassEntry::Kind::kBean, std::move(name));
  }

  /// A class of flows, named in chains. One instance serves a chain's runs. A descriptor may configure it by a bean of
  /// this class; without one the node makes it as it is.
  template <std::derived_from<Flow> T>
  ClassBuilder<T> flow(std::string name) {
    return add<T>(ClassEntry::Kind::kFlow, std::move(name));
  }

  /// A message of this plugin, for whoever handles it.
  template <Message M>
  void message() {
    MessageEntry entry;
    entry.name = M::kMessage;
    entry.type_id = kTypeId<M>;
    if constexpr (ExtendingMessage<M>) entry.extends = M::Extends::kMessage;
    entry.reply_type_id = kTypeId<typename M::Reply>;
    entry.schema = &schema_of<M>;
    entry.reply_schema = &schema_of<typename M::Reply>;
    entry.read = [](const Json& json) -> Result<Value> {
      Result<M> read = from_json<M>(json);
      if (!read) return std::move(read).error();
      return Value::of<M>(std::move(read).value());
    };
    entry.as = [](const Value& message, std::uint64_t type) -> const void* {
      const M* object = message.as<M>();
      return object != nullptr ? detail::message_as<M>(object, type) : nullptr;
    };
    table_->messages.push_back(std::move(entry));
  }

  /// A class of resources, made by a driver's factory.
  template <class T>
  ClassBuilder<T> resource(std::string name) {
    ClassEntry entry;
    entry.kind = ClassEntry::Kind::kResource;
    entry.name = std::move(name);
    table_->classes.push_back(std::move(entry));
    return {*table_, table_->classes.size() - 1};
  }

 private:
  template <class T>
  ClassBuilder<T> add(ClassEntry::Kind kind, std::string name) {
    ClassEntry entry;
    entry.kind = kind;
    entry.name = std::move(name);
    entry.create = []() -> void* { return new T(); };
    entry.destroy = [](void* object) { delete static_cast<T*>(object); };
    if constexpr (std::derived_from<T, Component>) {
      entry.component = [](void* object) -> Component* { return static_cast<T*>(object); };
    }
    if constexpr (std::derived_from<T, Flow>) {
      entry.flow = [](void* object) -> const Flow* { return static_cast<T*>(object); };
      entry.has_undo = detail::has_undo<T>();
      entry.has_pre_check = detail::has_pre_check<T>();
      entry.has_skip = detail::has_skip<T>();
    }
    table_->classes.push_back(std::move(entry));
    return {*table_, table_->classes.size() - 1};
  }

  ClassTable* table_;
};

}  // namespace tenon

/// Makes this library a plugin: its record, its one exported function, and that function's body, which follows in
/// braces and declares the classes to the PluginBuilder called `VARIABLE`. Once a library.
#define TENON_PLUGIN(NAME, VERSION, VARIABLE)                                                                       \
  static void tenon_plugin_declare(::tenon::PluginBuilder& VARIABLE);                                               \
  extern "C" {                                                                                                      \
  [[gnu::section(".tenon.plugin"), gnu::used,                                                                       \
    gnu::retain]] static constexpr ::tenon::PluginRecord tenon_plugin_record = ::tenon::make_record(NAME, VERSION); \
  [[gnu::visibility("default")]] void tenon_plugin_register(::tenon::Registration* registration) {                  \
    ::tenon::detail::this_library = registration->library;                                                          \
    ::tenon::detail::this_node = registration->node;                                                                \
    ::tenon::PluginBuilder builder(*registration->table);                                                           \
    tenon_plugin_declare(builder);                                                                                  \
  }                                                                                                                 \
  }                                                                                                                 \
  static void tenon_plugin_declare(::tenon::PluginBuilder& VARIABLE)
