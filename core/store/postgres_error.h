#pragma once

#include <tenon/error.h>

#include <string>
#include <string_view>

struct pg_conn;
struct pg_result;

namespace tenon::store {

/// Text of libpq on one line.
[[nodiscard]] std::string one_line(std::string_view text);

/// The error that the server's answer tells of.
[[nodiscard]] ErrorCode postgres_error(const pg_result* result);

/// That the connection is lost, and why.
[[nodiscard]] ErrorCode lost(const pg_conn* connection);

/// The error with the statement in its elaboration.
[[nodiscard]] ErrorCode with_statement(ErrorCode error, std::string_view sql);

}  // namespace tenon::store
