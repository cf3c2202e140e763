#pragma once

#include <tenon/described.h>
#include <tenon/library.h>

#include <atomic>
#include <cstdint>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tenon {

/// What the node knows of a type whose code lives in a library.
struct TypeOps {
  std::uint64_t id;
  std::string_view name;
  void (*destroy)(void* box) noexcept;
  /// Null for a type that has no JSON form: its values can't leave the process.
  Json (*encode)(const void* box);
};

/// One immutable, shared value: an object of a library's type, or JSON. Flow data, messages, replies and events are of
/// this kind. Copies share the object and keep the library of its type loaded; any thread may copy and read.
class Value {
 public:
  Value() noexcept = default;
  Value(const Value& other) noexcept : box_(other.box_) {
    if (box_ != nullptr) box_->references.fetch_add(1, std::memory_order_relaxed);
  }
  Value(Value&& other) noexcept : box_(std::exchange(other.box_, nullptr)) {}
  Value& operator=(Value other) noexcept {
    std::swap(box_, other.box_);
    return *this;
  }
  ~Value() {
    if (box_ != nullptr && box_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) box_->ops->destroy(box_);
  }

  /// A value of the type `T`, made by the calling library.
  template <class T>
  [[nodiscard]] static Value of(T object) {
    return Value(new TypedBox<T>(std::move(object)));
  }

  [[nodiscard]] bool empty() const noexcept { return box_ == nullptr; }
  [[nodiscard]] std::uint64_t type_id() const noexcept { return box_ != nullptr ? box_->ops->id : 0; }
  [[nodiscard]] std::string_view type_name() const noexcept { return box_ != nullptr ? box_->ops->name : "nothing"; }
  [[nodiscard]] bool is_json() const noexcept { return type_id() == kTypeId<Json>; }

  /// The object, or null if it is of another type. Lives as long as a copy of this value.
  template <class T>
  [[nodiscard]] const T* as() const noexcept {
    return type_id() == kTypeId<T> ? &static_cast<const TypedBox<T>*>(box_)->object : nullptr;
  }

  /// Whether there is a JSON form: the value can leave the process.
  [[nodiscard]] bool has_json() const noexcept { return box_ == nullptr || box_->ops->encode != nullptr; }

  /// The JSON form; an object `{"opaque": TYPE}` for a type that has none.
  [[nodiscard]] Json json() const {
    if (box_ == nullptr) return {};
    if (box_->ops->encode == nullptr) return Json::object().add("opaque", box_->ops->name);
    return box_->ops->encode(box_);
  }

 private:
  struct Box {
    explicit Box(const TypeOps* operations) noexcept : ops(operations) {}
    std::atomic<std::uint32_t> references{1};
    const TypeOps* ops;
    Pin pin = Pin::here();
  };
  template <class T>
  struct TypedBox : Box {
    explicit TypedBox(T value) : Box(&kOps<T>), object(std::move(value)) {}
    T object;
  };
  template <class T>
  static void destroy(void* box) noexcept {
    auto* typed = static_cast<TypedBox<T>*>(static_cast<Box*>(box));
    Pin pin = std::move(typed->pin);  // released last: the destructor is code of that library
    delete typed;
  }
  template <class T>
  static Json encode(const void* box) {
    return to_json(static_cast<const TypedBox<T>*>(static_cast<const Box*>(box))->object);
  }
  template <class T>
  static constexpr Json (*encoder())(const void*) {
    if constexpr (is_travelling<T>()) {
      return &encode<T>;
    } else {
      return nullptr;
    }
  }
  template <class T>
  static constexpr TypeOps kOps{kTypeId<T>, detail::type_name<T>(), &destroy<T>, encoder<T>()};

  explicit Value(Box* box) noexcept : box_(box) {}

  Box* box_ = nullptr;
};

}  // namespace tenon
