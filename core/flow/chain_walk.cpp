#include "flow/chain_walk.h"

#include <utility>

namespace tenon::flow {

ChainWalk::ChainWalk(const Chain& chain) : chain_(chain) {}

void ChainWalk::walk() {
  for (const ChainInput& input : chain_.inputs) keys_.input(keys_.id(input.key));
  if (chain_.open_inputs) keys_.write_anything(Production::kInput);
  walk({0, static_cast<std::uint32_t>(chain_.ops.size())});
}

void ChainWalk::walk(OpRange range) {
  for (std::uint32_t i = range.begin; i < range.end;) {
    walk_points(i);
    const Op op = chain_.ops[i++];
    switch (op.kind) {
      case Op::Kind::kStep: walk_step(op.index); break;
      case Op::Kind::kCheck: break;  // sees what its step sees, or what its point was proved by
      case Op::Kind::kOpen: scopes_.push_back(op.index); break;
      case Op::Kind::kClose: scopes_.pop_back(); break;
      case Op::Kind::kParallel: i = walk_parallel(op.index, i); break;
    }
  }
  walk_points(range.end);
}

void ChainWalk::walk_points(std::uint32_t op) {
  for (; next_point_ < chain_.points.size(); ++next_point_) {
    const ExtensionPoint& point = chain_.points[next_point_];
    if (point.op != op || point.branch != branch_) return;
    at_point(static_cast<std::uint32_t>(next_point_), point.policy ? keys_.guard(point.policy->when) : Guard());
  }
}

void ChainWalk::walk_step(std::uint32_t index) {
  const ChainStep& step = chain_.steps[index];
  Guard guard = step.policy ? keys_.guard(step.policy->when) : Guard();
  at_step(index, guard);
  if (step.contract == nullptr) {
    keys_.write_anything(index);
  } else if (step.side == StepSide::kRun && !step.contract->writes_list.empty()) {
    if (step.has_skip) guard.push_back({Literal::kNotSkipped, index, true});  // sorts last
    for (const KeyEntry& written : step.contract->writes_list) keys_.write(keys_.id(written.name), index, guard);
  }
}

std::uint32_t ChainWalk::walk_parallel(std::uint32_t index, std::uint32_t end) {
  keys_.open_parallel();
  for (const OpRange& range : chain_.parallels[index].branches) {
    branches_.push_back({index, branch_});
    const std::uint32_t outer = std::exchange(branch_, static_cast<std::uint32_t>(branches_.size() - 1));
    keys_.open_branch();
    walk(range);
    keys_.close_branch();
    branch_ = outer;
    end = range.end;
  }
  for (const AvailableKeys::Conflict& conflict : keys_.close_parallel()) at_conflict(conflict);
  return end;
}

}  // namespace tenon::flow
