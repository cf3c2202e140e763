#pragma once

#include <tenon/error.h>

#include <string>
#include <string_view>

namespace tenon::store {

/// Where a store is.
struct Address {
  enum class Engine { kSqlite, kPostgresql };
  Engine engine = Engine::kSqlite;
  /// The file, or libpq's connection string, which may hold a password.
  std::string target;

  /// The address without what is secret.
  [[nodiscard]] std::string place() const;
};

/// Reads `sqlite:FILE`, `postgresql://…` (also `postgres://…`) or libpq's `host=… dbname=…`. STORE.1011 if it is none.
[[nodiscard]] Result<Address> parse_address(std::string_view text);

}  // namespace tenon::store
