#pragma once

#include <tenon/error.h>

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

/// The exception that is being handled, as an error.
[[nodiscard]] ErrorCode current_error();

}  // namespace tenon::flow
