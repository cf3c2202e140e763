#include "journal/debts.h"

#include <tenon/retry_on.h>

#include "journal/actions.h"
#include "journal_fixture.h"

namespace tenon::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Kind = flow::JournalRecord::Kind;

constexpr std::int64_t kSecond = 1'000'000;
constexpr const char* kKey = "0000000000001:1";

class JournalDebts : public JournalTest {
 protected:
  void owe(bool awaited = false) {
    start(1);
    ErrorCode error = make_error("X.1", "failed", "so");
    error.elaboration["flow"] = "attach";
    error.elaboration["plugin"] = "sample";
    error.elaboration["retry_on"] = "host.connected:h1";
    fail_with_debt(1, 1, error, awaited);
  }
  [[nodiscard]] Debt debt() { return find_debt(*connection_, kKey).value().value(); }
  std::vector<Debt> take(std::int64_t now) { return take_due_debts(*connection_, kNode, now).value(); }
};
TENON_BOTH_ENGINES(JournalDebts);

TEST_P(JournalDebts, hold_all_that_is_needed_to_try_again) {
  owe();
  const Debt owed = debt();
  EXPECT_EQ(owed.key, kKey);
  EXPECT_EQ(owed.run, 1U);
  EXPECT_EQ(owed.step, 1U);
  EXPECT_EQ(owed.chain, "sample.create");
  EXPECT_EQ(owed.flow, "attach");
  EXPECT_EQ(owed.plugin, "sample");
  EXPECT_EQ(owed.on_event, "host.connected:h1");
  EXPECT_EQ(owed.state, DebtState::kOpen);
  EXPECT_EQ(owed.error.to_string(), "X.1: failed: so");
  EXPECT_EQ(owed.next_at, owed.created + 10 * kSecond);
  const flow::RecoveredRun run = debt_run(owed, chain_, 77).value();
  EXPECT_EQ(run.id, 77U);
  EXPECT_EQ(run.owner, 1U);
  EXPECT_FALSE(run.journaled);
  EXPECT_EQ(run.course, flow::RecoveredRun::Course::kTurned);
  EXPECT_THAT(run.done, ElementsAre(1U));
  ASSERT_THAT(run.data, SizeIs(1));
  EXPECT_EQ(run.data[0].key, "host");
  EXPECT_EQ(run.data[0].value.json(), Json("h1"));
  chain_->steps.pop_back();
  EXPECT_EQ(debt_run(owed, chain_, 77).error().code, "JOURNAL.1005");
}

TEST_P(JournalDebts, are_one_for_each_step_however_often_its_undo_fails) {
  owe(true);
  EXPECT_EQ(debt().state, DebtState::kAwaited);
  const ErrorCode later = make_error("X.2", "failed later");
  const std::vector<flow::DebtRecord> debts{{1, &later, {}, false}};
  flow::JournalRecord record;
  record.run = 1;
  record.kind = Kind::kUndoFailed;
  record.step = 1;
  record.debts = debts;
  append(record);
  EXPECT_EQ(count("debt"), 1);
  EXPECT_EQ(debt().state, DebtState::kOpen);
  EXPECT_EQ(debt().error.code, "X.2");
}

TEST_P(JournalDebts, are_paid_when_the_late_answer_was_undone) {
  owe(true);
  flow::JournalRecord record;
  record.run = 1;
  record.kind = Kind::kLateUndone;
  record.step = 1;
  append(record);
  EXPECT_EQ(debt().state, DebtState::kPaid);
  EXPECT_THAT(find_debts(*connection_, {}).value(), IsEmpty());
}

TEST_P(JournalDebts, are_taken_by_one_when_they_are_due) {
  owe();
  const std::int64_t due = debt().next_at;
  EXPECT_EQ(next_debt_due(*connection_).value(), due);
  EXPECT_THAT(take(due - 1), IsEmpty());
  const std::vector<Debt> taken = take(due);
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0].state, DebtState::kTaken);
  EXPECT_THAT(take(due), IsEmpty());
  EXPECT_FALSE(next_debt_due(*connection_).value().has_value());
  EXPECT_TRUE(pay_debt(*connection_, kKey, due).value());
  EXPECT_FALSE(pay_debt(*connection_, kKey, due).value());
  EXPECT_EQ(debt().state, DebtState::kPaid);
}

TEST_P(JournalDebts, are_not_taken_for_a_node_that_is_gone) {
  owe();
  EXPECT_THAT(take_due_debts(*connection_, 99, debt().next_at).value(), IsEmpty());
}

