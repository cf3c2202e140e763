#pragma once

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace tenon::test {

/// One connection to a Unix socket, byte by byte. Waits at most half a minute for anything.
class RawClient {
 public:
  explicit RawClient(const std::filesystem::path& path)
      : descriptor_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
    const timeval limit{30, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    ::setsockopt(descriptor_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
      ::close(descriptor_);
      throw std::runtime_error("cannot connect to " + path.string());
    }
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(descriptor_); }

  /// False if the other side does not take it all.
  bool send(std::string_view text) {
    while (!text.empty()) {
      const ssize_t sent = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  bool ask(const std::string& method, const std::string& target, const std::string& body = {}) {
    std::string request = method + " " + target + " HTTP/1.1\r\nHost: x\r\n";
    if (!body.empty()) request += "Content-Length: " + std::to_string(body.size()) + "\r\n";
    return send(request + "\r\n" + body);
  }

  /// Nothing more will be sent; answers can still be read.
  void end_sending() { ::shutdown(descriptor_, SHUT_WR); }

  /// Reads until `text` has come; all that has come up to its end.
  std::string read_until(std::string_view text) {
    while (true) {
      if (const std::size_t at = pending_.find(text); at != std::string::npos) {
        std::string result = pending_.substr(0, at + text.size());
        pending_.erase(0, at + text.size());
        return result;
      }
      if (!fill()) throw std::runtime_error("the connection ended before '" + std::string(text) + "': " + pending_);
    }
  }

  /// The status and body of an answer with a Content-Length.
  struct Answer {
    int status;
    std::string header;
    std::string body;
  };
  Answer read_answer() {
    Answer answer;
    answer.header = read_until("\r\n\r\n");
    answer.status = std::stoi(answer.header.substr(9, 3));
    const std::size_t at = answer.header.find("Content-Length: ");
    const std::size_t size = at == std::string::npos ? 0 : std::stoul(answer.header.substr(at + 16));
    while (pending_.size() < size) {
      if (!fill()) throw std::runtime_error("the body is cut short");
    }
    answer.body = pending_.substr(0, size);
    pending_.erase(0, size);
    return answer;
  }

  /// All that comes until the other side closes; throws if it does not.
  std::string read_all() {
    while (fill()) {
    }
    return std::exchange(pending_, {});
  }

 private:
  bool fill() {
    std::array<char, 4096> buffer;
    const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("nothing came in time");
    if (got <= 0) return false;
    pending_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }

  int descriptor_;
  std::string pending_;
};

}  // namespace tenon::test
