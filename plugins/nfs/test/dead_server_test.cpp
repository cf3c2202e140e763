#include "primary_storage.h"
#include "session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;
using testing::StartsWith;

/// No call may take longer, with room for a busy machine.
constexpr auto kPatience = 30s;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

class Socket {
 public:
  explicit Socket(int flags = 0) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  ~Socket() { ::close(fd_); }
  [[nodiscard]] int get() const { return fd_; }

 private:
  int fd_;
};

/// Listens on a port of the loopback interface. The kernel takes connections in; nobody reads them.
class Listener {
 public:
  explicit Listener(int backlog = 16) {
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    port_ = ntohs(address.sin_port);
    if (backlog >= 0) {
      EXPECT_EQ(::listen(socket_.get(), backlog), 0);
    }
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] int get() const { return socket_.get(); }

 private:
  Socket socket_;
  std::uint16_t port_ = 0;
};

/// A server that takes one connection, reads a request and then does what it is told.
class OneAnswer {
 public:
  explicit OneAnswer(std::function<void(int connection)> answer)
      : thread_([this, answer = std::move(answer)] {
          const int connection = ::accept(listener_.get(), nullptr, nullptr);
          std::array<char, 4096> request;
          EXPECT_GT(::recv(connection, request.data(), request.size(), 0), 0);
          answer(connection);
          ::close(connection);
        }) {}
  ~OneAnswer() { thread_.join(); }
  [[nodiscard]] std::uint16_t port() const { return listener_.port(); }

 private:
  Listener listener_;
  std::thread thread_;
};

nfs::ExportAddress folder_at(std::uint16_t port) { return {"127.0.0.1", "/export", {}, {}, port}; }

std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count;
}

/// The error of a session that must not come about, and in time.
tenon::ErrorCode refused_session(const nfs::ExportAddress& folder, std::chrono::milliseconds limit) {
  const auto begin = steady_clock::now();
  auto session = nfs::Session::open(folder, limit);
  EXPECT_LT(steady_clock::now() - begin, kPatience);
  return session ? tenon::ErrorCode{} : session.error();
}

TEST(DeadNfsServer, that_takes_connections_and_never_answers_holds_no_call) {
  Listener silent;
  const auto begin = steady_clock::now();
  EXPECT_EQ(refused_session(folder_at(silent.port()), 300ms).to_string(),
            "NFS.1003: the NFS server does not answer in time: nfs://127.0.0.1/export: mount: 300 ms are over");
  EXPECT_GE(steady_clock::now() - begin, 300ms);
}

TEST(DeadNfsServer, holds_no_call_of_a_storage_and_no_descriptor) {
  Listener silent;
  nfs::PrimaryStorage storage(folder_at(silent.port()), 100ms, {"no-such-program-anywhere", 1s});
  const auto descriptors = open_descriptors();
  const auto begin = steady_clock::now();
  EXPECT_EQ(storage.ping().error().code, "NFS.1003");
  EXPECT_EQ(storage.capacity().error().code, "NFS.1003");
  EXPECT_EQ(storage.create_volume({"a", 1024, {}}).error().code, "NFS.1003");
  EXPECT_EQ(storage.delete_volume("a").error().code, "NFS.1003");
  EXPECT_LT(steady_clock::now() - begin, kPatience);
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(DeadNfsServer, that_drops_all_packets_holds_no_call) {
  // A full queue of connections: the kernel drops what else comes.
  Listener full(0);
  std::array<Socket, 8> others{Socket(SOCK_NONBLOCK), Socket(SOCK_NONBLOCK), Socket(SOCK_NONBLOCK),
                               Socket(SOCK_NONBLOCK), Socket(SOCK_NONBLOCK), Socket(SOCK_NONBLOCK),
                               Socket(SOCK_NONBLOCK), Socket(SOCK_NONBLOCK)};
  for (const Socket& other : others) {
    const sockaddr_in address = loopback(full.port());
    static_cast<void>(::connect(other.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
  }
  EXPECT_EQ(refused_session(folder_at(full.port()), 300ms).code, "NFS.1003");
}

TEST(DeadNfsServer, that_stops_in_the_middle_of_an_answer_holds_no_call) {
  OneAnswer half([](int connection) {
    const std::string beginning("\x80\x00\x01\x00half of it", 14);
    EXPECT_EQ(::send(connection, beginning.data(), beginning.size(), MSG_NOSIGNAL), 14);
    // Until the client gives up.
    std::array<char, 64> rest;
    while (::recv(connection, rest.data(), rest.size(), 0) > 0) {
    }
  });
  EXPECT_EQ(refused_session(folder_at(half.port()), 500ms).code, "NFS.1003");
}

TEST(DeadNfsServer, that_is_not_there_is_said_at_once) {
  Listener nobody(-1);
  EXPECT_EQ(refused_session(folder_at(nobody.port()), 1h).to_string(),
            "NFS.1004: the NFS server can't be reached: nfs://127.0.0.1/export: mount: Connection refused");
}

TEST(DeadNfsServer, that_hangs_up_is_said_at_once) {
  OneAnswer server([](int) {});
  const auto error = refused_session(folder_at(server.port()), 1h);
  EXPECT_THAT(error.to_string(),
              StartsWith("NFS.1004: the NFS server can't be reached: nfs://127.0.0.1/export: mount: "));
}

TEST(DeadNfsServer, that_talks_nonsense_is_said_at_once) {
  OneAnswer server([](int connection) {
    const std::string nonsense("HTTP/1.1 400 Bad Request\r\n\r\n");
    EXPECT_EQ(::send(connection, nonsense.data(), nonsense.size(), MSG_NOSIGNAL), std::ssize(nonsense));
    std::array<char, 64> rest;
    while (::recv(connection, rest.data(), rest.size(), 0) > 0) {
    }
  });
  EXPECT_EQ(refused_session(folder_at(server.port()), 1h).code, "NFS.1004");
}

TEST(DeadNfsServer, of_a_name_without_an_address_is_said) {
  // Too long a label for DNS, so no name server is asked.
  const std::string name(64, 'a');
  const auto error = refused_session({name, "/export", {}, {}, {}}, 1h);
  EXPECT_EQ(error.to_string(), "NFS.1002: the export can't be used: " + name + ": the server's name has no address");
  ASSERT_EQ(error.causes.size(), 1u);
  EXPECT_THAT(error.causes[0].to_string(), HasSubstr("getent"));
}

TEST(DeadNfsServer, is_found_by_its_name) {
  Listener silent;
  auto folder = folder_at(silent.port());
  folder.host = "localhost";
  const std::string code = refused_session(folder, 1s).code;
  // Where localhost is an IPv6 address first, nobody listens there.
  EXPECT_TRUE(code == "NFS.1003" || code == "NFS.1004") << code;
}

}  // namespace
