#include "store/postgres_error.h"

#include <libpq-fe.h>

#include <array>
#include <utility>

#include "store/errors.h"

namespace tenon::store {
namespace {

/// Codes, or their first letters, of appendix A of PostgreSQL's manual. The first that fits counts.
constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kCodes{{
    {"08", kConnectionLost},
    {"23", kConstraintViolated},
    {"22", kBadValue},
    {"40", kBusy},   // serialization failure, deadlock
    {"55P", kBusy},  // lock not available
    {"57014", kBusy},
    {"57P0", kConnectionLost},  // the server stops
    {"53100", kDiskFull},
    {"53300", kUnreachable},  // too many connections
    {"53", kBusy},
    {"54", kBadValue},  // too large
    {"58", kInputOutput},
    {"XX001", kCorrupt},
    {"XX002", kCorrupt},
    {"25006", kRefusedSettings},  // a server that may not be written to
}};

std::string_view code_of(std::string_view state) {
  for (const auto& [prefix, code] : kCodes) {
    if (state.starts_with(prefix)) return code;
  }
  return kBadStatement;
}

std::string_view kind_of(std::string_view state) {
  if (state == "23505") return "unique";
  if (state == "23503") return "foreign key";
  if (state == "23502") return "not null";
  return "check";
}

}  // namespace

std::string one_line(std::string_view text) {
  std::string line;
  for (const char letter : text) {
    const bool blank = letter == '\n' || letter == '\t' || letter == ' ';
    if (!blank) {
      line += letter;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

ErrorCode postgres_error(const pg_result* result) {
  const auto field = [&](int code) -> std::string {
    const char* text = ::PQresultErrorField(result, code);
    return text != nullptr ? one_line(text) : std::string();
  };
  const std::string state = field(PG_DIAG_SQLSTATE);
  std::string details = field(PG_DIAG_MESSAGE_PRIMARY);
  if (details.empty()) details = one_line(::PQresultErrorMessage(result));
  if (const std::string more = field(PG_DIAG_MESSAGE_DETAIL); !more.empty()) details += " (" + more + ")";
  ErrorCode error = store_error(code_of(state), details);
  const auto note = [&](const char* name, std::string value) {
    if (!value.empty()) error.elaboration[name] = std::move(value);
  };
  note("sqlstate", state);
  if (error.code != kConstraintViolated) return error;
  note("kind", std::string(kind_of(state)));
  note("constraint", field(PG_DIAG_CONSTRAINT_NAME));
  note("table", field(PG_DIAG_TABLE_NAME));
  note("columns", field(PG_DIAG_COLUMN_NAME));
  return error;
}

ErrorCode lost(const pg_conn* connection) {
  const std::string why = one_line(::PQerrorMessage(connection));
  return store_error(kConnectionLost, why.empty() ? "the server has closed it" : why);
}

ErrorCode with_statement(ErrorCode error, std::string_view sql) {
  error.elaboration["statement"] = sql;
  return error;
}

}  // namespace tenon::store
