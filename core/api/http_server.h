#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "api/http.h"
#include "api/unix_listener.h"

namespace tenon::api {

struct HttpLimits {
  std::uint32_t header_bytes = 8 * 1024;
  std::uint64_t body_bytes = 1024 * 1024;
  /// How long a connection may take to send a request or to take in an answer, and lie idle in between.
  std::chrono::milliseconds idle = std::chrono::seconds(60);
  /// How often a stream of events says that it is alive, which is also how a reader that is gone is noticed.
  std::chrono::milliseconds heartbeat = std::chrono::seconds(15);
  /// More than these are turned away with 503.
  std::size_t connections = 256;
  /// Threads for answers that may block (HttpResponse::work).
  std::size_t workers = 4;
};

/// HTTP/1.1 on a Unix socket: keep-alive, chunked streams of events, one thread of its own that calls the handler, and
/// a few for answers that block.
class HttpServer {
 public:
  /// Serves from now on.
  HttpServer(UnixListener listener, HttpHandler handler, HttpLimits limits = {});
  /// Ends what is left, at once.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// Accepts nothing any more, closes idle connections, lets answers and streams that have ended go out for `grace`,
  /// and cuts the rest. The socket's file is gone first. Work that has begun is waited for.
  void stop(std::chrono::milliseconds grace);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tenon::api
