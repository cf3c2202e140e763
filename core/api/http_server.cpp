#include "api/http_server.h"

#include <pthread.h>
#include <sys/socket.h>
#include <tenon/log.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <cstdio>
#include <exception>
#include <future>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "api/problem.h"

namespace tenon::api {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::awaitable;
using Local = asio::local::stream_protocol;
using Stream = beast::basic_stream<Local>;
using boost::system::error_code;
using Parser = http::request_parser<http::string_body>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
/// Of a request that is refused, so much is read and thrown away, so that its sender gets to read the answer.
constexpr std::size_t kMostDiscarded = 16 * 1024 * 1024;
constexpr std::chrono::milliseconds kDiscardTime{2000};
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr std::size_t kLongestRequestId = 128;
constexpr unsigned kNoContent = 204;
/// What a connection keeps of unread bytes, which bounds what stands around chunks: their extensions, and trailers.
constexpr std::size_t kBufferBytes = 64 * 1024;

uid_t peer_of(int descriptor) {
  ucred credentials{};
  socklen_t size = sizeof(credentials);
  const bool known = ::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0;
  return known ? credentials.uid : static_cast<uid_t>(-1);
}

/// What an unreadable request is answered with; nothing if there is nobody to answer.
std::optional<HttpResponse> refusal(const error_code& error, const HttpLimits& limits) {
  if (error == http::error::header_limit) {
    return problem(431, "the header is longer than " + std::to_string(limits.header_bytes) + " bytes");
  }
  if (error == http::error::buffer_overflow) {
    return problem(431, "what surrounds a chunk is longer than " + std::to_string(kBufferBytes) + " bytes");
  }
  if (error == http::error::body_limit) {
    return problem(413, "the body is longer than " + std::to_string(limits.body_bytes) + " bytes");
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error.category() != http::make_error_code(http::error::end_of_stream).category()) return std::nullopt;
  return problem(400, "not a request of HTTP/1.1: " + error.message());
}

/// What is wrong with a header that Beast takes: nobody must see another end of the request in it than we do (RFC 9112,
/// 6.3), and it has a host (3.2). Empty if nothing is.
std::string_view flaw_of(const http::request_header<>& header) {
  if (header.count(http::field::host) != 1) return "expected one Host";
  const std::string_view length = header[http::field::content_length];
  if (header.count(http::field::content_length) > 1 || length.find_first_not_of("0123456789") != length.npos) {
    return "expected one Content-Length";
  }
  const bool coded = header.count(http::field::transfer_encoding) > 0;
  if (coded && !beast::iequals(header[http::field::transfer_encoding], "chunked")) {
    return "expected no Transfer-Encoding but chunked";
  }
  return {};
}

void add_field(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

/// The status line and the headers that the handler gave. (Not Beast's, whose serializer walks a list of buffers of
/// each field for each write: that took longer than most handlers.)
std::string head_of(const HttpResponse& response) {
  std::string head = "HTTP/1.1 " + std::to_string(response.status) + " ";
  const auto reason = http::obsolete_reason(static_cast<http::status>(response.status));
  head.append(response.status < 400 ? std::string_view(reason.data(), reason.size()) : status_title(response.status));
  head.append("\r\n");
  for (const auto& [name, value] : response.headers) add_field(head, name, value);
  return head;
}

/// What the ids of the requests of this process begin with.
std::string new_id_prefix() {
  std::random_device random;
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "%08x-", random());
  return text.data();
}

/// Ends the wait of a stream of events, which owns it. Any thread may ring it.
struct Alarm {
  explicit Alarm(asio::io_context& context) : timer(context) {}
  asio::steady_timer timer;
  std::atomic<bool> rung{false};
};

void ring(const std::shared_ptr<Alarm>& alarm) {
  if (alarm->rung.exchange(true)) return;
  asio::post(alarm->timer.get_executor(), [alarm] { alarm->timer.cancel(); });
}

}  // namespace

