#pragma once

#include "json_framer.h"
#include "json_text.h"
#include "session.h"
#include "support/temp_folder.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace ovs::test {

/// The server's end of one conversation.
class Peer {
 public:
  explicit Peer(int fd) : socket_(fd) {}

  /// The next message of the client; none if it has closed the connection.
  std::optional<tenon::Json> receive() {
    for (;;) {
      auto object = framer_.next().value();
      if (object) return parse_json(*object).value();
      char bytes[4096];
      const ssize_t count = ::recv(socket_.get(), bytes, sizeof bytes, 0);
      if (count <= 0) return std::nullopt;
      framer_.add({bytes, static_cast<std::size_t>(count)});
    }
  }

  void send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t count = ::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL);
      if (count <= 0) return;
      text.remove_prefix(static_cast<std::size_t>(count));
    }
  }

  /// Receives a request and answers it with this result, as JSON.
  void answer(const std::string& result) {
    if (auto request = receive()) send(reply_to(*request, result));
  }
  void answer_error(const std::string& error) {
    if (auto request = receive()) {
      send(R"({"id":)" + json_text(*request->find("id")) + R"(,"result":null,"error":)" + error + "}");
    }
  }
  static std::string reply_to(const tenon::Json& request, const std::string& result) {
    return R"({"id":)" + json_text(*request.find("id")) + R"(,"result":)" + result + R"(,"error":null})";
  }

  /// Says nothing more until the client has closed the connection.
  void keep_silent() {
    while (receive()) {
    }
  }
  /// Does not even read; returns when the client has closed the connection.
  void freeze() {
    pollfd closed{socket_.get(), 0, 0};
    ::poll(&closed, 1, -1);
  }

 private:
  Descriptor socket_;
  JsonFramer framer_;
};

/// Listens on a Unix socket of its own; each connection is served by the script, one after another. When the script
/// returns the connection is closed.
class FakeServer {
 public:
  using Script = std::function<void(Peer&)>;

  /// Nobody is served.
  FakeServer() : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_un name = this->name();
    if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&name), sizeof name) != 0 ||
        ::listen(listener_.get(), 0) != 0) {
      throw std::runtime_error("the fake server can't listen");
    }
  }
  explicit FakeServer(Script script) : FakeServer() {
    thread_ = std::thread([this, script = std::move(script)] {
      for (;;) {
        const int fd = ::accept(listener_.get(), nullptr, nullptr);
        if (fd < 0) return;
        Peer peer(fd);
        script(peer);
      }
    });
  }
  ~FakeServer() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  [[nodiscard]] std::string address() const { return "unix:" + path(); }
  [[nodiscard]] sockaddr_un name() const {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    path().copy(name.sun_path, sizeof name.sun_path - 1);
    return name;
  }

 private:
  [[nodiscard]] std::string path() const { return (folder_.path() / "db.sock").string(); }

  tenon::test::TempFolder folder_;
  Descriptor listener_;
  std::thread thread_;
};

}  // namespace ovs::test
