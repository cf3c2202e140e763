#include "daemon/verify_report.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

namespace tenon::daemon {
namespace {

constexpr int kPatienceMilliseconds = 60'000;
// Control characters that no text has: fields end with the first, what is told ends with the second.
constexpr char kField = '\x1f';
constexpr char kEnd = '\x1e';

/// Tells the other process.
class Teller final : public VerifyReport {
 public:
  explicit Teller(int descriptor) : descriptor_(descriptor) {}
  void add(Check check) override { tell({check.ok ? "ok" : "failed", check.name, check.text, check.remedy}); }
  void begins(const std::string& phase) override { tell({"begins", phase}); }

 private:
  void tell(const std::vector<std::string>& fields) const {
    std::string text;
    for (const std::string& field : fields) text.append(field).push_back(kField);
    text.push_back(kEnd);
    for (std::string_view left = text; !left.empty();) {
      const ssize_t written = ::write(descriptor_, left.data(), left.size());
      if (written < 0 && errno != EINTR) return;  // nobody listens any more
      if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  int descriptor_;
};

/// Passes on what was told.
class Listener {
 public:
  explicit Listener(VerifyReport& report) : report_(report) {}
  void hear(std::string_view bytes) {
    for (const char c : bytes) {
      if (c == kField) {
        fields_.push_back(std::exchange(field_, {}));
      } else if (c == kEnd) {
        pass_on(std::exchange(fields_, {}));
      } else {
        field_.push_back(c);
      }
    }
  }
  [[nodiscard]] const std::string& phase() const { return phase_; }

 private:
  void pass_on(std::vector<std::string> fields) {
    if (fields.size() == 2) {
      phase_ = fields[1];
      report_.begins(phase_);
    } else if (fields.size() == 4) {
      report_.add({std::move(fields[1]), fields[0] == "ok", std::move(fields[2]), std::move(fields[3])});
    }
  }
  VerifyReport& report_;
  std::string phase_ = "the beginning";
  std::string field_;
  std::vector<std::string> fields_;
};

[[noreturn]] void be_the_other(int descriptor, const std::function<void(VerifyReport&)>& work) {
  Teller teller(descriptor);
  int status = EXIT_SUCCESS;
  try {
    work(teller);
  } catch (const std::exception& e) {
    teller.failed("verify", e.what(), "");
    status = EXIT_FAILURE;
  }
  std::_Exit(status);  // what a library has left behind must not run now
}

}  // namespace

void run_apart(VerifyReport& report, const std::function<void(VerifyReport&)>& work) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t other = ::fork();
  if (other < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (other == 0) {
    ::close(ends[0]);
    be_the_other(ends[1], work);
  }
  ::close(ends[1]);

  Listener listener(report);
  bool hangs = false;
  std::array<char, 4096> buffer{};
  while (true) {
    pollfd watched{ends[0], POLLIN, 0};
    const int ready = ::poll(&watched, 1, kPatienceMilliseconds);
    if (ready < 0 && errno == EINTR) continue;
    if (ready == 0) {
      hangs = true;
      ::kill(other, SIGKILL);
      break;
    }
    const ssize_t got = ::read(ends[0], buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    listener.hear({buffer.data(), static_cast<std::size_t>(got)});
  }
  ::close(ends[0]);
  int status = 0;
  while (::waitpid(other, &status, 0) < 0 && errno == EINTR) {
  }
  const std::string where = "in " + listener.phase();
  if (hangs) {
    report.failed("time", "nothing has happened for a minute " + where,
                  "let no function of the plugin block without a time limit");
  } else if (WIFSIGNALED(status)) {
    report.failed("crash", std::string("the process was ended by SIG") + ::sigabbrev_np(WTERMSIG(status)) + " " + where,
                  "look for what outlives the library: a thread, a callback, an atexit function, a global with a "
                  "destructor; a debugger shows more: gdb --args tenond --verify …");
  } else if (WIFEXITED(status) && WEXITSTATUS(status) != EXIT_SUCCESS) {
    report.failed("exit", "the process ended with " + std::to_string(WEXITSTATUS(status)) + " " + where,
                  "a plugin must not call exit");
  }
}

}  // namespace tenon::daemon
