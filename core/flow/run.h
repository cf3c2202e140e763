#pragma once

#include <tenon/flow.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "flow/engine.h"

namespace tenon::flow {

/// One execution of a chain. Belongs to itself: it deletes itself when it has ended.
///
/// One thread drives it at a time. An answer given within the flow's call, on that thread, is a plain write (the usual
/// case, no atomic operation). Otherwise the driving thread and the answering thread meet at `phase_`: whoever comes
/// second goes on with the run, the answering one by posting it to the executor. A run can't end before its current
/// step has been answered, so a step's pointer to it is always good.
class Run final : public StepHost {
 public:
  Run(Engine::State& engine, std::uint64_t id, RunRequest&& request);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Drives the run from its first step, on this thread. The run may be gone afterwards.
  void begin();
  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }

  [[nodiscard]] std::uint64_t id() const noexcept { return id_; }
  [[nodiscard]] const Chain& chain() const noexcept { return *chain_; }

  // StepHost
  const Value* find(const StepTicket& ticket, const KeyRef& key) override;
  void set(const StepTicket& ticket, const KeyRef& key, Value value) override;
  const Value* adopt(const StepTicket& ticket, const KeyRef& key, Value value) override;
  void next(const StepTicket& ticket) noexcept override;
  void fail(const StepTicket& ticket, ErrorCode error) noexcept override;
  void dropped(const StepTicket& ticket) noexcept override;
  void skip_rest(const StepTicket& ticket) noexcept override;
  void block(const StepTicket& ticket, BlockingWork work, const Flow& flow) noexcept override;
  void progress(const StepTicket& ticket, int percent, std::string_view what) noexcept override;
  bool cancelled(const StepTicket& ticket) const noexcept override;
  std::string key(const StepTicket& ticket) const override;

 private:
  friend class Engine;
  friend struct Engine::State;
  enum class Answer : std::uint8_t { kNone, kNext, kFail, kDropped };
  enum class Phase : std::uint8_t { kCalling, kSuspended, kAnswered };

  ~Run() = default;
  void drive();
  void resume();
  /// Calls the current flow. False if it has not been answered yet: the run must not be touched any more.
  bool call();
  /// Takes in the answer; false if the run has come to its end.
  bool advance();
  bool advance_forward();
  bool advance_undo();
  /// Begins the undo with the current step.
  bool turn_back(std::unique_ptr<ErrorCode> error);
  void end();
  void answer(Answer answer) noexcept;
  void note_exception(ErrorCode error);
  /// Why the current step failed, located.
  std::unique_ptr<ErrorCode> take_failure();
  /// Adds to the error where it happened.
  void locate(ErrorCode& error) const;

  Engine::State& engine_;
  const std::uint64_t id_;
  std::shared_ptr<const Chain> chain_;
  std::shared_ptr<RunObserver> observer_;
  std::function<void(RunResult)> done_;
  std::vector<DataEntry> data_;
  std::unique_ptr<ErrorCode> failure_;  // of the current step, written by whoever answers
  std::unique_ptr<ErrorCode> thrown_;   // by a flow that has given its step away
  std::unique_ptr<ErrorCode> error_;    // why the run is being undone
  std::size_t committed_ = 0;           // entries of data_ that a failure leaves
  std::uint32_t step_ = 0;
  std::uint32_t attempt_ = 0;
  Direction direction_ = Direction::kForward;
  Answer answer_ = Answer::kNone;     // the driving thread's
  Answer elsewhere_ = Answer::kNone;  // given on another thread, read after kAnswered was seen
  std::atomic<Phase> phase_{Phase::kCalling};
  std::atomic<bool> cancelled_{false};
  Run* previous_ = nullptr;  // the engine's list
  Run* next_run_ = nullptr;
};

/// A run's or step's id as people see it.
[[nodiscard]] std::string run_name(std::uint64_t id);

}  // namespace tenon::flow
