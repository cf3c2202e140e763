#pragma once

#include <tenon/class_table.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/generation.h"

namespace tenon::plugin {

/// One object made from a class of a library, with all that keeps it usable: its library and the beans it refers to.
/// Made and destroyed on the node's main thread, but for a flow that is no component; others hold it by
/// `std::shared_ptr`.
class Bean {
 public:
  /// Makes the object; what its constructor throws reaches the caller as Error PLUGIN.1009.
  Bean(std::string id, std::shared_ptr<Generation> generation, const ClassEntry& entry);
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

  /// Keeps another bean as long as this one.
  void refer(std::shared_ptr<Bean> other) { references_.push_back(std::move(other)); }

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
  std::vector<std::shared_ptr<Bean>> references_;
  const MethodEntry* init_ = nullptr;
  const MethodEntry* destroy_ = nullptr;
  void* object_ = nullptr;
  bool started_ = false;
};

/// The entry of the class for an interface named with or without its version, or null.
[[nodiscard]] const InterfaceEntry* find_interface(const ClassEntry& entry, std::string_view name) noexcept;

}  // namespace tenon::plugin
