#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>

#include "bench/durable/protocol.h"

namespace tenon::bench {
namespace {

constexpr const char* kTables = R"sql(
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE run (id integer PRIMARY KEY, definition int, state int, updated int, input blob);
  CREATE INDEX run_live ON run (state) WHERE state < 8;
  CREATE TABLE journal (
    run integer NOT NULL, seq integer NOT NULL, kind int, step int, at int, data blob, PRIMARY KEY (run, seq)
  ) WITHOUT ROWID;
)sql";

constexpr std::array<char, 42> kData{};
constexpr int kInputSize = 16;

class SqliteProtocol final : public Protocol {
 public:
  explicit SqliteProtocol(const std::string& file) {
    sqlite3* opened = nullptr;
    const int status = ::sqlite3_open(file.c_str(), &opened);
    database_.reset(opened);
    if (status != SQLITE_OK || ::sqlite3_exec(opened, kTables, nullptr, nullptr, nullptr) != SQLITE_OK) fail();
    begin_ = prepare("BEGIN IMMEDIATE");
    commit_ = prepare("COMMIT");
    start_ = prepare("INSERT INTO run VALUES (?, 1, 1, 0, ?)");
    done_ = prepare("INSERT INTO journal VALUES (?, ?, 2, ?, 0, ?)");
    close_ = prepare("UPDATE run SET state = 8, updated = 1 WHERE id = ?");
  }

  void cohort(std::int64_t first, int runs) override {
    step(begin_);
    for (int i = 0; i < runs; ++i) {
      ::sqlite3_bind_int64(start_.get(), 1, first + i);
      ::sqlite3_bind_blob(start_.get(), 2, kData.data(), kInputSize, SQLITE_STATIC);
      step(start_);
    }
    step(commit_);
    for (int done = 1; done <= kSteps; ++done) {
      step(begin_);
      for (int i = 0; i < runs; ++i) {
        ::sqlite3_bind_int64(done_.get(), 1, first + i);
        ::sqlite3_bind_int(done_.get(), 2, done);
        ::sqlite3_bind_int(done_.get(), 3, done);
        ::sqlite3_bind_blob(done_.get(), 4, kData.data(), static_cast<int>(kData.size()), SQLITE_STATIC);
        step(done_);
        if (done < kSteps) continue;
        ::sqlite3_bind_int64(close_.get(), 1, first + i);
        step(close_);
      }
      step(commit_);
    }
  }

 private:
  struct Deleter {
    void operator()(sqlite3* database) const { ::sqlite3_close(database); }
    void operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }
  };
  using Statement = std::unique_ptr<sqlite3_stmt, Deleter>;

  Statement prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (::sqlite3_prepare_v3(database_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, nullptr) != SQLITE_OK) {
      fail();
    }
    return Statement(statement);
  }

  void step(const Statement& statement) {
    if (::sqlite3_step(statement.get()) != SQLITE_DONE) fail();
    ::sqlite3_reset(statement.get());
  }

  [[noreturn]] void fail() const { throw std::runtime_error(::sqlite3_errmsg(database_.get())); }

  std::unique_ptr<sqlite3, Deleter> database_;
  Statement begin_;
  Statement commit_;
  Statement start_;
  Statement done_;
  Statement close_;
};

}  // namespace

std::unique_ptr<Protocol> sqlite_protocol(const std::string& file) { return std::make_unique<SqliteProtocol>(file); }

}  // namespace tenon::bench
