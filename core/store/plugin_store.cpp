#include "store/plugin_store.h"

#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "store/errors.h"

namespace tenon::store {
namespace {

/// The store that this thread has a transaction of.
constinit thread_local const PluginStore* in_use = nullptr;

class InUse {
 public:
  explicit InUse(const PluginStore* store) noexcept : outer_(std::exchange(in_use, store)) {}
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
  ~InUse() { in_use = outer_; }

 private:
  const PluginStore* outer_;  // of another store: in tests, a program may have two
};

/// Shows a plugin's value.
struct ToParameter {
  Parameter operator()(std::monostate /*null*/) const { return {}; }
  Parameter operator()(bool value) const { return value; }
  Parameter operator()(std::int64_t value) const { return value; }
  Parameter operator()(double value) const { return value; }
  Parameter operator()(const std::string& value) const { return value; }
  Parameter operator()(const StoreBytes& value) const { return Blob{value.bytes}; }
};

std::vector<Parameter> parameters_of(std::span<const StoreValue> values) {
  std::vector<Parameter> parameters;
  parameters.reserve(values.size());
  for (const StoreValue& value : values) parameters.push_back(std::visit(ToParameter{}, value.data()));
  return parameters;
}

StoreValue value_of(const Row& row, std::size_t column) {
  switch (row.type(column)) {
    case Rows::Type::kNull: return {};
    case Rows::Type::kBoolean: return row.boolean(column);
    case Rows::Type::kInteger: return row.integer(column);
    case Rows::Type::kReal: return row.real(column);
    case Rows::Type::kText: return row.text(column);
    case Rows::Type::kBlob: return StoreBytes{std::string(row.blob(column))};
  }
  return {};
}

StoreRows rows_of(const Rows& rows) {
  std::vector<StoreValue> cells;
  cells.reserve(rows.size() * rows.columns().size());
  for (const Row row : rows) {
    for (std::size_t column = 0; column < rows.columns().size(); ++column) cells.push_back(value_of(row, column));
  }
  return {rows.columns(), std::move(cells)};
}

/// A connection's open transaction in the hands of a plugin. Keeps the error of the statement that failed it.
class PluginTransaction final : public StoreTransaction {
 public:
  explicit PluginTransaction(Connection& connection) : connection_(connection) {}
  [[nodiscard]] const std::optional<ErrorCode>& failure() const noexcept { return failure_; }

 private:
  Result<std::uint64_t> do_execute(std::string_view sql, std::span<const StoreValue> parameters) override {
    return noted(connection_.execute(sql, parameters_of(parameters)));
  }
  Result<StoreRows> do_query(std::string_view sql, std::span<const StoreValue> parameters) override {
    const Result<Rows> rows = noted(connection_.query(sql, parameters_of(parameters)));
    if (!rows) return rows.error();
    return rows_of(*rows);
  }
  template <class T>
  Result<T> noted(Result<T> result) {
    if (!result && !failure_) failure_ = result.error();
    return result;
  }

  Connection& connection_;
  std::optional<ErrorCode> failure_;
};

/// Whether the store may be better the next time. A full disk will not be in a moment.
bool may_pass(const ErrorCode& error) {
  return error.code == kUnreachable || error.code == kConnectionLost || error.code == kBusy;
}

}  // namespace

Result<void> PluginStore::transaction(const Work& work) { return repeated(Access::kWrite, work, {}); }

Result<void> PluginStore::read(const Work& work) { return repeated(Access::kRead, work, {}); }

Result<void> PluginStore::transaction_with(const Work& work, const Finish& finish) {
  return repeated(Access::kWrite, work, finish);
}

Result<void> PluginStore::repeated(Access access, const Work& work, const Finish& finish) {
  if (in_use == this) return store_error(kNested, "the outer one must be used, or have ended");
  const InUse mark(this);
  std::chrono::milliseconds backoff = options_.backoff;
  for (int left = options_.attempts;; backoff *= 2) {
    Attempt made = attempt(access, work, finish);
    if (!made.again || --left <= 0) return std::move(made.result);
    std::this_thread::sleep_for(backoff);
  }
}

PluginStore::Attempt PluginStore::attempt(Access access, const Work& work, const Finish& finish) {
  const auto failed = [](ErrorCode error) {
    const bool again = may_pass(error);
    return Attempt{std::move(error), again};
  };
  const Result<ConnectionPool::Lease> lease = pool_.take(options_.patience);
  if (!lease) return failed(lease.error());
  Connection& connection = **lease;
  Result<Transaction> transaction = connection.begin(access);
  if (!transaction) return failed(std::move(transaction).error());

  PluginTransaction given(connection);
  Result<void> worked = work(given);
  if (given.failure() && may_pass(*given.failure())) return failed(*given.failure());
  if (!worked) return {std::move(worked), false};
  if (given.failure()) return failed(*given.failure());
  if (finish) {
    Result<void> finished = finish(connection);
    if (!finished) return failed(std::move(finished).error());
  }
  Result<void> committed = transaction->commit();
  if (committed) {
    if (access == Access::kWrite && options_.committed) options_.committed();
    return {};
  }
  ErrorCode error = std::move(committed).error();
  if (access == Access::kRead || error.code != kConnectionLost) return failed(std::move(error));
  error.elaboration["outcome"] = "unknown";
  return {std::move(error), false};
}

}  // namespace tenon::store
