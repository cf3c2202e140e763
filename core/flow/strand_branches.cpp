#include <algorithm>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

#include "flow/run.h"
#include "flow/strand.h"

namespace tenon::flow {
namespace {

/// Takes the undos that failed and the flows that had not answered out of an error's causes, however deep.
void take_owed(ErrorCode& error, std::vector<ErrorCode>& owed) {
  for (ErrorCode& cause : error.causes) {
    if (cause.code == "FLOW.1006" || cause.code == "FLOW.1019") {
      owed.push_back(std::move(cause));
    } else {
      take_owed(cause, owed);
    }
  }
}

}  // namespace

Strand::Next Strand::spawn(std::uint32_t index) {
  const Parallel& parallel = run_.chain_->parallels[index];
  ++pc_;
  if (parallel.branches.empty()) return Next::kOn;
  pc_ = parallel.branches.back().end;
  std::vector<Strand*> begun;
  bool stop = false;
  {
    std::lock_guard lock(run_.mutex_);
    // Interrupts come under this lock: none is missed. What branches have done must be found before it can be undone.
    stop = stopped() && !replaying_;
    if (!stop) {
      branches_ = std::make_unique<Branches>();
      branches_->parallel = index;
      branches_->replaying = replaying_;
      const std::size_t at_once = parallel.limit == 0 ? parallel.branches.size() : parallel.limit;
      while (begun.size() < at_once && branches_->next < parallel.branches.size()) begun.push_back(&begin_branch());
      // Begins to wait before any branch can end.
      stage_ = Stage::kJoin;
      waiting_.store(Waiting::kBranches, std::memory_order_relaxed);
      since_.store(run_.engine_.clock->now().time_since_epoch().count(), std::memory_order_relaxed);
      word_.store((epoch() << kEpochShift) | static_cast<std::uint64_t>(Phase::kSuspended));
    }
  }
  if (stop) return turn_back(stop_error());
  for (Strand* branch : begun) branch->post();
  return Next::kSuspended;
}

Strand& Strand::begin_branch() {
  const Parallel& parallel = run_.chain_->parallels[branches_->parallel];
  auto branch = std::make_unique<Strand>(run_, this, parallel.branches[branches_->next++]);
  // A copy of its own: what this strand does later must not move what a branch reads, and branches do not see one
  // another's data.
  branch->data_ = data_;
  branch->base_ = data_.size();
  branch->replaying_ = branches_->replaying;
  if (stopped() || branches_->failed) branch->stop_.fetch_or(kParentStopped);  // what it has done is to be undone
  ++branches_->live;
  branches_->strands.push_back(std::move(branch));
  return *branches_->strands.back();
}

Strand* Strand::branch_ended(bool failed, Strand& branch) {
  std::lock_guard lock(run_.mutex_);
  --branches_->live;
  if (failed && !branches_->failed) {
    branches_->failed = true;
    for (std::size_t i = 0; i < branches_->strands.size(); ++i) {
      Strand& other = *branches_->strands[i];
      if (&other == &branch) {
        branches_->first_failed = i;
      } else {
        other.interrupt(kParentStopped);
      }
    }
  }
  const Parallel& parallel = run_.chain_->parallels[branches_->parallel];
  const bool go_on = branches_->replaying || (!branches_->failed && !stopped());
  if (go_on && branches_->next < parallel.branches.size()) return &begin_branch();
  return branches_->live == 0 ? this : nullptr;
}

Strand::Next Strand::join() {
  Branches* ended = nullptr;
  {
    std::lock_guard lock(run_.mutex_);
    ended = run_.joined_.emplace_back(std::move(branches_)).get();
    next_epoch();  // an interrupt finds either the branches or a strand that does not wait for them
  }
  std::vector<Done> done;
  for (const auto& branch : ended->strands) {
    done.insert(done.end(), branch->done_.begin(), branch->done_.end());
    data_.insert(data_.end(),
                 std::make_move_iterator(branch->data_.begin() + static_cast<std::ptrdiff_t>(branch->base_)),
                 std::make_move_iterator(branch->data_.end()));
    branch->data_ = {};
    rest_skipped_ = rest_skipped_ || branch->rest_skipped_;
  }
  merged_ = true;
  std::sort(done.begin(), done.end(), [](const Done& a, const Done& b) { return a.sequence < b.sequence; });
  if (parent_ == nullptr) {
    for (Done& entry : done) entry.sequence = 0;
  }
  done_.insert(done_.end(), done.begin(), done.end());
  if (!ended->failed) return stopped() && !replaying_ ? turn_back(stop_error()) : Next::kOn;

  ErrorCode error = std::move(*ended->strands[ended->first_failed]->error_);
  for (const auto& branch : ended->strands) {
    owes_ = owes_ || branch->owes_;
    if (!branch->error_ || branch == ended->strands[ended->first_failed]) continue;
    if (branch->error_->code == "FLOW.1023") {
      take_owed(*branch->error_, error.causes);
    } else {
      std::move(branch->error_->causes.begin(), branch->error_->causes.end(), std::back_inserter(error.causes));
    }
  }
  if (rest_skipped_) skip_rest_of_undo();
  if (stopped()) {
    ErrorCode stop = stop_error();
    stop.causes.push_back(std::move(error));
    return turn_back(std::move(stop));
  }
  return turn_back(std::move(error));
}

}  // namespace tenon::flow
