#include "daemon/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace tenon::daemon {

Signals::Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  if (const int problem = ::pthread_sigmask(SIG_BLOCK, &set, nullptr); problem != 0) {
    throw std::system_error(problem, std::generic_category(), "pthread_sigmask");
  }
  descriptor_ = ::signalfd(-1, &set, SFD_CLOEXEC);
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "signalfd");
  ::signal(SIGPIPE, SIG_IGN);
}

Signals::~Signals() { ::close(descriptor_); }

int Signals::wait() {
  signalfd_siginfo info{};
  while (::read(descriptor_, &info, sizeof(info)) != sizeof(info)) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "signalfd");
  }
  return static_cast<int>(info.ssi_signo);
}

}  // namespace tenon::daemon
