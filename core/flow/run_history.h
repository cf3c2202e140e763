#pragma once

#include <tenon/error.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/chain.h"
#include "flow/engine.h"

namespace tenon::flow {

/// The key of this name as the chain has it, whose text lives as long as the chain; nothing if the chain has none.
[[nodiscard]] std::optional<KeyRef> key_in_chain(const Chain& chain, std::string_view name);

/// What the records of a run say, for those who take it up.
class RunHistory {
 public:
  /// FLOW.1046 if the chain has not the steps or keys that the records name.
  static Result<std::unique_ptr<RunHistory>> make(const RecoveredRun& run);

  [[nodiscard]] RecoveredRun::Course course() const noexcept { return course_; }
  /// Why it is undone.
  [[nodiscard]] const ErrorCode& error() const noexcept { return error_; }
  /// What steps have written; inputs are not among it.
  [[nodiscard]] const std::vector<DataEntry>& data() const noexcept { return data_; }
  [[nodiscard]] const std::vector<std::uint32_t>& done() const noexcept { return done_; }
  [[nodiscard]] bool is_done(std::uint32_t step) const { return is_done_[step]; }
  [[nodiscard]] bool is_skipped(std::uint32_t step) const { return is_skipped_[step]; }
  /// Null if the step has not failed before.
  [[nodiscard]] const RecoveredRun::Retry* retry(std::uint32_t step) const;
  [[nodiscard]] std::uint32_t op_of(std::uint32_t step) const { return op_of_[step]; }
  /// The op after the last one in this range whose step is done; `begin` if there is none.
  [[nodiscard]] std::uint32_t after_last_done(std::uint32_t begin, std::uint32_t end) const;

  /// To undo first.
  [[nodiscard]] const std::vector<std::uint32_t>& going_back() const noexcept { return going_back_; }
  /// What `going_back` wrote, with all that they saw.
  [[nodiscard]] const std::vector<DataEntry>& data_before() const noexcept { return data_before_; }
  /// It has to be undone after all: before it goes through what is done.
  void undo_all(ErrorCode error) {
    course_ = RecoveredRun::Course::kUndo;
    error_ = std::move(error);
  }

  /// Under the run's lock.
  [[nodiscard]] bool released() const noexcept { return released_; }
  void release() noexcept { released_ = true; }

 private:
  RunHistory() = default;

  RecoveredRun::Course course_{};
  ErrorCode error_;
  std::vector<DataEntry> data_;
  std::vector<std::uint32_t> done_;
  std::vector<bool> is_done_;
  std::vector<bool> is_skipped_;
  std::vector<std::uint32_t> op_of_;
  std::vector<std::uint32_t> going_back_;
  std::vector<DataEntry> data_before_;
  std::vector<RecoveredRun::Retry> retries_;
  bool released_ = false;
};

}  // namespace tenon::flow
