#pragma once

#include <tenon/flow.h>

#include <atomic>
#include <boost/container/small_vector.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/driven_step.h"
#include "flow/engine.h"
#include "flow/journal.h"
#include "flow/permits.h"

namespace tenon::flow {

class Run;
class Strand;

/// The branches of a parallel, while they are at work. Under the run's lock, but for `strands` once all have ended.
struct Branches {
  std::uint32_t parallel = 0;
  std::size_t next = 0;
  std::size_t live = 0;
  bool failed = false;
  /// Each may have begun before the run was taken up: all begin, so that nothing that they have done is passed over.
  bool replaying = false;
  std::size_t first_failed = 0;
  std::vector<std::unique_ptr<Strand>> strands;
};

/// One line of work within a run: the whole run, or a branch of a parallel. It goes forward through a range of the
/// chain's ops, and back through what it has done.
///
/// One thread drives it at a time. An answer given within the flow's call, on that thread, is a plain write (the usual
/// case, no atomic operation). Otherwise the driving thread and whoever comes from elsewhere (an answer, a timer, a
/// place that becomes free, a cancel) meet at `word_`, which holds what the strand is in and the number of that state
/// (its epoch): who comes from elsewhere has an effect only on the epoch that it was meant for.
///
/// A flow that does not answer in time is given up by moving the run away from it: the strand stays with the flow as it
/// is, so that the flow's references and reads are good for as long as it holds its step, and the run goes on with a
/// copy. When the flow answers at last, the old strand undoes the step once more.
class Strand final : public StepHost, public JournalListener {
 public:
  Strand(Run& run, Strand* parent, OpRange ops);
  Strand(const Strand&) = delete;
  Strand& operator=(const Strand&) = delete;
  ~Strand() = default;

  // StepHost: for the thread that holds the step.
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
  void transact(const StepTicket& ticket, TransactionalWork work, const Flow& flow) noexcept override;

  // JournalListener: ends the wait for a record.
  void recorded(std::uint64_t ticket) noexcept override;
  void refused(std::uint64_t ticket, const ErrorCode& error) noexcept override;

  /// For driven_step(), on the thread that is in the step's flow.
  [[nodiscard]] DrivenStep driven(std::uint32_t step) const noexcept;
  [[nodiscard]] std::uint32_t step_index() const noexcept { return step_.load(std::memory_order_relaxed); }

 private:
  friend class Run;

  enum class Answer : std::uint8_t { kNone, kNext, kFail, kDropped, kSkipRest };
  /// What comes after a wait.
  enum class Stage : std::uint8_t {
    kBegin,
    kLocks,
    kCall,
    kAnswered,
    kAgain,
    kJoin,
    kUnanswered,
    kLateAnswer,
    kLateUndone,
    kRecorded,
    kReleased,
    kPaused
  };
  /// What is done once the record that is waited for is durable.
  enum class Recording : std::uint8_t {
    kStart,
    kDone,
    kTurn,
    kBack,
    kUndone,
    kUndoFailed,
    kRestSkipped,
    kRetry,
    kSkipped,
    kEnd,
    kLate
  };
  /// What driving goes on with.
  enum class Next : std::uint8_t { kOn, kSuspended, kSucceeded, kFailed };
  /// Why the undo is under way.
  enum class Goal : std::uint8_t { kFail, kRetryStep, kRetryScope, kReplay };
  enum class Phase : std::uint8_t { kCalling, kSuspended, kWoken, kAbandoned };
  /// Bits of stop_.
  enum Stop : std::uint8_t { kCancelled = 1, kParentStopped = 2, kScopeTimedOut = 4 };

  /// A step that has begun, so that it must be undone: by its number, and when it ended among all of the run.
  struct Done {
    std::uint32_t step;
    std::uint32_t sequence;
  };
  struct OpenScope {
    std::uint32_t scope;
    std::uint32_t attempt = 1;
    std::size_t mark = 0;  // size of done_ at its beginning
    std::uint64_t timer = 0;
    std::uint64_t serial = 0;  // 0: it has no time-out
  };
  /// What waiting needs beyond the word; made when it is first needed.
  struct Wait {
    std::string name;  // of the place that is queued for; under the run's lock
    Permits::Request request = 0;
    std::uint64_t timer = 0;  // of the step at work
    std::string permit;       // that the step at work holds
  };

