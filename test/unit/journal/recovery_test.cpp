#include "journal/recovery.h"

#include <tenon/contract.h>

#include "journal/runs.h"
#include "journal_fixture.h"

namespace tenon::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Course = flow::RecoveredRun::Course;
using Kind = flow::JournalRecord::Kind;

constexpr std::int64_t kNext = 8;

class JournalRecovery : public JournalTest {
 protected:
  /// Another process takes the place of this one.
  void crash() {
    journal_->close();
    connection_->execute("DELETE FROM node").value();
    add_node(kNext);
  }
  std::vector<LiveRun> recover() {
    crash();
    claim_runs(*connection_, kNext).value();
    return load_live(*connection_, kNext).value();
  }
};
TENON_BOTH_ENGINES(JournalRecovery);

TEST_P(JournalRecovery, takes_over_what_has_not_ended_and_counts_it) {
  start(1);
  start(2);
  close(2);
  crash();
  EXPECT_EQ(claim_runs(*connection_, kNext).value(), 1U);
  EXPECT_EQ(claim_runs(*connection_, kNext).value(), 0U) << "they are this node's now";
  const std::vector<LiveRun> runs = load_live(*connection_, kNext).value();
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].id, 1U);
  EXPECT_EQ(runs[0].recoveries, 1U);
  EXPECT_EQ(count("chain_run WHERE id = 2 AND recoveries = 0"), 1);
}

TEST_P(JournalRecovery, leaves_the_runs_of_a_node_that_lives) {
  start(1);
  add_node(kNext);
  EXPECT_EQ(claim_runs(*connection_, kNext).value(), 0U);
  EXPECT_THAT(load_live(*connection_, kNext).value(), IsEmpty());
  EXPECT_EQ(claim_runs(*connection_, 99).value(), 0U) << "a node that is not there takes nothing";
}

TEST_P(JournalRecovery, takes_over_the_runs_of_all_nodes_that_are_gone) {
  for (std::uint64_t run = 1; run <= 4; ++run) start(run);
  connection_->execute("UPDATE chain_run SET owner = id WHERE id > 1").value();
  crash();
  EXPECT_EQ(claim_runs(*connection_, kNext).value(), 4U);
  EXPECT_THAT(load_live(*connection_, kNext).value(), SizeIs(4));
}

TEST_P(JournalRecovery, does_not_count_what_was_released_in_good_order) {
  start(1);
  journal_->close();
  release_runs(*connection_, kNode).value();
  const std::vector<LiveRun> runs = recover();
  ASSERT_THAT(runs, SizeIs(1));
  EXPECT_EQ(runs[0].recoveries, 0U);
}

TEST_P(JournalRecovery, gives_each_run_what_its_records_say) {
  start(1, {{"size", Value::of<std::int64_t>(5)}}, {"host:a"});
  done(1, 0, {{"disk", Value::of<std::string>("d1")}});
  start(2);
  start(3);
  done(3, 0);
  done(3, 1);
  const std::vector<LiveRun> runs = recover();
  ASSERT_THAT(runs, SizeIs(3));
  EXPECT_THAT(runs[0].done, ElementsAre(0U));
  EXPECT_EQ(runs[0].sequence, 1U);
  EXPECT_THAT(runs[1].done, IsEmpty());
  EXPECT_EQ(runs[1].sequence, 0U);
  EXPECT_THAT(runs[2].done, ElementsAre(0U, 1U));

  const flow::RecoveredRun run = recovered_run(runs[0], chain_, 0).value();
  EXPECT_EQ(run.id, 1U);
  EXPECT_EQ(run.chain, chain_);
  ASSERT_THAT(run.data, SizeIs(2));
  EXPECT_EQ(run.data[0].key, "size");
  EXPECT_EQ(run.data[0].step, -1);
  EXPECT_EQ(run.data[0].value.json(), Json(5));
  EXPECT_EQ(run.data[1].key, "disk");
  EXPECT_EQ(run.data[1].step, 0);
  EXPECT_TRUE(run.data[1].value.is_json());
  EXPECT_EQ(run.course, Course::kUndo);
  EXPECT_FALSE(run.error.has_value());
  EXPECT_EQ(run.sequence, 1U);
}

TEST_P(JournalRecovery, finds_the_definition_that_a_run_began_with) {
  start(1);
  const std::vector<LiveRun> runs = recover();
  const auto definitions = load_definitions(*connection_, runs).value();
  ASSERT_TRUE(definitions.contains(runs[0].definition));
  EXPECT_EQ(definitions.at(runs[0].definition).name, "sample.create");
  EXPECT_EQ(definitions.at(runs[0].definition).body, "\"sample.create\"");
  EXPECT_EQ(load_definition(*connection_, 5).error().code, "JOURNAL.1003");
}

TEST_P(JournalRecovery, goes_on_or_back_as_the_chain_and_the_records_say) {
  start(1);
  start(2);
  const ErrorCode error = make_error("X.1", "failed", "so");
  fail_with_debt(2, 1, error);
  start(3);
  const std::vector<Action> actions{{3, Verb::kCancel, "ann", "too slow", {}, 0}};
  record_actions(*connection_, actions).value();
  const std::vector<LiveRun> runs = recover();
  chain_->recovery = flow::Recovery::kResume;
  EXPECT_EQ(recovered_run(runs[0], chain_, 0).value().course, Course::kResume);
  const flow::RecoveredRun turned = recovered_run(runs[1], chain_, 0).value();
  EXPECT_EQ(turned.course, Course::kTurned);
  EXPECT_EQ(turned.error.value().to_string(), error.to_string());
  EXPECT_THAT(turned.done, IsEmpty()) << "what is left of it is a debt";
  const flow::RecoveredRun cancelled = recovered_run(runs[2], chain_, 0).value();
  EXPECT_EQ(cancelled.course, Course::kUndo);
  EXPECT_EQ(cancelled.error.value().to_string(), "FLOW.1004: the run was cancelled: by ann: too slow");
}

