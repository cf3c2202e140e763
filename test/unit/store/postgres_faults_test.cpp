#include "store_fixture.h"

namespace tenon::store {
namespace {

using ::testing::HasSubstr;

class PostgresFaults : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    make("CREATE TABLE item (id bigint PRIMARY KEY)");
  }
  [[nodiscard]] ErrorCode refusal(StoreOptions options = {}) const {
    const auto opened = open_store(parse_address(address_).value(), options);
    return opened.ok() ? make_error("none", "opened") : opened.error();
  }
  void restart(const std::vector<std::string>& settings = {}) {
    connection_.reset();
    server().kill();
    server().start(settings);
  }
};
INSTANTIATE_TEST_SUITE_P(On, PostgresFaults, ::testing::Values("postgresql"), [](const auto& it) { return it.param; });

TEST_P(PostgresFaults, serves_over_tcp_and_tells_where_it_is) {
  EXPECT_EQ(store_->engine(), "postgresql");
  address_ = test::PostgresServer::over_tcp(address_);
  open();
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM item"), 0);
  EXPECT_THAT(store_->place(), HasSubstr("host=127.0.0.1 port="));
}

TEST_P(PostgresFaults, is_spoken_to_in_secret_and_only_by_the_name_that_it_proves) {
  address_ = test::PostgresServer::over_tcp(address_);
  address_ += " sslmode=verify-full sslrootcert=";
  const std::string own = server().make_certificate("own");
  const std::string other = server().make_certificate("other");
  const std::string plain = address_;
  address_ = plain + own;
  EXPECT_THAT(refusal().details, HasSubstr("server does not support SSL"));
  restart(test::PostgresServer::tls_settings(own));
  open();
  EXPECT_EQ(number(*connection_, "SELECT CAST(ssl AS integer) FROM pg_stat_ssl WHERE pid = pg_backend_pid()"), 1);
  address_ = plain + other;
  EXPECT_EQ(refusal().code, "STORE.1001");
  EXPECT_THAT(refusal().details, HasSubstr("certificate verify failed"));
  restart();
}

TEST_P(PostgresFaults, are_told_by_their_codes) {
  const std::vector<std::pair<std::string, std::string>> codes{
      {"53100", "STORE.1005"}, {"40001", "STORE.1003"}, {"40P01", "STORE.1003"}, {"53300", "STORE.1001"},
      {"57014", "STORE.1003"}, {"58030", "STORE.1013"}, {"XX001", "STORE.1006"}, {"25006", "STORE.1010"},
      {"22003", "STORE.1008"}, {"23514", "STORE.1004"}, {"42P01", "STORE.1007"}};
  for (const auto& [state, code] : codes) {
    const auto failed =
        connection_->execute("DO $do$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '" + state + "'; END $do$");
    ASSERT_FALSE(failed.ok());
    EXPECT_EQ(failed.error().code, code) << state;
    EXPECT_EQ(fact(failed.error(), "sqlstate"), state);
    EXPECT_FALSE(connection_->broken()) << state;
  }
}

TEST_P(PostgresFaults, loses_no_committed_row_when_the_server_is_killed) {
  const auto other = connect();
  connection_->execute("INSERT INTO item VALUES (1)").value();
  Transaction transaction = other->begin().value();
  other->execute("INSERT INTO item VALUES (2)").value();
  server().kill();

  const auto lost = connection_->execute("INSERT INTO item VALUES (3)");
  EXPECT_EQ(lost.error().code, "STORE.1002") << lost.error().to_string();
  EXPECT_TRUE(is_transient(lost.error()));
  EXPECT_TRUE(connection_->broken());
  EXPECT_EQ(transaction.commit().error().code, "STORE.1002");
  EXPECT_EQ(connection_->write(Batch{{}, {{RowWrite::Kind::kInsert, "item", {"id"}, {4}}}}).error().code, "STORE.1002");
  const auto unreachable = store_->connect();
  EXPECT_EQ(unreachable.error().code, "STORE.1001");
  EXPECT_TRUE(is_transient(unreachable.error()));

  server().start();
  EXPECT_EQ(connection_->execute("INSERT INTO item VALUES (5)").error().code, "STORE.1002")
      << "it is not mended by itself";
  const auto again = store_->connect().value();
  const Rows rows = again->query("SELECT id FROM item").value();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].integer(0), 1);
}

TEST_P(PostgresFaults, says_that_a_connection_is_lost_while_it_waits) {
  const auto other = connect();
  const std::int64_t backend = number(*connection_, "SELECT pg_backend_pid()");
  other->execute("SELECT pg_terminate_backend(CAST($1 AS integer))", {backend}).value();
  int seen = 0;
  const auto lost = connection_->for_each("SELECT id FROM item", {}, [&](const Row&) -> Result<void> {
    ++seen;
    return {};
  });
  EXPECT_EQ(lost.error().code, "STORE.1002");
  EXPECT_EQ(seen, 0);
  EXPECT_TRUE(connection_->broken());
}

TEST_P(PostgresFaults, refuses_a_server_that_may_lose_what_it_acknowledges) {
  for (const char* name : {"fsync", "synchronous_commit", "full_page_writes"}) {
    restart({std::string(name) + "=off"});
    const ErrorCode refused = refusal();
    EXPECT_EQ(refused.code, "STORE.1010") << name;
    EXPECT_THAT(refused.details, HasSubstr(std::string(name) + " is off"));
    EXPECT_THAT(refused.details, HasSubstr("tenon.store.allow_unsafe"));
    EXPECT_EQ(refusal({.allow_unsafe = true}).code, "none");
  }
  restart();
  EXPECT_EQ(refusal().code, "none");
}

TEST_P(PostgresFaults, tells_busy_from_broken_when_two_wait_for_each_other) {
  open({.busy_timeout = std::chrono::milliseconds(100)});
  const auto other = connect();
  connection_->execute("INSERT INTO item VALUES (1), (2)").value();
  const Transaction one = connection_->begin().value();
  Transaction two = other->begin().value();
  connection_->execute("UPDATE item SET id = 1 WHERE id = 1").value();
  const auto busy = other->execute("UPDATE item SET id = 1 WHERE id = 1");
  EXPECT_EQ(busy.error().code, "STORE.1003");
  EXPECT_TRUE(is_transient(busy.error()));
  EXPECT_FALSE(other->broken());
  two.rollback();
  EXPECT_EQ(number(*other, "SELECT count(*) FROM item"), 2);
}

TEST_P(PostgresFaults, says_why_it_is_not_let_in) {
  address_ += " dbname=nothing_here";
  EXPECT_EQ(refusal().code, "STORE.1001");
  EXPECT_THAT(refusal().details, HasSubstr("database \"nothing_here\" does not exist"));
  address_ = "host=127.0.0.1 port=1 dbname=x";
  EXPECT_THAT(refusal().details, HasSubstr("Connection refused"));
}

TEST_P(PostgresFaults, prepares_a_statement_again_when_its_table_has_changed) {
  const auto other = connect();
  EXPECT_EQ(other->query("SELECT * FROM item").value().columns().size(), 1U);
  make("ALTER TABLE item ADD COLUMN more bigint");
  auto again = other->query("SELECT * FROM item");
  if (!again.ok()) {
    EXPECT_TRUE(is_transient(again.error())) << again.error().to_string();
    again = other->query("SELECT * FROM item");
  }
  EXPECT_EQ(again.value().columns().size(), 2U);
}

}  // namespace
}  // namespace tenon::store
