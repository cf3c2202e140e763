#include "store_fixture.h"

namespace tenon::store {

test::PostgresServer& server() {
  static test::PostgresServer server;
  return server;
}

bool has_server() { return !test::PostgresServer::programs().empty(); }

std::string StoreTest::new_address(const std::string& engine) {
  if (engine == "postgresql") return server().new_schema();
  return "sqlite:" + (folder_.path() / ("store" + std::to_string(++files_) + ".db")).string();
}

void StoreTest::open(StoreOptions options) {
  connection_.reset();
  store_.reset();
  store_ = open_store(parse_address(address_).value(), options).value();
  connection_ = connect();
}

void StoreTest::make(Connection& connection, std::string_view sql) {
  Transaction transaction = connection.begin().value();
  connection.run_script(sql).value();
  transaction.commit().value();
}

std::string fact(const ErrorCode& error, const std::string& name) {
  const auto found = error.elaboration.find(name);
  return found != error.elaboration.end() ? found->second : "(none)";
}

std::int64_t number(Connection& connection, std::string_view sql) {
  return connection.query(sql).value()[0].integer(0);
}

}  // namespace tenon::store
