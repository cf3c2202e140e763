#include "journal/actions.h"

#include "journal_fixture.h"

namespace tenon::journal {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class JournalActions : public JournalTest {};
TENON_BOTH_ENGINES(JournalActions);

TEST_P(JournalActions, are_kept_with_who_and_why_in_order) {
  std::vector<Action> actions;
  for (const Verb verb : {Verb::kPause, Verb::kSkipStep, Verb::kResume}) {
    actions.push_back({1, verb, "ann", "test\xFF", Json::object().add("step", 3), 0});
  }
  record_actions(*connection_, actions).value();
  const std::vector<Action> read = read_actions(*connection_, 1).value();
  ASSERT_THAT(read, SizeIs(3));
  EXPECT_EQ(read[0].verb, Verb::kPause);
  EXPECT_EQ(read[1].verb, Verb::kSkipStep);
  EXPECT_EQ(read[2].verb, Verb::kResume);
  EXPECT_LT(read[0].at, read[1].at);
  EXPECT_LT(read[1].at, read[2].at);
  EXPECT_EQ(read[1].who, "ann");
  EXPECT_EQ(read[1].why, "test\xEF\xBF\xBD");
  EXPECT_EQ(read[1].detail, Json::object().add("step", 3));
  EXPECT_THAT(read_actions(*connection_, 2).value(), IsEmpty());
}

TEST_P(JournalActions, are_part_of_an_open_transaction) {
  {
    const store::Transaction transaction = connection_->begin().value();
    const std::vector<Action> actions{{1, Verb::kCancel, "ann", "", {}, 0}};
    record_actions(*connection_, actions).value();
  }
  EXPECT_THAT(read_actions(*connection_, 1).value(), IsEmpty());
}

TEST(Verbs, have_names) {
  for (const char* name :
       {"cancel", "pause", "resume", "retry", "skip-step", "mark-done", "unpark", "retry-debt", "settle-debt"}) {
    EXPECT_EQ(verb_name(verb_of_name(name).value()), name);
  }
  EXPECT_FALSE(verb_of_name("gone").has_value());
}

}  // namespace
}  // namespace tenon::journal
