#include <tenon/log.h>

#include <algorithm>
#include <exception>
#include <map>
#include <string>
#include <utility>

#include "flow/driving.h"
#include "flow/run.h"
#include "flow/strand.h"

namespace tenon::flow {
namespace {

/// Marks an entry of the attempt's data that is the object read from a value's JSON.
constexpr std::int32_t kAdopted = -2;

bool lists(const std::vector<std::uint64_t>& hashes, std::uint64_t hash) {
  return std::find(hashes.begin(), hashes.end(), hash) != hashes.end();
}

bool is_true(const Value* value) {
  if (value == nullptr || value->empty()) return false;
  if (const bool* flag = value->as<bool>()) return *flag;
  if (const Json* json = value->as<Json>()) {
    if (json->is_null()) return false;
    if (const bool* flag = json->as_bool()) return *flag;
  }
  return true;
}

}  // namespace

ErrorCode current_error() {
  constexpr std::string_view kThrew = "flow threw an exception";
  try {
    throw;
  } catch (const Error& e) {
    return e.error();
  } catch (const std::exception& e) {
    return make_error("FLOW.1001", kThrew, e.what());
  } catch (...) {
    return make_error("FLOW.1001", kThrew, "not a std::exception");
  }
}

// ---- answers --------------------------------------------------------------------------------------------------------

void Strand::answer(Answer answer) noexcept {
  if (driving == this) {
    answer_ = answer;
    return;
  }
  elsewhere_ = answer;
  std::uint64_t word = word_.load();
  while (!word_.compare_exchange_weak(word, (word & ~kPhaseMask) | static_cast<std::uint64_t>(Phase::kWoken))) {
  }
  if (phase_of(word) == Phase::kAbandoned) stage_ = Stage::kLateAnswer;
  if (phase_of(word) != Phase::kCalling) post();
}

void Strand::next(const StepTicket& /*ticket*/) noexcept { answer(Answer::kNext); }

void Strand::fail(const StepTicket& /*ticket*/, ErrorCode error) noexcept {
  failure_ = std::make_unique<ErrorCode>(std::move(error));
  answer(Answer::kFail);
}

void Strand::dropped(const StepTicket& /*ticket*/) noexcept { answer(Answer::kDropped); }

void Strand::skip_rest(const StepTicket& /*ticket*/) noexcept { answer(Answer::kSkipRest); }

void Strand::block(const StepTicket& ticket, BlockingWork work, const Flow& flow) noexcept {
  try {
    run_.engine_.blocking.post([this, ticket, work, &flow] {
      const WorkingScope scope(this, ticket.step);
      work(flow, FlowStep(*this, ticket));
    });
  } catch (const std::exception& e) {
    fail(ticket, make_error("FLOW.1010", "the pool for blocking flows refused the work", e.what()));
  }
}

void Strand::note_exception(ErrorCode error) {
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
    case Answer::kSkipRest:
      log::error("a flow threw after it had answered; the answer counts",
                 {{"run", run_name(run_.id_)}, {"flow", step().name}, {"error", error.to_string()}});
      return;
  }
}

ErrorCode Strand::take_failure() {
  std::unique_ptr<ErrorCode> failure = std::move(thrown_ ? thrown_ : failure_);
  failure_.reset();  // what is answered after an exception does not count
  ErrorCode error =
      failure ? std::move(*failure) : make_error("FLOW.1002", "a flow dropped its step without an answer");
  locate(error);
  return error;
}

void Strand::locate(ErrorCode& error) const {
  std::map<std::string, std::string>& facts = error.elaboration;
  if (facts.contains("run")) return;  // where it came from is known
  // In the order of the names, each after the last: a failing run is not to pay for searching.
  const auto add = [&](const char* name, std::string value) {
    facts.emplace_hint(facts.end(), name, std::move(value));
  };
  const bool begun = run_.locked_ == run_.locks_.size() && !run_.chain_->steps.empty();
  add("chain", run_.chain_->name);
  if (begun) add("flow", step().name);
  add("place", begun ? step().place.to_string() : run_.chain_->place.to_string());
  add("run", run_name(run_.id_));
}

