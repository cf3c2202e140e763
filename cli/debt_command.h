#pragma once

#include <tenon/json.h>

#include <string>
#include <vector>

#include "api_client.h"

/// The commands for debts: undos that failed.
namespace tenon::cli {

/// Which debts are meant: what is empty is no condition.
struct DebtFilter {
  std::string state;
  std::string run;
  std::string plugin;
  std::string chain;
  std::string limit;
  std::string after;

  [[nodiscard]] std::string query() const;
};

void list_debts(const ApiClient& client, const DebtFilter& filter, bool json);
void show_debt(const ApiClient& client, const std::string& key, bool json);
void retry_debt(const ApiClient& client, const std::string& key, const std::string& why, bool json);
void settle_debt(const ApiClient& client, const std::string& key, const std::string& reason, bool json);

/// `{key, chain, flow, state, attempts, when it is tried again, error}`.
[[nodiscard]] std::vector<std::string> debt_row(const Json& debt);

}  // namespace tenon::cli
