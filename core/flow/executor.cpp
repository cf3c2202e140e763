#include "flow/executor.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <thread>
#include <utility>
#include <vector>

namespace tenon::flow {

struct Executor::Pool {
  explicit Pool(std::size_t count) : context(static_cast<int>(count)), work(context.get_executor()) {}
  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  std::vector<std::thread> threads;
};

Executor::Executor(const char* name, std::size_t threads)
    : pool_(std::make_shared<Pool>(std::max<std::size_t>(threads, 1))) {
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) {
    pool_->threads.emplace_back([this] { pool_->context.run(); });
    ::pthread_setname_np(pool_->threads.back().native_handle(), name);
  }
}

Executor::~Executor() {
  pool_->work.reset();
  for (std::thread& thread : pool_->threads) thread.join();
}

void Executor::post(std::function<void()> work) {
  const std::shared_ptr<Pool> pool = pool_;  // wakes a thread after the work can be seen
  boost::asio::post(pool->context, std::move(work));
}

std::size_t Executor::threads() const noexcept { return pool_->threads.size(); }

}  // namespace tenon::flow