TEST_P(JournalRecovery, does_not_build_upon_what_a_failed_undo_left) {
  start(1);
  done(1, 0);
  const ErrorCode error = make_error("FLOW.1006", "an undo failed");
  flow::JournalRecord owed;
  owed.run = 1;
  owed.kind = Kind::kUndoFailed;
  owed.step = 1;
  owed.error = &error;
  append(owed);
  const std::vector<LiveRun> runs = recover();
  chain_->recovery = flow::Recovery::kResume;
  const flow::RecoveredRun run = recovered_run(runs[0], chain_, 0).value();
  EXPECT_EQ(run.course, Course::kUndo);
  ASSERT_TRUE(run.error.has_value());
  EXPECT_EQ(run.error->code, "FLOW.1040");
  ASSERT_THAT(run.error->causes, SizeIs(1)) << "a caller's error lists what is owed";
  EXPECT_EQ(run.error->causes[0].code, "FLOW.1006");
}

TEST_P(JournalRecovery, lists_the_undos_that_failed_before_the_process_was_lost) {
  start(1);
  const ErrorCode error = make_error("X.1", "failed", "so");
  fail_with_debt(1, 1, error);
  const flow::RecoveredRun run = recovered_run(recover()[0], chain_, 0).value();
  EXPECT_EQ(run.course, Course::kTurned);
  ASSERT_THAT(run.error.value().causes, SizeIs(1));
}

TEST_P(JournalRecovery, waits_for_what_is_left_of_a_backoff) {
  start(1);
  const ErrorCode error = make_error("X.1", "failed");
  flow::JournalRecord retry;
  retry.run = 1;
  retry.kind = Kind::kRetry;
  retry.attempt = 2;
  retry.error = &error;
  retry.wait = std::chrono::minutes(5);
  append(retry);
  const std::vector<LiveRun> runs = recover();
  ASSERT_THAT(runs[0].retries, SizeIs(1));
  const std::int64_t due = runs[0].retries[0].due;
  const flow::RecoveredRun run = recovered_run(runs[0], chain_, due - 60'000'000).value();
  ASSERT_THAT(run.retries, SizeIs(1));
  EXPECT_EQ(run.retries[0].attempt, 3U);
  EXPECT_EQ(run.retries[0].wait, std::chrono::minutes(1));
  EXPECT_EQ(recovered_run(runs[0], chain_, due + 1).value().retries[0].wait.count(), 0);
}

TEST_P(JournalRecovery, says_which_value_no_longer_fits_its_type) {
  start(1, {{"size", Value::of<std::int64_t>(5)}, {"any", Value::of<Json>(1)}});
  const std::vector<LiveRun> runs = recover();
  auto contract = std::make_shared<FlowContract>();
  contract->reads_list.push_back({"any", kTypeId<std::string>, "string"});
  contract->reads_list.push_back({"size", kTypeId<std::int64_t>, "int64"});
  chain_->steps[1].contract = contract;
  EXPECT_TRUE(recovered_run(runs[0], chain_, 0).ok());
  contract->writes_list.push_back({"size", kTypeId<std::string>, "string"});
  const auto refused = recovered_run(runs[0], chain_, 0);
  EXPECT_EQ(refused.error().code, "JOURNAL.1002");
  EXPECT_THAT(refused.error().details, HasSubstr("'size' is string now"));
}

TEST_P(JournalRecovery, parks_a_run_with_its_reason_until_it_is_unparked) {
  start(1);
  recover();
  park_run(*connection_, kNext, 1, "class sample.Make is gone").value();
  LiveRun run = load_live_run(*connection_, 1).value();
  EXPECT_EQ(run.parked, "class sample.Make is gone");
  connection_->execute("DELETE FROM node").value();
  add_node(9);
  claim_runs(*connection_, 9).value();
  EXPECT_EQ(load_live_run(*connection_, 1).value().recoveries, 1U) << "it was not tried";
  EXPECT_FALSE(unpark_run(*connection_, 8, 1).value()) << "a node that is gone";
  EXPECT_TRUE(unpark_run(*connection_, 9, 1).value());
  EXPECT_FALSE(unpark_run(*connection_, 9, 1).value());
  run = load_live_run(*connection_, 1).value();
  EXPECT_EQ(run.parked, "");
  EXPECT_EQ(run.recoveries, 0U);
  EXPECT_EQ(load_live_run(*connection_, 2).error().code, "JOURNAL.1001");
}

TEST_P(JournalRecovery, makes_debts_due_that_a_dead_node_was_at_work_on) {
  start(1);
  fail_with_debt(1, 0, make_error("X.1", "failed"), true);
  EXPECT_EQ(count("debt WHERE state = 2"), 1);
  recover();
  EXPECT_EQ(count("debt WHERE state = 1 AND owner = 8"), 1);
}

}  // namespace
}  // namespace tenon::journal
