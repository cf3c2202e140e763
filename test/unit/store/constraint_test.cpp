#include "store_fixture.h"

namespace tenon::store {
namespace {

class StoreConstraint : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    make(
        "CREATE TABLE host (id bigint PRIMARY KEY, name text NOT NULL, serial text UNIQUE,\n"
        "  cores bigint CONSTRAINT host_has_cores CHECK (cores > 0));\n"
        "CREATE UNIQUE INDEX host_by_name ON host (name, cores);\n"
        "CREATE TABLE disk (host bigint NOT NULL REFERENCES host (id), slot bigint, PRIMARY KEY (host, slot));\n"
        "INSERT INTO host VALUES (1, 'a', 'x', 4);\n"
        "INSERT INTO disk VALUES (1, 1)");
  }
  ErrorCode violation(std::string_view sql) {
    const auto result = connection_->execute(sql);
    EXPECT_FALSE(result.ok()) << sql;
    EXPECT_EQ(result.error().code, "STORE.1004") << result.error().to_string();
    EXPECT_FALSE(is_transient(result.error()));
    return result.error();
  }
};
TENON_BOTH_ENGINES(StoreConstraint);

TEST_P(StoreConstraint, is_named_alike_on_both_engines) {
  EXPECT_EQ(fact(violation("INSERT INTO host VALUES (2, 'a', 'y', 4)"), "constraint"), "host_by_name");
  EXPECT_EQ(fact(violation("INSERT INTO host VALUES (1, 'b', 'y', 4)"), "constraint"), "host_pkey");
  EXPECT_EQ(fact(violation("INSERT INTO host VALUES (2, 'b', 'x', 4)"), "constraint"), "host_serial_key");
  EXPECT_EQ(fact(violation("INSERT INTO disk VALUES (1, 1)"), "constraint"), "disk_pkey");
  EXPECT_EQ(fact(violation("UPDATE host SET cores = 0"), "constraint"), "host_has_cores");
}

TEST_P(StoreConstraint, tells_its_kind) {
  EXPECT_EQ(fact(violation("INSERT INTO host VALUES (1, 'b', 'y', 4)"), "kind"), "unique");
  EXPECT_EQ(fact(violation("UPDATE host SET cores = 0"), "kind"), "check");
  EXPECT_EQ(fact(violation("DELETE FROM host"), "kind"), "foreign key");
  EXPECT_EQ(fact(violation("INSERT INTO disk VALUES (9, 1)"), "kind"), "foreign key");
  const ErrorCode missing = violation("UPDATE host SET name = NULL");
  EXPECT_EQ(fact(missing, "kind"), "not null");
  EXPECT_EQ(fact(missing, "table"), "host");
  EXPECT_EQ(fact(missing, "columns"), "name");
}

TEST_P(StoreConstraint, keeps_null_out_of_primary_keys) {
  EXPECT_EQ(fact(violation("INSERT INTO disk VALUES (1, NULL)"), "kind"), "not null");
}

TEST_P(StoreConstraint, of_a_batch_is_named_too) {
  const auto failed = connection_->insert_rows("host", {"id", "name", "cores"}, {2, "b", 1, 3, "a", 4});
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(fact(failed.error(), "constraint"), "host_by_name");
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM host"), 1);
}

TEST_P(StoreConstraint, that_is_deferred_is_looked_at_when_the_transaction_commits) {
  make("CREATE TABLE part (id bigint PRIMARY KEY, whole bigint REFERENCES part (id) DEFERRABLE INITIALLY DEFERRED)");
  EXPECT_TRUE(connection_->insert_rows("part", {"id", "whole"}, {1, 2, 2, nullptr}).ok());
  Transaction transaction = connection_->begin().value();
  connection_->execute("INSERT INTO part VALUES (3, 4)").value();
  const auto refused = transaction.commit();
  EXPECT_EQ(refused.error().code, "STORE.1004");
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM part"), 2);
}

}  // namespace
}  // namespace tenon::store
