#pragma once

#include <tenon/error.h>

#include <string>
#include <string_view>

namespace tenon::store {

/// The error that a result code of SQLite stands for. `system`: errno of the failing call, or 0.
[[nodiscard]] ErrorCode sqlite_error(int code, int system, std::string details);

/// What the message of a violated constraint tells: its kind, table and columns, and the name that PostgreSQL would
/// give it.
void describe_constraint(ErrorCode& error, int code, std::string_view message);

/// Whether the statement is CREATE TABLE.
[[nodiscard]] bool makes_table(std::string_view sql);

}  // namespace tenon::store
