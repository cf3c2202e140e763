#pragma once

#include <cstdint>
#include <string_view>

namespace tenon::flow {

/// A step of a run, for who reports a crash within its flow. The texts are the run's.
struct DrivenStep {
  std::uint64_t run = 0;
  std::string_view chain;
  std::string_view step;
  /// The plugin that the flow is of.
  std::string_view plugin;
  /// `run`, `undo` or `check`.
  std::string_view direction;
  explicit operator bool() const noexcept { return !step.empty(); }
};

/// The step whose flow this thread is in; empty if it is in none. Async-signal-safe: it only reads, and what it reads
/// is kept by the call that the signal has interrupted.
[[nodiscard]] DrivenStep driven_step() noexcept;

}  // namespace tenon::flow
