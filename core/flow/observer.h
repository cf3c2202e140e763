#pragma once

#include <tenon/error.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How a run can be watched: told step by step, or looked at from outside.
namespace tenon::flow {

/// What a step is called for. A release goes forward.
enum class Direction : std::uint8_t { kForward, kUndo, kCheck };

/// What a run waits for.
enum class Waiting : std::uint8_t {
  kNothing,      ///< it is at work, or its flow has not returned
  kAnswer,       ///< the flow's answer
  kGrace,        ///< the answer of a flow that was told to end
  kLock,         ///< a lock of the chain
  kConcurrency,  ///< a place among the steps that may be at work at once
  kBackoff,      ///< the time of the next attempt
  kBranches,     ///< the end of parallel branches
  kCommit,       ///< its record, until it is durable
  kPaused,       ///< an operator
  kRecovery,     ///< its turn among the runs that are recovered
  kLateAnswer,   ///< the answer of a flow that was undone without it; the run may have ended
};

/// `nothing`, `answer`, …
[[nodiscard]] std::string_view waiting_name(Waiting waiting);

/// Told of each step of one run, by whichever threads work on the run: several at once where branches are parallel.
/// Must not block or throw. The error is null if the step did what it should.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// `attempt` counts from 1.
  virtual void step_begun(std::uint64_t run, std::size_t step, Direction direction, std::uint32_t attempt) noexcept = 0;
  virtual void step_ended(std::uint64_t run, std::size_t step, Direction direction,
                          const ErrorCode* error) noexcept = 0;
  virtual void step_skipped(std::uint64_t run, std::size_t step) noexcept = 0;
  /// The step, or what comes before it, has to wait; `what` names the lock or limit. kNothing: no longer.
  virtual void step_waits(std::uint64_t run, std::size_t step, Waiting waiting, std::string_view what) noexcept = 0;
  /// A step that had been undone without its answer has answered, and was undone once more. May come after the end of
  /// the run.
  virtual void undone_late(std::uint64_t run, std::size_t step, const ErrorCode* error) noexcept = 0;
  /// Comes from the flow's thread.
  virtual void progress(std::uint64_t run, std::size_t step, int percent, std::string_view what) noexcept = 0;
};

/// A place where a run is at work, or stuck. One for a run, more where branches are parallel.
struct RunPlace {
  std::size_t step = 0;
  std::string step_name;
  Direction direction = Direction::kForward;
  std::uint32_t attempt = 1;
  Waiting waiting = Waiting::kNothing;
  /// Name of the lock or limit.
  std::string what;
  /// The runs that hold it, in the order in which they came.
  std::vector<std::uint64_t> holders;
  /// How long it has waited; nothing while it is at work.
  std::optional<std::chrono::nanoseconds> waited;
};

/// A run as it is now.
struct RunState {
  std::uint64_t id = 0;
  std::string chain;
  bool undoing = false;
  bool cancelled = false;
  /// It stops, or has stopped, before what comes next.
  bool paused = false;
  /// It has ended, but for flows that were undone without their answer.
  bool ended = false;
  /// Names of the locks that it holds.
  std::vector<std::string> locks;
  std::vector<RunPlace> places;
};

}  // namespace tenon::flow
