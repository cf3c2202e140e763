#pragma once

namespace tenon::daemon {

/// SIGTERM and SIGINT as a file descriptor. Made on the main thread before any other thread, so that all inherit the
/// block. SIGPIPE is ignored from then on: a reader that goes away is an error of the write.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Readable when a signal has come.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// Waits for a signal and takes it; its number.
  int wait();

 private:
  int descriptor_;
};

}  // namespace tenon::daemon
