#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace tenon {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarning, kError };

/// One key/value pair of a log line. Views are read during the call only.
struct LogField {
  std::string_view key;
  std::string_view value;
};

struct ExtensionSlot;
namespace detail {
struct LeaseMark;
}

class ChainHost;
class EventHost;
class MessageHost;
class StoreHost;
class TagHost;

/// What the node offers to all code of a library. Implemented by the node; any thread may call it.
class NodeServices {
 public:
  /// Whether lines of this level are kept: asked before fields are formatted.
  virtual bool log_enabled(LogLevel level) const noexcept = 0;
  /// Writes one line. `library` is the name of the plugin, `text` a constant.
  virtual void log(LogLevel level, std::string_view library, std::string_view text,
                   std::span<const LogField> fields) noexcept = 0;
  /// A step was answered after its answer: reported with the flow's name, without effect (FLOW.1003).
  virtual void answered_twice(std::uint64_t run, std::uint32_t step) noexcept = 0;
  /// Who starts chains (tenon/chain_host.h); null where there is no engine.
  virtual ChainHost* chains() noexcept = 0;
  /// The node's database (tenon/store.h); null where there is none.
  virtual StoreHost* store() noexcept = 0;
  /// Something has happened that failed undos may wait for (tenon/retry_on.h). Returns at once.
  virtual void happened(std::string_view event) noexcept = 0;
  /// Who brings messages to their services (tenon/message.h); null where nobody does.
  virtual MessageHost* messages() noexcept = 0;
  /// Who keeps and delivers events (tenon/event.h); null where nobody does.
  virtual EventHost* events() noexcept = 0;
  /// The tags of resources (tenon/tags.h); null where there are none.
  virtual TagHost* tags() noexcept = 0;
  /// The calling thread is about to hold its first lease (tenon/lease.h).
  virtual void take_notice(detail::LeaseMark& mark) noexcept = 0;
  /// Waits, without a lease, until the slot's gate is open: a plugin is swapped that can't stand beside itself. Throws
  /// Error PLUGIN.1013 if that takes too long.
  virtual void wait_at_gate(const ExtensionSlot& slot) = 0;

 protected:
  ~NodeServices() = default;
};

/// One loaded copy of a library, as its code sees it. Owned by the node, which does not unload the library while
/// `pins` is above zero, and does not stop a bean of it while `instances` is.
struct LibraryContext {
  NodeServices* node = nullptr;
  std::string_view name;
  std::atomic<std::int64_t> pins{0};
  /// How many objects that its beans have made are owned by others.
  std::atomic<std::int64_t> instances{0};
};

namespace detail {
/// The library that this code was linked into; null in code that is linked into the node itself. Hidden, so that each
/// library has its own, and neither the dynamic linker nor STB_GNU_UNIQUE merges them.
[[gnu::visibility("hidden")]] inline constinit LibraryContext* this_library = nullptr;
/// The node, for code in this library. Set before anything else of the library runs.
[[gnu::visibility("hidden")]] inline constinit NodeServices* this_node = nullptr;
}  // namespace detail

/// Keeps a library loaded. What comes from a library and outlives a call carries one: a typed value, a bean's instance,
/// a resource. Copyable from any thread; holding one for long keeps an unloaded plugin "pinned".
class Pin {
 public:
  Pin() noexcept = default;
  explicit Pin(LibraryContext* library) noexcept : library_(library) {
    if (library_ != nullptr) library_->pins.fetch_add(1, std::memory_order_relaxed);
  }
  Pin(const Pin& other) noexcept : Pin(other.library_) {}
  Pin(Pin&& other) noexcept : library_(std::exchange(other.library_, nullptr)) {}
  Pin& operator=(Pin other) noexcept {
    std::swap(library_, other.library_);
    return *this;
  }
  ~Pin() {
    if (library_ != nullptr) library_->pins.fetch_sub(1, std::memory_order_release);
  }

  /// A pin on the library whose code calls this.
  [[nodiscard]] static Pin here() noexcept { return Pin(detail::this_library); }

 private:
  LibraryContext* library_ = nullptr;
};

/// An object made in one library and owned in another: knows how to destroy it. Until then its code stays loaded, and
/// the beans of its library stay started, as it may use the one that made it. Move-only; destroyed on the thread that
/// drops it. A component must not keep one of its own library from `start` to `stop`: it would wait for itself.
template <class I>
class Owned {
 public:
  Owned() noexcept = default;
  Owned(Owned&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)),
        destroy_(other.destroy_),
        library_(std::exchange(other.library_, nullptr)) {}
  Owned& operator=(Owned&& other) noexcept {
    Owned old(std::move(*this));
    object_ = std::exchange(other.object_, nullptr);
    destroy_ = other.destroy_;
    library_ = std::exchange(other.library_, nullptr);
    return *this;
  }
  ~Owned() {
    if (object_ == nullptr) return;
    const Pin pin(library_);  // its code runs until it is gone
    destroy_(object_);
    if (library_ != nullptr) library_->instances.fetch_sub(1, std::memory_order_release);
  }

  I* operator->() const noexcept { return object_; }
  I& operator*() const noexcept { return *object_; }
  [[nodiscard]] I* get() const noexcept { return object_; }
  explicit operator bool() const noexcept { return object_ != nullptr; }

 private:
  template <class J, class T, class... Args>
  friend Owned<J> make_owned(Args&&... args);
  Owned(I* object, void (*destroy)(I*), LibraryContext* library) noexcept
      : object_(object), destroy_(destroy), library_(library) {
    if (library_ != nullptr) library_->instances.fetch_add(1, std::memory_order_relaxed);
  }

  I* object_ = nullptr;
  void (*destroy_)(I*) = nullptr;
  LibraryContext* library_ = nullptr;
};

/// Makes a `T` that is handed out as an `I`.
template <class I, class T, class... Args>
[[nodiscard]] Owned<I> make_owned(Args&&... args) {
  static_assert(std::derived_from<T, I>);
  return Owned<I>(
      new T(std::forward<Args>(args)...), [](I* object) { delete static_cast<T*>(object); }, detail::this_library);
}

}  // namespace tenon
