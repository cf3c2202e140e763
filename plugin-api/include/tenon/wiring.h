#pragma once

#include <tenon/error.h>
#include <tenon/interface.h>
#include <tenon/lease.h>

#include <atomic>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
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
  /// Null: there are none, or the gate is closed.
  std::atomic<const ExtensionList*> list{nullptr};
  std::atomic<bool> gated{false};
};

namespace detail {
/// The list as it is now, valid as long as a lease that was taken before; null if the gate is closed.
[[nodiscard]] inline const ExtensionList* look(const ExtensionSlot* slot) noexcept {
  static constinit const ExtensionList kNone;
  const ExtensionList* list = slot != nullptr ? slot->list.load(std::memory_order_acquire) : &kNone;
  if (list != nullptr) [[likely]]
    return list;
  return slot->gated.load(std::memory_order_acquire) ? nullptr : &kNone;
}

/// Calls `use` with the list as it is now, under a lease. Waits at a closed gate; throws PLUGIN.1013.
template <class F>
void with_list(const ExtensionSlot* slot, F&& use) {
  while (true) {
    {
      const Lease lease;
      if (const ExtensionList* list = look(slot)) return use(*list);
    }
    this_node->wait_at_gate(*slot);
  }
}
}  // namespace detail

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

/// Reference to a bean that is current, with a lease: as a temporary it holds for the whole expression. Null if there
/// is none. For the thread that got it.
template <Interface I>
class Leased {
 public:
  I* operator->() const noexcept { return object_; }
  I& operator*() const noexcept { return *object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

  /// For the node's members: `find` gets the list, under the lease.
  template <class F>
  Leased(const ExtensionSlot* slot, F&& find) {
    const ExtensionList* list = detail::look(slot);
    while (list == nullptr) {
      lease_.reset();
      detail::this_node->wait_at_gate(*slot);
      lease_.emplace();
      list = detail::look(slot);
    }
    object_ = find(*list);
  }
  Leased(const Leased&) = delete;
  Leased& operator=(const Leased&) = delete;

 private:
  std::optional<Lease> lease_{std::in_place};
  I* object_ = nullptr;
};

/// All extensions of the interface `I`, in order: higher `order` first, then as declared. Always the current ones; any
/// thread may call. Exceptions of an extension reach the caller. Those that a call sees are not stopped before it ends.
template <Interface I>
class Extensions {
 public:
  template <class F>
  void for_each(F&& function) const {
    detail::with_list(slot_, [&](const ExtensionList& list) {
      for (const ExtensionEntry& entry : list) function(*static_cast<I*>(entry.object));
    });
  }
  [[nodiscard]] std::size_t size() const {
    std::size_t size = 0;
    detail::with_list(slot_, [&](const ExtensionList& list) { size = list.size(); });
    return size;
  }
  void bind(const ExtensionSlot* slot) noexcept { slot_ = slot; }

 private:
  const ExtensionSlot* slot_ = nullptr;
};

/// The factories of all drivers of one kind, by type.
template <DriverFactory F>
class Drivers {
 public:
  /// The factory of the type, or null.
  [[nodiscard]] Leased<F> find(std::string_view type) const {
    return Leased<F>(slot_, [&](const ExtensionList& list) { return look_up(list, type); });
  }

  /// The factory of the type; throws Error DRIVER.1001 that lists the types there are.
  [[nodiscard]] Leased<F> get(std::string_view type) const {
    return Leased<F>(slot_, [&](const ExtensionList& list) {
      F* const factory = look_up(list, type);
      if (factory == nullptr) throw Error(missing(list, type));
      return factory;
    });
  }

  [[nodiscard]] std::vector<std::string> types() const {
    std::vector<std::string> names;
    detail::with_list(slot_, [&](const ExtensionList& list) {
      for (const ExtensionEntry& entry : list) names.emplace_back(entry.type);
    });
    return names;
  }
  void bind(const ExtensionSlot* slot) noexcept { slot_ = slot; }

 private:
  [[nodiscard]] static F* look_up(const ExtensionList& list, std::string_view type) noexcept {
    for (const ExtensionEntry& entry : list) {
      if (entry.type == type) return static_cast<F*>(entry.object);
    }
    return nullptr;
  }
  [[nodiscard]] static ErrorCode missing(const ExtensionList& list, std::string_view type) {
    std::string known;
    for (const ExtensionEntry& entry : list) known.append(known.empty() ? "" : ", ").append(entry.type);
    return make_error("DRIVER.1001", "no driver of this type",
                      std::string(F::kDriverKind) + " '" + std::string(type) +
                          "' (there are: " + (known.empty() ? "none" : known) + ")");
  }

  const ExtensionSlot* slot_ = nullptr;
};

}  // namespace tenon