  // ---- driving: strand.cpp
  // -------------------------------------------------------------------------------------------
  /// Works until it has to wait or has ended. A branch that ends gives the strand to go on with, or null.
  Strand* drive();
  /// Goes on from where it waited.
  Next resume();
  Next take_locks();
  Next resume_locks();
  Next resume_call();
  Next resume_again();
  Next forward();
  /// Runs the steps without policies that come next, as long as they answer at once: the usual case, with nothing
  /// around it. True if the last one has not been committed: it is to be gone on with.
  bool run_plain_steps();
  /// The same on the way back.
  bool undo_plain_steps();
  /// What a flow answered when it was called, or has not yet.
  Next called();
  Next begin_step(std::uint32_t step);
  Next begin_check(std::uint32_t step);
  /// Calls the step at work once, unless it is to fail on purpose before.
  Next attempt();
  /// Takes the step's place among those at work at once, then calls it.
  Next enter();
  Next call();
  void call_flow();
  Next answered();
  Next answered_forward();
  /// The step has done its work: makes that durable, and goes on.
  Next commit();
  Next committed();
  /// The step has failed; `begun`: it may have made something, so that it must be undone.
  Next step_failed(ErrorCode&& error, bool begun);
  Next skip();

  // ---- going back: strand_undo.cpp
  // -----------------------------------------------------------------------------------
  Next turn_back(ErrorCode&& error);
  Next undo();
  Next answered_undo();
  /// `again`: it may be tried again.
  Next undo_failed(ErrorCode&& error, bool again);
  /// The way back has come to its end.
  Next turned();
  /// Waits as long as the policy says, then goes on.
  Next back_off(const RetryPolicy& retry, std::uint32_t failed);
  /// The same before the next attempt of a step, which a long wait is recorded for.
  Next retry_step(const RetryPolicy& retry, std::uint32_t failed);
  Next wait_for(std::chrono::milliseconds time);
  void note_begun();
  void pop_done();
  void skip_rest_of_undo();
  void open_scope(std::uint32_t scope);
  void close_scope();
  /// The innermost open scope that has an attempt left for this error, or -1.
  [[nodiscard]] int retrying_scope(const ErrorCode& error) const;
  [[nodiscard]] ErrorCode stop_error() const;

  // ---- records: strand_journal.cpp
  // -------------------------------------------------------------------------------------
  /// Makes the run durable before its first step.
  Next record_start();
  Next record(JournalRecord record, Recording what);
  Next resume_recorded();
  Next record_done();
  [[nodiscard]] static ErrorCode unkeepable(const DataEntry& entry);
  /// Before done steps are undone: of all, for good, or of a part.
  Next record_turn();
  Next record_back();
  [[nodiscard]] std::vector<std::uint32_t> begun_since(std::size_t mark) const;
  /// Of the step at work, which was undone: in the kinds kUndone, kRestSkipped and kSkipped.
  Next record_undone(JournalRecord::Kind kind, Recording what);
  Next record_undo_failed();
  /// Adds what a debt is found and paid by.
  void describe_debt(ErrorCode& debt) const;
  /// The whole run has come to its end.
  Next record_end(bool failed);
  void record_late(bool undone);
  /// Whether nothing is left to do from the op at `pc` on.
  [[nodiscard]] bool last_op(std::uint32_t pc) const;
  /// Ends the run with this record, of an undo, if there is nothing else to undo.
  void close_if_last(JournalRecord& record) const;
  Next go_on_recorded();
  Next go_on_refused();

  // ---- taking up a run again: strand_recovery.cpp
  // --------------------------------------------------------------------------------------
  /// Waits for its turn, then goes on as the run's records say.
  Next take_up();
  Next begin_recovered();
  Next undone_before_replay();
  Next replay();
  Next replay_step(std::uint32_t step);
  Next end_replay(std::uint32_t step);
  void replay_done(std::uint32_t step);
  /// Whether the run does without the step, as it did before.
  bool skipped_again(std::uint32_t step);
  /// The next step may have begun before, and its check may fail now.
  void note_perhaps_begun();