class HttpServer::Impl {
 public:
  Impl(UnixListener listener, HttpHandler handler, HttpLimits limits)
      : listener_(std::in_place, std::move(listener)),
        handler_(std::move(handler)),
        limits_(limits),
        workers_(limits.workers),
        acceptor_(context_) {
    const int descriptor = ::dup(listener_->descriptor());
    if (descriptor < 0) throw std::system_error(errno, std::generic_category(), "dup");
    acceptor_.assign(Local(), descriptor);
    asio::co_spawn(context_, accept(), asio::detached);
    thread_ = std::thread([this] {
      context_.run();
      ended_.set_value();
    });
    ::pthread_setname_np(thread_.native_handle(), "tenon-api");
  }

  ~Impl() { stop(std::chrono::milliseconds(0)); }

  void stop(std::chrono::milliseconds grace) {
    if (!thread_.joinable()) return;
    listener_.reset();
    asio::post(context_, [this] {
      stopping_ = true;
      acceptor_.close();
      for (Connection* connection : connections_) {
        if (connection->idle) connection->stream.close();
      }
    });
    if (ended_.get_future().wait_for(grace) != std::future_status::ready) context_.stop();
    thread_.join();
    workers_.join();
    error_code ignored;
    for (Connection* connection : connections_) connection->stream.socket().close(ignored);
  }

 private:
  struct Connection {
    explicit Connection(Local::socket socket)
        : stream(std::move(socket)), peer(peer_of(stream.socket().native_handle())) {}
    Stream stream;
    beast::flat_buffer buffer{kBufferBytes};
    uid_t peer;
    /// Waits for a request: may be closed at any time.
    bool idle = false;
  };

  awaitable<void> accept() {
    while (!stopping_) {
      Local::socket socket(context_);
      const auto [error] = co_await acceptor_.async_accept(socket, kNoThrow);
      if (error == asio::error::operation_aborted || stopping_) co_return;
      if (error) {  // out of descriptors, mostly
        log::error("cannot accept a connection", {{"error", error.message()}});
        asio::steady_timer pause(context_, kAcceptPause);
        co_await pause.async_wait(kNoThrow);
        continue;
      }
      asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
    }
  }

  awaitable<void> serve(Local::socket socket) {
    Connection connection(std::move(socket));
    const bool admitted = connections_.size() < limits_.connections;
    connections_.insert(&connection);
    try {
      if (admitted) {
        bool more = true;
        while (more && !stopping_) more = co_await exchange(connection);
      } else {
        co_await refuse(connection, problem(503, "too many connections"));
      }
    } catch (const std::exception& e) {
      log::error("a connection failed", {{"error", e.what()}});
    }
    connections_.erase(&connection);
  }

  /// One request and its answer. False if the connection has come to its end.
  awaitable<bool> exchange(Connection& connection) {
    Parser parser;
    parser.header_limit(limits_.header_bytes);
    parser.body_limit(limits_.body_bytes);
    connection.idle = true;
    connection.stream.expires_after(limits_.idle);
    auto [header_error, header_bytes] =
        co_await http::async_read_header(connection.stream, connection.buffer, parser, kNoThrow);
    connection.idle = false;
    if (header_error) co_return co_await give_up(connection, header_error);
    if (parser.get().version() != 11) {
      co_await refuse(connection, problem(505, "this server speaks HTTP/1.1"));
      co_return false;
    }
    if (const std::string_view flaw = flaw_of(parser.get()); !flaw.empty()) {
      co_await refuse(connection, problem(400, std::string(flaw)));
      co_return false;
    }
    if (beast::iequals(parser.get()[http::field::expect], "100-continue")) {
      http::response<http::empty_body> go_on(http::status::continue_, 11);
      co_await http::async_write(connection.stream, go_on, kNoThrow);
    }
    if (!parser.is_done()) {
      connection.stream.expires_after(limits_.idle);
      auto [body_error, body_bytes] = co_await http::async_read(connection.stream, connection.buffer, parser, kNoThrow);
      if (body_error) co_return co_await give_up(connection, body_error);
    }

    const bool with_body = parser.get().method() != http::verb::head;
    const bool keep_alive = parser.get().keep_alive() && !stopping_;
    const std::string id = request_id(parser.get()["X-Request-Id"]);
    HttpResponse response = handle(parser.release(), connection.peer, id);
    while (response.later || response.work) {
      if (response.later) {
        response = co_await wait_for(std::move(response.later));
      } else {
        response = co_await finish(std::move(response.work));
      }
    }
    response.headers.emplace_back("X-Request-Id", id);
    if (response.events) {
      co_await stream(connection, response);
      co_return false;
    }
    co_return co_await send(connection, std::move(response), keep_alive, with_body) && keep_alive;
  }

