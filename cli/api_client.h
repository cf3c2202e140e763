#pragma once

#include <tenon/json.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace tenon::cli {

struct Page {
  Json list;
  /// The node has more.
  bool more = false;
};

/// Speaks with a node. Each call is a connection of its own. Every function throws Failure: kUnreachable if there is no
/// node at the socket or it goes away, kFailed with the node's own words if it refuses.
class ApiClient {
 public:
  explicit ApiClient(std::string socket) : socket_(std::move(socket)) {}

  [[nodiscard]] Json get(const std::string& target) const { return page(target).list; }
  /// A list, or the part of it that one answer has.
  [[nodiscard]] Page page(const std::string& target) const { return call("GET", target, nullptr); }
  Json post(const std::string& target, const Json& body) const { return call("POST", target, &body).list; }
  Json put(const std::string& target, const Json& body) const { return call("PUT", target, &body).list; }
  Json remove(const std::string& target) const { return call("DELETE", target, nullptr).list; }

  using OnEvent = std::function<void(std::string_view name, const Json& data)>;
  /// Follows the stream of server-sent events that answers a GET, or a POST of `body` if it is not null, to its end.
  /// `on_tick` is called each `tick` in between, on this thread; zero for never.
  void events(const std::string& target, const Json* body, const OnEvent& on_event, std::chrono::milliseconds tick,
              const std::function<void()>& on_tick) const;

 private:
  Page call(std::string_view method, const std::string& target, const Json* body) const;

  std::string socket_;
};

/// A name as one segment of a path.
[[nodiscard]] std::string segment(std::string_view name);

}  // namespace tenon::cli
