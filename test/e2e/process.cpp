#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <map>
#include <stdexcept>
#include <thread>

#include "support/temp_folder.h"

namespace tenon::test {
namespace {

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::size_t equals = text.find('=');
    variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  for (const auto& [name, value] : changes) variables[name] = value;
  std::vector<std::string> list;
  for (const auto& [name, value] : variables) {
    if (!value.empty()) list.push_back(name + "=" + value);
  }
  return list;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> list;
  for (std::string& text : texts) list.push_back(text.data());
  list.push_back(nullptr);
  return list;
}

}  // namespace

Process::Process(const std::filesystem::path& folder, const std::string& program, Options options) {
  static std::atomic<int> counter{0};
  const std::string name = "process-" + std::to_string(++counter);
  output_ = folder / (name + ".out");
  errors_ = folder / (name + ".err");
  const std::filesystem::path input = folder / (name + ".in");
  { std::ofstream(input) << options.input; }

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, input.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors_.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  std::vector<std::string> arguments{program};
  arguments.insert(arguments.end(), options.arguments.begin(), options.arguments.end());
  std::vector<std::string> environment = environment_with(options.environment);
  const int problem = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, pointers(arguments).data(),
                                    pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw std::runtime_error("cannot start " + program + ": " + std::strerror(problem));
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)), output_(std::move(other.output_)), errors_(std::move(other.errors_)) {}

Process::~Process() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Process::signal(int number) const {
  if (pid_ < 0 || ::kill(pid_, number) != 0) throw std::runtime_error("cannot send a signal");
}

int Process::wait() {
  if (pid_ < 0) throw std::runtime_error("the process was waited for already");
  pollfd exit{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), POLLIN, 0};
  const int ready = ::poll(&exit, 1, static_cast<int>(std::chrono::milliseconds(kPatience).count()));
  ::close(exit.fd);
  if (ready != 1) throw std::runtime_error("the process does not end; it wrote:\n" + output() + errors());
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

std::string Process::output() const { return read_file(output_); }
std::string Process::errors() const { return read_file(errors_); }

void pause_briefly() { std::this_thread::sleep_for(std::chrono::milliseconds(2)); }

}  // namespace tenon::test
