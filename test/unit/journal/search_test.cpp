#include "journal/recovery.h"
#include "journal/runs.h"
#include "journal_fixture.h"

namespace tenon::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class JournalSearch : public JournalTest {
 protected:
  [[nodiscard]] std::vector<std::uint64_t> found(const RunFilter& filter) {
    std::vector<std::uint64_t> ids;
    const RunPage page = find_runs(*connection_, filter).value();
    for (const RunSummary& run : page.runs) ids.push_back(run.id);
    return ids;
  }
  void act(std::uint64_t run, Verb verb) {
    const std::vector<Action> actions{{run, verb, "ann", "because", {}, 0}};
    record_actions(*connection_, actions).value();
  }
};
TENON_BOTH_ENGINES(JournalSearch);

TEST_P(JournalSearch, finds_runs_by_what_they_are_at) {
  for (std::uint64_t run = 1; run <= 6; ++run) start(run);
  fail_with_debt(2, 0, make_error("X.1", "failed"));
  act(3, Verb::kPause);
  park_run(*connection_, kNode, 4, "gone").value();
  close(5);
  const ErrorCode error = make_error("KVM.1001", "no answer", "of h1");
  close(6, &error);
  act(1, Verb::kPause);
  act(1, Verb::kResume);
  act(1, Verb::kPause);
  act(1, Verb::kCancel);

  EXPECT_THAT(found({}), ElementsAre(6, 5, 4, 3, 2, 1));
  EXPECT_THAT(found({.phases = {RunPhase::kRunning}}), ElementsAre(1));
  EXPECT_THAT(found({.phases = {RunPhase::kUndoing}}), ElementsAre(2));
  EXPECT_THAT(found({.phases = {RunPhase::kPaused}}), ElementsAre(3));
  EXPECT_THAT(found({.phases = {RunPhase::kParked}}), ElementsAre(4));
  EXPECT_THAT(found({.phases = {RunPhase::kSucceeded}}), ElementsAre(5));
  EXPECT_THAT(found({.phases = {RunPhase::kFailed}}), ElementsAre(6));
  EXPECT_THAT(found({.phases = {RunPhase::kFailed, RunPhase::kRunning}}), ElementsAre(6, 1));
  const RunPage page = find_runs(*connection_, {}).value();
  std::vector<std::string_view> phases;
  for (const RunSummary& run : page.runs) phases.push_back(phase_name(run.phase));
  EXPECT_THAT(phases, ElementsAre("failed", "succeeded", "parked", "paused", "undoing", "running"));
  EXPECT_EQ(page.runs[0].error.value().to_string(), "KVM.1001: no answer: of h1");
  EXPECT_GT(page.runs[0].ended, 0);
  EXPECT_EQ(page.runs[2].parked, "gone");
  EXPECT_EQ(page.runs[5].ended, 0);
}

TEST_P(JournalSearch, finds_runs_by_what_they_touch) {
  start(1, {}, {"host:a", "host:b"});
  start(2, {}, {"host:b"});
  start(3, {}, {"HOST:b", "lun:1"});
  EXPECT_THAT(found({.resource = "host:b"}), ElementsAre(2, 1));
  EXPECT_THAT(found({.resource = "host:*"}), ElementsAre(2, 1));
  EXPECT_THAT(found({.resource = "lun:1"}), ElementsAre(3));
  EXPECT_THAT(found({.resource = "host:"}), IsEmpty());
  EXPECT_THAT(find_runs(*connection_, {.resource = "lun:*"}).value().runs[0].locks, ElementsAre("HOST:b", "lun:1"));
}

