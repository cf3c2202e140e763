#include "store/postgres_connection.h"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <span>
#include <utility>

#include "store/errors.h"
#include "store/postgres_error.h"
#include "store/sql_text.h"

namespace tenon::store {
namespace {

/// A program has far fewer statements; more than this are made, and would be kept for ever.
constexpr std::size_t kMostStatements = 500;
constexpr int kBinary = 1;
constexpr int kOldestServer = 130000;
/// Key of the advisory lock under which the schema changes: "Teno".
constexpr const char* kSchemaLock = "SELECT pg_advisory_xact_lock(1415933551)";

/// What the connection string leaves open. A host that is gone is noticed within a minute.
constexpr std::array<std::pair<const char*, const char*>, 6> kDefaults{{{"fallback_application_name", "tenon"},
                                                                        {"connect_timeout", "10"},
                                                                        {"keepalives_idle", "15"},
                                                                        {"keepalives_interval", "5"},
                                                                        {"keepalives_count", "3"},
                                                                        {"tcp_user_timeout", "30000"}}};

std::uint64_t rows_changed(const PGresult* result) {
  const std::string_view command = ::PQcmdStatus(const_cast<PGresult*>(result));
  if (command.starts_with("SELECT")) return 0;
  const std::string_view digits = ::PQcmdTuples(const_cast<PGresult*>(result));
  std::uint64_t count = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return count;
}

Rows rows_of(const PGresult* result) {
  std::vector<std::string> columns;
  for (int i = 0; i < ::PQnfields(result); ++i) columns.emplace_back(::PQfname(result, i));
  return Rows(std::move(columns));
}

Result<void> add_rows(const PGresult* result, Rows& rows) {
  const int columns = ::PQnfields(result);
  for (int row = 0; row < ::PQntuples(result); ++row) {
    for (int i = 0; i < columns; ++i) {
      if (::PQgetisnull(result, row, i) != 0) {
        rows.add_null();
        continue;
      }
      const std::string_view bytes(::PQgetvalue(result, row, i),
                                   static_cast<std::size_t>(::PQgetlength(result, row, i)));
      Result<void> decoded = decode(bytes, ::PQftype(result, i), rows);
      if (!decoded)
        return bad_value("column '" + rows.columns()[static_cast<std::size_t>(i)] + "': " + decoded.error().details);
    }
  }
  return {};
}

}  // namespace

void PostgresConnection::Clear::operator()(pg_result* result) const { ::PQclear(result); }

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const Address& address,
                                                                     const StoreOptions& options) {
  // Later entries win over earlier ones: `dbname` holds the whole connection string.
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : kDefaults) {
    names.push_back(name);
    values.push_back(value);
  }
  names.insert(names.end(), {"dbname", "client_encoding", nullptr});
  values.insert(values.end(), {address.target.c_str(), "UTF8", nullptr});
  std::unique_ptr<PostgresConnection> connection(
      new PostgresConnection(::PQconnectdbParams(names.data(), values.data(), 1)));
  if (::PQstatus(connection->connection_) != CONNECTION_OK) {
    return store_error(kUnreachable, one_line(::PQerrorMessage(connection->connection_)));
  }
  ::PQsetNoticeProcessor(
      connection->connection_, [](void*, const char*) {}, nullptr);
  if (Result<void> fit = connection->check_server(options); !fit) return fit.error();
  return connection;
}

PostgresConnection::~PostgresConnection() { ::PQfinish(connection_); }

bool PostgresConnection::broken() const noexcept { return gone_ || ::PQstatus(connection_) != CONNECTION_OK; }

