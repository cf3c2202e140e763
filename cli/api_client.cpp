#include "api_client.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/system/system_error.hpp>
#include <exception>
#include <utility>

#include "api/json_text.h"
#include "event_parser.h"
#include "failure.h"
#include "json_access.h"

namespace tenon::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::awaitable;
using Local = asio::local::stream_protocol;
using Stream = beast::basic_stream<Local>;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using Parser = http::response_parser<http::string_body>;

/// Chains within chains make deep answers.
constexpr std::size_t kDeepestAnswer = 1000;
constexpr std::uint64_t kLongestAnswer = 256 * 1024 * 1024;

/// Throws what is wrong with an answer that is no success.
void check(const Response& response) {
  if (http::to_status_class(response.result()) == http::status_class::successful) return;
  const Result<Json> problem = api::parse_json(response.body());
  if (!problem || problem->find("detail") == nullptr) {
    throw Failure(ExitStatus::kFailed, "the node answered " + std::to_string(response.result_int()));
  }
  const std::string code = text_of(*problem, "code");
  std::string message = (code.empty() ? "" : code + ": ") + text_of(*problem, "detail");
  if (const std::string remedy = text_of(*problem, "remedy"); !remedy.empty()) message += "\n  remedy: " + remedy;
  for (const Json& error : list_of(*problem, "errors")) {
    message +=
        "\n  " + text_of(error, "code") + ": " + text_of(error, "description") + ": " + text_of(error, "details");
  }
  for (const Json& one : list_of(*problem, "diagnostics")) {
    message += "\n" + text_of(one, "place") + ": " + text_of(one, "severity") + ": " + text_of(one, "message");
  }
  throw Failure(ExitStatus::kFailed, message);
}

Json parse(std::string_view text) {
  if (text.empty()) return {};
  Result<Json> json = api::parse_json(text, kDeepestAnswer);
  if (!json) throw Failure(ExitStatus::kFailed, "the node's answer is not understood: " + json.error().to_string());
  return std::move(json).value();
}

void rethrow(const std::exception_ptr& error) {
  if (error) std::rethrow_exception(error);
}

/// One request over a connection of its own.
class Exchange {
 public:
  Exchange(const std::string& socket, std::chrono::milliseconds patience)
      : socket_(socket), patience_(patience), stream_(context_) {}

  Response call(Request request) {
    Response response;
    run([&]() -> awaitable<void> {
      co_await send(request);
      Parser parser;
      parser.body_limit(kLongestAnswer);
      stream_.expires_after(patience_);
      co_await http::async_read(stream_, buffer_, parser, asio::use_awaitable);
      response = parser.release();
    });
    return response;
  }

  /// What is no stream of events is returned.
  std::optional<Response> follow(Request request, EventParser& events, std::chrono::milliseconds tick,
                                 const std::function<void()>& on_tick) {
    std::optional<Response> other;
    if (tick.count() > 0) asio::co_spawn(context_, tick_tock(tick, on_tick), rethrow);
    run([&]() -> awaitable<void> {
      co_await send(request);
      Parser parser;
      parser.body_limit(boost::none);
      stream_.expires_after(patience_);
      co_await http::async_read_header(stream_, buffer_, parser, asio::use_awaitable);
      const bool stream = parser.get()[http::field::content_type].starts_with("text/event-stream");
      while (!parser.is_done()) {
        stream_.expires_after(patience_);
        co_await http::async_read_some(stream_, buffer_, parser, asio::use_awaitable);
        if (!stream) continue;
        events.feed(parser.get().body());
        parser.get().body().clear();
      }
      if (!stream) other = parser.release();
    });
    return other;
  }

 private:
  template <class Work>
  void run(const Work& work) {
    asio::co_spawn(
        context_,
        [&]() -> awaitable<void> {
          co_await work();
          if (timer_ != nullptr) timer_->cancel();
          stopped_ = true;
        },
        rethrow);
    try {
      context_.run();
    } catch (const boost::system::system_error& e) {
      const std::string reason = e.code() == beast::error::timeout          ? "it does not answer"
                                 : e.code() == http::error::end_of_stream   ? "it went away"
                                 : e.code() == http::error::partial_message ? "it went away"
                                                                            : e.code().message();
      throw Failure(ExitStatus::kUnreachable, "cannot reach the node at " + socket_ + ": " + reason);
    }
  }

  awaitable<void> send(Request& request) {
    stream_.expires_after(patience_);
    co_await stream_.async_connect(Local::endpoint(socket_), asio::use_awaitable);
    co_await http::async_write(stream_, request, asio::use_awaitable);
  }

  awaitable<void> tick_tock(std::chrono::milliseconds tick, std::function<void()> on_tick) {
    asio::steady_timer timer(context_);
    timer_ = &timer;
    while (!stopped_) {
      timer.expires_after(tick);
      co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
      if (!stopped_) on_tick();
    }
    timer_ = nullptr;
  }

  const std::string& socket_;
  const std::chrono::milliseconds patience_;
  asio::io_context context_{1};
  Stream stream_;
  beast::flat_buffer buffer_;
  asio::steady_timer* timer_ = nullptr;
  bool stopped_ = false;
};

Request make_request(std::string_view method, const std::string& target, const Json* body) {
  Request request(http::string_to_verb({method.data(), method.size()}), target, 11);
  request.set(http::field::host, "tenon");
  request.keep_alive(false);
  if (body != nullptr) {
    request.set(http::field::content_type, "application/json");
    request.body() = api::print_json(*body);
  }
  request.prepare_payload();
  return request;
}

}  // namespace

Page ApiClient::call(std::string_view method, const std::string& target, const Json* body) const {
  const Response response = Exchange(socket_, patience_).call(make_request(method, target, body));
  check(response);
  return {parse(response.body()), response.find(http::field::link) != response.end()};
}

Answer ApiClient::send(std::string_view method, const std::string& target, const Json* body) const {
  const Response response = Exchange(socket_, patience_).call(make_request(method, target, body));
  check(response);
  return {response.result_int(), parse(response.body())};
}

std::optional<Answer> ApiClient::events(std::string_view method, const std::string& target, const Json* body,
                                        const OnEvent& on_event, std::chrono::milliseconds tick,
                                        const std::function<void()>& on_tick) const {
  EventParser parser([&](std::string_view name, std::string_view data) { on_event(name, parse(data)); });
  Request request = make_request(method, target, body);
  request.set(http::field::accept, "text/event-stream");
  const std::optional<Response> other = Exchange(socket_, patience_).follow(std::move(request), parser, tick, on_tick);
  if (!other) return std::nullopt;
  check(*other);
  return Answer{other->result_int(), parse(other->body())};
}

std::string segment(std::string_view name) {
  static constexpr std::string_view kPlain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  static constexpr char kHex[] = "0123456789ABCDEF";
  std::string text;
  for (const char letter : name) {
    if (kPlain.find(letter) != std::string_view::npos) {
      text += letter;
    } else {
      text.append({'%', kHex[static_cast<unsigned char>(letter) >> 4], kHex[letter & 15]});
    }
  }
  return text;
}

}  // namespace tenon::cli
