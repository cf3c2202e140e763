#include "store/sqlite_connection.h"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "store/errors.h"
#include "store/sql_text.h"
#include "store/sqlite_error.h"

namespace tenon::store {
namespace {

/// A program has far fewer statements; more than this are made, and would be kept for ever.
constexpr std::size_t kMostStatements = 500;

bool is_blank(std::string_view text) { return text.find_first_not_of(" \t\r\n;") == std::string_view::npos; }

/// The number of a parameter `$3`, from 0.
std::optional<std::size_t> parameter_index(const char* name) {
  if (name == nullptr || name[0] != '$') return std::nullopt;
  const std::string_view digits = name + 1;
  std::size_t number = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (problem != std::errc() || end != digits.data() + digits.size() || number == 0 || number > 10'000)
    return std::nullopt;
  return number - 1;
}

int bind_value(sqlite3_stmt* statement, int index, const Parameter& parameter) {
  struct Binder {
    sqlite3_stmt* statement;
    int index;
    int operator()(std::monostate) const { return ::sqlite3_bind_null(statement, index); }
    int operator()(bool value) const { return ::sqlite3_bind_int(statement, index, value ? 1 : 0); }
    int operator()(std::int64_t value) const { return ::sqlite3_bind_int64(statement, index, value); }
    int operator()(double value) const { return ::sqlite3_bind_double(statement, index, value); }
    int operator()(std::string_view value) const {
      return ::sqlite3_bind_text64(statement, index, value.empty() ? "" : value.data(), value.size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
    }
    int operator()(Blob value) const {
      if (value.bytes.empty()) return ::sqlite3_bind_zeroblob(statement, index, 0);
      return ::sqlite3_bind_blob64(statement, index, value.bytes.data(), value.bytes.size(), SQLITE_STATIC);
    }
  };
  return std::visit(Binder{statement, index}, parameter.data());
}

std::string_view bytes_of(const void* data, int size) {
  return data == nullptr ? std::string_view()
                         : std::string_view(static_cast<const char*>(data), static_cast<std::size_t>(size));
}

void add_row(sqlite3_stmt* statement, Rows& rows) {
  const int columns = ::sqlite3_column_count(statement);
  for (int i = 0; i < columns; ++i) {
    switch (::sqlite3_column_type(statement, i)) {
      case SQLITE_INTEGER: rows.add_integer(::sqlite3_column_int64(statement, i)); break;
      case SQLITE_FLOAT: rows.add_real(::sqlite3_column_double(statement, i)); break;
      case SQLITE_TEXT: {
        const void* data = ::sqlite3_column_text(statement, i);
        rows.add_text(bytes_of(data, ::sqlite3_column_bytes(statement, i)));
        break;
      }
      case SQLITE_BLOB: {
        const void* data = ::sqlite3_column_blob(statement, i);
        rows.add_blob(bytes_of(data, ::sqlite3_column_bytes(statement, i)));
        break;
      }
      default: rows.add_null();
    }
  }
}

Rows rows_of(sqlite3_stmt* statement) {
  std::vector<std::string> columns;
  for (int i = 0; i < ::sqlite3_column_count(statement); ++i) columns.emplace_back(::sqlite3_column_name(statement, i));
  return Rows(std::move(columns));
}

std::string batch_sql(const RowWrite& write) {
  std::string list;
  if (write.kind == RowWrite::Kind::kUpdate) {
    for (std::size_t i = 1; i < write.columns.size(); ++i) {
      list.append(i == 1 ? "" : ", ").append(identifier(write.columns[i])).append(" = $").append(std::to_string(i + 1));
    }
    return "UPDATE " + identifier(write.table) + " SET " + list + " WHERE " + identifier(write.columns[0]) + " = $1";
  }
  for (std::size_t i = 0; i < write.columns.size(); ++i) {
    list.append(i == 0 ? "$" : ", $").append(std::to_string(i + 1));
  }
  return "INSERT INTO " + identifier(write.table) + " (" + identifier_list(write.columns) + ") VALUES (" + list + ")" +
         (write.kind == RowWrite::Kind::kInsertMissing ? " ON CONFLICT DO NOTHING" : "");
}

}  // namespace

void SqliteConnection::Finalize::operator()(sqlite3_stmt* statement) const { ::sqlite3_finalize(statement); }

class SqliteConnection::Execution {
 public:
  explicit Execution(sqlite3_stmt* statement) : statement_(statement) {}
  Execution(const Execution&) = delete;
  Execution& operator=(const Execution&) = delete;
  ~Execution() {
    ::sqlite3_reset(statement_);
    ::sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

Result<std::unique_ptr<SqliteConnection>> SqliteConnection::open(const std::string& file, const StoreOptions& options) {
  const bool owner = options.use == StoreOptions::Use::kOwner;
  const int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
                    (owner ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  sqlite3* database = nullptr;
  const int opened = ::sqlite3_open_v2(file.c_str(), &database, flags, nullptr);
  std::unique_ptr<SqliteConnection> connection(new SqliteConnection(database, file));
  if (opened != SQLITE_OK) return connection->error(opened, {});
  ::sqlite3_busy_timeout(database, static_cast<int>(options.busy_timeout.count()));
  ::sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  ::sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  ::sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  std::vector<std::string> pragmas{"PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON",
                                   "PRAGMA trusted_schema = OFF", "PRAGMA cell_size_check = ON",
                                   "PRAGMA temp_store = MEMORY"};
  if (options.max_pages > 0) pragmas.push_back("PRAGMA max_page_count = " + std::to_string(options.max_pages));
  for (const std::string& pragma : pragmas) {
    if (Result<void> set = connection->run(pragma); !set) return set.error();
  }
  return connection;
}

SqliteConnection::~SqliteConnection() {
  statements_.clear();
  ::sqlite3_close_v2(database_);
}

ErrorCode SqliteConnection::error(int code, std::string_view sql) {
  const std::string message = ::sqlite3_errmsg(database_);
  ErrorCode error = sqlite_error(code, ::sqlite3_system_errno(database_), file_ + ": " + message);
  if (!sql.empty()) error.elaboration["statement"] = sql;
  if ((code & 0xFF) == SQLITE_CONSTRAINT) name_constraint(error, code, message);
  return error;
}

void SqliteConnection::name_constraint(ErrorCode& error, int code, const std::string& message) {
  describe_constraint(error, code, message);
  if (error.elaboration["kind"] != "unique") return;
  // An index that was made under a name is called so by PostgreSQL, too.
  const Result<Rows> named = do_query(
      "SELECT list.name FROM pragma_index_list($1) AS list WHERE list.origin = 'c' AND list.\"unique\" = 1 AND $2 = "
      "(SELECT group_concat(name, ', ') FROM (SELECT name FROM pragma_index_info(list.name) ORDER BY seqno)) "
      "ORDER BY list.name LIMIT 1",
      {error.elaboration["table"], error.elaboration["columns"]});
  if (named.ok() && !named->empty()) error.elaboration["constraint"] = (*named)[0].text(0);
}

Result<SqliteConnection::Statement*> SqliteConnection::prepare(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return &known->second;
  sqlite3_stmt* raw = nullptr;
  const char* rest = nullptr;
  const int prepared =
      ::sqlite3_prepare_v3(database_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &raw, &rest);
  Statement statement{Handle(raw), {}, 0};
  if (prepared != SQLITE_OK) return error(prepared, sql);
  const auto refuse = [&](const std::string& why) {
    ErrorCode refused = store_error(kBadStatement, why);
    refused.elaboration["statement"] = sql;
    return refused;
  };
  if (raw == nullptr) return refuse("it is empty");
  if (!is_blank(sql.substr(static_cast<std::size_t>(rest - sql.data())))) return refuse("more than one statement");
  for (int i = 1; i <= ::sqlite3_bind_parameter_count(raw); ++i) {
    const std::optional<std::size_t> index = parameter_index(::sqlite3_bind_parameter_name(raw, i));
    if (!index) return refuse("parameters are written $1, $2 …");
    statement.sources.push_back(*index);
    statement.parameters = std::max(statement.parameters, *index + 1);
  }
  if (statements_.size() >= kMostStatements) statements_.clear();
  return &statements_.emplace(sql, std::move(statement)).first->second;
}

Result<void> SqliteConnection::bind(Statement& statement, std::string_view sql, const Parameters& parameters) {
  if (parameters.size() != statement.parameters) {
    return store_error(kBadStatement, "it needs " + std::to_string(statement.parameters) + " parameters, " +
                                          std::to_string(parameters.size()) + " are given");
  }
  for (std::size_t i = 0; i < statement.sources.size(); ++i) {
    const int bound = bind_value(statement.handle.get(), static_cast<int>(i) + 1, parameters[statement.sources[i]]);
    if (bound != SQLITE_OK) return error(bound, sql);
  }
  return {};
}

Result<std::uint64_t> SqliteConnection::do_execute(std::string_view sql, const Parameters& parameters) {
  const Result<Statement*> statement = prepare(sql);
  if (!statement) return statement.error();
  sqlite3_stmt* handle = (*statement)->handle.get();
  const Execution execution(handle);
  if (Result<void> bound = bind(**statement, sql, parameters); !bound) return bound.error();
  const sqlite3_int64 before = ::sqlite3_total_changes64(database_);
  int stepped = SQLITE_ROW;
  while (stepped == SQLITE_ROW) stepped = ::sqlite3_step(handle);
  if (stepped != SQLITE_DONE) return error(stepped, sql);
  if (::sqlite3_total_changes64(database_) == before) return std::uint64_t{0};
  return static_cast<std::uint64_t>(::sqlite3_changes64(database_));
}

Result<Rows> SqliteConnection::do_query(std::string_view sql, const Parameters& parameters) {
  const Result<Statement*> statement = prepare(sql);
  if (!statement) return statement.error();
  sqlite3_stmt* handle = (*statement)->handle.get();
  const Execution execution(handle);
  if (Result<void> bound = bind(**statement, sql, parameters); !bound) return bound.error();
  int stepped = ::sqlite3_step(handle);  // before the columns are asked for: the schema may have changed
  Rows rows = rows_of(handle);
  for (; stepped == SQLITE_ROW; stepped = ::sqlite3_step(handle)) add_row(handle, rows);
  if (stepped != SQLITE_DONE) return error(stepped, sql);
  return rows;
}

Result<void> SqliteConnection::do_for_each(std::string_view sql, const Parameters& parameters, const Visitor& visitor) {
  const Result<Statement*> statement = prepare(sql);
  if (!statement) return statement.error();
  sqlite3_stmt* handle = (*statement)->handle.get();
  const Execution execution(handle);
  if (Result<void> bound = bind(**statement, sql, parameters); !bound) return bound.error();
  int stepped = ::sqlite3_step(handle);
  Rows rows = rows_of(handle);
  for (; stepped == SQLITE_ROW; stepped = ::sqlite3_step(handle)) {
    rows.clear();
    add_row(handle, rows);
    if (Result<void> seen = visitor(rows[0]); !seen) return seen;
  }
  if (stepped != SQLITE_DONE) return error(stepped, sql);
  return {};
}

Result<void> SqliteConnection::run(std::string_view sql) {
  const Result<std::uint64_t> done = do_execute(sql, {});
  return done ? Result<void>() : done.error();
}

Result<BatchOutcome> SqliteConnection::do_write(const Batch& batch) {
  if (!has_names(batch)) return store_error(kBadStatement, "a batch names a table or column that can't be");
  if (in_transaction()) return write_rows(batch);
  if (Result<void> begun = run("BEGIN IMMEDIATE"); !begun) return begun.error();
  Result<BatchOutcome> outcome = write_rows(batch);
  if (outcome.ok() && outcome->fence_held) {
    if (Result<void> committed = run("COMMIT"); !committed) outcome = committed.error();
  }
  if (!outcome.ok() || !outcome->fence_held) do_rollback();
  return outcome;
}

Result<BatchOutcome> SqliteConnection::write_rows(const Batch& batch) {
  BatchOutcome outcome;
  if (batch.fence) {
    const Result<Rows> held = do_query(
        "SELECT 1 FROM " + identifier(batch.fence->table) + " WHERE " + identifier(batch.fence->column) + " = $1",
        {batch.fence->value});
    if (!held) return held.error();
    outcome.fence_held = !held->empty();
  }
  for (const RowWrite& write : batch.writes) {
    const Result<std::uint64_t> rows =
        outcome.fence_held ? write_table(write) : Result<std::uint64_t>(std::uint64_t{0});
    if (!rows) return rows.error();
    outcome.rows.push_back(*rows);
  }
  return outcome;
}

Result<std::uint64_t> SqliteConnection::write_table(const RowWrite& write) {
  const std::string sql = batch_sql(write);
  const Result<Statement*> statement = prepare(sql);
  if (!statement) return statement.error();
  sqlite3_stmt* handle = (*statement)->handle.get();
  const Execution execution(handle);
  const std::size_t width = write.columns.size();
  std::uint64_t rows = 0;
  for (std::size_t row = 0; row < write.rows(); ++row) {
    for (std::size_t i = 0; i < width; ++i) {
      const Parameter& value = write.values[row * width + (*statement)->sources[i]];
      const int bound = bind_value(handle, static_cast<int>(i) + 1, value);
      if (bound != SQLITE_OK) return error(bound, sql);
    }
    const int stepped = ::sqlite3_step(handle);
    if (stepped != SQLITE_DONE) return error(stepped, sql);
    rows += static_cast<std::uint64_t>(::sqlite3_changes64(database_));
    ::sqlite3_reset(handle);
  }
  return rows;
}

Result<void> SqliteConnection::do_run_script(std::string_view sql) {
  while (!sql.empty()) {
    sqlite3_stmt* raw = nullptr;
    const char* rest = nullptr;
    const int prepared = ::sqlite3_prepare_v2(database_, sql.data(), static_cast<int>(sql.size()), &raw, &rest);
    const Handle handle(raw);
    if (prepared != SQLITE_OK) return error(prepared, sql.substr(0, sql.find(';')));
    const std::string_view piece = sql.substr(0, static_cast<std::size_t>(rest - sql.data()));
    sql.remove_prefix(piece.size());
    if (raw == nullptr) continue;
    if (Result<void> done = run_piece(piece); !done) return done;
    if (::sqlite3_get_autocommit(database_) != 0) return store_error(kBadStatement, "a script ends its transaction");
  }
  return {};
}

Result<void> SqliteConnection::run_piece(std::string_view piece) {
  std::string text(piece);
  if (makes_table(piece)) {
    if (text.back() == ';') text.pop_back();
    text += "\nWITHOUT ROWID";  // on a line of its own: the last one may end in a comment
  }
  sqlite3_stmt* raw = nullptr;
  const int prepared = ::sqlite3_prepare_v2(database_, text.data(), static_cast<int>(text.size()), &raw, nullptr);
  const Handle handle(raw);
  if (prepared != SQLITE_OK) return error(prepared, piece);
  int stepped = SQLITE_ROW;
  while (stepped == SQLITE_ROW) stepped = ::sqlite3_step(raw);
  return stepped == SQLITE_DONE ? Result<void>() : error(stepped, piece);
}

Result<void> SqliteConnection::do_begin(Access access) {
  if (access == Access::kWrite) return run("BEGIN IMMEDIATE");
  if (Result<void> begun = run("BEGIN"); !begun) return begun;
  reading_ = true;
  // The state that is seen is that of the first read: now.
  Result<void> seen = run("SELECT 1 FROM sqlite_schema");
  if (seen.ok()) seen = run("PRAGMA query_only = ON");
  if (!seen) do_rollback();
  return seen;
}

Result<void> SqliteConnection::do_commit() {
  Result<void> committed = run("COMMIT");
  if (committed.ok()) end_reading();
  return committed;
}

void SqliteConnection::do_rollback() noexcept {
  // Some errors have rolled it back already.
  if (::sqlite3_get_autocommit(database_) == 0) (void)run("ROLLBACK");
  end_reading();
}

void SqliteConnection::end_reading() noexcept {
  if (std::exchange(reading_, false)) (void)run("PRAGMA query_only = OFF");
}

Result<std::vector<TableInfo>> SqliteConnection::do_tables() {
  const Result<Rows> names = do_query(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name",
      {});
  if (!names) return names.error();
  std::vector<TableInfo> tables;
  for (const Row name : *names) {
    TableInfo table{std::string(name.text(0)), {}, {}};
    const Result<Rows> columns = do_query("SELECT name FROM pragma_table_info($1) ORDER BY cid", {table.name});
    if (!columns) return columns.error();
    for (const Row column : *columns) table.columns.emplace_back(column.text(0));
    const Result<Rows> others = do_query(
        "SELECT DISTINCT \"table\" FROM pragma_foreign_key_list($1) WHERE \"table\" <> $1 ORDER BY 1", {table.name});
    if (!others) return others.error();
    for (const Row other : *others) table.refers_to.emplace_back(other.text(0));
    tables.push_back(std::move(table));
  }
  return tables;
}

Result<std::uint64_t> SqliteConnection::do_size_in_bytes() {
  std::uint64_t size = 0;
  for (const char* suffix : {"", "-wal"}) {
    std::error_code missing;
    const std::uintmax_t bytes = std::filesystem::file_size(file_ + suffix, missing);
    if (!missing) size += bytes;
  }
  return size;
}

}  // namespace tenon::store
