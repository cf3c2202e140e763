#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "flow/engine.h"

namespace tenon::flow {

std::uint64_t first_id();

struct Engine::State {
  explicit State(const EngineOptions& options)
      : next_id(options.first_run != 0 ? options.first_run : first_id()),
        executor("tenon-run", options.threads != 0 ? options.threads : std::thread::hardware_concurrency()),
        blocking("tenon-block", options.blocking_threads) {}
  void retire(Run& run, const std::function<void()>& done);
  Run* find(std::uint64_t run) const;

  std::atomic<std::uint64_t> next_id;
  mutable std::mutex mutex;
  std::condition_variable idle;
  Run* runs = nullptr;
  std::size_t count = 0;
  bool closed = false;
  Executor executor;
  Executor blocking;
};

}  // namespace tenon::flow
