#include "store/store.h"

#include <utility>

#include "store/errors.h"
#include "store/postgres_store.h"
#include "store/sqlite_store.h"

namespace tenon::store {

/// Calls an engine unless the transaction has failed; its failure fails the transaction.
template <class Call>
auto Connection::guarded(const Call& call) -> decltype(call()) {
  if (in_transaction_ && failed_) return store_error(kNoTransaction, "a statement of it has failed before");
  auto result = call();
  if (!result.ok() && in_transaction_) failed_ = true;
  return result;
}

Result<void> Connection::check_parameters(const Parameters& parameters) const {
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const Parameter::Data& data = parameters[i].data();
    if (!std::holds_alternative<std::string_view>(data) && !std::holds_alternative<double>(data)) continue;
    if (Result<void> fits = check_value(parameters[i], i); !fits) return fits;
  }
  return {};
}

Result<std::uint64_t> Connection::execute(std::string_view sql, const Parameters& parameters) {
  return guarded([&]() -> Result<std::uint64_t> {
    if (Result<void> fits = check_parameters(parameters); !fits) return fits.error();
    return do_execute(sql, parameters);
  });
}

Result<Rows> Connection::query(std::string_view sql, const Parameters& parameters) {
  return guarded([&]() -> Result<Rows> {
    if (Result<void> fits = check_parameters(parameters); !fits) return fits.error();
    return do_query(sql, parameters);
  });
}

Result<void> Connection::for_each(std::string_view sql, const Parameters& parameters, const Visitor& visitor) {
  return guarded([&]() -> Result<void> {
    if (Result<void> fits = check_parameters(parameters); !fits) return fits.error();
    return do_for_each(sql, parameters, visitor);
  });
}

Result<BatchOutcome> Connection::write(const Batch& batch) {
  return guarded([&]() -> Result<BatchOutcome> {
    for (const RowWrite& write : batch.writes) {
      if (write.columns.empty() || write.values.size() % write.columns.size() != 0) {
        return store_error(kBadStatement, "a batch's values do not fill the columns of " + std::string(write.table));
      }
      if (Result<void> fits = check_parameters(write.values); !fits) return fits.error();
    }
    return do_write(batch);
  });
}

Result<std::uint64_t> Connection::insert_rows(std::string_view table, std::vector<std::string_view> columns,
                                              std::vector<Parameter> values, RowWrite::Kind kind) {
  Batch batch;
  batch.writes.push_back({kind, table, std::move(columns), std::move(values)});
  const Result<BatchOutcome> outcome = write(batch);
  if (!outcome) return outcome.error();
  return outcome->rows.front();
}

Result<void> Connection::run_script(std::string_view sql) {
  if (!in_transaction_) return store_error(kNoTransaction, "a script needs a transaction");
  return guarded([&] { return do_run_script(sql); });
}

Result<Transaction> Connection::begin(Access access) {
  if (in_transaction_) return store_error(kNoTransaction, "one is open already");
  if (Result<void> begun = do_begin(access); !begun) return begun.error();
  in_transaction_ = true;
  failed_ = false;
  return Transaction(*this);
}

Result<void> Connection::lock_schema() {
  if (!in_transaction_) return store_error(kNoTransaction, "the lock of the schema needs one");
  return guarded([&] { return do_lock_schema(); });
}

Result<std::vector<TableInfo>> Connection::tables() {
  return guarded([&] { return do_tables(); });
}

Result<std::uint64_t> Connection::size_in_bytes() {
  return guarded([&] { return do_size_in_bytes(); });
}

Result<void> Connection::commit() {
  if (failed_) {
    rollback();
    return store_error(kNoTransaction, "a statement of it has failed before");
  }
  Result<void> committed = do_commit();
  if (!committed) {
    rollback();
  } else {
    in_transaction_ = false;
  }
  return committed;
}

void Connection::rollback() noexcept {
  do_rollback();
  in_transaction_ = false;
}

Result<void> Transaction::commit() {
  if (connection_ == nullptr) return store_error(kNoTransaction, "it has ended before");
  return std::exchange(connection_, nullptr)->commit();
}

void Transaction::rollback() noexcept {
  if (connection_ != nullptr) std::exchange(connection_, nullptr)->rollback();
}

Result<std::unique_ptr<Store>> open_store(const Address& address, const StoreOptions& options) {
  return address.engine == Address::Engine::kSqlite ? open_sqlite(address, options) : open_postgres(address, options);
}

}  // namespace tenon::store
