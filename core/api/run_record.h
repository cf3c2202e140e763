#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/engine.h"

namespace tenon::api {

/// Told when there is more to read of a run.
class RunWatcher {
 public:
  virtual ~RunWatcher() = default;
  /// Called by the threads that work on the run: cheap, and without locks of the record held.
  virtual void changed() noexcept = 0;
};

/// What happened in a run, to be sent: `run` (all of it, at the beginning, and again where a reader has missed
/// something), `step`, `progress`, `end` (all of it).
struct RunEvent {
  std::string_view name;
  Json data;
};

/// What became of one run: kept after its end, without anything of its libraries. Any thread may call.
///
/// A step is shown as `{index, name, plugin, state, attempt, waiting, waiting_for, waiting_since_ms, started_ms,
/// duration_ms, progress, what, error, last_error, undo_started_ms, undo_duration_ms, undo_error, undone_late}`,
/// without what there is none of. States: `pending`, `checking`, `checked`, `skipped`, `running`, `done`, `failed`,
/// `undoing`, `undone`, `undo-failed`. Times count from the run's start.
class RunRecord final : public flow::RunObserver {
 public:
  explicit RunRecord(const flow::Chain& chain);

  /// As flow::run_name writes it.
  [[nodiscard]] std::string name() const;
  [[nodiscard]] std::uint64_t id() const;
  /// `{id, chain, state, started, ended, duration_ms, step, step_name, steps, error}`: `step` is the number of the
  /// first step at work, or of the latest one that was.
  [[nodiscard]] Json summary() const;
  /// `{id, chain, state, started, ended, duration_ms, steps: [STEP…], error, data}`.
  [[nodiscard]] Json json() const;

  /// The names of the steps whose undo has failed, and with what.
  [[nodiscard]] std::vector<std::pair<std::string, ErrorCode>> failed_undos() const;

  /// How much of the run a reader has seen. Begins with nothing.
  struct Cursor {
    bool begun = false;
    bool ended = false;
    std::uint64_t changes = 0;
    std::uint64_t progress = 0;
  };
  /// What has happened since, a bounded number of events at a time; moves the cursor. Each step's states come all,
  /// unless the reader has fallen far behind: then it gets the run anew. Of progress comes only the latest.
  [[nodiscard]] std::vector<RunEvent> read(Cursor& cursor) const;
  /// Tells the watcher of what comes, as long as it lives.
  void watch(std::weak_ptr<RunWatcher> watcher);

  // flow::RunObserver
  void step_begun(std::uint64_t run, std::size_t step, flow::Direction direction,
                  std::uint32_t attempt) noexcept override;
  void step_ended(std::uint64_t run, std::size_t step, flow::Direction direction,
                  const ErrorCode* error) noexcept override;
  void step_skipped(std::uint64_t run, std::size_t step) noexcept override;
  void step_waits(std::uint64_t run, std::size_t step, flow::Waiting waiting, std::string_view what) noexcept override;
  void undone_late(std::uint64_t run, std::size_t step, const ErrorCode* error) noexcept override;
  void progress(std::uint64_t run, std::size_t step, int percent, std::string_view what) noexcept override;

 private:
  friend class RunLog;
  using Clock = std::chrono::steady_clock;
  using Error = std::shared_ptr<const ErrorCode>;
  enum class StepState : std::uint8_t {
    kPending,
    kChecking,
    kChecked,
    kSkipped,
    kRunning,
    kDone,
    kFailed,
    kUndoing,
    kUndone,
    kUndoFailed
  };
  /// A step as it was at one time.
  struct Moment {
    StepState state = StepState::kPending;
    flow::Waiting waiting = flow::Waiting::kNothing;
    bool undone_late = false;
    std::uint32_t attempt = 1;
    Clock::time_point started{};
    Clock::time_point ended{};
    Clock::time_point undo_started{};
    Clock::time_point undo_ended{};
    Clock::time_point waiting_since{};
    std::string waiting_for;
    Error error;
    /// Of the attempt before.
    Error last_error;
    Error undo_error;
  };
  struct Step {
    std::string name;
    std::string plugin;
    Moment now;
    int percent = -1;
    std::string what;
    /// The progress that was told of this step latest; see progress_.
    std::uint64_t progress = 0;
  };
  struct Change {
    std::size_t step;
    Moment moment;
  };

  /// The run has ended. Encodes its data, which is code of libraries.
  void end(const flow::RunResult& result);
  void set_id(std::uint64_t id);
  void begin(Step& step, flow::Direction direction, std::uint32_t attempt);  // locked
  void changed(std::size_t step);                                            // locked
  void wake() noexcept;                                                      // not locked
  [[nodiscard]] static bool at_work(StepState state);
  [[nodiscard]] std::size_t current() const;                                // locked
  [[nodiscard]] Json head() const;                                          // locked
  [[nodiscard]] Json whole() const;                                         // locked
  [[nodiscard]] Json step_json(std::size_t index, const Moment& at) const;  // locked
  [[nodiscard]] std::string_view state() const;                             // locked

  const std::string chain_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  const Clock::time_point begun_ = Clock::now();

  mutable std::mutex mutex_;
  std::uint64_t id_ = 0;
  std::vector<Step> steps_;
  /// The latest changes of steps, and how many came before them.
  std::deque<Change> changes_;
  std::uint64_t forgotten_ = 0;
  const std::size_t most_changes_;
  std::size_t latest_ = 0;
  std::uint64_t progress_ = 0;
  bool undoing_ = false;
  bool ended_ = false;
  Clock::time_point finished_{};
  std::chrono::system_clock::time_point finished_at_{};
  std::optional<ErrorCode> error_;
  Json data_ = Json::object();
  std::vector<std::weak_ptr<RunWatcher>> watchers_;
  bool logged_ = false;  // under the RunLog's lock: it has been listed as finished
};

/// A point in time as RFC 3339 has it, in UTC with milliseconds.
[[nodiscard]] std::string timestamp(std::chrono::system_clock::time_point time);

/// A duration in milliseconds, to the microsecond.
[[nodiscard]] double milliseconds(std::chrono::nanoseconds duration);

}  // namespace tenon::api