  /// Does the work on a thread of the pool; the connection's coroutine goes on on the server's thread. (Posted, not
  /// co_spawned: GCC 12 destroys a coroutine's lambda twice if it is a temporary of a co_await.)
  awaitable<HttpResponse> finish(std::function<HttpResponse()> work) {
    struct Job {
      std::function<HttpResponse()> work;
      HttpResponse response;
    };
    const auto job = std::make_shared<Job>();
    job->work = std::move(work);
    const auto alarm = std::make_shared<Alarm>(context_);
    alarm->timer.expires_at(asio::steady_timer::time_point::max());
    asio::post(workers_, [job, alarm] {
      try {
        job->response = job->work();
      } catch (const std::exception& e) {
        log::error("a request failed", {{"error", e.what()}});
        job->response = problem(500, "the node failed to answer; its log says why");
      }
      job->work = nullptr;  // what it holds is let go before anybody hears of the answer
      ring(alarm);
    });
    co_await alarm->timer.async_wait(kNoThrow);
    co_return std::move(job->response);
  }

  awaitable<HttpResponse> wait_for(std::shared_ptr<LaterAnswer> later) {
    const auto alarm = std::make_shared<Alarm>(context_);
    alarm->timer.expires_after(later->patience);
    later->notify([weak = std::weak_ptr<Alarm>(alarm)] {
      if (const auto answer_alarm = weak.lock()) ring(answer_alarm);
    });
    co_await alarm->timer.async_wait(kNoThrow);
    co_return later->answer();
  }

  /// The caller's own, if it is one that can be shown, or a new one.
  std::string request_id(std::string_view given) {
    const bool good = !given.empty() && given.size() <= kLongestRequestId &&
                      std::all_of(given.begin(), given.end(), [](char c) { return c > ' ' && c <= '~'; });
    return good ? std::string(given) : id_prefix_ + std::to_string(++requests_);
  }

  HttpResponse handle(http::request<http::string_body> message, uid_t peer, const std::string& id) {
    HttpRequest request;
    request.method = std::string(message.method_string());
    request.target = std::string(message.target());
    request.content_type = std::string(message[http::field::content_type]);
    request.accept = std::string(message[http::field::accept]);
    request.last_event_id = std::string(message["Last-Event-ID"]);
    request.idempotency_key = std::string(message["Idempotency-Key"]);
    request.id = id;
    request.body = std::move(message.body());
    request.peer = peer;
    try {
      return handler_(request);
    } catch (const std::exception& e) {
      log::error("a request failed", {{"method", request.method}, {"target", request.target}, {"error", e.what()}});
      return problem(500, "the node failed to answer; its log says why");
    }
  }

  awaitable<bool> send(Connection& connection, HttpResponse response, bool keep_alive, bool with_body = true) {
    std::string head = head_of(response);
    if (!response.body.empty()) add_field(head, "Content-Type", response.content_type);
    if (!keep_alive) add_field(head, "Connection", "close");
    if (response.status != kNoContent) add_field(head, "Content-Length", std::to_string(response.body.size()));
    head.append("\r\n");
    const asio::const_buffer body = with_body ? asio::buffer(response.body) : asio::const_buffer();
    const std::array<asio::const_buffer, 2> parts{asio::buffer(head), body};
    connection.stream.expires_after(limits_.idle);
    const auto [error, bytes] = co_await asio::async_write(connection.stream, parts, kNoThrow);
    co_return !error;
  }

