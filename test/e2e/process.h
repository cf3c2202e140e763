#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace tenon::test {

/// How long a test waits for anything that should happen at once.
inline constexpr std::chrono::seconds kPatience{60};

/// A program that a test has started. What it writes goes to files. Killed and reaped if it still runs at the end.
class Process {
 public:
  struct Options {
    std::vector<std::string> arguments;
    /// On top of the test's own environment; an empty value unsets.
    std::vector<std::pair<std::string, std::string>> environment;
    std::string input;
  };
  /// `folder`: for the files of this process, of which there may be several.
  Process(const std::filesystem::path& folder, const std::string& program, Options options);
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;
  ~Process();

  [[nodiscard]] pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;
  /// Waits for the end; the exit status, or 128 + the signal that killed it. Throws when patience is at its end.
  int wait();
  [[nodiscard]] std::string output() const;
  [[nodiscard]] std::string errors() const;

 private:
  pid_t pid_ = -1;
  std::filesystem::path output_;
  std::filesystem::path errors_;
};

/// Waits until `condition` holds; false when patience is at its end.
template <class Condition>
[[nodiscard]] bool eventually(const Condition& condition);

/// Gives other processes a chance, between two looks at a condition.
void pause_briefly();

template <class Condition>
bool eventually(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    pause_briefly();
  }
  return true;
}

}  // namespace tenon::test
