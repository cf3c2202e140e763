#pragma once

#include <tenon/error.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "api/http.h"
#include "store/connection_pool.h"
#include "store/store.h"

namespace tenon::api {

/// A key that a caller has used for another request.
inline constexpr std::string_view kKeyReused = "API.1013";
/// A request with this key is under way.
inline constexpr std::string_view kKeyInUse = "API.1014";
/// No `Idempotency-Key`: 1 to 255 printable characters.
inline constexpr std::string_view kBadKey = "API.1015";

/// Requests that carry an `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header), in the store, with what they
/// were answered, for a day. Any thread; each call blocks.
class RequestLog {
 public:
  /// The store must outlive this. `node`: the number of this process.
  RequestLog(store::Store& store, std::int64_t node) : pool_(store, kConnections), node_(node) {}

  struct Begun {
    /// What it was answered, if it has come before. Nothing: it is to be executed, and `end` to be told.
    std::optional<HttpResponse> answer = {};
    /// The run that an earlier process has begun for it.
    std::optional<std::uint64_t> run = {};
  };
  /// Notes that the request is under way. Errors: kKeyReused, kKeyInUse, those of the store.
  [[nodiscard]] Result<Begun> begin(const std::string& caller, const HttpRequest& request);
  /// Keeps the answer, but for one that says that the same may succeed later (5xx): then the key is free again.
  void end(const std::string& caller, const std::string& key, const HttpResponse& answer);

  /// The key under which a run of the request is recorded (RunRequest::start_key).
  [[nodiscard]] static std::string run_key(const std::string& caller, const std::string& key) {
    return "request:" + caller + ":" + key;
  }
  [[nodiscard]] static bool is_key(std::string_view key);

 private:
  static constexpr std::size_t kConnections = 4;
  [[nodiscard]] Result<Begun> look(store::Connection& connection, const std::string& caller, const std::string& key,
                                   const std::string& request);
  void forget_old(store::Connection& connection, std::int64_t now);

  store::ConnectionPool pool_;
  const std::int64_t node_;
  std::atomic<std::int64_t> swept_{0};
};

}  // namespace tenon::api