  awaitable<bool> give_up(Connection& connection, error_code error) {
    const std::optional<HttpResponse> response = refusal(error, limits_);
    if (response) co_await refuse(connection, *response);
    co_return false;
  }

  /// Answers and closes. What the other side is still sending is taken in first: closing a socket with unread data
  /// would fail its writes before it reads the answer.
  awaitable<void> refuse(Connection& connection, HttpResponse response) {
    const bool sent = co_await send(connection, std::move(response), false);
    if (!sent) co_return;
    error_code ignored;
    connection.stream.socket().shutdown(Local::socket::shutdown_send, ignored);
    connection.stream.expires_after(kDiscardTime);
    std::string waste(64 * 1024, '\0');
    for (std::size_t discarded = 0; discarded < kMostDiscarded;) {
      const auto [error, bytes] = co_await connection.stream.async_read_some(asio::buffer(waste), kNoThrow);
      if (error) co_return;
      discarded += bytes;
    }
  }

  awaitable<void> stream(Connection& connection, const HttpResponse& response) {
    std::string head = head_of(response);
    add_field(head, "Content-Type", "text/event-stream");
    add_field(head, "Cache-Control", "no-store");
    add_field(head, "Connection", "close");
    add_field(head, "Transfer-Encoding", "chunked");
    head.append("\r\n");
    connection.stream.expires_after(limits_.idle);
    const auto [head_error, head_bytes] = co_await asio::async_write(connection.stream, asio::buffer(head), kNoThrow);
    if (head_error) co_return;

    const auto alarm = std::make_shared<Alarm>(context_);
    response.events->notify([weak = std::weak_ptr<Alarm>(alarm)] {
      if (const auto stream_alarm = weak.lock()) ring(stream_alarm);
    });
    bool heartbeat = false;
    while (true) {
      alarm->rung = false;  // what comes from here on rings anew
      std::string text = response.events->take();
      if (text.empty() && heartbeat) text = ":\n\n";
      heartbeat = false;
      if (!text.empty()) {
        const bool sent = co_await send_chunk(connection, text);
        if (!sent) co_return;
        continue;
      }
      if (response.events->ended()) break;
      if (alarm->rung) continue;
      alarm->timer.expires_after(limits_.heartbeat);
      const auto [interrupted] = co_await alarm->timer.async_wait(kNoThrow);
      heartbeat = !interrupted;
    }
    connection.stream.expires_after(limits_.idle);
    co_await asio::async_write(connection.stream, http::make_chunk_last(), kNoThrow);
  }

  awaitable<bool> send_chunk(Connection& connection, const std::string& text) {
    connection.stream.expires_after(limits_.idle);
    const auto [error, bytes] =
        co_await asio::async_write(connection.stream, http::make_chunk(asio::buffer(text)), kNoThrow);
    connection.stream.expires_never();
    co_return !error;
  }

  std::optional<UnixListener> listener_;  // the stopping thread's
  const HttpHandler handler_;
  const HttpLimits limits_;
  asio::io_context context_{1};
  asio::thread_pool workers_;
  // The rest is touched by the server's thread only.
  Local::acceptor acceptor_;
  std::set<Connection*> connections_;
  bool stopping_ = false;
  const std::string id_prefix_ = new_id_prefix();
  std::uint64_t requests_ = 0;
  std::promise<void> ended_;
  std::thread thread_;
};

HttpServer::HttpServer(UnixListener listener, HttpHandler handler, HttpLimits limits)
    : impl_(std::make_unique<Impl>(std::move(listener), std::move(handler), limits)) {}
HttpServer::~HttpServer() = default;
void HttpServer::stop(std::chrono::milliseconds grace) { impl_->stop(grace); }

}  // namespace tenon::api
