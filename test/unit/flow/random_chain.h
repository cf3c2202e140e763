#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <tenon/contract.h>

#include "flow/chain_assembler.h"
#include "random_flow.h"

/// Chains of random flows with all policies, and which of their steps a run executes.
namespace tenon::test {

struct RandomChain {
  std::shared_ptr<const flow::Chain> chain;
  std::vector<std::shared_ptr<const RandomFlow>> flows;
  /// Its undos never fail.
  bool reliable = false;

  /// For each step, whether a run that succeeds has executed it.
  [[nodiscard]] std::vector<bool> executed(const RandomInput& input) const {
    std::unordered_map<std::string_view, bool> values;
    for (std::size_t i = 0; i < input.flags.size(); ++i) values[RandomInput::kFlags[i].name] = input.flags[i];
    std::vector<bool> executed;
    for (std::size_t i = 0; i < chain->steps.size(); ++i) {
      const flow::ChainStep& step = chain->steps[i];
      bool runs = !step.has_skip || !flows[i]->skips(input.ordinal);
      if (step.policy) {
        for (const flow::Condition& condition : step.policy->when) {
          runs = runs && values[condition.key] != condition.negated;
        }
      }
      if (runs && flows[i]->mark()) {
        values[RandomInput::kMarks[*flows[i]->mark()].name] = flows[i]->marks(input.ordinal);
      }
      executed.push_back(runs);
    }
    return executed;
  }
};

class RandomChainMaker {
 public:
  static constexpr std::uint32_t kMostAtOnce = 2;
  static std::string lock_text() { return "lock:{slot}"; }
  static std::string limit_text(std::uint32_t limit) { return "at-once-" + std::to_string(limit) + ":{slot}"; }

  RandomChainMaker(Outside& outside, Dice dice)
      : outside_(outside), dice_(dice), chain_("random", {"chain.xml", 1, 1}) {}

  RandomChain make() {
    made_.reliable = dice_.percent(35);
    for (const char* key : {"ordinal", "slot", "flag0", "flag1"}) chain_.input({key, {}});
    if (dice_.percent(25)) chain_.lock({flow::KeyTemplate::parse(lock_text()).value(), {}});
    if (dice_.percent(40)) chain_.policy(scope_policy());
    if (dice_.percent(50)) chain_.recovery(flow::Recovery::kResume);
    Marks marks;
    steps(2 + dice_.below(5), 0, marks);
    made_.chain = chain_.make();
    return std::move(made_);
  }

 private:
  using Milliseconds = std::chrono::milliseconds;
  /// The marks that have been written where the chain is.
  using Marks = std::vector<std::size_t>;

  void steps(std::uint32_t count, int depth, Marks& marks) {
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::uint32_t kind = depth < 3 ? dice_.below(100) : 100;
      if (kind < 14) {
        chain_.open_scope("part", {}, scope_policy());
        steps(1 + dice_.below(3), depth + 1, marks);
        chain_.close();
      } else if (kind < 30) {
        parallel(depth, marks);
      } else if (kind < 38) {
        chain_.open_group();
        for (std::uint32_t in_group = 0; in_group < 3; ++in_group) step(marks);
        chain_.close();
      } else {
        step(marks);
      }
    }
  }

  void parallel(int depth, Marks& marks) {
    chain_.open_parallel({}, dice_.below(3));
    Marks all = marks;
    for (std::uint32_t branch = 2 + dice_.below(2); branch > 0; --branch) {
      Marks seen = marks;
      chain_.open_branch();
      steps(1 + dice_.below(2), depth + 1, seen);
      chain_.close();
      all.insert(all.end(), seen.begin() + static_cast<std::ptrdiff_t>(marks.size()), seen.end());
    }
    chain_.close();
    marks = std::move(all);
  }

  void step(Marks& marks) {
    flow::ChainStep step;
    step.policy = step_policy(marks);
    std::optional<std::size_t> mark;
    if (next_mark_ < RandomInput::kMarks.size() && dice_.percent(30)) marks.push_back(*(mark = next_mark_++));
    auto flow = std::make_shared<RandomFlow>(outside_, dice_.about(made_.flows.size()), made_.reliable, mark);
    step.name = "flow-" + std::to_string(made_.flows.size());
    step.class_name = step.name;
    step.flow = flow.get();
    step.keep = flow;
    if (mark) {
      auto contract = std::make_shared<FlowContract>(everything());
      contract->writes(RandomInput::kMarks[*mark]);
      step.contract = std::move(contract);
    }
    step.has_skip = dice_.percent(20);
    step.has_pre_check = dice_.percent(25);
    made_.flows.push_back(std::move(flow));
    chain_.step(std::move(step));
  }

  /// What flows read.
  static FlowContract everything() {
    FlowContract contract;
    contract.reads(RandomInput::kOrdinal).reads(RandomInput::kSlot);
    for (const auto& flag : RandomInput::kFlags) contract.reads(flag);
    for (const auto& mark : RandomInput::kMarks) contract.optional(mark);
    return contract;
  }

  flow::ScopePolicy scope_policy() {
    flow::ScopePolicy policy;
    if (dice_.percent(40)) policy.timeout = Milliseconds(2 + dice_.below(15));
    policy.retry = retry();
    return policy;
  }

  flow::RetryPolicy retry() {
    flow::RetryPolicy retry;
    retry.attempts = 1 + dice_.below(3);
    retry.backoff = Milliseconds(dice_.below(3));
    retry.undo_between = dice_.percent(70);
    if (dice_.percent(20)) retry.codes = {"TEST.*"};
    return retry;
  }

  std::shared_ptr<const flow::StepPolicy> step_policy(const Marks& marks) {
    if (dice_.percent(25)) return nullptr;
    auto policy = std::make_shared<flow::StepPolicy>();
    if (dice_.percent(35)) policy->timeout = Milliseconds(1 + dice_.below(8));
    if (dice_.percent(75)) policy->grace = Milliseconds(dice_.below(3));
    policy->retry = retry();
    policy->undo_attempts = 1 + dice_.below(3);
    if (!made_.reliable && dice_.percent(30)) policy->undo_timeout = Milliseconds(1 + dice_.below(3));
    if (dice_.percent(25)) {
      const std::uint32_t limit = 1 + dice_.below(kMostAtOnce);
      policy->concurrency = {flow::KeyTemplate::parse(limit_text(limit)).value(), limit, {}};
    }
    const std::size_t flags = RandomInput::kFlags.size();
    if (dice_.percent(25)) {
      const std::size_t index = dice_.below(static_cast<std::uint32_t>(flags + marks.size()));
      const FlowKey<bool>& key = index < flags ? RandomInput::kFlags[index] : RandomInput::kMarks[marks[index - flags]];
      policy->when.push_back({std::string(key.name), key.hash, dice_.percent(50), {}});
    }
    return policy;
  }

  Outside& outside_;
  Dice dice_;
  flow::ChainAssembler chain_;
  RandomChain made_;
  std::size_t next_mark_ = 0;
};

}  // namespace tenon::test
