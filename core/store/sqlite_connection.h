#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

struct sqlite3;
struct sqlite3_stmt;

namespace tenon::store {

/// A connection to a SQLite file.
class SqliteConnection final : public Connection {
 public:
  /// Creates the file for an owner if it is not there.
  [[nodiscard]] static Result<std::unique_ptr<SqliteConnection>> open(const std::string& file,
                                                                      const StoreOptions& options);
  ~SqliteConnection() override;

  [[nodiscard]] bool broken() const noexcept override { return false; }

 protected:
  Result<std::uint64_t> do_execute(std::string_view sql, const Parameters& parameters) override;
  Result<Rows> do_query(std::string_view sql, const Parameters& parameters) override;
  Result<void> do_for_each(std::string_view sql, const Parameters& parameters, const Visitor& visitor) override;
  Result<BatchOutcome> do_write(const Batch& batch) override;
  Result<void> do_run_script(std::string_view sql) override;
  Result<void> do_begin(Access access) override;
  Result<void> do_commit() override;
  void do_rollback() noexcept override;
  Result<void> do_lock_schema() override { return {}; }
  Result<std::vector<TableInfo>> do_tables() override;
  Result<std::uint64_t> do_size_in_bytes() override;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  using Handle = std::unique_ptr<sqlite3_stmt, Finalize>;
  struct Statement {
    Handle handle;
    /// For each of the engine's parameters, which of ours it is.
    std::vector<std::size_t> sources;
    /// So many of ours.
    std::size_t parameters = 0;
  };
  /// Resets the statement when it goes.
  class Execution;

  SqliteConnection(sqlite3* database, std::string file) : database_(database), file_(std::move(file)) {}
  Result<Statement*> prepare(std::string_view sql);
  Result<void> bind(Statement& statement, std::string_view sql, const Parameters& parameters);
  /// Executes one with nothing to tell.
  Result<void> run(std::string_view sql);
  Result<BatchOutcome> write_rows(const Batch& batch);
  Result<std::uint64_t> write_table(const RowWrite& write);
  Result<void> run_piece(std::string_view piece);
  void end_reading() noexcept;
  [[nodiscard]] ErrorCode error(int code, std::string_view sql);
  void name_constraint(ErrorCode& error, int code, const std::string& message);

  sqlite3* database_;
  const std::string file_;
  /// The open transaction may not write.
  bool reading_ = false;
  std::map<std::string, Statement, std::less<>> statements_;
};

}  // namespace tenon::store
