#include "store/plugin_store.h"

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include "store_fixture.h"

namespace tenon::store {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PluginStoreTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped()) return;
    make(
        "CREATE TABLE paint (name text PRIMARY KEY, whole bigint, real double precision, yes boolean, raw bytea, "
        "note text)");
    host_ = std::make_unique<PluginStore>(*store_);
  }
  Result<void> add(const std::string& name) {
    return host_->transaction([&](StoreTransaction& store) { return insert(store, name); });
  }
  static Result<void> insert(StoreTransaction& store, const std::string& name) {
    const auto inserted = store.execute("INSERT INTO paint (name) VALUES ($1)", {name});
    return inserted ? Result<void>() : inserted.error();
  }
  std::int64_t count() { return number(*connection_, "SELECT count(*) FROM paint"); }

  std::unique_ptr<PluginStore> host_;
};

TENON_BOTH_ENGINES(PluginStoreTest);

TEST_P(PluginStoreTest, gives_back_values_of_every_type_as_they_were) {
  StoreRows rows;
  host_
      ->transaction([&](StoreTransaction& store) -> Result<void> {
        (void)store
            .execute("INSERT INTO paint (name, whole, real, yes, raw, note) VALUES ($1, $2, $3, $4, $5, $6)",
                     {"red", INT64_MIN, 2.5, true, StoreBytes{std::string("\0\xff", 2)}, nullptr})
            .value();
        rows = store.query("SELECT * FROM paint").value();
        return {};
      })
      .value();
  EXPECT_THAT(rows.columns(), ElementsAre("name", "whole", "real", "yes", "raw", "note"));
  const StoreRow row = rows.only();
  EXPECT_EQ(row.get<std::string>("name"), "red");
  EXPECT_EQ(row.get<std::int64_t>("whole"), INT64_MIN);
  EXPECT_EQ(row.get<double>("real"), 2.5);
  EXPECT_EQ(row.get<bool>("yes"), true);
  EXPECT_EQ(row.get<StoreBytes>("raw").bytes, std::string("\0\xff", 2));
  EXPECT_EQ(row.get<std::optional<std::string>>("note"), std::nullopt);
  EXPECT_TRUE(row["note"].is_null());
}

TEST_P(PluginStoreTest, keeps_what_a_transaction_did_when_it_returns) {
  add("red").value();
  EXPECT_EQ(count(), 1);
}

TEST_P(PluginStoreTest, forgets_what_a_transaction_did_if_it_gives_an_error) {
  const Result<void> done = host_->transaction([&](StoreTransaction& store) -> Result<void> {
    insert(store, "red").value();
    return make_error("TEST.1", "told to fail");
  });
  EXPECT_EQ(done.error().code, "TEST.1");
  EXPECT_EQ(count(), 0);
}

TEST_P(PluginStoreTest, forgets_what_a_transaction_did_if_it_throws_and_can_be_used_again) {
  const auto throws = [&](StoreTransaction& store) -> Result<void> {
    insert(store, "red").value();
    throw std::runtime_error("thrown");
  };
  EXPECT_THROW((void)host_->transaction(throws), std::runtime_error);
  EXPECT_EQ(count(), 0);
  add("red").value();
  EXPECT_EQ(count(), 1);
}

TEST_P(PluginStoreTest, forgets_a_transaction_that_hides_the_failure_of_a_statement) {
  const Result<void> done = host_->transaction([&](StoreTransaction& store) -> Result<void> {
    insert(store, "red").value();
    (void)insert(store, "red");
    return {};
  });
  EXPECT_EQ(done.error().code, kConstraintViolated);
  EXPECT_EQ(count(), 0);
}

TEST_P(PluginStoreTest, begins_anew_what_the_store_could_not_do_at_that_moment) {
  int calls = 0;
  const auto finish = [&](Connection&) -> Result<void> {
    return calls < 3 ? Result<void>(store_error(kBusy, "for the test")) : Result<void>();
  };
  const Result<void> done = host_->transaction_with(
      [&](StoreTransaction& store) {
        ++calls;
        return insert(store, "red");
      },
      finish);
  EXPECT_TRUE(done.ok());
  EXPECT_EQ(calls, 3);
  EXPECT_EQ(count(), 1);
}

TEST_P(PluginStoreTest, gives_up_after_a_few_attempts) {
  PluginStore host(*store_, {.attempts = 3, .backoff = 1ms});
  int calls = 0;
  const Result<void> done = host.transaction_with(
      [&](StoreTransaction&) -> Result<void> {
        ++calls;
        return {};
      },
      [](Connection&) -> Result<void> { return store_error(kUnreachable, "for the test"); });
  EXPECT_EQ(done.error().code, kUnreachable);
  EXPECT_EQ(calls, 3);
}

