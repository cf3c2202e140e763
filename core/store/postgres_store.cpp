#include "store/postgres_store.h"

#include <string>
#include <utility>

#include "store/postgres_connection.h"

namespace tenon::store {
namespace {

class PostgresStore final : public Store {
 public:
  PostgresStore(Address address, StoreOptions options) : address_(std::move(address)), options_(options) {}

  [[nodiscard]] std::string engine() const override { return "postgresql"; }
  [[nodiscard]] std::string place() const override { return address_.place(); }
  Result<std::unique_ptr<Connection>> connect() override {
    Result<std::unique_ptr<PostgresConnection>> connection = PostgresConnection::open(address_, options_);
    if (!connection) return std::move(connection).error();
    return std::unique_ptr<Connection>(std::move(connection).value());
  }

 private:
  const Address address_;
  const StoreOptions options_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres(const Address& address, const StoreOptions& options) {
  auto store = std::make_unique<PostgresStore>(address, options);
  const auto connection = store->connect();
  if (!connection) return connection.error();
  return std::unique_ptr<Store>(std::move(store));
}

}  // namespace tenon::store
