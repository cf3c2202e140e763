#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "api/run_store.h"

namespace tenon::api {

/// What the records of a run say of its steps.
class RecordedSteps {
 public:
  explicit RecordedSteps(const RecordedRun& run);

  /// A list of steps as RunRecord has them, with `ended_ms`, `undo_ended_ms` and `data`.
  [[nodiscard]] Json json() const;
  /// What was written and is not undone, in the order in which it was.
  [[nodiscard]] const std::vector<journal::StoredValue>& data() const noexcept { return data_; }

 private:
  struct Step {
    std::string_view state = "pending";
    std::uint32_t attempt = 1;
    /// Microseconds since 1970; 0 if it has not.
    std::int64_t ended = 0;
    std::int64_t undo_ended = 0;
    std::optional<ErrorCode> error;
    std::optional<ErrorCode> last_error;
    std::optional<ErrorCode> undo_error;
    bool undone_late = false;
  };
  void fold(const journal::RunEntry& entry, Step& step);
  void forget_data(std::uint32_t step);
  [[nodiscard]] Json step_json(std::size_t index) const;

  const RecordedRun& run_;
  std::vector<Step> steps_;
  std::vector<journal::StoredValue> data_;
};

/// An object of keys and values; of two under one key the later one counts.
[[nodiscard]] Json data_json(const std::vector<journal::StoredValue>& data);

}  // namespace tenon::api
