#pragma once

#include <tenon/json.h>

#include <string>
#include <vector>

namespace tenon::cli {

/// Which runs are meant, as the node has it: what is empty is no condition.
struct RunFilter {
  std::string state;
  std::string chain;
  std::string resource;
  std::string error;
  std::string since;
  std::string until;
  std::string limit;
  std::string before;

  /// Whether there is a condition: `limit` and `before` are none.
  [[nodiscard]] bool chooses() const;
  /// `?state=…&chain=…`, or nothing.
  [[nodiscard]] std::string query() const;
  /// The members of a filter as POST /v1/runs/actions takes it.
  [[nodiscard]] Json json() const;

 private:
  [[nodiscard]] std::vector<std::pair<const char*, const std::string*>> members() const;
};

}  // namespace tenon::cli