TEST_P(JournalDebts, wait_longer_after_each_failure) {
  owe();
  take(debt().next_at);
  const ErrorCode error = make_error("X.3", "failed again");
  EXPECT_TRUE(debt_failed(*connection_, kKey, error, 100 * kSecond, 0).value());
  EXPECT_EQ(debt().attempts, 1U);
  EXPECT_EQ(debt().state, DebtState::kOpen);
  EXPECT_EQ(debt().error.code, "X.3");
  EXPECT_EQ(debt().next_at, 120 * kSecond);
  EXPECT_EQ(debt().on_event, "") << "what it fails for now is no longer what it waited for";
  EXPECT_FALSE(debt_failed(*connection_, kKey, error, 100 * kSecond, 0).value()) << "nobody is at work on it";
  take(120 * kSecond);
  EXPECT_TRUE(defer_debt(*connection_, kKey, error, 500 * kSecond).value());
  EXPECT_EQ(debt().attempts, 1U);
  EXPECT_EQ(debt().next_at, 500 * kSecond);
}

TEST_P(JournalDebts, are_due_when_their_event_comes) {
  owe();
  EXPECT_EQ(debts_due_on(*connection_, "host.connected:h2", 5).value(), 0U);
  EXPECT_EQ(debts_due_on(*connection_, "host.connected:h1", 5).value(), 1U);
  EXPECT_THAT(take(5), SizeIs(1));
}

TEST_P(JournalDebts, wait_for_the_event_that_the_last_failure_names) {
  owe();
  take(debt().next_at);
  const ErrorCode error = retry_on(make_error("X.3", "failed again"), "host.connected:h2");
  EXPECT_TRUE(debt_failed(*connection_, kKey, error, 100 * kSecond, 0).value());
  EXPECT_EQ(debt().on_event, "host.connected:h2");
}

TEST_P(JournalDebts, that_wait_for_events_are_due_at_a_start) {
  owe();
  EXPECT_EQ(debts_due_on_start(*connection_, 5).value(), 1U);
  EXPECT_THAT(take(5), SizeIs(1));
}

TEST_P(JournalDebts, are_retried_and_settled_by_hand_with_an_audit) {
  owe();
  EXPECT_TRUE(retry_debt(*connection_, kKey, "ann", "host is back", 9).value());
  EXPECT_EQ(debt().next_at, 9);
  EXPECT_TRUE(settle_debt(*connection_, kKey, "bob", "removed by hand", 10).value());
  EXPECT_EQ(debt().state, DebtState::kSettled);
  EXPECT_FALSE(settle_debt(*connection_, kKey, "bob", "again", 11).value());
  EXPECT_FALSE(retry_debt(*connection_, kKey, "bob", "again", 11).value());
  EXPECT_FALSE(settle_debt(*connection_, "none:1", "bob", "again", 11).value());
  const std::vector<Action> audit = read_actions(*connection_, 1).value();
  ASSERT_THAT(audit, SizeIs(2));
  EXPECT_EQ(verb_name(audit[0].verb), "retry-debt");
  EXPECT_EQ(audit[1].who, "bob");
  EXPECT_EQ(audit[1].why, "removed by hand");
  EXPECT_EQ(*audit[1].detail.find("debt"), Json(kKey));
}

TEST_P(JournalDebts, are_listed_by_what_they_are_of) {
  owe();
  start(2);
  fail_with_debt(2, 0, make_error("X.1", "failed"));
  const auto keys = [&](const DebtFilter& filter) {
    std::vector<std::string> list;
    const std::vector<Debt> debts = find_debts(*connection_, filter).value();
    for (const Debt& found : debts) list.push_back(found.key);
    return list;
  };
  EXPECT_THAT(keys({}), ElementsAre(kKey, "0000000000002:0"));
  EXPECT_THAT(keys({.run = 2}), ElementsAre("0000000000002:0"));
  EXPECT_THAT(keys({.plugin = "sample"}), ElementsAre(kKey));
  EXPECT_THAT(keys({.chain = "none"}), IsEmpty());
  EXPECT_THAT(keys({.states = {DebtState::kPaid, DebtState::kTaken}}), IsEmpty());
  EXPECT_THAT(keys({.limit = 1}), ElementsAre(kKey));
  EXPECT_THAT(keys({.after = kKey}), ElementsAre("0000000000002:0"));
}

TEST(DebtWait, grows_to_an_hour_and_leaves_a_fifth_to_chance) {
  EXPECT_EQ(debt_wait(0, 0), 10 * kSecond);
  EXPECT_EQ(debt_wait(3, 0), 80 * kSecond);
  EXPECT_EQ(debt_wait(3, 1), 64 * kSecond);
  EXPECT_EQ(debt_wait(9, 0), 3600 * kSecond);
  EXPECT_EQ(debt_wait(4'000'000'000U, 0), 3600 * kSecond);
}

TEST(DebtStates, have_names) {
  for (const char* name : {"open", "awaited", "taken", "paid", "settled"}) {
    EXPECT_EQ(debt_state_name(debt_state_of_name(name).value()), name);
  }
  EXPECT_FALSE(debt_state_of_name("gone").has_value());
}

}  // namespace
}  // namespace tenon::journal
