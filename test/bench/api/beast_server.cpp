#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <exception>
#include <iostream>
#include <string>
#include <utility>

/// Answers each request with the same body, as Beast's own examples do it, on one thread.
///   bench_beast SOCKET BODY
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using Local = asio::local::stream_protocol;
using Stream = beast::basic_stream<Local>;

constexpr auto kNoThrow = asio::as_tuple(asio::use_awaitable);
constexpr auto kIdle = std::chrono::seconds(60);

asio::awaitable<void> serve(Stream stream, const std::string& body) {
  beast::flat_buffer buffer;
  while (true) {
    stream.expires_after(kIdle);
    http::request<http::string_body> request;
    const auto [read_error, read] = co_await http::async_read(stream, buffer, request, kNoThrow);
    if (read_error) co_return;
    http::response<http::string_body> response(http::status::ok, request.version());
    response.set(http::field::content_type, "application/json");
    response.set("X-Request-Id", "01234567-123456");
    response.keep_alive(request.keep_alive());
    response.body() = body;
    response.prepare_payload();
    const auto [write_error, written] = co_await http::async_write(stream, response, kNoThrow);
    if (write_error || !request.keep_alive()) co_return;
  }
}

asio::awaitable<void> accept(Local::acceptor& acceptor, const std::string& body) {
  while (true) {
    auto [error, socket] = co_await acceptor.async_accept(kNoThrow);
    if (error) co_return;
    asio::co_spawn(acceptor.get_executor(), serve(Stream(std::move(socket)), body), asio::detached);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: bench_beast SOCKET BODY\n";
    return 64;
  }
  try {
    const std::string body = argv[2];
    asio::io_context context(1);
    Local::acceptor acceptor(context, Local::endpoint(argv[1]));
    asio::co_spawn(context, accept(acceptor, body), asio::detached);
    context.run();
  } catch (const std::exception& e) {
    std::cerr << "bench_beast: " << e.what() << "\n";
    return 1;
  }
}
