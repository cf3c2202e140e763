#include "flow/chain_assembler.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace tenon::flow {

bool Chain::has_input(std::string_view key) const {
  return open_inputs ||
         std::any_of(inputs.begin(), inputs.end(), [&](const ChainInput& input) { return input.key == key; });
}

void finish_step(ChainStep& step) {
  if (step.contract) {
    const auto add = [](std::vector<std::uint64_t>& hashes, const std::vector<KeyEntry>& keys) {
      for (const KeyEntry& key : keys) hashes.push_back(detail::hash(key.name));
    };
    add(step.readable, step.contract->reads_list);
    add(step.readable, step.contract->optional_list);
    add(step.readable, step.contract->writes_list);
    if (step.side == StepSide::kRun) add(step.writable, step.contract->writes_list);
  }
  step.plain = !step.policy && !step.has_skip && step.side == StepSide::kRun;
}

ChainAssembler::ChainAssembler(std::string name, descriptor::Place place) {
  chain_.name = std::move(name);
  chain_.place = std::move(place);
}

ChainAssembler& ChainAssembler::extends(std::string name) {
  chain_.extends = std::move(name);
  return *this;
}

ChainAssembler& ChainAssembler::input(ChainInput input) {
  chain_.inputs.push_back(std::move(input));
  return *this;
}

ChainAssembler& ChainAssembler::open_inputs() {
  chain_.open_inputs = true;
  return *this;
}

ChainAssembler& ChainAssembler::lock(LockPolicy lock) {
  chain_.locks.push_back(std::move(lock));
  return *this;
}

ChainAssembler& ChainAssembler::recovery(Recovery recovery) {
  chain_.recovery = recovery;
  return *this;
}

ChainAssembler& ChainAssembler::make_volatile() {
  chain_.is_volatile = true;
  return *this;
}

ChainAssembler& ChainAssembler::policy(ScopePolicy policy) {
  assert(chain_.ops.empty());
  return open_scope({}, chain_.place, std::move(policy));
}

void ChainAssembler::op(Op::Kind kind, std::size_t index) {
  chain_.ops.push_back({kind, static_cast<std::uint32_t>(index)});
}

bool ChainAssembler::in_group() const { return !open_.empty() && open_.back().frame == Frame::kGroup; }

ChainAssembler& ChainAssembler::step(ChainStep step) {
  assert(open_.empty() || open_.back().frame != Frame::kParallel);
  finish_step(step);
  chain_.writes += step.writable.size();
  const std::size_t index = chain_.steps.size();
  if (!in_group()) {  // those of a group are called when it is closed
    if (step.has_pre_check) op(Op::Kind::kCheck, index);
    op(Op::Kind::kStep, index);
  }
  chain_.steps.push_back(std::move(step));
  return *this;
}

ChainAssembler& ChainAssembler::open_scope(std::string name, descriptor::Place place, ScopePolicy policy) {
  assert(!in_group());
  open_.push_back({Frame::kScope, static_cast<std::uint32_t>(chain_.scopes.size())});
  op(Op::Kind::kOpen, chain_.scopes.size());
  const auto begin = static_cast<std::uint32_t>(chain_.ops.size());
  chain_.scopes.push_back({std::move(name), std::move(place), std::move(policy), {begin, begin}});
  return *this;
}

ChainAssembler& ChainAssembler::open_group() {
  open_.push_back({Frame::kGroup, static_cast<std::uint32_t>(chain_.steps.size())});
  return *this;
}

ChainAssembler& ChainAssembler::open_group(ExtensionPoint point) {
  point.op = static_cast<std::uint32_t>(chain_.ops.size());
  point.branch = open_branches_.empty() ? 0 : open_branches_.back();
  chain_.points.push_back(std::move(point));
  return open_group();
}

ChainAssembler& ChainAssembler::open_parallel(descriptor::Place place, std::uint32_t limit) {
  assert(!in_group());
  open_.push_back({Frame::kParallel, static_cast<std::uint32_t>(chain_.parallels.size())});
  op(Op::Kind::kParallel, chain_.parallels.size());
  chain_.parallels.push_back({std::move(place), limit, {}});
  return *this;
}

ChainAssembler& ChainAssembler::open_branch() {
  assert(!open_.empty() && open_.back().frame == Frame::kParallel);
  Parallel& parallel = chain_.parallels[open_.back().index];
  const auto begin = static_cast<std::uint32_t>(chain_.ops.size());
  parallel.branches.push_back({begin, begin});
  open_.push_back({Frame::kBranch, open_.back().index});
  open_branches_.push_back(++branches_);
  return *this;
}

ChainAssembler& ChainAssembler::close() {
  assert(!open_.empty());
  const Open closed = open_.back();
  open_.pop_back();
  switch (closed.frame) {
    case Frame::kScope:
      chain_.scopes[closed.index].ops.end = static_cast<std::uint32_t>(chain_.ops.size());
      op(Op::Kind::kClose, closed.index);
      break;
    case Frame::kGroup:
      for (std::size_t i = closed.index; i < chain_.steps.size(); ++i) {
        if (chain_.steps[i].has_pre_check) op(Op::Kind::kCheck, i);
      }
      for (std::size_t i = closed.index; i < chain_.steps.size(); ++i) op(Op::Kind::kStep, i);
      break;
    case Frame::kBranch:
      chain_.parallels[closed.index].branches.back().end = static_cast<std::uint32_t>(chain_.ops.size());
      open_branches_.pop_back();
      break;
    case Frame::kParallel: break;
  }
  return *this;
}

std::shared_ptr<const Chain> ChainAssembler::make() {
  // The scope of the whole chain is opened by `policy` and closed here.
  while (!open_.empty() && open_.back().frame == Frame::kScope && chain_.scopes[open_.back().index].name.empty()) {
    close();
  }
  assert(open_.empty());
  return std::make_shared<const Chain>(std::move(chain_));
}

}  // namespace tenon::flow
