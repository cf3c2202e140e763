#pragma once

#include <tenon/error.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/address.h"
#include "store/batch.h"
#include "store/rows.h"
#include "store/value.h"

/// The SQL database of a node: SQLite in a file, or PostgreSQL.
///
/// **One dialect**, what SQLite 3.40 and PostgreSQL 13 both speak; every statement reaches the engine as it is written.
/// - Parameters are `$1`, `$2` …; values are always bound, never pasted. Where PostgreSQL can't tell a parameter's
/// type,
///   say it: `CAST($1 AS bigint)`.
/// - Types: `bigint`, `double precision`, `text`, `bytea`, `boolean`; `integer` and `smallint` for what is stored often
///   (PostgreSQL alone refuses what is out of their range). PostgreSQL refuses a value of another type when it is
///   written, SQLite's readers when it is read. `sum()` over `bigint` is cast to `bigint`, or PostgreSQL makes it
///   numeric.
/// - Times are `bigint`, microseconds since 1970 UTC. There are no sequences: numbers come in blocks from the table
///   `counter`.
/// - `INSERT … ON CONFLICT [(…)] DO NOTHING | DO UPDATE`, `RETURNING`, `UPDATE … FROM`, `WITH`, window functions,
///   partial and unique indexes, `LIMIT … OFFSET …` are there. No functions of one engine (no `now()`, no `json_…`), no
///   `FOR UPDATE` (a Batch has a fence instead), no `||` with NULL in mind: coalesce first.
/// - Every table has a primary key. (SQLite keeps it WITHOUT ROWID, so that its columns are NOT NULL as in PostgreSQL.)
///   A table that refers to itself, or tables that refer to each other, say `DEFERRABLE INITIALLY DEFERRED`.
/// - Unique constraints that code asks about are made by `CREATE UNIQUE INDEX name`; a violation then carries this name
///   on both engines. Unnamed ones are called as PostgreSQL does: `node_pkey`, `chain_run_start_key_key`.
namespace tenon::store {

class Connection;

/// A transaction of a connection. Rolled back if it goes without a commit. Must not outlive its connection; used by the
/// thread that uses the connection.
///
/// A statement that fails fails the transaction: all later ones, and the commit, answer STORE.1009.
class Transaction {
 public:
  Transaction(Transaction&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction() { rollback(); }

  /// Makes all of it durable. After an error nothing of it is kept, except that after STORE.1002 it is not known.
  [[nodiscard]] Result<void> commit();
  /// Forgets all of it. Has no effect the second time.
  void rollback() noexcept;

 private:
  friend class Connection;
  explicit Transaction(Connection& connection) : connection_(&connection) {}
  Connection* connection_;
};

enum class Access {
  /// Begins by becoming the one writer (SQLite), which it waits for. On PostgreSQL statements see what others have
  /// committed before them (READ COMMITTED).
  kWrite,
  /// All statements see one state of the database, and none may write.
  kRead
};

/// What there is in the database about one table.
struct TableInfo {
  std::string name;
  std::vector<std::string> columns;
  /// Tables that its foreign keys refer to; itself left out.
  std::vector<std::string> refers_to;
};

/// A connection to the store, owned by one thread at a time. Statements are prepared once and kept.
///
/// Outside a transaction each call is one of its own, durable when it returns. No call throws but for lack of memory
/// and what a visitor throws.
class Connection {
 public:
  using Visitor = std::function<Result<void>(const Row&)>;

  virtual ~Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// Executes one statement; how many rows it inserted, changed or deleted.
  [[nodiscard]] Result<std::uint64_t> execute(std::string_view sql, const Parameters& parameters = {});
  /// Executes one statement that gives rows: SELECT, or one with RETURNING. All rows are in memory: read large tables
  /// in parts, or with `for_each`.
  [[nodiscard]] Result<Rows> query(std::string_view sql, const Parameters& parameters = {});
  /// The same, row by row; stops at the first error of the visitor and returns it. The visitor must not use this
  /// connection.
  [[nodiscard]] Result<void> for_each(std::string_view sql, const Parameters& parameters, const Visitor& visitor);
  /// Writes a batch: on PostgreSQL one statement and one round trip, on SQLite one prepared statement for each write. A
  /// transaction of its own if none is open.
  [[nodiscard]] Result<BatchOutcome> write(const Batch& batch);
  /// Inserts rows; how many.
  [[nodiscard]] Result<std::uint64_t> insert_rows(std::string_view table, std::vector<std::string_view> columns,
                                                  std::vector<Parameter> values,
                                                  RowWrite::Kind kind = RowWrite::Kind::kInsert);
  /// Executes statements without parameters, separated by `;`, as migrations have them. In a transaction only.
  [[nodiscard]] Result<void> run_script(std::string_view sql);

