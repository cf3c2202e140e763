#pragma once

#include <tenon/class_table.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/generation.h"

namespace tenon::plugin {

/// One object made from a class of a library, with all that keeps it usable: its library and the beans it refers to.
/// Made, started, stopped and destroyed on the node's main thread, but for a flow that is no component, which is made
/// on any; others hold it by `std::shared_ptr`.
class Bean {
 public:
  /// Makes the object; what its constructor throws reaches the caller as Error PLUGIN.1009.
  Bean(std::string id, std::shared_ptr<Generation> generation, const ClassEntry& entry);
  /// The same, shared: when the last reference goes, it is stopped and destroyed once nobody sees it or owns what it
  /// has made: by `retirement`, or at once, if that is null.
  [[nodiscard]] static std::shared_ptr<Bean> make(std::string id, std::shared_ptr<Generation> generation,
                                                  const ClassEntry& entry, std::shared_ptr<Retirement> retirement);
  /// Destroys the object; it must have been stopped.
  ~Bean();
  Bean(const Bean&) = delete;
  Bean& operator=(const Bean&) = delete;

  [[nodiscard]] const std::string& id() const noexcept { return id_; }
  [[nodiscard]] const ClassEntry& entry() const noexcept { return *entry_; }
  [[nodiscard]] const Generation& generation() const noexcept { return *generation_; }
  [[nodiscard]] void* object() const noexcept { return object_; }
  /// The object as the interface with this id, or null.
  [[nodiscard]] void* as(std::string_view interface_id) const noexcept;

  /// Keeps another bean, or something that it has a pointer to, as long as this one.
  void refer(std::shared_ptr<const void> other) { references_.push_back(std::move(other)); }

  /// All that it was made of but its library, as a text: an equal one would make it the same.
  void set_recipe(std::string recipe) { recipe_ = std::move(recipe); }
  [[nodiscard]] const std::string& recipe() const noexcept { return recipe_; }

  /// Called once, before it is stopped or if it never was started: it is told nothing from then on.
  void on_stop(std::function<void()> call) { on_stop_ = std::move(call); }

  /// Methods that the descriptor names, called after the component's start and before its stop; null for none.
  void set_methods(const MethodEntry* init, const MethodEntry* destroy) noexcept {
    init_ = init;
    destroy_ = destroy;
  }

  /// Starts the component and calls the init method. If the latter throws, the component is stopped again. Throws Error
  /// PLUGIN.1010.
  void start();
  /// The reverse of `start`; no effect if it is not started. Exceptions are logged.
  void stop() noexcept;

 private:
  std::string id_;
  std::shared_ptr<Generation> generation_;
  const ClassEntry* entry_;
  std::vector<std::shared_ptr<const void>> references_;
  std::string recipe_;
  std::function<void()> on_stop_;
  const MethodEntry* init_ = nullptr;
  const MethodEntry* destroy_ = nullptr;
  void* object_ = nullptr;
  bool started_ = false;
};

/// The entry of the class for an interface named with or without its version, or null.
[[nodiscard]] const InterfaceEntry* find_interface(const ClassEntry& entry, std::string_view name) noexcept;

}  // namespace tenon::plugin
