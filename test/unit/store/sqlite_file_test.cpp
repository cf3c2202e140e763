#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "store_fixture.h"

namespace tenon::store {
namespace {

using ::testing::HasSubstr;

class SqliteFile : public ::testing::Test {
 protected:
  [[nodiscard]] Result<std::unique_ptr<Store>> open(StoreOptions options = {}) const {
    return open_store(Address{Address::Engine::kSqlite, file_}, options);
  }
  /// A store with a table of some pages.
  void fill() const {
    const auto store = open().value();
    const auto connection = store->connect().value();
    Transaction transaction = connection->begin().value();
    connection->run_script("CREATE TABLE item (id bigint PRIMARY KEY, words text)").value();
    const std::string words(500, 'x');
    for (int i = 0; i < 200; ++i) connection->execute("INSERT INTO item VALUES ($1, $2)", {i, words}).value();
    transaction.commit().value();
  }
  void overwrite(std::streamoff at, const std::string& bytes) const {
    std::fstream out(file_, std::ios::in | std::ios::out | std::ios::binary);
    out.seekp(at);
    out << bytes;
  }
  /// Opening fails with this, and the file stays as it is.
  void expect_refused(const std::string& code, const std::string& why, StoreOptions options = {}) const {
    const std::string before = test::read_file(file_);
    const auto refused = open(options);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().code, code);
    EXPECT_THAT(refused.error().details, HasSubstr(why));
    EXPECT_THAT(refused.error().details, HasSubstr(file_));
    EXPECT_TRUE(test::read_file(file_) == before) << "it was written to";
  }

