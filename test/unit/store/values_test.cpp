#include <cstdint>
#include <limits>
#include <thread>

#include "store_fixture.h"

namespace tenon::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StoreValues : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    make(
        "CREATE TABLE item (id bigint PRIMARY KEY, number bigint, real double precision, words text, data bytea, "
        "flag boolean, small smallint)");
  }
  Rows read(std::string_view columns) {
    return connection_->query("SELECT " + std::string(columns) + " FROM item ORDER BY id").value();
  }
};
TENON_BOTH_ENGINES(StoreValues);

TEST_P(StoreValues, come_back_as_they_were_bound) {
  const std::string all_bytes = [] {
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes.push_back(static_cast<char>(i));
    return bytes;
  }();
  EXPECT_EQ(connection_
                ->execute("INSERT INTO item VALUES ($1, $2, $3, $4, $5, $6, $7)",
                          {1, -5, 0.1, "grüße, 世界 🜚 'x' $1", Blob{all_bytes}, true, 7})
                .value(),
            1U);
  const Rows rows = read("*");
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_THAT(rows.columns(), ElementsAre("id", "number", "real", "words", "data", "flag", "small"));
  const Row row = rows[0];
  EXPECT_EQ(row.integer("id"), 1);
  EXPECT_EQ(row.integer(1), -5);
  EXPECT_EQ(row.real("real"), 0.1);
  EXPECT_EQ(row.text("words"), "grüße, 世界 🜚 'x' $1");
  EXPECT_EQ(row.blob("data"), all_bytes);
  EXPECT_TRUE(row.boolean("flag"));
  EXPECT_EQ(row.integer("small"), 7);
}

TEST_P(StoreValues, know_null_from_empty) {
  connection_
      ->execute("INSERT INTO item (id, words, data) VALUES ($1, $2, $3), ($4, $5, $6)",
                {1, nullptr, std::optional<Blob>(), 2, "", Blob{}})
      .value();
  const Rows rows = read("words, data");
  EXPECT_TRUE(rows[0].is_null(0));
  EXPECT_TRUE(rows[0].is_null(1));
  EXPECT_EQ(rows[1].text(0), "");
  EXPECT_EQ(rows[1].blob(1), "");
}

TEST_P(StoreValues, reach_the_limits_of_their_types) {
  constexpr auto kLeast = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  const std::vector<double> reals{std::numeric_limits<double>::max(), std::numeric_limits<double>::denorm_min(), -0.0};
  connection_->insert_rows("item", {"id", "number", "real"}, {1, kLeast, reals[0], 2, kMost, reals[1], 3, 0, reals[2]})
      .value();
  connection_->execute("INSERT INTO item (id, number) VALUES ($1, $2)", {kLeast, kMost}).value();
  const Rows rows = read("number, real");
  EXPECT_EQ(rows[0].integer(0), kMost);
  EXPECT_EQ(rows[1].integer(0), kLeast);
  EXPECT_EQ(rows[2].integer(0), kMost);
  for (std::size_t i = 0; i < reals.size(); ++i) EXPECT_EQ(rows[i + 1].real(1), reals[i]);
}

TEST_P(StoreValues, may_be_large) {
  const std::string large(20'000'000, '\xfe');
  connection_->execute("INSERT INTO item (id, data) VALUES (1, $1)", {Blob{large}}).value();
  connection_->insert_rows("item", {"id", "data"}, {2, Blob{large}}).value();
  const Rows rows = read("data");
  EXPECT_TRUE(rows[0].blob(0) == large);
  EXPECT_TRUE(rows[1].blob(0) == large);
}

TEST_P(StoreValues, that_one_engine_could_not_store_are_refused_by_both) {
  const auto refusal = [&](const Parameter& value) {
    const auto result = connection_->execute("UPDATE item SET words = $1", {value});
    return result.ok() ? std::string("taken") : result.error().code + " " + result.error().details;
  };
  using namespace std::string_view_literals;
  EXPECT_EQ(refusal("a\0b"sv), "STORE.1008 parameter 1: text holds a NUL at byte 1");
  EXPECT_EQ(refusal("ab\xff"), "STORE.1008 parameter 1: text is not UTF-8 at byte 2");
  EXPECT_EQ(refusal("\xed\xa0\x80"), "STORE.1008 parameter 1: text is not UTF-8 at byte 0") << "a surrogate";
  EXPECT_EQ(refusal("\xc0\x80"), "STORE.1008 parameter 1: text is not UTF-8 at byte 0") << "an overlong NUL";
  EXPECT_EQ(refusal("\xf4\x90\x80\x80"), "STORE.1008 parameter 1: text is not UTF-8 at byte 0") << "beyond U+10FFFF";
  EXPECT_EQ(refusal("a\xe4\xb8"), "STORE.1008 parameter 1: text is not UTF-8 at byte 1") << "cut off";
  EXPECT_EQ(refusal(std::numeric_limits<double>::quiet_NaN()), "STORE.1008 parameter 1: the number is not finite");
  const auto batch = connection_->insert_rows("item", {"id", "words"}, {1, "a\0b"sv});
  EXPECT_EQ(batch.error().code, "STORE.1008");
}

