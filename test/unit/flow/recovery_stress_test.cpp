#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "flow/engine.h"
#include "flow/run.h"
#include "random_chain.h"
#include "support/memory_journal.h"
#include "support/node.h"

namespace {

using namespace std::chrono_literals;
using tenon::Value;
using tenon::flow::RunRequest;
using tenon::test::Dice;
using tenon::test::MemoryJournal;
using tenon::test::Outside;
using tenon::test::RandomChain;
using tenon::test::RandomChainMaker;
using tenon::test::RandomInput;

constexpr std::size_t kChains = 80;
constexpr std::size_t kRunsAtOnce = 6;
constexpr std::uint64_t kSeed = 20'261'125;

/// Loses the process again and again, each time at another record, while runs of random flows with all policies are at
/// work; takes them up until all have ended.
class FlowRecoveryStress : public testing::Test {
 protected:
  struct Started {
    const RandomChain* chain = nullptr;
    RandomInput input;
  };

  /// A process: starts what is given and takes up what is left of those before it, until it is lost or all is done.
  void live(std::size_t records, const std::vector<Started>& begin) {
    std::unordered_set<std::string> outside;
    journal_.begin_anew();
    journal_.lose_after(records, [&] { outside = outside_.all(); });
    {
      tenon::flow::Engine engine({.threads = 2, .blocking_threads = 2, .first_run = next_, .journal = &journal_});
      for (const auto& [id, history] : journal_.runs()) {
        if (history.closed) continue;
        auto recovered = MemoryJournal::recovered(id, history, runs_.at(id).chain->chain);
        ASSERT_TRUE(engine.recover(std::move(recovered)));
      }
      for (const auto& entry : journal_.runs()) engine.release(entry.first);
      for (const Started& run : begin) {
        RunRequest request;
        request.chain = run.chain->chain;
        request.input = {{"ordinal", Value::of(run.input.ordinal)},
                         {"slot", Value::of(run.input.slot)},
                         {"flag0", Value::of<bool>(run.input.flags[0])},
                         {"flag1", Value::of<bool>(run.input.flags[1])}};
        runs_[next_++] = run;
        ASSERT_TRUE(engine.post(std::move(request)));
      }
      while (!journal_.lost()) {
        if (engine.wait_idle(1ms)) break;
      }
      journal_.let_ghosts_go();
      ASSERT_TRUE(engine.wait_idle(60s)) << "runs hang";
    }
    if (journal_.lost()) outside_.become(std::move(outside));
  }

  /// The chain and the records of a run, for who looks for a mistake.
  std::string told(std::uint64_t id, const tenon::flow::Chain& chain) {
    std::string text = chain.recovery == tenon::flow::Recovery::kResume ? "\n  resume:" : "\n  rollback:";
    for (const tenon::flow::Op& op : chain.ops) {
      static constexpr const char* kOps[] = {" ", " check ", " (", " )", " parallel "};
      text += kOps[static_cast<std::size_t>(op.kind)] + std::to_string(op.index);
    }
    for (const tenon::flow::Parallel& parallel : chain.parallels) {
      text += "\n  at once " + std::to_string(parallel.limit) + ":";
      for (const auto& branch : parallel.branches) {
        text += " " + std::to_string(branch.begin) + "-" + std::to_string(branch.end);
      }
    }
    const auto lines = journal_.lines(id);
    const auto history = journal_.run(id);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      for (const std::size_t begin : history.taken_up) {
        if (begin == i) text += "\n  -- taken up";
      }
      text += "\n  " + lines[i];
    }
    return text + (history.outcome ? "\n  " + history.outcome->to_string() : "");
  }

  void check(std::uint64_t id, const Started& run) {
    const auto all = journal_.runs();
    const auto found = all.find(id);
    if (found == all.end()) return;  // lost before it was recorded: nobody was told that it had begun
    ASSERT_TRUE(found->second.closed);
    const std::vector<bool> executed = run.chain->executed(run.input);
    const auto debts = journal_.debts();
    for (std::size_t i = 0; i < executed.size(); ++i) {
      const std::string key = tenon::flow::run_name(id) + ":" + std::to_string(i);
      const std::string lines = told(id, *run.chain->chain);
      if (!found->second.outcome) {
        ASSERT_EQ(outside_.has(key), executed[i]) << "step " << i << " of a run that succeeded" << lines;
      } else if (outside_.has(key)) {
        ASSERT_EQ(debts.count(key), 1U) << "step " << i << " was left, and nobody owes it" << lines;
      }
    }
  }

  tenon::test::Node node_;
  Outside outside_;
  MemoryJournal journal_;
  std::map<std::uint64_t, Started> runs_;
  std::uint64_t next_ = 1;
};

TEST_F(FlowRecoveryStress, leaves_each_run_complete_or_undone_or_owed_wherever_the_process_is_lost) {
  std::uint64_t seed = kSeed;
  if (const char* given = std::getenv("TENON_STRESS_SEED")) seed = std::strtoull(given, nullptr, 10);
  std::vector<std::unique_ptr<RandomChain>> chains;
  std::size_t losses = 0;
  for (std::size_t i = 0; i < kChains; ++i) {
    Dice dice = Dice(seed).about(i);
    chains.push_back(std::make_unique<RandomChain>(RandomChainMaker(outside_, dice.about(1)).make()));
    std::vector<Started> begin;
    for (std::size_t run = 0; run < kRunsAtOnce; ++run) {
      begin.push_back(
          {chains.back().get(),
           {i * kRunsAtOnce + run, "slot-" + std::to_string(dice.below(2)), {dice.percent(50), dice.percent(50)}}});
    }
    const std::uint64_t first = next_;
    live(dice.below(40), begin);
    for (int process = 0; journal_.lost() && process < 6; ++process) {
      ++losses;
      live(dice.below(30), {});
    }
    if (journal_.lost()) live(1'000'000, {});
    for (std::uint64_t id = first; id != next_; ++id) {
      check(id, runs_.at(id));
      if (HasFatalFailure()) FAIL() << "chain " << i << ", run " << id << ", seed " << seed;
    }
  }
  EXPECT_GT(losses, kChains / 2);
}

}  // namespace
