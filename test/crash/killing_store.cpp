#include "killing_store.h"

#include <optional>
#include <utility>
#include <vector>

namespace tenon::crash {
namespace {

using store::Batch;
using store::BatchOutcome;
using store::Parameters;
using store::Rows;

class KillingConnection final : public store::Connection {
 public:
  KillingConnection(std::unique_ptr<store::Connection> inner, KillPoints& points, std::atomic<bool>& lose)
      : inner_(std::move(inner)), points_(points), lose_(lose) {}

  [[nodiscard]] bool broken() const noexcept override { return inner_->broken(); }

 protected:
  Result<std::uint64_t> do_execute(std::string_view sql, const Parameters& parameters) override {
    return around("before a statement", "after a statement", [&] { return inner_->execute(sql, parameters); });
  }
  Result<Rows> do_query(std::string_view sql, const Parameters& parameters) override {
    return inner_->query(sql, parameters);
  }
  Result<void> do_for_each(std::string_view sql, const Parameters& parameters, const Visitor& visitor) override {
    return inner_->for_each(sql, parameters, visitor);
  }
  Result<BatchOutcome> do_write(const Batch& batch) override {
    if (!in_transaction() && lose_.exchange(false)) {
      BatchOutcome lost;
      for (const store::RowWrite& write : batch.writes) lost.rows.push_back(write.rows());
      return lost;
    }
    return around("before a batch", "after a batch", [&] { return inner_->write(batch); });
  }
  Result<void> do_run_script(std::string_view sql) override { return inner_->run_script(sql); }
  Result<void> do_begin(store::Access access) override {
    Result<store::Transaction> begun = inner_->begin(access);
    if (!begun) return std::move(begun).error();
    transaction_.emplace(std::move(begun).value());
    return {};
  }
  Result<void> do_commit() override {
    points_.pass("before a commit");
    Result<void> committed = transaction_->commit();
    transaction_.reset();
    points_.pass("after a commit");
    return committed;
  }
  void do_rollback() noexcept override { transaction_.reset(); }
  Result<void> do_lock_schema() override { return inner_->lock_schema(); }
  Result<std::vector<store::TableInfo>> do_tables() override { return inner_->tables(); }
  Result<std::uint64_t> do_size_in_bytes() override { return inner_->size_in_bytes(); }

 private:
  /// What is part of a transaction becomes durable with it.
  template <class Call>
  auto around(std::string_view before, std::string_view after, const Call& call) -> decltype(call()) {
    if (in_transaction()) return call();
    points_.pass(before);
    auto result = call();
    points_.pass(after);
    return result;
  }

  const std::unique_ptr<store::Connection> inner_;
  KillPoints& points_;
  std::atomic<bool>& lose_;
  std::optional<store::Transaction> transaction_;
};

}  // namespace

Result<std::unique_ptr<store::Connection>> KillingStore::connect() {
  Result<std::unique_ptr<store::Connection>> connected = inner_->connect();
  if (!connected) return connected;
  return std::unique_ptr<store::Connection>(
      std::make_unique<KillingConnection>(std::move(connected).value(), points_, lose_));
}

}  // namespace tenon::crash
