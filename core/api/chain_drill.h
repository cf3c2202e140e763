#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/run_record.h"
#include "flow/chain.h"
#include "flow/definition.h"
#include "flow/engine.h"

/// A drill of a chain: it is run once for each step and each way to fail there, and what there is on the devices before
/// is compared with what there is after the undo.
namespace tenon::api {

/// What there is on the devices, by the names of probes.
using DrillResources = std::map<std::string, std::vector<std::string>>;

/// How one run of a drill ended.
struct DrillRun {
  std::string run;
  std::optional<ErrorCode> error;
  /// Steps whose undo failed, and with what.
  std::vector<std::pair<std::string, ErrorCode>> failed_undos;
  /// A flow that was undone without its answer has not given it yet.
  bool unanswered = false;
};

/// What a drill works with: the node's engine and probes, or a test's. [the drill's thread]
class DrillStage {
 public:
  virtual ~DrillStage() = default;
  [[nodiscard]] virtual std::vector<std::string> probes() const = 0;
  /// What there is now. May block.
  virtual Result<DrillResources> list() = 0;
  /// Runs the chain once with this failure, and waits for its end. It must not succeed: what it does would stay. A run
  /// that comes to its end without another failure fails with kDrillEnd. An error: it could not be started.
  virtual Result<DrillRun> run(const flow::Injection& injection) = 0;
};

/// The code of the failure at the end of a drill's run.
inline constexpr std::string_view kDrillEnd = "DRILL.1001";

/// The chain for a run that fails at `step`: that step is not tried again, or the failure would be mended; and at its
/// end is one more step, that fails with kDrillEnd, so that each run is undone.
[[nodiscard]] std::shared_ptr<const flow::Chain> drill_chain(const flow::Chain& chain, std::size_t step);

/// Finds the last step of a drill's run, which is of no library, and all others where `flows` does: so that a run whose
/// node ended in the midst of a drill is undone like any other.
class DrillSteps final : public flow::StepResolver {
 public:
  /// `flows` must outlive it.
  explicit DrillSteps(const flow::StepResolver& flows) : flows_(flows) {}
  Result<void> resolve(flow::ChainStep& step) const override;

 private:
  const flow::StepResolver& flows_;
};

/// What has become of a drill so far. Any thread may call.
///
/// As JSON: `{chain, state, started, ended, duration_ms, probes, steps, runs, left, lost, failed_undos, not_reached,
/// error, outcomes: [OUTCOME…]}`. `steps` are the names, `runs` how many there are to be; states: `running`, `clean`,
/// `flawed` (something is left or lost, or an undo failed), `failed` (the error says why it could not go on),
/// `stopped`. An outcome is `{step, name, way, run, reached, error, left, lost, failed_undos, unanswered}`: `way` is
/// `before`, `after` or `timeout`; `left` and `lost` list `{probe, resource}`, `failed_undos` `{name, error}`. A step
/// that a run did not reach has no `error` if the run went past it.
class DrillRecord {
 public:
  DrillRecord(const flow::Chain& chain, std::vector<std::string> probes);

  [[nodiscard]] Json json() const;
  [[nodiscard]] bool ended() const;

  struct Cursor {
    bool begun = false;
    bool ended = false;
    std::size_t outcomes = 0;
  };
  /// What has happened since: `drill` (all of it, at the beginning), `outcome`, `end` (all of it). Moves the cursor.
  [[nodiscard]] std::vector<RunEvent> read(Cursor& cursor) const;
  /// Tells the watcher of what comes, as long as it lives.
  void watch(std::weak_ptr<RunWatcher> watcher);

  // [the drill's thread]
  void add(const flow::Injection& injection, const DrillRun& run, const DrillResources& before,
           const DrillResources& after);
  /// Nothing: all runs are done.
  void end(std::optional<ErrorCode> error, bool stopped);

 private:
  [[nodiscard]] Json whole() const;              // locked
  [[nodiscard]] std::string_view state() const;  // locked
  void wake();                                   // not locked

  const std::string chain_;
  const std::vector<std::string> steps_;
  const std::vector<std::string> probes_;
  const std::chrono::system_clock::time_point started_ = std::chrono::system_clock::now();
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();

  mutable std::mutex mutex_;
  std::vector<Json> outcomes_;
  std::size_t left_ = 0;
  std::size_t lost_ = 0;
  std::size_t failed_undos_ = 0;
  std::size_t not_reached_ = 0;
  bool flawed_ = false;
  bool stopped_ = false;
  bool ended_ = false;
  std::optional<ErrorCode> error_;
  std::chrono::system_clock::time_point finished_at_{};
  std::chrono::steady_clock::time_point finished_{};
  std::vector<std::weak_ptr<RunWatcher>> watchers_;
};

/// Drills all steps of a chain, into the record, to its end; that of a run if it is told to stop.
void drill(std::size_t steps, DrillStage& stage, DrillRecord& record, const std::atomic<bool>& stop);

}  // namespace tenon::api