Result<void> PostgresConnection::check_server(const StoreOptions& options) {
  if (const int version = ::PQserverVersion(connection_); version < kOldestServer) {
    return store_error(kRefusedSettings,
                       "the server is of version " + std::to_string(version / 10000) + "; 13 or a later one is needed");
  }
  const std::string wait = "SET lock_timeout = " + std::to_string(options.busy_timeout.count());
  if (const auto set = run(wait.c_str()); !set) return set.error();
  const Result<Rows> rows = do_query(
      "SELECT current_setting('server_encoding'), pg_is_in_recovery(), current_setting('fsync'), "
      "current_setting('full_page_writes'), current_setting('synchronous_commit')",
      {});
  if (!rows) return rows.error();
  const Row found = (*rows)[0];
  if (found.text(0) != "UTF8") {
    return store_error(kRefusedSettings, "the database's encoding is " + std::string(found.text(0)) + ", not UTF8");
  }
  if (found.boolean(1)) return store_error(kRefusedSettings, "the server is a standby");
  if (options.allow_unsafe) return {};
  static constexpr std::array<const char*, 3> kNames{"fsync", "full_page_writes", "synchronous_commit"};
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (found.text(i + 2) != "off") continue;
    return store_error(kRefusedSettings, std::string(kNames[i]) +
                                             " is off: the server may lose what it has acknowledged "
                                             "(tenon.store.allow_unsafe takes it all the same)");
  }
  return {};
}

Result<PostgresConnection::Answer> PostgresConnection::checked(pg_result* result, std::string_view sql) {
  Answer answer(result);
  const ExecStatusType status = ::PQresultStatus(result);
  if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_SINGLE_TUPLE ||
      status == PGRES_EMPTY_QUERY) {
    return answer;
  }
  // An error without a code is libpq's own, whose status may still be good after the server has gone.
  if (result == nullptr || ::PQresultErrorField(result, PG_DIAG_SQLSTATE) == nullptr) gone_ = true;
  if (broken()) return with_statement(lost(connection_), sql);
  ErrorCode error = postgres_error(result);
  gone_ = error.code == kConnectionLost;
  return with_statement(std::move(error), sql);
}

Result<PostgresConnection::Answer> PostgresConnection::run(const char* sql) {
  if (broken()) return lost(connection_);
  return checked(::PQexec(connection_, sql), sql);
}

Result<PostgresConnection::Statement*> PostgresConnection::prepare(std::string_view sql) {
  if (broken()) return lost(connection_);
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return &known->second;
  if (statements_.size() >= kMostStatements) {
    if (Result<void> forgotten = forget_statements(); !forgotten) return forgotten.error();
  }
  Statement statement{"s" + std::to_string(++last_name_), {}};
  const std::string text(sql);
  auto prepared = checked(::PQprepare(connection_, statement.name.c_str(), text.c_str(), 0, nullptr), sql);
  if (!prepared) return std::move(prepared).error();
  auto described = checked(::PQdescribePrepared(connection_, statement.name.c_str()), sql);
  if (!described) return std::move(described).error();
  for (int i = 0; i < ::PQnparams(described->get()); ++i) {
    statement.parameters.push_back(::PQparamtype(described->get(), i));
  }
  return &statements_.emplace(text, std::move(statement)).first->second;
}

Result<void> PostgresConnection::forget_statements() {
  statements_.clear();
  column_types_.clear();
  batch_forms_.clear();
  const auto forgotten = run("DEALLOCATE ALL");
  return forgotten ? Result<void>() : forgotten.error();
}

Result<PostgresConnection::Bound> PostgresConnection::bind(const Statement& statement, std::string_view sql,
                                                           const Parameters& parameters) const {
  if (parameters.size() != statement.parameters.size()) {
    return with_statement(
        store_error(kBadStatement, "it needs " + std::to_string(statement.parameters.size()) + " parameters, " +
                                       std::to_string(parameters.size()) + " are given"),
        sql);
  }
  Bound bound;
  bound.texts.resize(parameters.size());
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    bound.nulls.push_back(parameters[i].data().index() == 0);
    if (bound.nulls.back()) continue;
    Result<void> encoded = encode(parameters[i], statement.parameters[i], bound.texts[i]);
    if (!encoded) {
      return with_statement(bad_value("parameter " + std::to_string(i + 1) + ": " + encoded.error().details), sql);
    }
  }
  return bound;
}

