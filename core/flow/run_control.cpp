#include <algorithm>
#include <mutex>
#include <utility>

#include "flow/run.h"

namespace tenon::flow {
namespace {

/// Whether the data of a directive is what the step would have written.
Result<void> check_written(const Chain& chain, const Engine::Directive& directive) {
  const ChainStep& step = chain.steps[directive.step];
  const auto bad = [&](std::string details) {
    return make_error("FLOW.1043", "the data is not what the step declares that it writes",
                      "flow '" + step.name + "': " + std::move(details));
  };
  for (const auto& given : directive.data) {
    const bool known = step.contract ? std::any_of(step.contract->writes_list.begin(), step.contract->writes_list.end(),
                                                   [&](const KeyEntry& key) { return key.name == given.first; })
                                     : key_in_chain(chain, given.first).has_value();
    if (!known) return bad("it does not write '" + given.first + "'");
  }
  if (!step.contract) return {};
  for (const KeyEntry& key : step.contract->writes_list) {
    const bool given = std::any_of(directive.data.begin(), directive.data.end(),
                                   [&](const auto& entry) { return entry.first == key.name; });
    if (!given) return bad("'" + key.name + "' is missing");
  }
  return {};
}

}  // namespace

void Run::for_each_waiting(Waiting waiting, const std::function<bool(Strand&)>& act) {
  const std::function<bool(Strand&)> visit = [&](Strand& strand) {
    const bool waits = Strand::phase_of(strand.word_.load()) == Strand::Phase::kSuspended;
    const Waiting what = strand.waiting_.load(std::memory_order_relaxed);
    if (waits && what == waiting && !act(strand)) return false;
    if (waits && what == Waiting::kBranches && strand.branches_) {
      return std::all_of(strand.branches_->strands.begin(), strand.branches_->strands.end(),
                         [&](const auto& branch) { return visit(*branch); });
    }
    return true;
  };
  if (!ended_) visit(*main_);
}

void Run::release() {
  std::lock_guard lock(mutex_);
  if (!history_) return;
  history_->release();
  for_each_waiting(Waiting::kRecovery, [](Strand& strand) { return strand.wake(strand.epoch(), Strand::kGranted); });
}

bool Run::pause() {
  std::lock_guard lock(mutex_);
  if (ended_) return false;
  paused_.store(true, std::memory_order_relaxed);
  return true;
}

bool Run::resume() {
  std::lock_guard lock(mutex_);
  if (ended_ || !paused_.exchange(false, std::memory_order_relaxed)) return false;
  for_each_waiting(Waiting::kPaused, [](Strand& strand) { return strand.wake(strand.epoch(), Strand::kGranted); });
  return true;
}

Result<Strand*> Run::strand_for(const Engine::Directive& directive) {
  Result<Strand*> found = make_error("FLOW.1041", "the run is not paused", "it is at work, or has ended");
  for_each_waiting(Waiting::kPaused, [&](Strand& strand) {
    if (strand.step_index() != directive.step) {
      found = make_error("FLOW.1042", "another step is next",
                         "flow '" + chain_->steps[strand.step_index()].name + "', the " +
                             std::to_string(strand.step_index() + 1) + ". of " + std::to_string(chain_->steps.size()));
      return true;
    }
    const bool writes = directive.kind == Engine::Directive::Kind::kMarkDone && strand.direction() != Direction::kUndo;
    const Result<void> good = writes ? check_written(*chain_, directive) : Result<void>();
    found = good ? Result<Strand*>(&strand) : Result<Strand*>(good.error());
    return false;
  });
  return found;
}

Result<void> Run::may_direct(const Engine::Directive& directive) {
  std::lock_guard lock(mutex_);
  const Result<Strand*> strand = strand_for(directive);
  return strand ? Result<void>() : strand.error();
}

Result<void> Run::direct(Engine::Directive&& directive) {
  std::lock_guard lock(mutex_);
  const Result<Strand*> strand = strand_for(directive);
  if (!strand) return strand.error();
  (*strand)->directive_ = std::make_unique<Engine::Directive>(std::move(directive));
  (*strand)->wake((*strand)->epoch(), Strand::kGranted);
  return {};
}

bool Run::stands(bool commits) const {
  const RunState state = inspect();
  return !state.ended && !state.places.empty() &&
         std::all_of(state.places.begin(), state.places.end(), [&](const RunPlace& place) {
           // A lock or a place is waited for until its holder goes on, which stands as well.
           return place.waiting == Waiting::kPaused || place.waiting == Waiting::kRecovery ||
                  place.waiting == Waiting::kLock || place.waiting == Waiting::kConcurrency ||
                  (commits && place.waiting == Waiting::kCommit);
         });
}

bool Run::hurry() {
  std::lock_guard lock(mutex_);
  bool any = false;
  for_each_waiting(Waiting::kBackoff, [&](Strand& strand) {
    any = strand.wake(strand.epoch(), Strand::kGranted) || any;
    return true;
  });
  return any;
}

}  // namespace tenon::flow
