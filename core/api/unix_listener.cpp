#include "api/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

namespace tenon::api {
namespace {

constexpr mode_t kMode = 0660;
constexpr int kBacklog = 128;

ErrorCode cannot(const std::filesystem::path& path, const std::string& why) {
  return make_error("API.1002", "cannot listen on the socket", path.string() + ": " + why);
}

int open_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

/// Removes a socket that its process left behind.
Result<void> clear_the_way(const std::filesystem::path& path, const sockaddr_un& address) {
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    return errno == ENOENT ? Result<void>() : cannot(path, std::strerror(errno));
  }
  if (!S_ISSOCK(status.st_mode)) return cannot(path, "something that is no socket is there");
  const int probe = open_socket();
  if (probe < 0) return cannot(path, std::strerror(errno));
  const int connected = ::connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int problem = connected == 0 ? 0 : errno;
  ::close(probe);
  // EAGAIN: somebody listens, and has many callers waiting.
  if (problem == 0 || problem == EAGAIN) {
    return make_error("API.1001", "another process listens on the socket", path.string());
  }
  if (problem != ECONNREFUSED) return cannot(path, std::strerror(problem));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return cannot(path, std::strerror(errno));
  return {};
}

}  // namespace

Result<UnixListener> UnixListener::open(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof(address.sun_path)) {
    return cannot(path, "the path is longer than " + std::to_string(sizeof(address.sun_path) - 1) + " bytes");
  }
  text.copy(address.sun_path, text.size());

  std::error_code problem;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), problem);
  if (problem) return cannot(path, problem.message());
  if (auto cleared = clear_the_way(path, address); !cleared) return std::move(cleared).error();

  const int descriptor = open_socket();
  if (descriptor < 0) return cannot(path, std::strerror(errno));
  // The mode of the socket before it is bound bounds that of its file, so that it is never wider than meant; the second
  // call gives back what the umask took.
  if (::fchmod(descriptor, kMode) != 0 ||
      ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    ErrorCode error = cannot(path, std::strerror(errno));
    ::close(descriptor);
    return error;
  }
  UnixListener listener(descriptor, path);
  if (::chmod(path.c_str(), kMode) != 0 || ::listen(descriptor, kBacklog) != 0) {
    return cannot(path, std::strerror(errno));
  }
  return listener;
}

UnixListener::~UnixListener() {
  if (descriptor_ < 0) return;
  ::unlink(path_.c_str());
  ::close(descriptor_);
}

}  // namespace tenon::api
