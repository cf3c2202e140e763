#include "flow/run.h"

#include "flow/engine_state.h"

#include <tenon/log.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace tenon::flow {
namespace {

/// The run whose flow this thread is calling: an answer that comes meanwhile from the same thread needs no lock.
thread_local Run* driving = nullptr;

class DrivingScope {
 public:
  explicit DrivingScope(Run* run) noexcept : outer_(std::exchange(driving, run)) {}
  DrivingScope(const DrivingScope&) = delete;
  DrivingScope& operator=(const DrivingScope&) = delete;
  ~DrivingScope() { driving = outer_; }

 private:
  Run* outer_;  // a flow may start another run, which this thread drives within the call
};

}  // namespace

std::string run_name(std::uint64_t id) {
  // Crockford's base 32: sorts as the numbers do, no letters that are read as digits.
  static constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";
  std::string name(13, '0');
  for (auto digit = name.rbegin(); digit != name.rend(); ++digit, id >>= 5) *digit = kDigits[id & 31];
  return name;
}

Run::Run(Engine::State& engine, std::uint64_t id, RunRequest&& request)
    : engine_(engine),
      id_(id),
      chain_(std::move(request.chain)),
      observer_(std::move(request.observer)),
      done_(std::move(request.done)) {
  data_.reserve(request.input.size());
  for (auto& [name, value] : request.input) {
    // The chain's text, not the caller's: it lives as long as the run.
    const auto input =
        std::find_if(chain_->inputs.begin(), chain_->inputs.end(), [&](const ChainInput& i) { return i.key == name; });
    if (input == chain_->inputs.end()) continue;
    data_.push_back({KeyRef{input->key, detail::hash(input->key)}, -1, std::move(value)});
  }
  committed_ = data_.size();
}

void Run::begin() {
  if (chain_->steps.empty()) {
    end();
    return;
  }
  drive();
}

void Run::drive() {
  do {
    if (!call()) return;
  } while (advance());
  end();
}

void Run::resume() {
  answer_ = elsewhere_;
  if (advance()) {
    drive();
  } else {
    end();
  }
}

bool Run::call() {
  const Flow& flow = *chain_->steps[step_].flow;
  if (observer_) observer_->step_begun(id_, step_, direction_, 1);
  answer_ = Answer::kNone;
  phase_.store(Phase::kCalling, std::memory_order_relaxed);
  const StepTicket ticket{id_, step_, ++attempt_};
  {
    DrivingScope scope(this);
    try {
      if (direction_ == Direction::kForward) {
        flow.run(FlowStep(*this, ticket));
      } else {
        flow.rollback(FlowStep(*this, ticket));
      }
    } catch (const Error& e) {
      note_exception(e.error());
    } catch (const std::exception& e) {
      note_exception(make_error("FLOW.1001", "flow threw an exception", e.what()));
    } catch (...) {
      note_exception(make_error("FLOW.1001", "flow threw an exception", "not a std::exception"));
    }
  }
  if (answer_ != Answer::kNone) return true;
  if (phase_.exchange(Phase::kSuspended, std::memory_order_acq_rel) != Phase::kAnswered) return false;
  answer_ = elsewhere_;
  return true;
}

void Run::note_exception(ErrorCode error) {
  switch (answer_) {
    case Answer::kDropped:  // by the unwinding of this very exception: one fault, not two
      failure_ = std::make_unique<ErrorCode>(std::move(error));
      answer_ = Answer::kFail;
      return;
    case Answer::kNone:
      // The step is in other hands, and may be at work: what was thrown counts when they have answered.
      thrown_ = std::make_unique<ErrorCode>(std::move(error));
      return;
    case Answer::kNext:
    case Answer::kFail:
      log::error("a flow threw after it had answered; the answer counts",
                 {{"run", run_name(id_)}, {"flow", chain_->steps[step_].name}, {"error", error.to_string()}});
      return;
  }
}

void Run::answer(Answer answer) noexcept {
  if (driving == this) {
    answer_ = answer;
    return;
  }
  elsewhere_ = answer;
  if (phase_.exchange(Phase::kAnswered, std::memory_order_acq_rel) == Phase::kSuspended) {
    engine_.executor.post([this] { resume(); });
  }
}

bool Run::advance() { return direction_ == Direction::kForward ? advance_forward() : advance_undo(); }

bool Run::advance_forward() {
  if (answer_ == Answer::kNext && !thrown_) {
    committed_ = data_.size();
    if (observer_) observer_->step_ended(id_, step_, direction_, nullptr);
    if (cancelled_.load(std::memory_order_relaxed)) {
      auto cancelled = std::make_unique<ErrorCode>(make_error("FLOW.1004", "the run was cancelled"));
      locate(*cancelled);
      return turn_back(std::move(cancelled));
    }
    return ++step_ < chain_->steps.size();
  }
  data_.resize(committed_);  // a failed attempt leaves no data
  std::unique_ptr<ErrorCode> error = take_failure();
  if (observer_) observer_->step_ended(id_, step_, direction_, error.get());
  return turn_back(std::move(error));
}