TEST_P(PluginStoreTest, does_not_repeat_what_is_refused_for_good) {
  int calls = 0;
  const Result<void> done = host_->transaction([&](StoreTransaction&) -> Result<void> {
    ++calls;
    return store_error(kBusy, "not said by the store, but by the work");
  });
  EXPECT_FALSE(done.ok());
  EXPECT_EQ(calls, 1);
}

TEST_P(PluginStoreTest, keeps_a_plugins_work_and_the_nodes_together) {
  const auto work = [&](StoreTransaction& store) { return insert(store, "red"); };
  const Result<void> refused =
      host_->transaction_with(work, [](Connection&) -> Result<void> { return make_error("TEST.1", "no"); });
  EXPECT_EQ(refused.error().code, "TEST.1");
  EXPECT_EQ(count(), 0);
  host_
      ->transaction_with(work,
                         [](Connection& connection) -> Result<void> {
                           (void)connection.execute("INSERT INTO paint (name) VALUES ('blue')").value();
                           return {};
                         })
      .value();
  EXPECT_EQ(count(), 2);
}

TEST_P(PluginStoreTest, refuses_a_transaction_within_one_on_the_same_thread) {
  Result<void> inner;
  Result<void> reading;
  host_
      ->transaction([&](StoreTransaction&) -> Result<void> {
        inner = add("red");
        reading = host_->read([](StoreTransaction&) -> Result<void> { return {}; });
        return {};
      })
      .value();
  EXPECT_EQ(inner.error().code, kNested);
  EXPECT_EQ(reading.error().code, kNested);
  EXPECT_TRUE(add("red").ok()) << "afterwards it is free again";
}

TEST_P(PluginStoreTest, reads_one_state_whatever_others_write_and_writes_nothing) {
  add("red").value();
  std::int64_t before = 0;
  std::int64_t after = 0;
  const auto counted = [](StoreTransaction& store) {
    return store.query("SELECT count(*) AS n FROM paint").value().only().get<std::int64_t>("n");
  };
  host_
      ->read([&](StoreTransaction& store) -> Result<void> {
        before = counted(store);
        std::async(std::launch::async, [&] { add("blue").value(); }).get();
        after = counted(store);
        return {};
      })
      .value();
  EXPECT_EQ(before, 1);
  EXPECT_EQ(after, 1);
  EXPECT_FALSE(host_->read([&](StoreTransaction& store) { return insert(store, "green"); }).ok());
  EXPECT_EQ(count(), 2);
}

TEST_P(PluginStoreTest, says_when_others_keep_all_its_connections) {
  PluginStore host(*store_, {.connections = 1, .patience = 1ms, .attempts = 1});
  Result<void> other;
  host.read([&](StoreTransaction&) -> Result<void> {
        other = std::async(std::launch::async, [&] {
                  return host.read([](StoreTransaction&) -> Result<void> { return {}; });
                }).get();
        return {};
      })
      .value();
  EXPECT_EQ(other.error().code, kBusy);
  EXPECT_THAT(other.error().details, HasSubstr("all 1 connections"));
}

class PluginsOnPostgres : public PluginStoreTest {};
INSTANTIATE_TEST_SUITE_P(On, PluginsOnPostgres, ::testing::Values("postgresql"));

TEST_P(PluginsOnPostgres, go_on_with_new_connections_when_the_server_has_closed_theirs) {
  add("red").value();
  connection_
      ->query(
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
          "AND datname = current_database()")
      .value();
  add("blue").value();
  EXPECT_EQ(count(), 2);
}

TEST(StoreValue, refuses_a_number_that_a_bigint_has_not) {
  EXPECT_THROW(StoreValue(std::uint64_t{1} << 63), Error);
  EXPECT_EQ(std::get<std::int64_t>(StoreValue(std::uint32_t{7}).data()), 7);
  EXPECT_TRUE(StoreValue(std::optional<std::string>()).is_null());
}

TEST(StoreRow, says_which_column_is_not_as_it_is_asked_for) {
  const StoreRows rows({"a", "b"}, {StoreValue(70000), StoreValue()});
  const auto message = [](const auto& get) -> std::string {
    try {
      (void)get();
      return "none";
    } catch (const Error& e) {
      return e.error().details;
    }
  };
  EXPECT_EQ(message([&] { return rows[0].get<std::uint16_t>("a"); }), "column a: expected a number that fits");
  EXPECT_EQ(message([&] { return rows[0].get<std::string>("a"); }), "column a: expected text");
  EXPECT_EQ(message([&] { return rows[0].get<std::string>("b"); }), "column b: expected text, found NULL");
  EXPECT_EQ(message([&] { return rows[0].get<std::string>("c"); }), "there is no column 'c'");
  EXPECT_EQ(message([&] { return StoreRows().only().get<bool>("a"); }), "expected one row, found 0");
}

}  // namespace
}  // namespace tenon::store
