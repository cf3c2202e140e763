#include <atomic>
#include <future>
#include <latch>
#include <thread>

#include "journal_fixture.h"

namespace tenon::journal {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using Kind = flow::JournalRecord::Kind;

class JournalWriter : public JournalTest {
 protected:
  /// Without waiting.
  void post_start(std::uint64_t run) {
    flow::RunStart start;
    start.run = run;
    start.chain = chain_.get();
    journal_->start(start, recorder_, run);
  }
  void post_done(std::uint64_t run, std::uint32_t sequence, bool closes = false) {
    flow::JournalRecord record;
    record.run = run;
    record.sequence = sequence;
    record.step = sequence - 1;
    record.closes = closes;
    journal_->append(record, recorder_, run);
  }
};
TENON_BOTH_ENGINES(JournalWriter);

TEST_P(JournalWriter, keeps_a_run_from_its_start_to_its_close) {
  start(1, {{"size", Value::of<std::int64_t>(5)}}, {"host:a"});
  done(1, 0, {{"disk", Value::of<std::string>("d1")}});
  EXPECT_EQ(count("chain_run WHERE id = 1 AND state = 1 AND owner = 7 AND ended IS NULL AND recoveries = 0"), 1);
  close(1);
  EXPECT_EQ(count("chain_run WHERE id = 1 AND state = 8 AND ended >= started AND error IS NULL"), 1);
  EXPECT_EQ(count("chain_journal WHERE run = 1"), 2);
  EXPECT_EQ(count("run_tag WHERE resource = 'host:a' AND run = 1"), 1);
  const store::Rows definition = connection_->query("SELECT name, sha256, body FROM chain_definition").value();
  ASSERT_THAT(definition, SizeIs(1));
  EXPECT_EQ(definition[0].text(0), "sample.create");
  EXPECT_EQ(definition[0].text(1).size(), 64U);
  EXPECT_EQ(definition[0].text(2), "\"sample.create\"");
}

TEST_P(JournalWriter, keeps_one_run_of_those_that_begin_with_the_same_key) {
  for (std::uint64_t run = 1; run <= 3; ++run) {
    flow::RunStart start;
    start.run = run;
    start.chain = chain_.get();
    start.key = run < 3 ? "request:ada:1" : "request:ada:2";
    journal_->start(start, recorder_, run);
  }
  recorder_.wait(3);
  ASSERT_THAT(recorder_.refusals(), SizeIs(1));
  EXPECT_EQ(recorder_.refusals()[0].first, 2U);
  EXPECT_EQ(recorder_.refusals()[0].second.code, "STORE.1004");
  EXPECT_EQ(count("chain_run"), 2) << "nothing is kept of the one that is refused";
  EXPECT_EQ(count("run_key WHERE key = 'request:ada:1' AND run = 1"), 1);
}

TEST_P(JournalWriter, commits_once_a_step_when_a_run_is_alone) {
  start(1);
  const std::uint64_t before = journal_->state().commits;
  for (std::uint32_t step = 0; step < 8; ++step) done(1, step);
  EXPECT_EQ(journal_->state().commits - before, 8U);
  EXPECT_EQ(journal_->state().records, 9U);
}

TEST_P(JournalWriter, shares_a_commit_among_all_that_wait) {
  {
    const auto other = connect();
    const store::Transaction held = hold(*other);
    std::vector<std::thread> threads;
    for (std::uint64_t thread = 0; thread < 4; ++thread) {
      threads.emplace_back([this, thread] {
        for (std::uint64_t i = 0; i < 100; ++i) post_start(thread * 100 + i + 1);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(recorder_.count(), 0U) << "told before it is durable";
  }
  recorder_.wait(400);
  EXPECT_EQ(count("chain_run"), 400);
  EXPECT_LE(journal_->state().commits, 2U);
}

TEST_P(JournalWriter, keeps_runs_in_lockstep_in_one_batch) {
  constexpr std::uint64_t kRuns = 64;
  std::map<std::uint64_t, std::uint32_t> steps;
  std::mutex mutex;
  recorder_.on_recorded = [&](std::uint64_t run) {
    const std::lock_guard lock(mutex);
    const std::uint32_t next = ++steps[run];
    if (next <= 8) post_done(run, next, next == 8);
  };
  {
    const auto other = connect();
    const store::Transaction held = hold(*other);
    for (std::uint64_t run = 1; run <= kRuns; ++run) post_start(run);
  }
  recorder_.wait(kRuns * 9);
  EXPECT_EQ(count("chain_run WHERE state = 8"), static_cast<std::int64_t>(kRuns));
  EXPECT_EQ(count("chain_journal"), static_cast<std::int64_t>(kRuns) * 8);
  EXPECT_LE(journal_->state().commits, 14U);
}

TEST_P(JournalWriter, tells_in_the_order_of_the_calls) {
  post_start(1);
  for (std::uint32_t i = 1; i <= 300; ++i) {
    flow::JournalRecord record;
    record.run = 1;
    record.sequence = i;
    journal_->append(record, recorder_, i + 1);
  }
  const std::vector<std::uint64_t> told = recorder_.wait(301);
  EXPECT_TRUE(std::is_sorted(told.begin(), told.end()));
  EXPECT_EQ(count("chain_journal"), 300);
}

TEST_P(JournalWriter, bears_the_start_and_the_close_of_a_run_at_once) {
  {
    const auto other = connect();
    const store::Transaction held = hold(*other);
    post_start(9);  // alone in the batch that waits
    post_start(1);
    post_done(1, 1);
    post_done(1, 2, true);
    post_start(2);
  }
  recorder_.wait(5);
  EXPECT_EQ(count("chain_run WHERE id = 1 AND state = 8"), 1);
  EXPECT_EQ(count("chain_run WHERE id = 2 AND state = 1"), 1);
}

TEST_P(JournalWriter, closes_a_batch_that_has_enough_bytes) {
  JournalOptions options;
  options.most_bytes = 100'000;
  open_journal(options);
  start(1);
  {
    const auto other = connect();
    const store::Transaction held = hold(*other);
    const std::vector<flow::DataEntry> data = entries({{"text", Value::of(std::string(30'000, 'x'))}}, 0);
    for (std::uint32_t i = 1; i <= 9; ++i) {
      flow::JournalRecord record;
      record.run = 1;
      record.sequence = i;
      record.data = data;
      journal_->append(record, recorder_, i);
    }
  }
  recorder_.wait(10);
  EXPECT_GE(journal_->state().commits, 4U);
  EXPECT_EQ(count("chain_journal WHERE length(data) > 30000"), 9);
}

TEST_P(JournalWriter, refuses_the_bad_record_of_a_batch_alone) {
  for (std::uint64_t run = 1; run <= 8; ++run) start(run);
  {
    const auto other = connect();
    const store::Transaction held = hold(*other);
    post_done(1, 1);
    for (std::uint64_t run = 2; run <= 8; ++run) post_done(run, 1);
    post_done(5, 1);  // its number is taken
  }
  recorder_.wait(told_ + 9);
  const auto refused = recorder_.refusals();
  ASSERT_THAT(refused, SizeIs(1));
  EXPECT_EQ(refused[0].first, 5U);
  EXPECT_EQ(refused[0].second.code, "STORE.1004");
  EXPECT_EQ(count("chain_journal"), 8);
  EXPECT_TRUE(journal_->state().available);
}

TEST_P(JournalWriter, replaces_what_no_store_takes) {
  start(1, {}, {std::string("host:\xFF\0z", 8)});
  done(1, 0, {{"text", Value::of<std::string>(std::string("a\xFF\0b", 4))}});
  const ErrorCode error = make_error("X.1\xC3", "d", std::string("n\0l", 3));
  close(1, &error);
  EXPECT_THAT(recorder_.refusals(), SizeIs(0));
  EXPECT_EQ(count("chain_run WHERE state = 9"), 1);
}

TEST_P(JournalWriter, takes_a_chain_for_another_one_when_its_address_is_used_again) {
  for (std::uint64_t run = 2; run < 10; ++run) {
    chain_.reset();
    chain_ = new_chain("chain" + std::to_string(run));
    start(run);
  }
  EXPECT_EQ(count("chain_definition"), 8);
  EXPECT_EQ(count("chain_run r JOIN chain_definition d ON d.id = r.definition WHERE d.name = 'chain' || "
                  "CAST(r.id AS text)"),
            8);
}

TEST_P(JournalWriter, goes_on_while_a_listener_takes_long) {
  start(1);
  start(2);
  std::latch release(1);
  Recorder slow;
  slow.on_recorded = [&](std::uint64_t) { release.wait(); };
  flow::JournalRecord record;
  record.run = 1;
  record.sequence = 1;
  {
    const auto other = connect();
    const store::Transaction held = hold(*other);
    journal_->append(record, slow, 1);
    post_done(2, 1);
  }
  recorder_.wait(told_ + 1);
  post_done(2, 2);
  recorder_.wait(told_ + 2);
  EXPECT_EQ(slow.count(), 0U);
  EXPECT_GE(journal_->state().takeovers, 1U);
  release.count_down();
  slow.wait(1);
}

TEST_P(JournalWriter, goes_on_while_many_listeners_take_long) {
  start(1);
  std::latch release(1);
  Recorder slow;
  slow.on_recorded = [&](std::uint64_t) { release.wait(); };
  flow::JournalRecord record;
  record.run = 1;
  for (record.sequence = 1; record.sequence <= 5; ++record.sequence) journal_->append(record, slow, record.sequence);
  start(2);
  done(2, 0);
  EXPECT_EQ(slow.count(), 0U);
  release.count_down();
  slow.wait(5);
  start(3);
  EXPECT_EQ(count("chain_journal WHERE run = 1"), 5);
}

TEST_P(JournalWriter, stops_for_ever_when_its_node_is_gone) {
  std::promise<void> fenced;
  JournalOptions options;
  options.fenced = [&] { fenced.set_value(); };
  open_journal(options);
  start(1);
  connection_->execute("DELETE FROM node").value();
  post_done(1, 1);
  fenced.get_future().wait();
  EXPECT_TRUE(journal_->state().fenced);
  add_node(kNode);
  post_done(1, 2);
  journal_->close();
  EXPECT_EQ(recorder_.count(), 1U) << "told of what is not kept";
  EXPECT_EQ(count("chain_journal"), 0);
}

TEST_P(JournalWriter, writes_what_is_queued_when_it_is_closed) {
  {
    const auto other = connect();
    const store::Transaction held = hold(*other);
    for (std::uint64_t run = 1; run <= 20; ++run) post_start(run);
  }
  journal_->close();
  EXPECT_EQ(recorder_.count(), 20U);
  post_start(21);
  EXPECT_EQ(count("chain_run"), 20);
  EXPECT_EQ(recorder_.count(), 20U);
}

}  // namespace
}  // namespace tenon::journal
