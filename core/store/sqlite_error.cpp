#include "store/sqlite_error.h"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "store/errors.h"

namespace tenon::store {
namespace {

std::string_view code_of(int code, int system) {
  const int primary = code & 0xFF;
  const bool of_system = primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN;
  if (of_system && (system == ENOSPC || system == EDQUOT)) return kDiskFull;
  switch (primary) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT: return kBusy;
    case SQLITE_FULL: return kDiskFull;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return kCorrupt;
    case SQLITE_CONSTRAINT: return kConstraintViolated;
    case SQLITE_CANTOPEN: return kUnreachable;
    case SQLITE_IOERR:
    case SQLITE_NOMEM:
    case SQLITE_PERM: return kInputOutput;
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH: return kBadValue;
    default: return kBadStatement;
  }
}

std::string_view kind_of(int code) {
  switch (code) {
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return "unique";
    case SQLITE_CONSTRAINT_FOREIGNKEY: return "foreign key";
    case SQLITE_CONSTRAINT_NOTNULL: return "not null";
    default: return "check";
  }
}

/// `a, b` of `t.a, t.b`.
std::string without_table(std::string_view list, std::size_t prefix) {
  std::string columns;
  while (!list.empty()) {
    const std::size_t end = std::min(list.find(", "), list.size());
    columns.append(columns.empty() ? "" : ", ").append(list.substr(0, end).substr(std::min(prefix, end)));
    list.remove_prefix(std::min(end + 2, list.size()));
  }
  return columns;
}

/// `t_a_b` of `t` and `a, b`.
std::string joined_name(std::string name, std::string_view columns) {
  name += '_';
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] == ' ') continue;
    name += columns[i] == ',' ? '_' : columns[i];
  }
  return name;
}

std::string_view skip_blanks_and_comments(std::string_view sql) {
  while (true) {
    sql.remove_prefix(std::min(sql.find_first_not_of(" \t\r\n"), sql.size()));
    if (sql.starts_with("--")) {
      sql.remove_prefix(std::min(sql.find('\n'), sql.size()));
    } else if (sql.starts_with("/*")) {
      const std::size_t end = sql.find("*/");
      sql.remove_prefix(end == std::string_view::npos ? sql.size() : end + 2);
    } else {
      return sql;
    }
  }
}

/// Removes a word in any case; false if it is another one.
bool take_word(std::string_view& sql, std::string_view word) {
  sql = skip_blanks_and_comments(sql);
  if (sql.size() < word.size() || ::sqlite3_strnicmp(sql.data(), word.data(), static_cast<int>(word.size())) != 0) {
    return false;
  }
  sql.remove_prefix(word.size());
  return true;
}

}  // namespace

ErrorCode sqlite_error(int code, int system, std::string details) {
  ErrorCode error = store_error(code_of(code, system), std::move(details));
  error.elaboration["sqlite"] = std::to_string(code);
  return error;
}

void describe_constraint(ErrorCode& error, int code, std::string_view message) {
  const std::string_view kind = kind_of(code);
  error.elaboration["kind"] = kind;
  constexpr std::string_view kFailed = "constraint failed: ";
  const std::size_t at = message.find(kFailed);
  if (at == std::string_view::npos) return;
  const std::string_view what = message.substr(at + kFailed.size());
  if (kind == "check") {
    error.elaboration["constraint"] = what;
    return;
  }
  if (what.starts_with("index '")) {
    error.elaboration["constraint"] = what.substr(7, what.size() - 8);
    return;
  }
  const std::string_view table = what.substr(0, what.find('.'));
  const std::string columns = without_table(what, table.size() + 1);
  error.elaboration["table"] = table;
  error.elaboration["columns"] = columns;
  if (kind != "unique") return;
  error.elaboration["constraint"] = code == SQLITE_CONSTRAINT_UNIQUE ? joined_name(std::string(table), columns) + "_key"
                                                                     : std::string(table) + "_pkey";
}

bool makes_table(std::string_view sql) { return take_word(sql, "CREATE") && take_word(sql, "TABLE"); }

}  // namespace tenon::store
