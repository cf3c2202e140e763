#pragma once

#include <tenon/json.h>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tenon::cli {

struct Page {
  Json list;
  /// The node has more.
  bool more = false;
};

struct Answer {
  unsigned status = 0;
  /// Null if there is none.
  Json body;
};

/// Speaks with a node. Each call is a connection of its own. Every function throws Failure: kUnreachable if there is no
/// node at the socket, it goes away or it does not answer in time; kFailed with the node's own words if it refuses, and
/// the remedy on a line of its own if it has one.
class ApiClient {
 public:
  /// A node says at least each 15 s that a stream of events is alive.
  static constexpr std::chrono::milliseconds kPatience{60'000};

  /// `patience`: how long an answer, or the next event of a stream, is waited for.
  explicit ApiClient(std::string socket, std::chrono::milliseconds patience = kPatience)
      : socket_(std::move(socket)), patience_(patience) {}

  [[nodiscard]] Json get(const std::string& target) const { return page(target).list; }
  /// A list, or the part of it that one answer has.
  [[nodiscard]] Page page(const std::string& target) const { return call("GET", target, nullptr); }
  Json post(const std::string& target, const Json& body) const { return call("POST", target, &body).list; }
  Json put(const std::string& target, const Json& body) const { return call("PUT", target, &body).list; }
  Json remove(const std::string& target) const { return call("DELETE", target, nullptr).list; }

  /// Any request; `body` may be null.
  Answer send(std::string_view method, const std::string& target, const Json* body) const;

  using OnEvent = std::function<void(std::string_view name, const Json& data)>;
  /// Follows the stream of server-sent events that answers a request to its end; `body` may be null. `on_tick` is
  /// called each `tick` in between, on this thread; zero for never. If something else answers it, that; null if nothing
  /// but events did.
  std::optional<Answer> events(std::string_view method, const std::string& target, const Json* body,
                               const OnEvent& on_event, std::chrono::milliseconds tick,
                               const std::function<void()>& on_tick) const;

 private:
  Page call(std::string_view method, const std::string& target, const Json* body) const;

  std::string socket_;
  std::chrono::milliseconds patience_;
};

/// A name as one segment of a path.
[[nodiscard]] std::string segment(std::string_view name);

}  // namespace tenon::cli
