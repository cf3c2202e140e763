#pragma once

#include <tenon/described.h>
#include <tenon/error.h>
#include <tenon/json.h>
#include <tenon/library.h>
#include <tenon/store.h>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Canonical events: facts that are published under a path to whoever listens, in this process (EventListener) and at
/// the API (`GET /v1/events`). An event is a described struct that names the path of its kind; what stands in braces is
/// taken from its members:
/// ```cpp
/// struct WallPainted {
///   static constexpr std::string_view kEvent = "/walls/{wall}/painted";
///   std::string wall;
///   std::string color;
/// };
/// BOOST_DESCRIBE_STRUCT(WallPainted, (), (wall, color))
/// …
/// tenon::publish(store, WallPainted{"north", "blue"}).value();  // within the transaction that paints it
/// ```
/// An event is published in the transaction of the change that it tells of: it is kept if that is, and is not if that
/// is not. It is delivered after the commit, at least once, and in the order of the commits: so a listener must bear to
/// hear the same one again, which has the same id. A node that was killed delivers what is left when it is back.
namespace tenon {

template <class E>
concept Event = DescribedStruct<E> && requires {
  { E::kEvent } -> std::convertible_to<std::string_view>;
};

/// An event as it is delivered.
struct PublishedEvent {
  /// Goes up with each event of the store.
  std::uint64_t id = 0;
  /// `/walls/north/painted`.
  std::string path;
  /// The path of its kind: `/walls/{wall}/painted`.
  std::string kind;
  /// Microseconds since 1970 UTC.
  std::int64_t at = 0;
  Json body;

  /// The event, if it is of this kind and can be read as it.
  template <Event E>
  [[nodiscard]] std::optional<E> as() const {
    if (kind != E::kEvent) return std::nullopt;
    Result<E> read = from_json_lenient<E>(body);
    return read ? std::optional<E>(std::move(read).value()) : std::nullopt;
  }
};

/// An extension point: who is told of events. Its bean is called on a thread of its own, one event at a time, in their
/// order, from when the node knows it for the first time; it goes on where it was after a restart.
class EventListener {
 public:
  static constexpr std::string_view kInterface = "tenon.EventListener/1";
  virtual ~EventListener() = default;

  /// Which events: paths of segments; `*` or `{name}` stands for one segment, `**` at the end for any number of them.
  /// The same each time.
  virtual std::vector<std::string> patterns() const = 0;

  /// May block. If it throws, the event comes again, after a while that grows up to a minute; those after it wait. Not
  /// called any more when the bean is stopped.
  virtual void on_event(const PublishedEvent& event) = 0;
};

/// Who keeps and delivers events. Implemented by the node; any thread may call. Plugins use `publish`.
class EventHost {
 public:
  /// Within the transaction. Errors of the store.
  virtual Result<void> publish(StoreTransaction& store, std::string_view kind, const std::string& path,
                               const Json& body) = 0;

 protected:
  ~EventHost() = default;
};

namespace detail {

/// The kind's path with the members' values, a `/` or `%` of which is written `%2F` and `%25`.
[[nodiscard]] inline Result<std::string> event_path(std::string_view kind, const Json& body) {
  std::string path;
  while (!kind.empty()) {
    const std::size_t open = kind.find('{');
    path.append(kind.substr(0, open));
    if (open == std::string_view::npos) break;
    const std::size_t close = kind.find('}', open);
    const std::string_view member = kind.substr(open + 1, close - open - 1);
    const Json* value = body.find(member);
    const std::string* text = value != nullptr ? value->as_string() : nullptr;
    const std::int64_t* number = value != nullptr ? value->as_int() : nullptr;
    if (text == nullptr && number == nullptr) {
      return make_error("EVENT.1001", "an event has no such path",
                        "member '" + std::string(member) + "' is neither a text nor a whole number");
    }
    for (const char c : text != nullptr ? *text : std::to_string(*number)) {
      if (c == '/') {
        path.append("%2F");
      } else if (c == '%') {
        path.append("%25");
      } else {
        path.push_back(c);
      }
    }
    kind.remove_prefix(close == std::string_view::npos ? kind.size() : close + 1);
  }
  return path;
}

}  // namespace detail

/// Publishes the event when the transaction is committed. Nothing is done where nobody keeps events (`tenon check`,
/// tests without a node). Errors: those of the store; EVENT.1001 a member that its path needs is no text and no whole
/// number.
template <Event E>
[[nodiscard]] Result<void> publish(StoreTransaction& store, const E& event) {
  EventHost* host = detail::this_node != nullptr ? detail::this_node->events() : nullptr;
  if (host == nullptr) return {};
  const Json body = to_json(event);
  const Result<std::string> path = detail::event_path(E::kEvent, body);
  if (!path) return path.error();
  return host->publish(store, E::kEvent, *path, body);
}

/// The same in a transaction of its own, for what changes nothing in the store.
template <Event E>
[[nodiscard]] Result<void> publish(const E& event) {
  return transaction([&](StoreTransaction& store) { return publish(store, event); });
}

}  // namespace tenon
