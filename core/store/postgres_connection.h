#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/postgres_codec.h"
#include "store/store.h"

struct pg_conn;
struct pg_result;

namespace tenon::store {

/// A connection to a PostgreSQL server. Values travel in binary form.
class PostgresConnection final : public Connection {
 public:
  /// Connects, and checks that the server can be trusted with what it acknowledges.
  [[nodiscard]] static Result<std::unique_ptr<PostgresConnection>> open(const Address& address,
                                                                        const StoreOptions& options);
  ~PostgresConnection() override;

  [[nodiscard]] bool broken() const noexcept override;

 protected:
  Result<std::uint64_t> do_execute(std::string_view sql, const Parameters& parameters) override;
  Result<Rows> do_query(std::string_view sql, const Parameters& parameters) override;
  Result<void> do_for_each(std::string_view sql, const Parameters& parameters, const Visitor& visitor) override;
  Result<BatchOutcome> do_write(const Batch& batch) override;
  Result<void> do_run_script(std::string_view sql) override;
  Result<void> do_begin(Access access) override;
  Result<void> do_commit() override;
  void do_rollback() noexcept override;
  Result<void> do_lock_schema() override;
  Result<std::vector<TableInfo>> do_tables() override;
  Result<std::uint64_t> do_size_in_bytes() override;

 private:
  struct Clear {
    void operator()(pg_result* result) const;
  };
  using Answer = std::unique_ptr<pg_result, Clear>;
  struct Statement {
    std::string name;
    std::vector<TypeOid> parameters;
  };
  /// Parameters as libpq takes them.
  struct Bound {
    std::vector<std::string> texts;
    std::vector<bool> nulls;
  };

  explicit PostgresConnection(pg_conn* connection) : connection_(connection) {}
  Result<void> check_server(const StoreOptions& options);
  Result<Statement*> prepare(std::string_view sql);
  Result<Bound> bind(const Statement& statement, std::string_view sql, const Parameters& parameters) const;
  Result<Answer> execute_bound(const Statement& statement, std::string_view sql, const Bound& bound);
  Result<Rows> query_bound(const Statement& statement, std::string_view sql, const Bound& bound);
  Result<std::uint64_t> count_bound(const Statement& statement, std::string_view sql, const Bound& bound);
  /// The answer of a call of libpq, or the error that it tells of.
  Result<Answer> checked(pg_result* result, std::string_view sql);
  /// Executes a constant text by the simple protocol.
  Result<Answer> run(const char* sql);
  /// What batches of one shape have in common: the same tables and columns, whatever the rows.
  struct BatchForm {
    std::string sql;
    /// Of the fence and of each column, in order.
    std::vector<TypeOid> types;
    /// The statement is the one INSERT itself: how many rows it has inserted tells of the fence, too.
    bool is_insert = false;
  };
  /// Counted: what is remembered may be forgotten while it is used.
  Result<std::shared_ptr<const BatchForm>> batch_form(const Batch& batch);
  Result<std::vector<TypeOid>> batch_types(const Batch& batch);
  static Result<Bound> bind_batch(const Batch& batch, const BatchForm& form);
  Result<BatchOutcome> insert_bound(const Batch& batch, const BatchForm& form, const Bound& bound);
  Result<TypeOid> column_type(std::string_view table, std::string_view column);
  Result<void> visit_rows(std::string_view sql, const Visitor& visitor);
  /// Lets the server forget what it still sends.
  void discard_answers();
  /// Because there are too many, or the schema has changed.
  Result<void> forget_statements();

  pg_conn* connection_;
  /// The server has gone, whatever libpq's status says.
  bool gone_ = false;
  std::map<std::string, Statement, std::less<>> statements_;
  std::map<std::string, TypeOid, std::less<>> column_types_;
  std::map<std::string, std::shared_ptr<const BatchForm>, std::less<>> batch_forms_;
  /// Kept for its memory.
  std::string batch_shape_;
  std::uint64_t last_name_ = 0;
};

}  // namespace tenon::store
