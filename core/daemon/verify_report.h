#pragma once

#include <functional>
#include <string>
#include <vector>

/// What a verification finds, check by check.
namespace tenon::daemon {

struct Check {
  /// One word: `unload`.
  std::string name;
  bool ok = true;
  /// What was found.
  std::string text;
  /// What to do about it; empty if all is good.
  std::string remedy;
};

/// Takes checks as they are made.
class VerifyReport {
 public:
  virtual ~VerifyReport() = default;
  virtual void add(Check check) = 0;
  /// What begins now: told if the process ends or hangs in it.
  virtual void begins(const std::string& phase) = 0;

  void ok(std::string name, std::string text) { add({std::move(name), true, std::move(text), {}}); }
  void failed(std::string name, std::string text, std::string remedy) {
    add({std::move(name), false, std::move(text), std::move(remedy)});
  }
};

/// Runs `work` in a process of its own, which may end in any way, and passes on to `report` what it reports. Its death
/// by a signal, its exit and a phase of more than a minute are failed checks. Called before the first thread is
/// started.
void run_apart(VerifyReport& report, const std::function<void(VerifyReport&)>& work);

}  // namespace tenon::daemon
