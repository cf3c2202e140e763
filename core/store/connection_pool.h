#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "store/store.h"

namespace tenon::store {

/// A few connections to a store that many threads share, made when they are needed. Any thread may call; the store must
/// outlive it.
class ConnectionPool {
 public:
  ConnectionPool(Store& store, std::size_t size) : store_(store), size_(size) {}
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  /// A connection for one thread, which goes back to the pool with it; one that is broken is closed.
  class Lease {
   public:
    Lease(Lease&& other) noexcept : pool_(other.pool_), connection_(std::move(other.connection_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (connection_) pool_->give_back(std::move(connection_));
    }
    Connection& operator*() const noexcept { return *connection_; }
    Connection* operator->() const noexcept { return connection_.get(); }

   private:
    friend class ConnectionPool;
    Lease(ConnectionPool& pool, std::unique_ptr<Connection> connection)
        : pool_(&pool), connection_(std::move(connection)) {}
    ConnectionPool* pool_;
    std::unique_ptr<Connection> connection_;
  };

  /// Waits for one. Errors: STORE.1003 if others keep all of them for as long as `patience`; those of Store::connect.
  [[nodiscard]] Result<Lease> take(std::chrono::milliseconds patience);

 private:
  void give_back(std::unique_ptr<Connection> connection) noexcept;

  Store& store_;
  const std::size_t size_;
  std::mutex mutex_;
  std::condition_variable free_;
  std::vector<std::unique_ptr<Connection>> idle_;
  /// How many are lent.
  std::size_t lent_ = 0;
};

}  // namespace tenon::store
