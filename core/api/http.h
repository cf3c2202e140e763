#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// A request and what is answered, as plain data: handlers know nothing of sockets.
namespace tenon::api {

struct HttpRequest {
  /// As sent: `GET`.
  std::string method;
  /// Path with query, as sent, percent-encoded: `/v1/chains/a.create`.
  std::string target;
  /// Empty if there is none; so are the other headers.
  std::string content_type = {};
  std::string accept = {};
  /// `Last-Event-ID`.
  std::string last_event_id = {};
  /// `Idempotency-Key`.
  std::string idempotency_key = {};
  /// `X-Request-Id`, or one that the server has made: for logs.
  std::string id = {};
  std::string body = {};
  /// The user at the other end of the socket.
  uid_t peer = 0;
};

/// What a stream of server-sent events is made from: pulled by the server, so a slow reader makes nothing pile up.
class EventSource {
 public:
  virtual ~EventSource() = default;
  /// The events to send next, in the form of `text/event-stream`; empty if there is nothing yet. [server thread]
  [[nodiscard]] virtual std::string take() = 0;
  /// Whether all has been taken and nothing will follow. [server thread]
  [[nodiscard]] virtual bool ended() const = 0;
  /// `wake` is to be called whenever there may be more to take: by any thread, cheap, also when the stream is gone; not
  /// while the server is destroyed. Called once, before the first `take`. [server thread]
  virtual void notify(std::function<void()> wake) = 0;
};

struct HttpResponse;

/// An answer that is known when something has happened, which the server waits for without keeping a thread.
struct LaterAnswer {
  /// `wake` is to be called when it has: by any thread, cheap, also when nobody waits any longer; not while the server
  /// is destroyed. Called once, before `answer`. [server thread]
  std::function<void(std::function<void()> wake)> notify;
  /// Nobody waits longer than this.
  std::chrono::milliseconds patience{0};
  /// What is sent then; it may be another one, or work. [server thread]
  std::function<HttpResponse()> answer;
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  /// If not null, the body is this stream of events.
  std::shared_ptr<EventSource> events;
  /// If set, finding the answer may block: this is called on a thread of the server's pool, and what it returns is sent
  /// in place of this response. It may throw, and may answer with further work, or a later answer.
  std::function<HttpResponse()> work;
  /// If not null, this is sent in place of this response.
  std::shared_ptr<LaterAnswer> later;
};

/// Must not block; what it throws is answered with 500. [server thread]
using HttpHandler = std::function<HttpResponse(const HttpRequest& request)>;

}  // namespace tenon::api
