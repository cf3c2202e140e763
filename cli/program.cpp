#include "program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

#include "failure.h"

namespace tenon::cli {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& program, const std::string& what) {
  throw Failure(ExitStatus::kFailed, "cannot run " + program + ": " + what);
}

/// A descriptor that is closed in the end.
class Descriptor {
 public:
  Descriptor() = default;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { reset(); }
  void reset(int descriptor = -1) {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = descriptor;
  }
  [[nodiscard]] int get() const noexcept { return descriptor_; }

 private:
  int descriptor_ = -1;
};

struct Pipe {
  Descriptor out;
  Descriptor in;

  explicit Pipe(const std::string& program) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail(program, std::strerror(errno));
    out.reset(ends[0]);
    in.reset(ends[1]);
  }
};

/// What posix_spawn(3) is told. The program dies of a closed pipe, which we ignore.
class Plan {
 public:
  Plan(int input, int output) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawnattr_init(&attributes_);
    sigset_t broken_pipe;
    ::sigemptyset(&broken_pipe);
    ::sigaddset(&broken_pipe, SIGPIPE);
    ::posix_spawnattr_setsigdefault(&attributes_, &broken_pipe);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  ~Plan() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  /// An error number.
  int spawn(const std::vector<std::string>& command, pid_t& child) const {
    std::vector<char*> argv;
    for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    return ::posix_spawnp(&child, argv[0], &actions_, &attributes_, argv.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

/// A program that was started: killed and reaped if nobody waited for its end.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    (void)wait();
  }
  /// Waits for the end; false if the time is up before.
  [[nodiscard]] bool ends_before(Clock::time_point deadline) const {
    Descriptor process;
    process.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
    pollfd end{process.get(), POLLIN, 0};
    while (true) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0) return false;
      if (::poll(&end, 1, static_cast<int>(left)) > 0) return true;
    }
  }
  /// As waitpid(2) tells it.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_;
};

/// Gives and takes until the program closes its output; false if the time is up before.
bool exchange(Descriptor& to, const Descriptor& from, std::string_view input, std::string& output,
              Clock::time_point deadline) {
  ::fcntl(to.get(), F_SETFL, O_NONBLOCK);
  ::fcntl(from.get(), F_SETFL, O_NONBLOCK);
  std::array<char, 16 * 1024> buffer{};
  while (true) {
    if (input.empty()) to.reset();
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    std::array<pollfd, 2> ends{{{from.get(), POLLIN, 0}, {to.get(), POLLOUT, 0}}};  // one of -1 is passed over
    if (::poll(ends.data(), ends.size(), static_cast<int>(left)) <= 0) continue;
    if (ends[0].revents != 0) {
      const ssize_t got = ::read(from.get(), buffer.data(), buffer.size());
      if (got == 0) return true;
      if (got > 0) output.append(buffer.data(), static_cast<std::size_t>(got));
    }
    if (ends[1].revents != 0) {
      const ssize_t written = ::write(to.get(), input.data(), input.size());
      if (written > 0) input.remove_prefix(static_cast<std::size_t>(written));
      if (written < 0 && errno != EAGAIN && errno != EINTR) input = {};  // it does not want the rest
    }
  }
}

}  // namespace

std::optional<std::string> run_program(const std::vector<std::string>& command, const std::string& input,
                                       std::chrono::milliseconds limit) {
  const std::string& program = command.front();
  Pipe to(program);
  Pipe from(program);
  pid_t pid = -1;
  const int error = Plan(to.out.get(), from.in.get()).spawn(command, pid);
  if (error == ENOENT) return std::nullopt;
  if (error != 0) fail(program, std::strerror(error));
  Child child(pid);
  to.out.reset();
  from.in.reset();

  std::string output;
  const Clock::time_point deadline = Clock::now() + limit;
  if (!exchange(to.in, from.out, input, output, deadline) || !child.ends_before(deadline)) {
    fail(program, "it has not ended after " + std::to_string(limit.count()) + " ms");
  }
  const int status = child.wait();
  if (WIFSIGNALED(status)) fail(program, "signal " + std::to_string(WTERMSIG(status)) + " ended it");
  if (WEXITSTATUS(status) != 0) fail(program, "it failed with status " + std::to_string(WEXITSTATUS(status)));
  return output;
}

}  // namespace tenon::cli
