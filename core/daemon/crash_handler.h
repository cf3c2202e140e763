#pragma once

#include <tenon/error.h>

#include <filesystem>

namespace tenon::daemon {

/// Writes down, in a file, what this process dies of: on SIGSEGV, SIGBUS, SIGILL, SIGFPE and SIGABRT (and so on
/// std::terminate) the time, the signal, the thread, the address, the plugin whose code is the first on the stack, the
/// step and run whose flow the thread is in, and the calls on the stack as `FILE+OFFSET`. Then the process dies by that
/// signal as it would have without this, with its exit status and its core dump.
///
/// A stack that has overflown has no room for the handler: threads need another one. In tenond all have one, those that
/// plugins and their libraries make, too (alternate_stacks.cpp). A crash within the handler ends the report there.
///
/// Sanitizers have handlers of their own, which tell more: in a build with one, this does nothing.
///
/// One per process, made and destroyed on the main thread.
class CrashHandler {
 public:
  /// Opens `file`, which is made empty, and takes the signals. Errors: NODE.1003 the file can't be made.
  [[nodiscard]] static Result<CrashHandler> install(const std::filesystem::path& file);
  /// Gives the signals back, and removes the file.
  ~CrashHandler();
  CrashHandler(CrashHandler&& other) noexcept;
  CrashHandler& operator=(CrashHandler&&) = delete;

  /// Whether this build has it.
  [[nodiscard]] static bool available() noexcept;

 private:
  explicit CrashHandler(std::filesystem::path file) : file_(std::move(file)) {}
  std::filesystem::path file_;
};

/// A stack for the signal handlers of the calling thread, while it lives.
class AlternateStack {
 public:
  /// Without memory for it there is none.
  AlternateStack() noexcept;
  ~AlternateStack();
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  void* memory_;
};

}  // namespace tenon::daemon