  // ---- an operator's words: strand_control.cpp
  // -----------------------------------------------------------------------------------------
  /// Whether it has to stop before the step or undo that comes next.
  bool pauses();
  Next resume_paused();
  /// Does what `directive_` says.
  Next directed();
  /// Tells who gave `directive_` that it is recorded, or why it is not.
  void tell_directed(const ErrorCode* refused);

  // ---- parallel branches: strand_branches.cpp
  // --------------------------------------------------------------------------
  Next spawn(std::uint32_t parallel);
  Next join();
  /// The next branch to begin. Under the run's lock.
  Strand& begin_branch();
  /// A branch of this strand has ended: the strand that the calling thread goes on with, or null.
  Strand* branch_ended(bool failed, Strand& branch);

  // ---- waiting: strand_wait.cpp
  // ----------------------------------------------------------------------------------------
  static constexpr std::uint64_t kPhaseMask = 3;
  static constexpr std::uint64_t kExpired = 4;      // the step's own time is up
  static constexpr std::uint64_t kInterrupted = 8;  // stop_ was set
  static constexpr std::uint64_t kGranted = 16;     // woken by what it waited for
  static constexpr int kEpochShift = 8;
  static constexpr Phase phase_of(std::uint64_t word) { return static_cast<Phase>(word & kPhaseMask); }
  static constexpr std::uint64_t epoch_of(std::uint64_t word) { return word >> kEpochShift; }

  /// Begins the next epoch, with these bits; the last word of the one before.
  std::uint64_t next_epoch(std::uint64_t bits = 0) noexcept;
  [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_of(word_.load(std::memory_order_relaxed)); }
  /// Lets go of the strand until somebody wakes it, which is then driven at `stage`. False if that has happened
  /// already. After true, it must not be touched.
  bool suspend(Waiting waiting, Stage stage);
  /// From elsewhere: wakes the strand if it is still in this epoch. False if it is not.
  bool wake(std::uint64_t epoch, std::uint64_t bits);
  /// From elsewhere: the time of the step of this epoch is up.
  void expire(std::uint64_t epoch);
  void arm_grace(std::uint64_t epoch);
  /// From elsewhere: the step's grace is over. Gives it up if it is still in this epoch.
  void grace_over(std::uint64_t epoch);
  /// Under the run's lock.
  void interrupt(Stop reason);
  void post();
  void arm_timeout(std::chrono::milliseconds timeout);
  /// Ends what belongs to one call: its time-out, its place among those at work.
  void disarm();
  /// Whether the run holds its lock of this number; else it is woken when it does.
  bool claim_lock(std::size_t lock);
  /// Whether the place among those at work was taken at once; else it is queued for.
  bool take_permit(const std::string& name, std::uint32_t limit);
  /// After a wait for a place: whether it was got. Else it is no longer queued for.
  bool permit_granted(std::uint64_t word);
  Wait& wait();
  void set_wait_name(std::string name);

  // ---- answers and data: strand_data.cpp
  // -------------------------------------------------------------------------------
  void answer(Answer answer) noexcept;
  void note_exception(ErrorCode error);
  [[nodiscard]] bool succeeded() const { return answer_ == Answer::kNext && !thrown_; }
  [[nodiscard]] ErrorCode take_failure();
  void locate(ErrorCode& error) const;
  [[nodiscard]] const Value* look_up(std::uint64_t hash) const;
  [[nodiscard]] bool holds(const Condition& condition) const;
  /// Whether the run does without the step.
  [[nodiscard]] bool skips(const ChainStep& step, const FlowData& data) const;
  [[nodiscard]] Result<std::string> permit_name(const KeyTemplate& key) const;
  /// The first key that the step should have written and has not; empty if there is none.
  [[nodiscard]] std::string_view missing_write() const;
  void merge_pending();

  // ---- work in the store: strand_transaction.cpp
  // ---------------------------------------------------------------------
  /// The work of the step in its transaction, and the answer.
  void work_in_transaction(const StepTicket& ticket, TransactionalWork work, const Flow& flow) noexcept;
  /// What the work wrote.
  [[nodiscard]] Result<std::vector<DataEntry>> worked(const StepTicket& ticket, TransactionalWork work,
                                                      const Flow& flow, StoreTransaction& transaction);