namespace {

/// The arrays that libpq asks for.
struct Arrays {
  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;

  Arrays(const std::vector<std::string>& texts, const std::vector<bool>& nulls) : formats(texts.size(), kBinary) {
    for (std::size_t i = 0; i < texts.size(); ++i) {
      values.push_back(nulls[i] ? nullptr : texts[i].data());
      lengths.push_back(static_cast<int>(texts[i].size()));
    }
  }
  [[nodiscard]] int count() const { return static_cast<int>(values.size()); }
};

}  // namespace

Result<PostgresConnection::Answer> PostgresConnection::execute_bound(const Statement& statement, std::string_view sql,
                                                                     const Bound& bound) {
  const Arrays arrays(bound.texts, bound.nulls);
  auto answer = checked(::PQexecPrepared(connection_, statement.name.c_str(), arrays.count(), arrays.values.data(),
                                         arrays.lengths.data(), arrays.formats.data(), kBinary),
                        sql);
  if (answer.ok() && ::PQresultStatus(answer->get()) == PGRES_EMPTY_QUERY) {
    return with_statement(store_error(kBadStatement, "it is empty"), sql);
  }
  // "cached plan must not change result type", "prepared statement does not exist": the next attempt prepares it again.
  if (!answer.ok()) {
    const auto state = answer.error().elaboration.find("sqlstate");
    if (state != answer.error().elaboration.end() && (state->second == "0A000" || state->second == "26000")) {
      if (!in_transaction()) (void)forget_statements();
      ErrorCode error = std::move(answer).error();
      error.elaboration["transient"] = "yes";
      return error;
    }
  }
  return answer;
}

Result<std::uint64_t> PostgresConnection::do_execute(std::string_view sql, const Parameters& parameters) {
  const Result<Statement*> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<Bound> bound = bind(**statement, sql, parameters);
  if (!bound) return bound.error();
  return count_bound(**statement, sql, *bound);
}

Result<std::uint64_t> PostgresConnection::count_bound(const Statement& statement, std::string_view sql,
                                                      const Bound& bound) {
  const auto answer = execute_bound(statement, sql, bound);
  if (!answer) return answer.error();
  return rows_changed(answer->get());
}

Result<Rows> PostgresConnection::do_query(std::string_view sql, const Parameters& parameters) {
  const Result<Statement*> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<Bound> bound = bind(**statement, sql, parameters);
  if (!bound) return bound.error();
  return query_bound(**statement, sql, *bound);
}

Result<Rows> PostgresConnection::query_bound(const Statement& statement, std::string_view sql, const Bound& bound) {
  const auto answer = execute_bound(statement, sql, bound);
  if (!answer) return answer.error();
  Rows rows = rows_of(answer->get());
  if (Result<void> added = add_rows(answer->get(), rows); !added) return with_statement(added.error(), sql);
  return rows;
}

Result<void> PostgresConnection::do_for_each(std::string_view sql, const Parameters& parameters,
                                             const Visitor& visitor) {
  const Result<Statement*> statement = prepare(sql);
  if (!statement) return statement.error();
  const Result<Bound> bound = bind(**statement, sql, parameters);
  if (!bound) return bound.error();
  const Arrays arrays(bound->texts, bound->nulls);
  if (::PQsendQueryPrepared(connection_, (*statement)->name.c_str(), arrays.count(), arrays.values.data(),
                            arrays.lengths.data(), arrays.formats.data(), kBinary) == 0) {
    return with_statement(lost(connection_), sql);
  }
  ::PQsetSingleRowMode(connection_);
  struct Rest {
    PostgresConnection* connection;
    ~Rest() { connection->discard_answers(); }
  } rest{this};
  return visit_rows(sql, visitor);
}

