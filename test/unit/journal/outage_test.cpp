#include <atomic>
#include <future>
#include <thread>

#include "journal_fixture.h"

namespace tenon::journal {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

/// Runs that go through their steps by themselves, each from within what it is told.
class Walkers final : public flow::JournalListener {
 public:
  Walkers(StoreJournal& journal, const flow::Chain& chain, std::uint32_t steps)
      : journal_(journal), chain_(chain), steps_(steps) {}

  void begin(std::uint64_t first, std::uint64_t count) {
    for (std::uint64_t run = first; run < first + count; ++run) {
      flow::RunStart start;
      start.run = run;
      start.chain = &chain_;
      journal_.start(start, *this, run * 100);
    }
  }
  /// The ticket is the run, and the number of the record.
  void recorded(std::uint64_t ticket) noexcept override {
    ++told_;
    told_.notify_all();
    flow::JournalRecord record;
    record.run = ticket / 100;
    record.sequence = static_cast<std::uint32_t>(ticket % 100) + 1;
    record.step = record.sequence - 1;
    record.closes = record.sequence == steps_;
    if (record.sequence > steps_) {
      ++ended_;
      ended_.notify_all();
    } else {
      journal_.append(record, *this, ticket + 1);
    }
  }
  void refused(std::uint64_t /*ticket*/, const ErrorCode& error) noexcept override {
    ADD_FAILURE() << error.to_string();
    ++ended_;
    ended_.notify_all();
  }
  void wait(std::uint64_t count) const { wait(ended_, count); }
  void wait_told(std::uint64_t count) const { wait(told_, count); }
  [[nodiscard]] std::uint64_t told() const { return told_; }

 private:
  static void wait(const std::atomic<std::uint64_t>& what, std::uint64_t count) {
    for (std::uint64_t now = what; now < count; now = what) what.wait(now);
  }
  StoreJournal& journal_;
  const flow::Chain& chain_;
  const std::uint32_t steps_;
  std::atomic<std::uint64_t> told_{0};
  std::atomic<std::uint64_t> ended_{0};
};

class JournalOutage : public JournalTest {
 protected:
  /// Hears of each change once.
  [[nodiscard]] JournalOptions listening(std::promise<std::string>& away, std::promise<void>& back) {
    JournalOptions options;
    options.availability = [&, told = false](const std::string& reason) mutable {
      if (told) return;
      if (!reason.empty()) {
        away.set_value(reason);
      } else {
        told = true;
        back.set_value();
      }
    };
    return options;
  }
};
TENON_BOTH_ENGINES(JournalOutage);

TEST_P(JournalOutage, waits_for_the_store_and_then_writes_once) {
  open({.busy_timeout = std::chrono::milliseconds(20)});
  std::promise<std::string> away;
  std::promise<void> back;
  open_journal(listening(away, back));
  start(1);
  flow::JournalRecord record;
  record.run = 1;
  record.sequence = 1;
  {
    store::Transaction held = hold(*connection_);
    journal_->append(record, recorder_, 1);
    EXPECT_THAT(away.get_future().get(), HasSubstr("STORE.1003"));
    EXPECT_FALSE(journal_->state().available);
    EXPECT_THAT(journal_->state().reason, HasSubstr("STORE.1003"));
    EXPECT_EQ(recorder_.count(), 1U);
    // As if the commit had taken effect, and only its answer was lost.
    connection_->execute("INSERT INTO chain_journal (run, seq, kind, step, attempt, at) VALUES (1, 1, 1, 0, 1, 0)")
        .value();
    held.commit().value();
  }
  back.get_future().wait();
  recorder_.wait(2);
  EXPECT_TRUE(journal_->state().available);
  EXPECT_THAT(recorder_.refusals(), SizeIs(0));
  EXPECT_EQ(count("chain_journal"), 1);
}

TEST_P(JournalOutage, does_not_hold_up_a_close) {
  open({.busy_timeout = std::chrono::milliseconds(20)});
  std::promise<std::string> away;
  std::promise<void> back;
  open_journal(listening(away, back));
  const store::Transaction held = hold(*connection_);
  flow::RunStart start;
  start.run = 1;
  start.chain = chain_.get();
  journal_->start(start, recorder_, 1);
  away.get_future().wait();
  journal_->close();
  EXPECT_EQ(recorder_.count(), 0U);
}

class PostgresOutage : public JournalTest {};
INSTANTIATE_TEST_SUITE_P(On, PostgresOutage, ::testing::Values("postgresql"), [](const auto& it) { return it.param; });

TEST_P(PostgresOutage, loses_and_doubles_nothing_when_the_server_is_killed) {
  constexpr std::uint64_t kRuns = 300;
  constexpr std::uint32_t kSteps = 8;
  Walkers walkers(*journal_, *chain_, kSteps);
  std::uint64_t first = 1;
  for (int kill = 0; kill < 2; ++kill, first += kRuns) {
    const std::uint64_t before = walkers.told();
    walkers.begin(first, kRuns);
    walkers.wait_told(before + kRuns * 3);  // in the middle of it
    store::server().kill();
    store::server().start();
    walkers.wait((static_cast<std::uint64_t>(kill) + 1) * kRuns);
  }
  connection_ = connect();
  EXPECT_EQ(walkers.told(), 2 * kRuns * (kSteps + 1));
  EXPECT_EQ(count("chain_run WHERE state = 8"), static_cast<std::int64_t>(2 * kRuns));
  EXPECT_EQ(count("chain_journal"), static_cast<std::int64_t>(2 * kRuns * kSteps));
  EXPECT_EQ(count("(SELECT run FROM chain_journal GROUP BY run HAVING count(*) <> 8) AS odd"), 0);
}

}  // namespace
}  // namespace tenon::journal