TEST_P(StoreValues, are_read_as_what_they_are) {
  connection_->execute("INSERT INTO item (id, words) VALUES (1, 'x')").value();
  const Rows rows = read("id, words, number");
  const auto mistake = [](const auto& read) {
    try {
      read();
    } catch (const Error& e) {
      return e.error().to_string();
    }
    return std::string("read");
  };
  EXPECT_THAT(mistake([&] { (void)rows[0].integer("words"); }),
              HasSubstr("STORE.1008: a value does not fit the store: column 'words': expected bigint, found text"));
  EXPECT_THAT(mistake([&] { (void)rows[0].integer("number"); }), HasSubstr("expected bigint, found NULL"));
  EXPECT_THAT(mistake([&] { (void)rows[0].text("wrods"); }), HasSubstr("there is no column 'wrods'"));
  EXPECT_THAT(mistake([&] { (void)rows[0].text(9); }), HasSubstr("there is no column 9"));
  EXPECT_THAT(mistake([&] { (void)rows[1].text(1); }), HasSubstr("there is no row 1"));
}

TEST_P(StoreValues, come_row_by_row_and_stop_when_the_visitor_has_enough) {
  std::vector<Parameter> values;
  for (int i = 0; i < 5000; ++i) values.emplace_back(i);
  EXPECT_EQ(connection_->insert_rows("item", {"id"}, values).value(), 5000U);
  std::int64_t sum = 0;
  connection_
      ->for_each("SELECT id FROM item WHERE id < $1", {5000},
                 [&](const Row& row) -> Result<void> {
                   sum += row.integer(0);
                   return {};
                 })
      .value();
  EXPECT_EQ(sum, 5000LL * 4999 / 2);
  int seen = 0;
  const Result<void> stopped = connection_->for_each("SELECT id FROM item", {}, [&](const Row&) -> Result<void> {
    return ++seen < 3 ? Result<void>() : make_error("TEST.1", "enough");
  });
  EXPECT_EQ(stopped.error().code, "TEST.1");
  EXPECT_EQ(seen, 3);
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM item"), 5000) << "the connection serves on";
}

TEST_P(StoreValues, are_counted_when_they_change) {
  EXPECT_EQ(connection_->execute("INSERT INTO item (id) VALUES (1), (2), (3)").value(), 3U);
  EXPECT_EQ(connection_->execute("INSERT INTO item (id) VALUES (3) ON CONFLICT DO NOTHING").value(), 0U);
  EXPECT_EQ(connection_->execute("UPDATE item SET number = 1 WHERE id > $1", {1}).value(), 2U);
  EXPECT_EQ(connection_->execute("SELECT id FROM item").value(), 0U);
  EXPECT_EQ(connection_->query("DELETE FROM item WHERE id < 3 RETURNING id").value().size(), 2U);
}

TEST_P(StoreValues, of_statements_that_are_wrong_do_no_harm) {
  const auto refusal = [&](std::string_view sql, const Parameters& parameters) {
    const auto result = connection_->execute(sql, parameters);
    return result.ok() ? std::string("taken") : result.error().code;
  };
  EXPECT_EQ(refusal("INSRT INTO item", {}), "STORE.1007");
  EXPECT_EQ(refusal("-- nothing", {}), "STORE.1007");
  EXPECT_EQ(refusal("UPDATE item SET nothing = 1", {}), "STORE.1007");
  EXPECT_EQ(refusal("DELETE FROM item; DELETE FROM item", {}), "STORE.1007");
  EXPECT_EQ(refusal("UPDATE item SET number = $1", {}), "STORE.1007") << "too few parameters";
  EXPECT_EQ(refusal("UPDATE item SET number = $1", {1, 2}), "STORE.1007") << "too many";
  EXPECT_EQ(refusal("UPDATE item SET number = ?", {1}), "STORE.1007") << "not of the dialect";
  const auto named = connection_->query("SELECT x FROM item");
  EXPECT_EQ(fact(named.error(), "statement"), "SELECT x FROM item");
  EXPECT_FALSE(is_transient(named.error()));
  EXPECT_EQ(refusal("INSERT INTO item (id) VALUES ($1)", {1}), "taken");
}

using StorePostgresTypes = StoreValues;
INSTANTIATE_TEST_SUITE_P(On, StorePostgresTypes, ::testing::Values("postgresql"),
                         [](const auto& it) { return it.param; });

TEST_P(StorePostgresTypes, are_checked_before_anything_is_sent) {
  const auto refusal = [&](std::string_view sql, const Parameters& parameters) {
    const auto result = connection_->execute(sql, parameters);
    return result.ok() ? std::string("taken") : result.error().details;
  };
  EXPECT_EQ(refusal("UPDATE item SET number = $1", {"x"}), "parameter 1: expected bigint");
  EXPECT_EQ(refusal("UPDATE item SET small = $1", {40'000}), "parameter 1: 40000 is out of the column's range");
  EXPECT_EQ(refusal("UPDATE item SET data = $1", {"x"}), "parameter 1: expected bytea");
  EXPECT_EQ(refusal("UPDATE item SET flag = $1", {2}), "parameter 1: expected boolean");
  EXPECT_EQ(refusal("UPDATE item SET words = $1", {2}), "parameter 1: expected text");
  const auto batch = connection_->insert_rows("item", {"id", "number"}, {1, 1, 2, "x"});
  EXPECT_EQ(batch.error().details, "item.number: row 2: expected bigint");
  const auto answer = connection_->query("SELECT sum(id) FROM item WHERE id > $1 GROUP BY id", {-1});
  EXPECT_TRUE(answer.ok()) << "nothing to decode";
  connection_->execute("INSERT INTO item (id) VALUES (1)").value();
  EXPECT_THAT(connection_->query("SELECT sum(id) FROM item").error().details, HasSubstr("cast it"));
  EXPECT_EQ(number(*connection_, "SELECT CAST(sum(id) AS bigint) FROM item"), 1);
}

}  // namespace
}  // namespace tenon::store