  // ---- giving up: strand_abandon.cpp
  // -----------------------------------------------------------------------------------
  /// The rest of the run, in a strand of its own; this one stays with its flow.
  [[nodiscard]] std::unique_ptr<Strand> move_on();
  Next go_on_without_answer();
  /// The flow that was given up has answered: its step is undone once more. The strand may be gone afterwards.
  void answered_late();
  void undone_late();

  [[nodiscard]] const ChainStep& step() const;
  [[nodiscard]] const StepPolicy* policy() const;
  [[nodiscard]] Direction direction() const noexcept { return direction_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool stopped() const noexcept { return stop_.load(std::memory_order_relaxed) != 0; }

  Run& run_;
  Strand* parent_;
  std::atomic<std::uint64_t> word_{0};
  std::uint32_t pc_;
  std::uint32_t end_;
  std::atomic<std::uint32_t> step_{0};
  std::atomic<std::uint32_t> attempt_{1};
  std::atomic<Direction> direction_{Direction::kForward};
  std::atomic<Waiting> waiting_{Waiting::kNothing};
  std::atomic<std::uint8_t> stop_{0};
  Answer answer_ = Answer::kNone;     // the driving thread's
  Answer elsewhere_ = Answer::kNone;  // given on another thread, read after the strand was woken
  Stage stage_ = Stage::kBegin;
  Goal goal_ = Goal::kFail;
  bool undoing_ = false;       // done_ is being gone through
  bool merged_ = false;        // data_ is not in the order of steps
  bool again_ = false;         // the step at work is to be called once more
  bool expired_ = false;       // the time of the step that has just answered was up
  bool injected_ = false;      // the step at work is to fail on purpose
  bool owes_ = false;          // an undo of this way back has failed, or the rest of it was skipped
  bool rest_skipped_ = false;  // the rest of the way back
  bool replaying_ = false;     // goes through what was done before the run was taken up
  bool turned_ = false;        // that the run turns back for good is recorded
  bool closed_ = false;        // its end is recorded
  bool transacted_ = false;    // what the step at work has done is recorded with its transaction
  bool closing_ = false;       // … by the record that is waited for
  Recording recording_ = Recording::kStart;
  static constexpr std::uint32_t kNotYet = UINT32_MAX;
  std::uint32_t replay_until_ = kNotYet;  // op after the last one that is done
  std::chrono::milliseconds retry_wait_{0};
  std::unique_ptr<ErrorCode> refusal_;            // of the record
  std::unique_ptr<ErrorCode> debt_;               // the undo's failure that is being recorded
  std::unique_ptr<Engine::Directive> directive_;  // being carried out; given while the strand is paused
  // Of a strand that was given up, under the run's lock:
  bool moved_on_ = false;           // the run goes on without it
  bool awaits_first_undo_ = false;  // its step has not been undone yet
  bool late_answer_ = false;        // it has answered
  std::uint32_t undo_attempt_ = 1;
  std::uint32_t attempts_made_ = 0;  // of the step that is undone to be tried again
  std::size_t base_ = 0;             // entries of data_ that a branch began with
  std::size_t undo_target_ = 0;      // size of done_ where the way back ends
  int retry_scope_ = -1;
  std::atomic<std::int64_t> since_{0};  // of the wait, in the clock's nanoseconds
  std::unique_ptr<ErrorCode> failure_;  // of the current step, written by whoever answers
  std::unique_ptr<ErrorCode> thrown_;   // by a flow that has given its step away
  std::unique_ptr<ErrorCode> error_;    // why the strand goes back
  std::unique_ptr<Branches> branches_;
  std::unique_ptr<Wait> wait_;
  std::vector<DataEntry> data_;                           // committed
  boost::container::small_vector<DataEntry, 1> pending_;  // of the attempt at work
  boost::container::small_vector<Done, 12> done_;
  std::vector<OpenScope> scopes_;
};

}  // namespace tenon::flow
