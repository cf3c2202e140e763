#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "proved_chain.h"

namespace {

using tenon::FlowContract;
using tenon::flow::Chain;
using tenon::flow::ChainStep;
using tenon::flow::Condition;
using tenon::flow::Op;
using tenon::flow::OpRange;
using tenon::test::line;
using tenon::test::ProvedChain;

using Random = std::mt19937;

int below(Random& random, int end) { return std::uniform_int_distribution<int>(0, end - 1)(random); }
bool one_in(Random& random, int chances) { return below(random, chances) == 0; }

/// A chain of steps with random contracts, conditions, skips and parallels.
class RandomChain {
 public:
  explicit RandomChain(Random& random) : random_(random) {}

  std::shared_ptr<const Chain> make() {
    for (int i = 0; i < kKeys; ++i) {
      if (one_in(random_, 3)) chain_.input(key(i));
    }
    add_steps(3 + below(random_, 6), 2);
    return chain_.make();
  }

 private:
  static constexpr int kKeys = 6;

  static std::string key(int number) { return "k" + std::to_string(number); }
  std::string any_key() { return key(below(random_, kKeys)); }

  void add_steps(int count, int depth) {
    for (int i = 0; i < count; ++i) {
      if (depth > 0 && one_in(random_, 6)) {
        add_parallel(depth - 1);
      } else {
        add_step();
      }
    }
  }

  void add_parallel(int depth) {
    chain_.assembler().open_parallel(line(99), 0);
    for (int branches = 1 + below(random_, 3); branches > 0; --branches) {
      chain_.assembler().open_branch();
      add_steps(below(random_, 3), depth);
      chain_.assembler().close();
    }
    chain_.assembler().close();
  }

  void add_step() {
    FlowContract contract;
    for (int reads = below(random_, 3) - 1; reads > 0; --reads) contract.reads_list.push_back({any_key(), 1, "T"});
    for (int writes = below(random_, 3); writes > 0; --writes) contract.writes_list.push_back({any_key(), 1, "T"});
    if (one_in(random_, 2)) add_conditions();
    if (one_in(random_, 4)) chain_.skips();
    chain_.step("s", std::move(contract));
  }

  /// Often those of an earlier step: that is what makes chains good.
  void add_conditions() {
    if (!used_.empty() && one_in(random_, 2)) {
      for (const std::string& text : used_[below(random_, static_cast<int>(used_.size()))]) chain_.when(text);
      return;
    }
    std::vector<std::string> conditions;
    for (int count = 1 + below(random_, 2); count > 0; --count) {
      conditions.push_back((one_in(random_, 2) ? "!" : "") + any_key());
      chain_.when(conditions.back());
    }
    used_.push_back(std::move(conditions));
  }

  Random& random_;
  ProvedChain chain_;
  std::vector<std::vector<std::string>> used_;
};

/// Runs a chain of contracts: what a step does is left to chance, within its contract.
class Interpreter {
 public:
  Interpreter(const Chain& chain, Random& random) : chain_(chain), random_(random) {}

  /// Whether some step missed a key.
  bool misses_a_key() {
    Data data;
    for (const auto& input : chain_.inputs) data[input.key] = one_in(random_, 2);
    run({0, static_cast<std::uint32_t>(chain_.ops.size())}, data);
    return missed_;
  }

 private:
  /// Whether the value of a key is a condition that holds.
  using Data = std::map<std::string, bool>;

  void run(OpRange range, Data& data) {
    for (std::uint32_t i = range.begin; i < range.end; ++i) {
      const Op op = chain_.ops[i];
      if (op.kind == Op::Kind::kStep) run(chain_.steps[op.index], data);
      if (op.kind != Op::Kind::kParallel) continue;
      const Data before = data;
      for (const OpRange& branch : chain_.parallels[op.index].branches) {
        Data own = before;
        run(branch, own);
        for (const auto& [key, value] : own) {
          const auto old = before.find(key);
          if (old == before.end() || old->second != value) data[key] = value;
        }
        i = branch.end - 1;
      }
    }
  }

  void run(const ChainStep& step, Data& data) {
    for (const Condition& condition : step.policy->when) {
      const auto value = data.find(condition.key);
      const bool holds = value != data.end() && value->second;
      if (holds == condition.negated) return;
    }
    if (step.has_skip && one_in(random_, 2)) return;
    for (const auto& read : step.contract->reads_list) missed_ = missed_ || data.count(read.name) == 0;
    for (const auto& written : step.contract->writes_list) data[written.name] = one_in(random_, 2);
  }

  const Chain& chain_;
  Random& random_;
  bool missed_ = false;
};

bool missed_in_some_run(const Chain& chain, Random& random) {
  for (int i = 0; i < 300; ++i) {
    if (Interpreter(chain, random).misses_a_key()) return true;
  }
  return false;
}

TEST(RandomProof, accepts_no_chain_of_which_a_run_misses_a_key) {
  Random random(4);
  int accepted = 0;
  int refused = 0;
  int refused_too_much = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::shared_ptr<const Chain> chain = RandomChain(random).make();
    tenon::descriptor::Diagnostics diagnostics;
    tenon::flow::ChainProof({}, diagnostics).prove(*chain);
    const bool missed = missed_in_some_run(*chain, random);
    const auto faults = diagnostics.sorted();
    if (!diagnostics.has_errors()) {
      const bool conditional = std::any_of(chain->steps.begin(), chain->steps.end(), [](const ChainStep& step) {
        return !step.contract->reads_list.empty() && (!step.policy->when.empty() || step.has_skip);
      });
      accepted += conditional ? 1 : 0;
      ASSERT_FALSE(missed) << "chain " << i;
    } else if (std::all_of(faults.begin(), faults.end(), [](const auto& fault) {
                 return fault.severity == tenon::descriptor::Severity::kWarning ||
                        fault.message.find("' reads '") != std::string::npos;
               })) {
      ++refused;
      refused_too_much += missed ? 0 : 1;
    }
  }
  EXPECT_GT(accepted, 100);
  EXPECT_GT(refused, 100);
  EXPECT_LT(refused_too_much * 50, refused) << "hardly any is refused of which no run misses a key";
}

}  // namespace