  [[nodiscard]] Result<Transaction> begin(Access access = Access::kWrite);
  [[nodiscard]] bool in_transaction() const noexcept { return in_transaction_; }

  /// Waits until no other node changes the schema; until the end of the transaction, which must be a write.
  [[nodiscard]] Result<void> lock_schema();
  /// The tables, by name.
  [[nodiscard]] Result<std::vector<TableInfo>> tables();
  /// What the database takes on its disk.
  [[nodiscard]] Result<std::uint64_t> size_in_bytes();

  /// Lost: every call answers STORE.1002. Ask the store for another one.
  [[nodiscard]] virtual bool broken() const noexcept = 0;

 protected:
  Connection() = default;
  virtual Result<std::uint64_t> do_execute(std::string_view sql, const Parameters& parameters) = 0;
  virtual Result<Rows> do_query(std::string_view sql, const Parameters& parameters) = 0;
  virtual Result<void> do_for_each(std::string_view sql, const Parameters& parameters, const Visitor& visitor) = 0;
  virtual Result<BatchOutcome> do_write(const Batch& batch) = 0;
  virtual Result<void> do_run_script(std::string_view sql) = 0;
  virtual Result<void> do_begin(Access access) = 0;
  virtual Result<void> do_commit() = 0;
  virtual void do_rollback() noexcept = 0;
  virtual Result<void> do_lock_schema() = 0;
  virtual Result<std::vector<TableInfo>> do_tables() = 0;
  virtual Result<std::uint64_t> do_size_in_bytes() = 0;

 private:
  friend class Transaction;
  template <class Call>
  auto guarded(const Call& call) -> decltype(call());
  [[nodiscard]] Result<void> check_parameters(const Parameters& parameters) const;
  Result<void> commit();
  void rollback() noexcept;

  bool in_transaction_ = false;
  bool failed_ = false;
};

struct StoreOptions {
  enum class Use {
    /// Creates a SQLite file that is not there, checks it, and keeps other processes out.
    kOwner,
    /// Reads alone, beside an owner. A file that is not there is STORE.1001.
    kReader
  };
  Use use = Use::kOwner;
  /// Take a server whose settings may lose what it has acknowledged.
  bool allow_unsafe = false;
  /// How long a statement waits for locks before it is STORE.1003.
  std::chrono::milliseconds busy_timeout{5000};
  /// SQLite: the most the file may grow to, in pages of 4 KiB; 0 is no limit.
  std::uint32_t max_pages = 0;
};

/// A store that is open. Any thread may ask it for connections.
class Store {
 public:
  virtual ~Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  /// `sqlite` or `postgresql`.
  [[nodiscard]] virtual std::string engine() const = 0;
  /// The file, or host and database. Without secrets.
  [[nodiscard]] virtual std::string place() const = 0;
  /// A new connection. The store must outlive it.
  [[nodiscard]] virtual Result<std::unique_ptr<Connection>> connect() = 0;

 protected:
  Store() = default;
};

/// Opens the store and makes sure that it can serve. Errors: STORE.1001, 1006, 1010, 1012, 1013.
///
/// SQLite: the file must be Tenon's and sound (`PRAGMA quick_check`); WAL, FULL: a commit is on the disk.
/// PostgreSQL: the server must be 13 or later, in UTF-8, a primary, with `fsync`, `full_page_writes` and
/// `synchronous_commit` on. Each later connection checks this again.
[[nodiscard]] Result<std::unique_ptr<Store>> open_store(const Address& address, const StoreOptions& options = {});

}  // namespace tenon::store
