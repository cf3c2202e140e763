#include "store_fixture.h"
#include "support/fragile_disk.h"

namespace tenon::store {
namespace {

/// SQLite on a disk that forgets with the power what was not synced.
class PowerLoss : public ::testing::Test {
 protected:
  void open() {
    store_ = open_store(Address{Address::Engine::kSqlite, folder_.path() / "tenon.db"}).value();
    connection_ = store_->connect().value();
  }
  void make_table() {
    Transaction transaction = connection_->begin().value();
    connection_->run_script("CREATE TABLE item (id bigint PRIMARY KEY, data bytea)").value();
    transaction.commit().value();
  }
  void lose_power() {
    disk_.cut_power();
    come_back();
  }
  void come_back(std::uint32_t seed = 0) {
    connection_.reset();
    store_.reset();
    disk_.restore_power(seed);
    open();
  }
  Result<BatchOutcome> write(std::int64_t first, std::int64_t rows, std::string_view data) {
    Batch batch;
    batch.writes.push_back({RowWrite::Kind::kInsert, "item", {"id", "data"}, {}});
    for (std::int64_t id = first; id < first + rows; ++id) {
      batch.writes[0].values.insert(batch.writes[0].values.end(), {id, Blob{data}});
    }
    return connection_->write(batch);
  }
  std::int64_t count() { return number(*connection_, "SELECT count(*) FROM item"); }

  test::FragileDisk disk_;
  test::TempFolder folder_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Connection> connection_;
};

TEST_F(PowerLoss, takes_no_batch_that_was_acknowledged_and_leaves_nothing_of_one_that_was_not) {
  const std::string large(100'000, 'x');
  open();
  make_table();
  for (std::uint32_t seed = 0; seed < 30; ++seed) {
    const std::int64_t first = seed * 1000;
    write(first, 20, "committed").value();
    {
      const Transaction open_one = connection_->begin().value();
      write(first + 500, 50, large).value();  // more than fits into the cache: it is in the file's log already
      disk_.cut_power();
    }
    come_back(seed);
    EXPECT_EQ(count(), (seed + 1) * 20) << "seed " << seed;
    EXPECT_EQ(number(*connection_, "SELECT count(*) FROM item WHERE length(data) > 9"), 0) << "seed " << seed;
  }
}

TEST_F(PowerLoss, at_any_sync_takes_nothing_that_was_acknowledged) {
  constexpr std::int64_t kRows = 10;
  const std::string data(3000, 'x');
  open();
  make_table();
  std::int64_t acknowledged = 0;
  for (std::uint32_t round = 0; round < 40; ++round) {
    // So that some of the syncs are those of a checkpoint, which moves the log into the file.
    connection_->query("PRAGMA wal_autocheckpoint = 40").value();
    disk_.cut_power(1 + round % 20);
    while (write(acknowledged, kRows, data).ok()) acknowledged += kRows;
    come_back(round);
    const std::int64_t found = count();
    // A commit that was not acknowledged may have reached the disk whole.
    EXPECT_TRUE(found == acknowledged || found == acknowledged + kRows) << found << " of " << acknowledged;
    acknowledged = found;
  }
}

/// The proof that the tests above could fail.
TEST_F(PowerLoss, takes_what_was_not_synced) {
  open();
  make_table();
  connection_->query("PRAGMA synchronous = OFF").value();
  write(0, 10, "gone").value();
  EXPECT_EQ(count(), 10);
  lose_power();
  EXPECT_EQ(count(), 0);
}

TEST_F(PowerLoss, is_an_error_to_those_at_work) {
  open();
  make_table();
  disk_.cut_power();
  const auto failed = write(0, 1, "x");
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code, "STORE.1013") << failed.error().to_string();
  come_back();
  EXPECT_EQ(count(), 0);
}

TEST_F(PowerLoss, costs_one_sync_for_each_batch) {
  open();
  make_table();
  write(0, 1, "the first one syncs the log's head as well").value();
  const std::size_t before = disk_.syncs();
  write(1, 512, "x").value();
  EXPECT_EQ(disk_.syncs(), before + 1);
}

TEST_F(PowerLoss, is_not_a_full_disk_which_fails_the_batch_and_serves_on) {
  open();
  make_table();
  disk_.set_full(true);
  const auto full = write(0, 10, "x");
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, "STORE.1005") << full.error().to_string();
  EXPECT_EQ(count(), 0);
  disk_.set_full(false);
  write(0, 10, "x").value();
  lose_power();
  EXPECT_EQ(count(), 10);
}

}  // namespace
}  // namespace tenon::store