Result<void> PostgresConnection::visit_rows(std::string_view sql, const Visitor& visitor) {
  while (pg_result* result = ::PQgetResult(connection_)) {
    const auto answer = checked(result, sql);
    if (!answer) return answer.error();
    if (::PQntuples(result) == 0) continue;
    Rows rows = rows_of(result);
    if (Result<void> added = add_rows(result, rows); !added) return with_statement(added.error(), sql);
    if (Result<void> seen = visitor(rows[0]); !seen) return seen;
  }
  return broken() ? Result<void>(with_statement(lost(connection_), sql)) : Result<void>();
}

void PostgresConnection::discard_answers() {
  pg_result* next = ::PQgetResult(connection_);
  if (next == nullptr) return;
  if (PGcancel* cancel = ::PQgetCancel(connection_)) {
    std::array<char, 256> ignored{};
    (void)::PQcancel(cancel, ignored.data(), static_cast<int>(ignored.size()));
    ::PQfreeCancel(cancel);
  }
  for (; next != nullptr; next = ::PQgetResult(connection_)) ::PQclear(next);
}

Result<void> PostgresConnection::do_run_script(std::string_view sql) {
  const auto done = run(std::string(sql).c_str());
  if (!done) return done.error();
  if (::PQtransactionStatus(connection_) != PQTRANS_INTRANS) {
    return store_error(kBadStatement, "a script ends its transaction");
  }
  return forget_statements();
}

Result<void> PostgresConnection::do_begin(Access access) {
  const auto begun = run(access == Access::kWrite ? "BEGIN" : "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  return begun ? Result<void>() : begun.error();
}

Result<void> PostgresConnection::do_commit() {
  const auto committed = run("COMMIT");
  if (!committed) return committed.error();
  if (std::string_view(::PQcmdStatus(committed->get())) != "COMMIT") {
    return store_error(kNoTransaction, "the server has rolled it back");
  }
  return {};
}

void PostgresConnection::do_rollback() noexcept {
  if (::PQtransactionStatus(connection_) != PQTRANS_IDLE) (void)run("ROLLBACK");
}

Result<void> PostgresConnection::do_lock_schema() {
  // Another node's migrations may take long.
  for (const char* sql : {"SET LOCAL lock_timeout = '15min'", kSchemaLock}) {
    if (const auto done = run(sql); !done) return done.error();
  }
  return {};
}

Result<std::vector<TableInfo>> PostgresConnection::do_tables() {
  const Result<Rows> columns = do_query(
      "SELECT t.relname, c.attname FROM pg_class t LEFT JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 "
      "AND NOT c.attisdropped WHERE t.relkind IN ('r', 'p') AND t.relnamespace = to_regnamespace(current_schema()) "
      "ORDER BY t.relname, c.attnum",
      {});
  if (!columns) return columns.error();
  std::vector<TableInfo> tables;
  for (const Row row : *columns) {
    if (tables.empty() || tables.back().name != row.text(0)) tables.push_back({std::string(row.text(0)), {}, {}});
    if (!row.is_null(1)) tables.back().columns.emplace_back(row.text(1));
  }
  for (TableInfo& table : tables) {
    const Result<Rows> others = do_query(
        "SELECT DISTINCT o.relname FROM pg_constraint f JOIN pg_class t ON t.oid = f.conrelid JOIN pg_class o ON "
        "o.oid = f.confrelid WHERE f.contype = 'f' AND o.oid <> t.oid AND t.relname = $1 AND t.relnamespace = "
        "to_regnamespace(current_schema()) ORDER BY 1",
        {table.name});
    if (!others) return others.error();
    for (const Row other : *others) table.refers_to.emplace_back(other.text(0));
  }
  return tables;
}

Result<std::uint64_t> PostgresConnection::do_size_in_bytes() {
  const Result<Rows> size = do_query("SELECT pg_database_size(current_database())", {});
  if (!size) return size.error();
  return static_cast<std::uint64_t>((*size)[0].integer(0));
}

}  // namespace tenon::store
