#pragma once

#include <tenon/json.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

namespace tenon::cli {

/// Speaks with a node. Each call is a connection of its own. Every function throws Failure: kUnreachable if there is no
/// node at the socket or it goes away, kFailed with the node's own words if it refuses.
class ApiClient {
 public:
  explicit ApiClient(std::string socket) : socket_(std::move(socket)) {}

  [[nodiscard]] Json get(const std::string& target) const { return call("GET", target, nullptr); }
  Json post(const std::string& target, const Json& body) const { return call("POST", target, &body); }
  Json remove(const std::string& target) const { return call("DELETE", target, nullptr); }

  using OnEvent = std::function<void(std::string_view name, const Json& data)>;
  /// Follows a stream of server-sent events to its end. `on_tick` is called each `tick` in between, on this thread;
  /// zero for never.
  void events(const std::string& target, const OnEvent& on_event, std::chrono::milliseconds tick,
              const std::function<void()>& on_tick) const;

 private:
  Json call(std::string_view method, const std::string& target, const Json* body) const;

  std::string socket_;
};

/// A name as one segment of a path.
[[nodiscard]] std::string segment(std::string_view name);

}  // namespace tenon::cli
