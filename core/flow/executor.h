#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace tenon::flow {

/// A pool of a fixed number of threads with one queue. Any thread may post; what it posted may have been done, and the
/// executor be gone, before its call returns.
class Executor {
 public:
  /// Starts `threads` threads (at least 1), each named `name` for debuggers.
  Executor(const char* name, std::size_t threads);
  /// Runs what is queued, then joins the threads.
  ~Executor();
  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  /// Runs `work` on one of the threads. It must not throw. Throws std::bad_alloc only.
  void post(std::function<void()> work);

  [[nodiscard]] std::size_t threads() const noexcept;

 private:
  struct Pool;
  std::shared_ptr<Pool> pool_;
};

}  // namespace tenon::flow
