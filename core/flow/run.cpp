#include "flow/run.h"

#include <tenon/log.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <utility>

namespace tenon::flow {

std::string run_name(std::uint64_t id) {
  // Crockford's base 32: sorts as the numbers do, no letters that are read as digits.
  static constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string name(13, '0');
  for (auto digit = name.rbegin(); digit != name.rend(); ++digit, id >>= 5) *digit = kDigits[id & 31];
  return name;
}

Run::Run(Engine::State& engine, RunIds ids, RunRequest&& request, std::vector<std::string> locks, Journal* journal)
    : engine_(engine),
      id_(ids.run),
      owner_(ids.owner),
      journal_(journal),
      chain_(std::move(request.chain)),
      observer_(std::move(request.observer)),
      done_(std::move(request.done)),
      accepted_(std::move(request.accepted)),
      locks_(std::move(locks)),
      first_(*this, nullptr, OpRange{0, static_cast<std::uint32_t>(chain_->ops.size())}) {
  if (request.injection || request.before_step || !request.start_key.empty()) {
    extras_ = std::make_unique<Extras>(
        Extras{request.injection, std::move(request.before_step), std::move(request.start_key)});
  }
  main_->data_.reserve(request.input.size() + std::min<std::size_t>(chain_->writes, 32));
  for (auto& given : request.input) {
    // The chain's text, not the caller's: it lives as long as the run.
    const auto input = std::find_if(chain_->inputs.begin(), chain_->inputs.end(),
                                    [&](const ChainInput& known) { return known.key == given.first; });
    if (input == chain_->inputs.end()) continue;
    main_->data_.push_back({KeyRef{input->key, detail::hash(input->key)}, -1, std::move(given.second)});
  }
}

void Run::begin() {
  // The time of a whole chain begins before the wait for its locks.
  if (!chain_->scopes.empty() && chain_->scopes[0].name.empty()) {
    main_->pc_ = 1;
    main_->open_scope(0);
  }
  drive(main_);
}

void Run::take_up(std::unique_ptr<RunHistory> history, std::uint32_t records) {
  history_ = std::move(history);
  records_.store(records, std::memory_order_relaxed);
  begin();
}

void Run::accept() {
  const auto accepted = std::exchange(accepted_, {});
  if (accepted) accepted(id_);
}

void Run::drive(Strand* strand) {
  while (strand != nullptr) strand = strand->drive();
}

bool Run::cancel() {
  std::lock_guard lock(mutex_);
  if (ended_) return false;
  cancelled_ = true;
  main_->interrupt(Strand::kCancelled);
  return true;
}

void Run::ended(Strand& strand, bool failed) {
  RunResult result;
  result.id = id_;
  result.data = std::move(strand.data_);
  if (failed) {
    result.error = std::move(*strand.error_);
    std::erase_if(result.data, [](const DataEntry& entry) { return entry.step >= 0; });
  }
  give_back_locks();
  const std::function<void(RunResult)> done = std::move(done_);
  std::shared_ptr<RunObserver> observer;  // kept until the caller was told
  RunRef keep;
  {
    std::lock_guard lock(mutex_);
    ended_ = true;
    lingers_ = !given_up_.empty();
    if (lingers_) {  // a flow that was given up still reads them
      result.chain = chain_;
      keep = this;
    } else {
      observer = std::move(observer_);
      result.chain = std::move(chain_);
    }
  }
  const bool goes = keep == nullptr;
  if (done) {
    try {
      done(std::move(result));
    } catch (const std::exception& e) {
      log::error("the handler of a run's end threw", {{"run", run_name(id_)}, {"error", e.what()}});
    }
  }
  engine_.ended(*this, goes);
}

void Run::ask_for_locks(const std::vector<std::pair<std::string, Permits::Request>>& held) {
  for (const std::string& name : locks_) {
    const auto known = std::find_if(held.begin(), held.end(), [&](const auto& place) { return place.first == name; });
    Permits::Request asked = 0;
    if (known != held.end()) {
      asked = known->second;
    } else {
      engine_.permits.take(
          name, 1, id_, [] {}, asked);
    }
    asked_.push_back(asked);
  }
}

void Run::give_back_locks() {
  for (std::size_t i = 0; i < locks_.size(); ++i) {
    if (!engine_.permits.withdraw(locks_[i], asked_[i])) engine_.permits.give_back(locks_[i], id_);
  }
}

// ---- scopes with a time-out
// -------------------------------------------------------------------------------------------

std::uint64_t Run::note_timed_scope(Strand& strand) {
  std::lock_guard lock(mutex_);
  timed_scopes_.push_back({++last_serial_, &strand});
  return last_serial_;
}

void Run::forget_timed_scope(Strand& strand, std::uint64_t serial) {
  std::lock_guard lock(mutex_);
  std::erase_if(timed_scopes_, [&](const TimedScope& scope) { return scope.serial == serial; });
  const bool another = std::any_of(timed_scopes_.begin(), timed_scopes_.end(),
                                   [&](const TimedScope& scope) { return scope.strand == &strand && scope.timed_out; });
  // Under the lock: the time of a scope around it may come up at this moment.
  if (!another) strand.stop_.fetch_and(static_cast<std::uint8_t>(~Strand::kScopeTimedOut));
}

bool Run::timed_out(std::uint64_t serial) const {
  if (serial == 0) return false;
  std::lock_guard lock(mutex_);
  return std::any_of(timed_scopes_.begin(), timed_scopes_.end(),
                     [&](const TimedScope& scope) { return scope.serial == serial && scope.timed_out; });
}

void Run::scope_expired(std::uint64_t serial) {
  std::lock_guard lock(mutex_);
  for (TimedScope& scope : timed_scopes_) {
    if (scope.serial != serial) continue;
    scope.timed_out = true;
    scope.strand->interrupt(Strand::kScopeTimedOut);
  }
}

// ---- flows that are given up
// --------------------------------------------------------------------------------------------

void Run::abandon(Strand& strand) {
  Strand* rest = nullptr;
  {
    std::lock_guard lock(mutex_);
    std::unique_ptr<Strand> made = strand.move_on();
    rest = made.get();
    if (strand.parent_ == nullptr) {
      main_ = rest;
      others_.push_back(std::move(made));
    } else {
      auto& siblings = strand.parent_->branches_->strands;
      auto place = std::find_if(siblings.begin(), siblings.end(), [&](const auto& s) { return s.get() == &strand; });
      others_.push_back(std::exchange(*place, std::move(made)));
    }
    for (TimedScope& scope : timed_scopes_) {
      if (scope.strand == &strand) scope.strand = rest;
    }
    has_given_up_.store(true, std::memory_order_relaxed);
    strand.moved_on_ = true;
    strand.awaits_first_undo_ = strand.direction() == Direction::kForward && strand.step().side == StepSide::kRun;
    given_up_.push_back(&strand);
    intrusive_ptr_add_ref(this);  // until `forget`
    if (strand.late_answer_ && !strand.awaits_first_undo_) strand.post();
  }
  engine_.count_given_up(1);
  drive(rest);
}

void Run::undo_over(std::uint32_t step) {
  std::lock_guard lock(mutex_);
  for (Strand* strand : given_up_) {
    if (!strand->awaits_first_undo_ || strand->step_index() != step) continue;
    strand->awaits_first_undo_ = false;
    if (strand->late_answer_) strand->post();
  }
}

void Run::forget(Strand& strand) {
  std::shared_ptr<const Chain> chain;
  std::shared_ptr<RunObserver> observer;
  bool last = false;
  {
    std::lock_guard lock(mutex_);
    std::erase(given_up_, &strand);
    strand.data_.clear();
    if (ended_ && given_up_.empty()) {
      observer = std::move(observer_);
      chain = std::move(chain_);
      last = lingers_;
    }
  }
  if (last) engine_.forget(*this);
  engine_.count_given_up(-1);
  intrusive_ptr_release(this);
}

// ---- being looked at
// --------------------------------------------------------------------------------------------------

std::string Run::describe(std::uint32_t step) const {
  std::lock_guard lock(mutex_);
  if (!chain_ || step >= chain_->steps.size()) return {};
  return "flow '" + chain_->steps[step].name + "' of chain '" + chain_->name + "'";
}

RunState Run::inspect() const {
  std::lock_guard lock(mutex_);
  return state();
}

std::optional<RunState> Run::inspect_if(const std::function<bool(const Chain& chain)>& wanted) const {
  std::lock_guard lock(mutex_);
  if (!chain_ || !wanted(*chain_)) return std::nullopt;
  return state();
}

RunState Run::state() const {
  RunState state;
  state.id = id_;
  if (!chain_) {
    state.ended = true;
    return state;
  }
  state.chain = chain_->name;
  state.cancelled = cancelled_;
  state.paused = paused_.load(std::memory_order_relaxed);
  state.ended = ended_;
  if (!ended_) {
    inspect(*main_, state);
    std::copy_if(locks_.begin(), locks_.end(), std::back_inserter(state.locks),
                 [&](const std::string& name) { return engine_.permits.holds(name, id_); });
  }
  for (Strand* strand : given_up_) {
    inspect(*strand, state);
    state.places.back().waiting = Waiting::kLateAnswer;
  }
  return state;
}

void Run::inspect(const Strand& strand, RunState& state) const {
  RunPlace place;
  place.step = strand.step_index();
  if (place.step < chain_->steps.size()) place.step_name = chain_->steps[place.step].name;
  place.direction = strand.direction();
  place.attempt = strand.attempt_.load(std::memory_order_relaxed);
  const std::uint64_t word = strand.word_.load();
  const bool waits =
      Strand::phase_of(word) == Strand::Phase::kSuspended || Strand::phase_of(word) == Strand::Phase::kAbandoned;
  place.waiting = waits ? strand.waiting_.load(std::memory_order_relaxed) : Waiting::kNothing;
  const bool told =
      (word & Strand::kExpired) != 0 || ((word & Strand::kInterrupted) != 0 && place.direction != Direction::kUndo);
  if (place.waiting == Waiting::kAnswer && told) place.waiting = Waiting::kGrace;
  state.undoing = state.undoing || place.direction == Direction::kUndo;
  if (place.waiting == Waiting::kLock || place.waiting == Waiting::kConcurrency) {
    if (strand.wait_) place.what = strand.wait_->name;
    place.holders = engine_.permits.holders(place.what);
  }
  if (waits) {
    const auto now = std::chrono::nanoseconds(engine_.clock->now().time_since_epoch());
    place.waited = now - std::chrono::nanoseconds(strand.since_.load(std::memory_order_relaxed));
  }
  if (place.waiting == Waiting::kBranches && strand.branches_) {
    for (const auto& branch : strand.branches_->strands) inspect(*branch, state);
    return;  // where its branches are is where it is
  }
  state.places.push_back(std::move(place));
}

}  // namespace tenon::flow
