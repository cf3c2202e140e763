#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <utility>

namespace tenon::flow {

class Strand;

/// The strand whose flow this thread is calling: an answer that comes meanwhile from the same thread needs no lock.
inline constinit thread_local Strand* driving = nullptr;

class DrivingScope {
 public:
  explicit DrivingScope(Strand* strand) noexcept : outer_(std::exchange(driving, strand)) {}
  DrivingScope(const DrivingScope&) = delete;
  DrivingScope& operator=(const DrivingScope&) = delete;
  ~DrivingScope() { driving = outer_; }

 private:
  Strand* outer_;  // a flow may start another run, which this thread drives within the call
};

/// A step whose flow's work this thread does for the pool of blocking flows: what a crash there is blamed on. Two
/// stores a call; answers given from it take the way of any other thread.
struct WorkingStep {
  const Strand* strand = nullptr;
  std::uint32_t step = 0;
};
inline constinit thread_local WorkingStep working;

class WorkingScope {
 public:
  WorkingScope(const Strand* strand, std::uint32_t step) noexcept { working = {strand, step}; }
  WorkingScope(const WorkingScope&) = delete;
  WorkingScope& operator=(const WorkingScope&) = delete;
  ~WorkingScope() { working.strand = nullptr; }
};

/// The exception that is being handled, as an error.
[[nodiscard]] ErrorCode current_error();

}  // namespace tenon::flow
