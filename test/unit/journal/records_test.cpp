#include "journal/records.h"

#include "journal_fixture.h"

namespace tenon::journal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(JournalRecords, give_data_back_with_its_types) {
  const std::vector<flow::DataEntry> data{entry("si\"ze", Value::of<std::int64_t>(5), 2),
                                          entry("name", Value::of<std::string>("ä"), 3), entry("none", Value(), 3)};
  std::vector<StoredValue> values;
  ASSERT_TRUE(read_values(data_text(data), 9, values).ok());
  ASSERT_THAT(values, SizeIs(3));
  EXPECT_EQ(values[0].key, "si\"ze");
  EXPECT_EQ(values[0].type_id, kTypeId<std::int64_t>);
  EXPECT_EQ(values[0].value, Json(5));
  EXPECT_EQ(values[0].step, 9);
  EXPECT_EQ(values[1].value, Json("ä"));
  EXPECT_EQ(values[2].type_id, 0U);
  EXPECT_TRUE(values[2].value.is_null());

  values.clear();
  ASSERT_TRUE(read_values(data_text(data, WithSteps::kYes), 9, values).ok());
  EXPECT_EQ(values[0].step, 2);
  EXPECT_EQ(values[1].step, 3);
}

TEST(JournalRecords, have_no_text_for_no_data) {
  EXPECT_EQ(data_text({}), "");
  EXPECT_EQ(note_text(nullptr, {}, 0), "");
  std::vector<StoredValue> values;
  EXPECT_TRUE(read_values("", 0, values).ok());
  EXPECT_THAT(values, SizeIs(0));
}

TEST(JournalRecords, give_an_error_back_with_its_causes_and_facts) {
  ErrorCode error = make_error("A.1", "first", "d\xFF");
  error.elaboration["flow"] = "x";
  error.causes.push_back(make_error("B.2", "second"));
  error.causes.back().causes.push_back(make_error("C.3", "third", "deep"));
  const ErrorCode read = read_error(error_text(error));
  EXPECT_EQ(read.to_string(), "A.1: first: d\xEF\xBF\xBD");
  EXPECT_EQ(read.elaboration, error.elaboration);
  ASSERT_THAT(read.causes, SizeIs(1));
  ASSERT_THAT(read.causes[0].causes, SizeIs(1));
  EXPECT_EQ(read.causes[0].causes[0].to_string(), "C.3: third: deep");
}

TEST(JournalRecords, give_a_note_back) {
  const ErrorCode error = make_error("A.1", "first");
  const std::vector<std::uint32_t> begun{3, 0, 7};
  const RecordNote note = read_note(note_text(&error, begun, 250)).value();
  EXPECT_EQ(read_error(note.error).code, "A.1");
  EXPECT_THAT(note.begun, ElementsAre(3U, 0U, 7U));
  EXPECT_EQ(note.wait, 250);
}

TEST(JournalRecords, say_why_a_text_is_none_of_theirs) {
  std::vector<StoredValue> values;
  for (const char* text :
       {"{", "{}", "[1]", "[[\"k\"]]", "[[1,\"0\",2]]", "[[\"k\",\"xyz\",2]]", "[[\"k\",\"0\",2,\"s\"]]"}) {
    EXPECT_EQ(read_values(text, 0, values).error().code, "JOURNAL.1006") << text;
  }
  EXPECT_EQ(read_error("[").code, "JOURNAL.1006");
  EXPECT_EQ(read_note("nothing").error().code, "JOURNAL.1006");
  EXPECT_THAT(read_note("nothing").error().details, HasSubstr("line 1, column"));
}

TEST(JournalRecords, clean_what_no_store_takes) {
  EXPECT_EQ(clean_text("plain"), "plain");
  EXPECT_EQ(clean_text(std::string("a\0b\xFFz\"", 6)), "a b\xEF\xBF\xBDz\"");
  EXPECT_EQ(clean_text("ä"), "ä");
}

}  // namespace
}  // namespace tenon::journal
