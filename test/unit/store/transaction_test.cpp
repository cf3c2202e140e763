#include <atomic>
#include <thread>

#include "store_fixture.h"

namespace tenon::store {
namespace {

class StoreTransaction : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    make(
        "CREATE TABLE account (id bigint PRIMARY KEY, amount bigint NOT NULL);\n"
        "INSERT INTO account VALUES (1, 100), (2, 0)");
  }
  std::int64_t amount(Connection& connection, int id) {
    return connection.query("SELECT amount FROM account WHERE id = $1", {id}).value()[0].integer(0);
  }
};
TENON_BOTH_ENGINES(StoreTransaction);

TEST_P(StoreTransaction, is_seen_by_others_when_it_has_committed) {
  const auto other = connect();
  Transaction transaction = connection_->begin().value();
  EXPECT_TRUE(connection_->in_transaction());
  connection_->execute("UPDATE account SET amount = 60 WHERE id = 1").value();
  EXPECT_EQ(amount(*other, 1), 100);
  transaction.commit().value();
  EXPECT_FALSE(connection_->in_transaction());
  EXPECT_EQ(amount(*other, 1), 60);
  EXPECT_EQ(transaction.commit().error().code, "STORE.1009") << "it has ended";
}

TEST_P(StoreTransaction, that_goes_without_a_commit_is_undone) {
  {
    const Transaction transaction = connection_->begin().value();
    connection_->execute("UPDATE account SET amount = 0").value();
  }
  EXPECT_EQ(amount(*connection_, 1), 100);
  EXPECT_FALSE(connection_->in_transaction());
}

TEST_P(StoreTransaction, fails_as_a_whole_with_its_first_failure) {
  Transaction transaction = connection_->begin().value();
  connection_->execute("UPDATE account SET amount = 0").value();
  EXPECT_EQ(connection_->execute("INSERT INTO account VALUES (1, 1)").error().code, "STORE.1004");
  EXPECT_EQ(connection_->query("SELECT 1").error().code, "STORE.1009");
  EXPECT_EQ(transaction.commit().error().code, "STORE.1009");
  EXPECT_EQ(amount(*connection_, 1), 100);
  connection_->begin().value().commit().value();
}

TEST_P(StoreTransaction, is_not_nested) {
  const Transaction transaction = connection_->begin().value();
  EXPECT_EQ(connection_->begin().error().code, "STORE.1009");
}

TEST_P(StoreTransaction, that_reads_sees_one_state_and_writes_nothing) {
  const auto other = connect();
  Transaction reading = connection_->begin(Access::kRead).value();
  EXPECT_EQ(amount(*connection_, 1), 100);  // the state is that of the first statement
  other->execute("UPDATE account SET amount = 1 WHERE id = 1").value();
  EXPECT_EQ(amount(*connection_, 1), 100);
  EXPECT_FALSE(connection_->execute("UPDATE account SET amount = 2 WHERE id = 1").ok());
  reading.rollback();
  EXPECT_EQ(amount(*connection_, 1), 1);
  connection_->execute("UPDATE account SET amount = 2 WHERE id = 1").value();
}

TEST_P(StoreTransaction, waits_for_its_turn_and_no_longer_than_it_is_told) {
  open({.busy_timeout = std::chrono::milliseconds(50)});
  const auto other = connect();
  const Transaction transaction = connection_->begin().value();
  connection_->execute("UPDATE account SET amount = 1 WHERE id = 1").value();
  const auto refused = other->execute("UPDATE account SET amount = 2 WHERE id = 1");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, "STORE.1003");
  EXPECT_TRUE(is_transient(refused.error()));
}

TEST_P(StoreTransaction, of_many_writers_lose_nothing) {
  constexpr int kThreads = 4;
  constexpr int kTimes = 50;
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&failures, mine = connect()] {
      for (int n = 0; n < kTimes; ++n) {
        Transaction transaction = mine->begin().value();
        mine->execute("UPDATE account SET amount = amount + 1 WHERE id = 2").value();
        if (!transaction.commit()) ++failures;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(amount(*connection_, 2), kThreads * kTimes);
}

}  // namespace
}  // namespace tenon::store