bool Run::turn_back(std::unique_ptr<ErrorCode> error) {
  error_ = std::move(error);
  direction_ = Direction::kUndo;
  return true;
}

bool Run::advance_undo() {
  if (answer_ == Answer::kNext && !thrown_) {
    if (observer_) observer_->step_ended(id_, step_, direction_, nullptr);
  } else {
    ErrorCode undo =
        make_error("FLOW.1006", "an undo failed; what its flow made may be left", chain_->steps[step_].name);
    undo.causes.push_back(std::move(*take_failure()));
    log::error("an undo failed", {{"run", run_name(id_)},
                                  {"chain", chain_->name},
                                  {"flow", chain_->steps[step_].name},
                                  {"error", undo.causes.front().to_string()}});
    if (observer_) observer_->step_ended(id_, step_, direction_, &undo);
    error_->causes.push_back(std::move(undo));
  }
  // What an undone step wrote is gone: the flows before it see the data as it was when they had answered.
  while (!data_.empty() && data_.back().step >= static_cast<std::int32_t>(step_)) data_.pop_back();
  if (step_ == 0) return false;
  --step_;
  return true;
}

void Run::end() {
  RunResult result{id_, chain_, {}, std::move(data_)};
  if (error_) result.error = std::move(*error_);
  std::function<void(RunResult)> done = std::move(done_);
  engine_.retire(*this, [&] {
    if (!done) return;
    try {
      done(std::move(result));
    } catch (const std::exception& e) {
      log::error("the handler of a run's end threw", {{"run", run_name(result.id)}, {"error", e.what()}});
    }
  });
}

std::unique_ptr<ErrorCode> Run::take_failure() {
  std::unique_ptr<ErrorCode> failure = std::move(thrown_ ? thrown_ : failure_);
  failure_.reset();  // what is answered after an exception does not count
  if (failure == nullptr) {
    failure = std::make_unique<ErrorCode>(make_error("FLOW.1002", "a flow dropped its step without an answer"));
  }
  locate(*failure);
  return failure;
}

void Run::locate(ErrorCode& error) const {
  const ChainStep& step = chain_->steps[step_];
  error.elaboration.try_emplace("run", run_name(id_));
  error.elaboration.try_emplace("chain", chain_->name);
  error.elaboration.try_emplace("flow", step.name);
  error.elaboration.try_emplace("place", step.place.to_string());
}

const Value* Run::find(const StepTicket& /*ticket*/, const KeyRef& key) {
  for (auto entry = data_.rbegin(); entry != data_.rend(); ++entry) {
    if (entry->key.hash == key.hash) return &entry->value;
  }
  return nullptr;
}

void Run::set(const StepTicket& /*ticket*/, const KeyRef& key, Value value) {
  if (direction_ == Direction::kUndo) {
    throw Error(make_error("FLOW.1009", "a rollback may not write data", std::string(key.name)));
  }
  data_.push_back({key, static_cast<std::int32_t>(step_), std::move(value)});
}

const Value* Run::adopt(const StepTicket& /*ticket*/, const KeyRef& key, Value value) {
  for (auto entry = data_.rbegin(); entry != data_.rend(); ++entry) {
    if (entry->key.hash != key.hash) continue;
    entry->value = std::move(value);
    return &entry->value;
  }
  return nullptr;
}

void Run::next(const StepTicket& /*ticket*/) noexcept { answer(Answer::kNext); }

void Run::fail(const StepTicket& /*ticket*/, ErrorCode error) noexcept {
  failure_ = std::make_unique<ErrorCode>(std::move(error));
  answer(Answer::kFail);
}

void Run::skip_rest(const StepTicket& /*ticket*/) noexcept { answer(Answer::kNext); }

void Run::dropped(const StepTicket& /*ticket*/) noexcept { answer(Answer::kDropped); }

void Run::block(const StepTicket& ticket, BlockingWork work, const Flow& flow) noexcept {
  try {
    engine_.blocking.post([this, ticket, work, &flow] { work(flow, FlowStep(*this, ticket)); });
  } catch (const std::exception& e) {
    fail(ticket, make_error("FLOW.1010", "the pool for blocking flows refused the work", e.what()));
  }
}

void Run::progress(const StepTicket& ticket, int percent, std::string_view what) noexcept {
  if (observer_) observer_->progress(id_, ticket.step, percent, what);
}

bool Run::cancelled(const StepTicket& /*ticket*/) const noexcept {
  // A rollback is not to be cut short.
  return direction_ == Direction::kForward && cancelled_.load(std::memory_order_relaxed);
}

std::string Run::key(const StepTicket& ticket) const { return run_name(id_) + ":" + std::to_string(ticket.step); }

}  // namespace tenon::flow
