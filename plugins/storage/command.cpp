#include <tenon/storage/command.h>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

namespace storage {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kKeptOutput = 65536;

class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor() { close(); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_ = -1;
};

struct Pipe {
  Descriptor read;
  Descriptor write;
};

Pipe make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe2");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

/// posix_spawn's two parameter blocks.
class SpawnSetup {
 public:
  SpawnSetup() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  void redirect(int out, int err) {
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
  }

  void own_group_and_default_signals() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }

  /// 0 or an errno.
  int spawn(pid_t& child, std::vector<std::string> arguments) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    const char* path = std::getenv("PATH");
    std::string path_entry = std::string("PATH=") + (path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin");
    std::string locale = "LC_ALL=C";
    std::array<char*, 3> environment{path_entry.data(), locale.data(), nullptr};
    return ::posix_spawnp(&child, argv[0], &actions_, &attributes_, argv.data(), environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// Reads what there is; false at the end.
bool drain(int fd, std::string& kept) {
  std::array<char, 4096> buffer;
  const ssize_t count = ::read(fd, buffer.data(), buffer.size());
  if (count < 0) return errno == EINTR || errno == EAGAIN;
  kept.append(buffer.data(),
              std::min(static_cast<std::size_t>(count), kKeptOutput - std::min(kKeptOutput, kept.size())));
  return count > 0;
}

/// A descriptor that can be read when the process has ended. (glibc 2.36 declares pidfd_open without C linkage.)
Descriptor open_process(pid_t pid) { return Descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))); }

/// A child process and what it says. Ended and reaped when this is destroyed.
class Child {
 public:
  Child(pid_t pid, Descriptor out, Descriptor err)
      : pid_(pid), exit_(open_process(pid)), out_(std::move(out)), err_(std::move(err)) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (!reaped_) kill_and_reap();
  }

  /// Waits for its end; false if that is not before the deadline. Does not wait for processes that it left behind.
  bool wait_until(steady_clock::time_point deadline) {
    if (exit_.get() < 0) throw std::system_error(errno, std::generic_category(), "pidfd_open");
    while (true) {
      std::array<pollfd, 3> events{pollfd{exit_.get(), POLLIN, 0}, pollfd{out_.get(), POLLIN, 0},
                                   pollfd{err_.get(), POLLIN, 0}};
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
      if (left <= 0) return false;
      const int ready = ::poll(events.data(), events.size(), static_cast<int>(std::min<long>(left, 60'000)));
      if (ready < 0 && errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
      if (ready <= 0) continue;
      if (events[1].revents != 0 && !drain(out_.get(), out_text)) out_.close();
      if (events[2].revents != 0 && !drain(err_.get(), err_text)) err_.close();
      if (events[0].revents != 0 && events[1].revents == 0 && events[2].revents == 0) break;
    }
    if (!reap()) throw std::system_error(errno, std::generic_category(), "waitpid");
    return true;
  }

  void kill_and_reap() {
    ::kill(-pid_, SIGKILL);
    reap();
  }

  [[nodiscard]] int status() const noexcept { return status_; }

  std::string out_text;
  std::string err_text;

 private:
  /// False if the system knows no such child, as when SIGCHLD is ignored.
  bool reap() {
    reaped_ = true;
    pid_t found = 0;
    do {
      found = ::waitpid(pid_, &status_, 0);
    } while (found < 0 && errno == EINTR);
    return found == pid_;
  }

  pid_t pid_;
  Descriptor exit_;
  Descriptor out_;
  Descriptor err_;
  int status_ = 0;
  bool reaped_ = false;
};

std::string one_line(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

std::string ending(int status) {
  if (WIFSIGNALED(status)) return "ended by signal " + std::to_string(WTERMSIG(status));
  return "ended with code " + std::to_string(WEXITSTATUS(status));
}

std::string joined(const std::vector<std::string>& arguments) {
  std::string line;
  for (const std::string& argument : arguments) line.append(line.empty() ? "" : " ").append(argument);
  return line;
}

tenon::ErrorCode failure(std::string_view code, std::string_view description, const std::vector<std::string>& arguments,
                         std::string details) {
  tenon::ErrorCode error = tenon::make_error(code, description, std::move(details));
  error.elaboration["command"] = joined(arguments);
  return error;
}

}  // namespace

tenon::Result<std::string> run_command(const std::vector<std::string>& arguments, std::chrono::milliseconds limit) {
  const std::string& program = arguments.at(0);
  const auto deadline = steady_clock::now() + limit;
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  SpawnSetup setup;
  setup.redirect(out.write.get(), err.write.get());
  setup.own_group_and_default_signals();
  pid_t pid = 0;
  if (const int code = setup.spawn(pid, arguments); code != 0) {
    return failure("STORAGE.1101", "a program can't be started", arguments,
                   program + ": " + std::generic_category().message(code));
  }
  out.write.close();
  err.write.close();
  Child child(pid, std::move(out.read), std::move(err.read));
  if (!child.wait_until(deadline)) {
    child.kill_and_reap();
    return failure("STORAGE.1103", "a program took too long and was killed", arguments,
                   program + " after " + std::to_string(limit.count()) + " ms");
  }
  if (child.status() != 0) {
    std::string said = one_line(std::move(child.err_text));
    return failure("STORAGE.1102", "a program failed", arguments,
                   program + " " + ending(child.status()) + (said.empty() ? "" : ": " + said));
  }
  return std::move(child.out_text);
}

}  // namespace storage
