#include <thread>

#include "store_fixture.h"

namespace tenon::store {
namespace {

using ::testing::ElementsAre;

class StoreBatch : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    make(
        "CREATE TABLE lease (id bigint PRIMARY KEY, beat bigint NOT NULL);\n"
        "CREATE TABLE run (id bigint PRIMARY KEY, state smallint NOT NULL, name text);\n"
        "CREATE TABLE journal (run bigint NOT NULL REFERENCES run (id), seq bigint, data bytea, PRIMARY KEY (run, "
        "seq));\n"
        "INSERT INTO lease VALUES (7, 0);\n"
        "INSERT INTO run VALUES (1, 1, 'a'), (2, 1, 'b')");
  }
  static Batch batch_of_two(RowWrite::Kind kind = RowWrite::Kind::kInsert) {
    Batch batch;
    batch.fence = Fence{"lease", "id", 7};
    batch.writes.push_back({kind, "journal", {"run", "seq", "data"}, {1, 1, Blob{"x"}, 2, 1, nullptr}});
    batch.writes.push_back({RowWrite::Kind::kUpdate, "run", {"id", "state", "name"}, {1, 8, "done", 9, 8, "none"}});
    return batch;
  }
};
TENON_BOTH_ENGINES(StoreBatch);

TEST_P(StoreBatch, writes_all_and_counts_each) {
  const BatchOutcome outcome = connection_->write(batch_of_two()).value();
  EXPECT_TRUE(outcome.fence_held);
  EXPECT_THAT(outcome.rows, ElementsAre(2U, 1U));
  const Rows rows = connection_->query("SELECT state, name FROM run ORDER BY id").value();
  EXPECT_EQ(rows[0].integer(0), 8);
  EXPECT_EQ(rows[0].text(1), "done");
  EXPECT_EQ(rows[1].integer(0), 1);
  const Rows journal = connection_->query("SELECT data FROM journal ORDER BY run").value();
  EXPECT_EQ(journal[0].blob(0), "x");
  EXPECT_TRUE(journal[1].is_null(0));
}

TEST_P(StoreBatch, writes_nothing_when_the_fence_is_gone) {
  connection_->execute("DELETE FROM lease").value();
  const BatchOutcome outcome = connection_->write(batch_of_two()).value();
  EXPECT_FALSE(outcome.fence_held);
  EXPECT_THAT(outcome.rows, ElementsAre(0U, 0U));
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM journal"), 0);
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM run WHERE state = 8"), 0);
}

TEST_P(StoreBatch, tells_a_repeated_row_from_a_lost_fence) {
  connection_->write(batch_of_two()).value();
  const BatchOutcome again = connection_->write(batch_of_two(RowWrite::Kind::kInsertMissing)).value();
  EXPECT_TRUE(again.fence_held);
  EXPECT_THAT(again.rows, ElementsAre(0U, 1U));
}

TEST_P(StoreBatch, is_written_whole_or_not_at_all) {
  Batch batch = batch_of_two();
  batch.writes[0].values[3] = 3;  // no such run
  const auto failed = connection_->write(batch);
  EXPECT_EQ(failed.error().code, "STORE.1004");
  EXPECT_EQ(fact(failed.error(), "kind"), "foreign key");
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM journal"), 0);
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM run WHERE state = 8"), 0);
  EXPECT_FALSE(connection_->in_transaction());
}

TEST_P(StoreBatch, may_insert_a_row_with_those_that_refer_to_it) {
  Batch batch;
  batch.writes.push_back({RowWrite::Kind::kInsert, "run", {"id", "state"}, {5, 1}});
  batch.writes.push_back({RowWrite::Kind::kInsert, "journal", {"run", "seq"}, {5, 1}});
  EXPECT_THAT(connection_->write(batch).value().rows, ElementsAre(1U, 1U));
}

TEST_P(StoreBatch, is_part_of_an_open_transaction) {
  {
    const Transaction transaction = connection_->begin().value();
    connection_->write(batch_of_two()).value();
    EXPECT_EQ(number(*connection_, "SELECT count(*) FROM journal"), 2);
  }
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM journal"), 0);
}

TEST_P(StoreBatch, without_rows_is_a_look_at_the_fence) {
  Batch batch;
  batch.fence = Fence{"lease", "id", 7};
  batch.writes.push_back({RowWrite::Kind::kInsert, "run", {"id", "state"}, {}});
  const BatchOutcome outcome = connection_->write(batch).value();
  EXPECT_TRUE(outcome.fence_held);
  EXPECT_THAT(outcome.rows, ElementsAre(0U));
  EXPECT_TRUE(connection_->write(Batch{}).value().fence_held);
}

TEST_P(StoreBatch, takes_no_names_that_could_be_sql) {
  EXPECT_EQ(connection_->insert_rows("run; DROP TABLE run", {"id"}, {1}).error().code, "STORE.1007");
  EXPECT_EQ(connection_->insert_rows("run", {"id\""}, {1}).error().code, "STORE.1007");
  EXPECT_EQ(connection_->insert_rows("run", {"id", "state"}, {1}).error().code, "STORE.1007") << "half a row";
}

/// Whoever takes the lease away waits for a batch under way, and then sees all of it.
TEST_P(StoreBatch, holds_its_fence_until_it_is_durable) {
  const auto zombie = connect();
  Transaction in_flight = zombie->begin().value();
  EXPECT_TRUE(zombie->write(batch_of_two()).value().fence_held);
  std::int64_t seen = -1;
  std::thread takeover([&] {
    connection_->execute("DELETE FROM lease WHERE id = 7").value();
    seen = number(*connection_, "SELECT count(*) FROM journal");
  });
  in_flight.commit().value();
  takeover.join();
  EXPECT_EQ(seen, 2);
  EXPECT_FALSE(zombie->write(batch_of_two(RowWrite::Kind::kInsertMissing)).value().fence_held);
}

}  // namespace
}  // namespace tenon::store
