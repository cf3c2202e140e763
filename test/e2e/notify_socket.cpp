#include "notify_socket.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "process.h"

namespace tenon::test {

NotifySocket::NotifySocket(const std::filesystem::path& path)
    : path_(path), descriptor_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.native().copy(address.sun_path, sizeof(address.sun_path) - 1);
  const timeval limit{kPatience.count(), 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    throw std::runtime_error("cannot bind " + path.string());
  }
}

NotifySocket::~NotifySocket() { ::close(descriptor_); }

std::string NotifySocket::receive() {
  std::array<char, 4096> buffer;
  const ssize_t size = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
  if (size < 0) throw std::runtime_error("no notification came");
  return {buffer.data(), static_cast<std::size_t>(size)};
}

void NotifySocket::wait_for(std::string_view line) {
  while (("\n" + receive() + "\n").find("\n" + std::string(line) + "\n") == std::string::npos) {
  }
}

}  // namespace tenon::test