  test::TempFolder folder_;
  std::string file_ = folder_.path() / "tenon.db";
};

TEST_F(SqliteFile, is_durable_at_each_commit) {
  const auto store = open().value();
  EXPECT_EQ(store->engine(), "sqlite");
  EXPECT_EQ(store->place(), file_);
  const auto connection = store->connect().value();
  EXPECT_EQ(connection->query("PRAGMA journal_mode").value()[0].text(0), "wal");
  EXPECT_EQ(number(*connection, "PRAGMA synchronous"), 2) << "FULL";
  EXPECT_EQ(number(*connection, "PRAGMA foreign_keys"), 1);
}

TEST_F(SqliteFile, keeps_what_was_committed) {
  fill();
  const auto store = open().value();
  EXPECT_EQ(number(*store->connect().value(), "SELECT count(*) FROM item"), 200);
  EXPECT_GT(store->connect().value()->size_in_bytes().value(), 100'000U);
}

TEST_F(SqliteFile, that_is_damaged_is_refused_and_left_alone) {
  fill();
  overwrite(3 * 4096, std::string(4096, '\x5a'));
  expect_refused("STORE.1006", "");
}

TEST_F(SqliteFile, that_was_cut_off_is_refused) {
  fill();
  std::filesystem::resize_file(file_, 5 * 4096 + 17);
  expect_refused("STORE.1006", "");
}

TEST_F(SqliteFile, that_is_empty_is_refused_as_long_as_its_log_is_there) {
  fill();
  std::string log;
  {
    const auto store = open().value();
    const auto connection = store->connect().value();
    connection->execute("INSERT INTO item VALUES (1000, 'in the log')").value();
    log = test::read_file(file_ + "-wal");
  }
  ASSERT_FALSE(log.empty());
  folder_.write("tenon.db-wal", log);
  std::filesystem::resize_file(file_, 0);
  expect_refused("STORE.1006", "it is empty or gone, but " + file_ + "-wal is there");
  std::filesystem::remove(file_);
  EXPECT_EQ(open().error().code, "STORE.1006");
  EXPECT_TRUE(test::read_file(file_ + "-wal") == log) << "the log was written to";
}

TEST_F(SqliteFile, that_is_found_damaged_while_it_is_used_says_so) {
  fill();
  const auto store = open().value();
  const auto connection = store->connect().value();
  for (int page = 2; page < 20; ++page) overwrite(page * 4096, std::string(4096, '\x5a'));
  const auto found = connection->query("SELECT * FROM item");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, "STORE.1006");
}

TEST_F(SqliteFile, that_is_none_of_sqlite_is_refused) {
  folder_.write("tenon.db",
                "a letter to my friends, which is of more than a hundred bytes, because the header of a "
                "file of SQLite has as many");
  expect_refused("STORE.1006", "file is not a database");
}

TEST_F(SqliteFile, of_another_program_is_refused) {
  sqlite3* database = nullptr;
  ASSERT_EQ(::sqlite3_open(file_.c_str(), &database), SQLITE_OK);
  ASSERT_EQ(::sqlite3_exec(database, "CREATE TABLE theirs (x)", nullptr, nullptr, nullptr), SQLITE_OK);
  ::sqlite3_close(database);
  expect_refused("STORE.1006", "a SQLite database, but not Tenon's");
}

TEST_F(SqliteFile, of_a_newer_format_is_refused) {
  fill();
  overwrite(60, std::string("\0\0\0\7", 4));
  expect_refused("STORE.1006", "expected format 1, found 7: a newer Tenon has made it");
}

TEST_F(SqliteFile, that_is_a_folder_is_refused) {
  std::filesystem::create_directory(file_);
  EXPECT_EQ(open().error().code, "STORE.1006");
}

TEST_F(SqliteFile, in_a_folder_that_there_is_not_says_so) {
  file_ = folder_.path() / "none" / "tenon.db";
  EXPECT_THAT(open().error().to_string(), HasSubstr("none/tenon.db.lock: No such file or directory"));
}

TEST_F(SqliteFile, has_one_owner) {
  const auto owner = open().value();
  const pid_t other = ::fork();
  if (other == 0) ::_exit(open().ok() ? 1 : 0);
  int status = -1;
  ::waitpid(other, &status, 0);
  EXPECT_EQ(status, 0) << "another process could open it";
  const auto second = open();
  EXPECT_EQ(second.error().to_string(), "STORE.1012: another process uses the store: " + file_ + ".lock (process " +
                                            std::to_string(::getpid()) + ")");
}

TEST_F(SqliteFile, has_one_owner_by_whatever_name) {
  fill();
  const auto owner = open().value();
  const std::string link = folder_.path() / "link.db";
  std::filesystem::create_symlink(file_, link);
  EXPECT_EQ(open_store(Address{Address::Engine::kSqlite, link}).error().code, "STORE.1012");
}

TEST_F(SqliteFile, is_read_beside_its_owner_and_not_written) {
  EXPECT_EQ(open({.use = StoreOptions::Use::kReader}).error().code, "STORE.1001") << "there is none";
  EXPECT_FALSE(std::filesystem::exists(file_));
  fill();
  const auto owner = open().value();
  const auto writer = owner->connect().value();
  const auto reader = open({.use = StoreOptions::Use::kReader}).value()->connect().value();
  writer->execute("INSERT INTO item VALUES (1000, 'new')").value();
  EXPECT_EQ(number(*reader, "SELECT count(*) FROM item"), 201);
  EXPECT_FALSE(reader->execute("DELETE FROM item").ok());
}

TEST_F(SqliteFile, that_can_grow_no_more_fails_the_transaction_and_serves_on) {
  fill();
  const auto store = open({.max_pages = 60}).value();
  const auto connection = store->connect().value();
  const std::string large(200'000, 'x');
  const auto full = connection->execute("INSERT INTO item VALUES (1000, $1)", {large});
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().code, "STORE.1005");
  EXPECT_TRUE(is_transient(full.error()));
  {
    Transaction transaction = connection->begin().value();
    connection->execute("INSERT INTO item VALUES (1001, 'small')").value();
    EXPECT_EQ(connection->execute("INSERT INTO item VALUES (1002, $1)", {large}).error().code, "STORE.1005");
    EXPECT_EQ(transaction.commit().error().code, "STORE.1009");
  }
  EXPECT_EQ(number(*connection, "SELECT count(*) FROM item"), 200);
  connection->execute("INSERT INTO item VALUES (1003, 'small')").value();
}

TEST_F(SqliteFile, keeps_committed_rows_when_its_process_is_killed) {
  fill();
  const pid_t other = ::fork();
  if (other == 0) {
    const auto store = open().value();
    const auto connection = store->connect().value();
    connection->execute("INSERT INTO item VALUES (1000, 'committed')").value();
    const Transaction open_one = connection->begin().value();
    connection->execute("INSERT INTO item VALUES (1001, 'not')").value();
    ::kill(::getpid(), SIGKILL);
  }
  ::waitpid(other, nullptr, 0);
  const auto store = open().value();
  const auto connection = store->connect().value();
  EXPECT_EQ(number(*connection, "SELECT count(*) FROM item WHERE id >= 1000"), 1);
}

}  // namespace
}  // namespace tenon::store