// ---- data -----------------------------------------------------------------------------------------------------------

const Value* Strand::look_up(std::uint64_t hash) const {
  for (auto entry = data_.rbegin(); entry != data_.rend(); ++entry) {
    if (entry->key.hash == hash) return &entry->value;
  }
  return nullptr;
}

const Value* Strand::find(const StepTicket& /*ticket*/, const KeyRef& key) {
  const ChainStep& at = step();
  if (at.contract && !lists(at.readable, key.hash)) {
    throw Error(make_error("FLOW.1016", "a flow touched a key that it does not declare", std::string(key.name)));
  }
  for (auto entry = pending_.rbegin(); entry != pending_.rend(); ++entry) {
    if (entry->key.hash == key.hash) return &entry->value;
  }
  return look_up(key.hash);
}

void Strand::set(const StepTicket& /*ticket*/, const KeyRef& key, Value value) {
  const ChainStep& at = step();
  if (direction() == Direction::kUndo) {
    throw Error(make_error("FLOW.1009", "a rollback may not write data", std::string(key.name)));
  }
  if (direction() == Direction::kCheck || at.side == StepSide::kRelease) {
    throw Error(make_error("FLOW.1009", "only the run of a flow may write data", std::string(key.name)));
  }
  if (at.contract && !lists(at.writable, key.hash)) {
    throw Error(make_error("FLOW.1016", "a flow touched a key that it does not declare", std::string(key.name)));
  }
  pending_.push_back({key, static_cast<std::int32_t>(step_index()), std::move(value)});
}

const Value* Strand::adopt(const StepTicket& /*ticket*/, const KeyRef& key, Value value) {
  pending_.push_back({key, kAdopted, std::move(value)});
  return &pending_.back().value;
}

void Strand::merge_pending() {
  for (DataEntry& entry : pending_) {
    if (entry.step != kAdopted) {
      data_.push_back(std::move(entry));
      continue;
    }
    for (auto known = data_.rbegin(); known != data_.rend(); ++known) {
      if (known->key.hash != entry.key.hash) continue;
      if (known->value.is_json()) known->value = std::move(entry.value);
      break;
    }
  }
  pending_.clear();
}

std::string_view Strand::missing_write() const {
  const ChainStep& at = step();
  for (std::size_t i = 0; i < at.writable.size(); ++i) {
    const bool written = std::any_of(pending_.begin(), pending_.end(), [&](const DataEntry& entry) {
      return entry.key.hash == at.writable[i] && entry.step != kAdopted;
    });
    if (!written) return at.contract->writes_list[i].name;
  }
  return {};
}

bool Strand::holds(const Condition& condition) const { return is_true(look_up(condition.hash)) != condition.negated; }

bool Strand::skips(const ChainStep& at, const FlowData& data) const {
  const bool wanted = !at.policy || std::all_of(at.policy->when.begin(), at.policy->when.end(),
                                                [&](const Condition& condition) { return holds(condition); });
  return !wanted || (at.has_skip && at.flow->skip(data));
}

Result<std::string> Strand::permit_name(const KeyTemplate& key) const {
  return key.name([&](std::string_view name) { return look_up(detail::hash(name)); });
}

// ---- what else a step offers
// ------------------------------------------------------------------------------------------

void Strand::progress(const StepTicket& ticket, int percent, std::string_view what) noexcept {
  if (run_.observer_) run_.observer_->progress(run_.id_, ticket.step, percent, what);
}

bool Strand::cancelled(const StepTicket& /*ticket*/) const noexcept {
  // A rollback is not to be cut short.
  if (direction() == Direction::kUndo) return false;
  const std::uint64_t word = word_.load(std::memory_order_relaxed);
  return stopped() || (word & kExpired) != 0 || phase_of(word) == Phase::kAbandoned;
}

std::string Strand::key(const StepTicket& ticket) const {
  return run_name(run_.owner_) + ":" + std::to_string(ticket.step);
}

}  // namespace tenon::flow
