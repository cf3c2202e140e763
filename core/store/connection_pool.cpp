#include "store/connection_pool.h"

#include <string>

#include "store/errors.h"

namespace tenon::store {

Result<ConnectionPool::Lease> ConnectionPool::take(std::chrono::milliseconds patience) {
  std::unique_ptr<Connection> connection;
  {
    std::unique_lock lock(mutex_);
    if (!free_.wait_for(lock, patience, [this] { return lent_ < size_; })) {
      return store_error(kBusy, "all " + std::to_string(size_) + " connections are at work");
    }
    ++lent_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  if (connection) return Lease(*this, std::move(connection));
  Result<std::unique_ptr<Connection>> made = store_.connect();
  if (made) return Lease(*this, std::move(made).value());
  give_back(nullptr);
  return std::move(made).error();
}

void ConnectionPool::give_back(std::unique_ptr<Connection> connection) noexcept {
  if (connection && connection->broken()) connection.reset();
  {
    const std::lock_guard lock(mutex_);
    --lent_;
    if (connection) idle_.push_back(std::move(connection));
  }
  free_.notify_one();
}

}  // namespace tenon::store
