#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/errors.h"
#include "store/store.h"
#include "support/postgres.h"
#include "support/temp_folder.h"

namespace tenon::store {

/// The server that all tests of this program share.
[[nodiscard]] test::PostgresServer& server();
/// Whether there can be one.
[[nodiscard]] bool has_server();

/// Fails a test that can't run where all must run (TENON_REQUIRE_LAB), and skips it elsewhere.
#define TENON_NEED_POSTGRES()                                                           \
  if (!has_server()) {                                                                  \
    if (std::getenv("TENON_REQUIRE_LAB") != nullptr) FAIL() << "PostgreSQL is missing"; \
    GTEST_SKIP() << "PostgreSQL is missing: scripts/packages test";                     \
  }

/// An empty store of the engine that the parameter names.
class StoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "postgresql") TENON_NEED_POSTGRES();
    address_ = new_address(GetParam());
    open();
  }
  /// Where an empty store can be made.
  std::string new_address(const std::string& engine);
  void open(StoreOptions options = {});
  std::unique_ptr<Connection> connect() { return store_->connect().value(); }
  /// Executes a script in a transaction of its own.
  void make(std::string_view sql) { make(*connection_, sql); }
  static void make(Connection& connection, std::string_view sql);
  [[nodiscard]] bool on_sqlite() const { return GetParam() == "sqlite"; }

  test::TempFolder folder_;
  std::string address_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Connection> connection_;

 private:
  int files_ = 0;
};

/// A fact of the error, or `(none)`.
[[nodiscard]] std::string fact(const ErrorCode& error, const std::string& name);
/// The one number that a query gives.
[[nodiscard]] std::int64_t number(Connection& connection, std::string_view sql);

#define TENON_BOTH_ENGINES(suite)                                                \
  INSTANTIATE_TEST_SUITE_P(On, suite, ::testing::Values("sqlite", "postgresql"), \
                           [](const auto& it) { return it.param; })

}  // namespace tenon::store
