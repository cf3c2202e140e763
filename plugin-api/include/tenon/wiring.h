#pragma once

#include <tenon/error.h>
#include <tenon/interface.h>

#include <atomic>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// How a bean or a flow reaches others: by members that the node fills in before `start()`.
/// A member is declared to the node in TENON_PLUGIN, by `.inject(&T::member)` or, for a Ref, `.property(…)`.
namespace tenon {

/// One extension in a list, or one driver of a kind; kept by the node.
struct ExtensionEntry {
  void* object;
  /// Id of the bean, for messages.
  std::string_view bean;
  /// The type of driver (`KVM`); empty for an extension.
  std::string_view type;
};
using ExtensionList = std::vector<ExtensionEntry>;

/// Where the node publishes the list of one interface.
struct ExtensionSlot {
  std::atomic<const ExtensionList*> list{nullptr};
};

/// Reference to one bean, valid from before `start()` until after `stop()` of the bean that holds it.
template <Interface I>
class Ref {
 public:
  I* operator->() const noexcept { return object_; }
  I& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  /// For the node, and for tests without one.
  void bind(I* object) noexcept { object_ = object; }

 private:
  I* object_ = nullptr;
};

/// All extensions of the interface `I`, in order: higher `order` first, then as declared. Always the current ones; any
/// thread may call. Exceptions of an extension reach the caller.
template <Interface I>
class Extensions {
 public:
  template <class F>
  void for_each(F&& function) const {
    for (const ExtensionEntry& entry : list()) function(*static_cast<I*>(entry.object));
  }
  [[nodiscard]] std::size_t size() const noexcept { return list().size(); }
  void bind(const ExtensionSlot* slot) noexcept { slot_ = slot; }

 private:
  [[nodiscard]] const ExtensionList& list() const noexcept {
    static constinit const ExtensionList kNone;
    const ExtensionList* current = slot_ != nullptr ? slot_->list.load(std::memory_order_acquire) : nullptr;
    return current != nullptr ? *current : kNone;
  }
  const ExtensionSlot* slot_ = nullptr;
};

/// The factories of all drivers of one kind, by type.
template <DriverFactory F>
class Drivers {
 public:
  /// The factory of the type, or null.
  [[nodiscard]] F* find(std::string_view type) const noexcept {
    if (slot_ == nullptr) return nullptr;
    if (const ExtensionList* list = slot_->list.load(std::memory_order_acquire)) {
      for (const ExtensionEntry& entry : *list) {
        if (entry.type == type) return static_cast<F*>(entry.object);
      }
    }
    return nullptr;
  }

  /// The factory of the type; throws Error DRIVER.1001 that lists the types there are.
  [[nodiscard]] F& get(std::string_view type) const {
    if (F* factory = find(type)) return *factory;
    std::string known;
    for (std::string_view name : types()) known.append(known.empty() ? "" : ", ").append(name);
    throw Error(make_error("DRIVER.1001", "no driver of this type",
                           std::string(F::kDriverKind) + " '" + std::string(type) +
                               "' (there are: " + (known.empty() ? "none" : known) + ")"));
  }

  [[nodiscard]] std::vector<std::string_view> types() const {
    std::vector<std::string_view> names;
    if (slot_ == nullptr) return names;
    if (const ExtensionList* list = slot_->list.load(std::memory_order_acquire)) {
      for (const ExtensionEntry& entry : *list) names.push_back(entry.type);
    }
    return names;
  }
  void bind(const ExtensionSlot* slot) noexcept { slot_ = slot; }

 private:
  const ExtensionSlot* slot_ = nullptr;
};

}  // namespace tenon
