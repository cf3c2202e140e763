#include "journal/retention.h"

#include "journal/actions.h"
#include "journal/debts.h"
#include "journal_fixture.h"

namespace tenon::journal {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t kHour = std::int64_t{3600} * 1'000'000;

class JournalRetention : public JournalTest {
 protected:
  /// As if the run had ended long ago.
  void end_at(std::uint64_t run, std::int64_t time) {
    close(run);
    connection_->execute("UPDATE chain_run SET ended = $2 WHERE id = $1", {static_cast<std::int64_t>(run), time})
        .value();
  }
  [[nodiscard]] std::vector<std::int64_t> left() {
    std::vector<std::int64_t> ids;
    const store::Rows rows = connection_->query("SELECT id FROM chain_run ORDER BY id").value();
    for (const store::Row row : rows) ids.push_back(row.integer(0));
    return ids;
  }
};
TENON_BOTH_ENGINES(JournalRetention);

TEST_P(JournalRetention, deletes_what_has_ended_long_ago_and_all_that_is_its) {
  for (std::uint64_t run = 1; run <= 7; ++run) {
    start(run, {}, {"host:a"});
    done(run, 0);
    const std::vector<Action> actions{{run, Verb::kRetry, "ann", "", {}, 0}};
    record_actions(*connection_, actions).value();
  }
  for (std::uint64_t run = 1; run <= 5; ++run) end_at(run, 10 * kHour);
  end_at(6, 30 * kHour);
  const Swept swept = sweep(*connection_, {.keep = 24h, .chunk = 2}, 40 * kHour).value();
  EXPECT_EQ(swept.runs, 5U);
  EXPECT_THAT(left(), ::testing::ElementsAre(6, 7));
  EXPECT_EQ(count("chain_journal WHERE run < 6"), 0);
  EXPECT_EQ(count("run_tag WHERE run < 6"), 0);
  EXPECT_EQ(count("run_action WHERE run < 6"), 0);
  EXPECT_EQ(count("chain_journal"), 3);
  EXPECT_EQ(count("run_tag"), 2);
}

TEST_P(JournalRetention, keeps_so_many_of_the_newest) {
  for (std::uint64_t run = 1; run <= 6; ++run) start(run);
  for (std::uint64_t run = 2; run <= 6; ++run) close(run);
  EXPECT_EQ(sweep(*connection_, {.keep = 0h, .most_runs = 2}, 0).value().runs, 3U);
  EXPECT_THAT(left(), ::testing::ElementsAre(1, 5, 6)) << "one that has not ended does not count";
  EXPECT_EQ(sweep(*connection_, {.keep = 0h, .most_runs = 0}, 0).value().runs, 0U);
}

TEST_P(JournalRetention, keeps_runs_that_owe) {
  start(1);
  fail_with_debt(1, 1, make_error("X.1", "failed"));
  end_at(1, 1);
  EXPECT_EQ(sweep(*connection_, {.keep = 1h}, 40 * kHour).value().runs, 0U);
  EXPECT_TRUE(settle_debt(*connection_, "0000000000001:1", "ann", "gone", 5).value());
  const Swept swept = sweep(*connection_, {.keep = 1h}, 40 * kHour).value();
  EXPECT_EQ(swept.runs, 1U);
  EXPECT_EQ(swept.debts, 1U);
  EXPECT_EQ(count("debt"), 0);
}

TEST_P(JournalRetention, deletes_definitions_that_no_run_needs_and_none_began_with_for_a_day) {
  start(1);
  end_at(1, 1);
  connection_->execute("UPDATE chain_definition SET used = $1", {50 * kHour}).value();
  chain_ = new_chain("sample.other");
  start(2);
  connection_->execute("UPDATE chain_definition SET used = $1 WHERE name = 'sample.other'", {1}).value();
  EXPECT_EQ(sweep(*connection_, {.keep = 1h}, 60 * kHour).value().definitions, 0U);
  EXPECT_EQ(sweep(*connection_, {.keep = 1h}, 80 * kHour).value().definitions, 1U);
  EXPECT_EQ(count("chain_definition WHERE name = 'sample.other'"), 1);
}

}  // namespace
}  // namespace tenon::journal