TEST_P(JournalSearch, finds_runs_by_chain_error_and_time) {
  start(1);
  chain_ = new_chain("sample.delete");
  start(2);
  const ErrorCode error = make_error("KVM.1001", "no answer");
  close(2, &error);
  start(3);
  const ErrorCode other = make_error("OVS.1", "no");
  close(3, &other);
  EXPECT_THAT(found({.chain = "sample.delete"}), ElementsAre(3, 2));
  EXPECT_THAT(found({.error_code = "KVM.1001"}), ElementsAre(2));
  EXPECT_THAT(found({.error_code = "KVM.*"}), ElementsAre(2));
  EXPECT_THAT(found({.error_code = "*"}), ElementsAre(3, 2));
  EXPECT_THAT(found({.error_code = "KVM"}), IsEmpty());
  const std::int64_t second = find_runs(*connection_, {}).value().runs[1].started;
  EXPECT_THAT(found({.from = second}), ElementsAre(3, 2));
  EXPECT_THAT(found({.until = second}), ElementsAre(1));
  EXPECT_THAT(found({.owner = kNode}), SizeIs(3));
  EXPECT_THAT(found({.owner = 1}), IsEmpty());
}

TEST_P(JournalSearch, gives_page_after_page) {
  for (std::uint64_t run = 1; run <= 5; ++run) start(run);
  RunFilter filter;
  filter.limit = 2;
  std::vector<std::size_t> sizes;
  std::vector<std::uint64_t> ids;
  do {
    const RunPage page = find_runs(*connection_, filter).value();
    sizes.push_back(page.runs.size());
    for (const RunSummary& run : page.runs) ids.push_back(run.id);
    filter.before = page.next;
  } while (filter.before != 0);
  EXPECT_THAT(sizes, ElementsAre(2, 2, 1));
  EXPECT_THAT(ids, ElementsAre(5, 4, 3, 2, 1));
}

TEST_P(JournalSearch, says_what_is_wrong_with_a_filter) {
  const auto none = find_runs(*connection_, {.limit = 0});
  EXPECT_EQ(none.error().code, "JOURNAL.1004");
  EXPECT_THAT(none.error().details, HasSubstr("limit: expected 1 to 10000, found 0"));
  EXPECT_THAT(find_runs(*connection_, {.from = 2, .until = 1}).error().details, HasSubstr("from is later"));
}

TEST_P(JournalSearch, tells_all_of_one_run) {
  start(1, {{"size", Value::of<std::int64_t>(5)}}, {"host:a"});
  done(1, 0, {{"disk", Value::of<std::string>("d1")}});
  fail_with_debt(1, 0, make_error("X.1", "failed", "so"));
  act(1, Verb::kCancel);
  const RunHistory run = read_run(*connection_, 1).value().value();
  EXPECT_EQ(run.run.chain, "sample.create");
  EXPECT_EQ(run.run.phase, RunPhase::kUndoing);
  ASSERT_THAT(run.input, SizeIs(1));
  EXPECT_EQ(run.input[0].key, "size");
  ASSERT_THAT(run.entries, SizeIs(3));
  EXPECT_EQ(kind_name(run.entries[0].kind), "done");
  EXPECT_EQ(run.entries[0].data[0].value, Json("d1"));
  EXPECT_EQ(kind_name(run.entries[1].kind), "failed");
  EXPECT_EQ(run.entries[1].error.value().details, "so");
  EXPECT_THAT(run.entries[1].begun, ElementsAre(0U));
  EXPECT_EQ(kind_name(run.entries[2].kind), "undo-failed");
  EXPECT_GT(run.entries[2].at, 0);
  ASSERT_THAT(run.actions, SizeIs(1));
  EXPECT_EQ(run.actions[0].who, "ann");
  EXPECT_THAT(run.debts, ElementsAre("0000000000001:0"));
  EXPECT_FALSE(read_run(*connection_, 2).value().has_value());
}

TEST(RunPhases, have_names) {
  for (const char* name : {"running", "undoing", "paused", "parked", "succeeded", "failed"}) {
    EXPECT_EQ(phase_name(phase_of_name(name).value()), name);
  }
  EXPECT_FALSE(phase_of_name("gone").has_value());
}

}  // namespace
}  // namespace tenon::journal
