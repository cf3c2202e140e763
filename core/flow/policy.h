#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "descriptor/diagnostics.h"
#include "flow/key_template.h"

/// How a step, a part of a chain or a whole chain is to be run. Durations of zero: none.
namespace tenon::flow {

struct RetryPolicy {
  /// How often it is tried in all.
  std::uint32_t attempts = 1;
  /// How long before the second attempt; doubled for each one after it, up to `max_backoff`.
  std::chrono::milliseconds backoff{0};
  std::chrono::milliseconds max_backoff{60'000};
  /// How much of the wait is left to chance, 0–1: 0.2 makes 1 s anything between 0.8 s and 1.2 s.
  double jitter = 0.2;
  /// Codes of errors that are worth another attempt: `KVM.1001`, or `KVM.*`. Empty: all are. A run that is cancelled is
  /// never tried again.
  std::vector<std::string> codes;
  /// Whether what a failed attempt made is undone before the next one.
  bool undo_between = true;
  descriptor::Place place;

  /// Whether an error with this code is worth another attempt.
  [[nodiscard]] bool worth(std::string_view code) const;
  /// How long to wait after `failed` attempts. `chance`: 0–1.
  [[nodiscard]] std::chrono::milliseconds wait(std::uint32_t failed, double chance) const;
};

/// A condition on the data: the step runs if there is a value under the key, and it is neither `false` nor null; with
/// `negated`, if that is not so.
struct Condition {
  std::string key;
  std::uint64_t hash = 0;
  bool negated = false;
  descriptor::Place place;
  friend bool operator==(const Condition& a, const Condition& b) { return a.key == b.key && a.negated == b.negated; }
};

/// At most `limit` steps at once, in all runs, that have the same name here.
struct ConcurrencyPolicy {
  KeyTemplate key;
  std::uint32_t limit = 1;
  descriptor::Place place;
};

struct StepPolicy {
  /// For each attempt.
  std::chrono::milliseconds timeout{0};
  /// For each call of the undo.
  std::chrono::milliseconds undo_timeout{0};
  /// How long a step that was told to end is waited for before it is undone without its answer.
  std::chrono::milliseconds grace{10'000};
  RetryPolicy retry;
  /// How often the undo is tried, with the waits of `retry`.
  std::uint32_t undo_attempts = 1;
  std::optional<ConcurrencyPolicy> concurrency;
  /// All must hold.
  std::vector<Condition> when;
};

/// For a part of a chain, or a whole one.
struct ScopePolicy {
  /// For all attempts together, of a chain with the wait for its locks; not for the undo.
  std::chrono::milliseconds timeout{0};
  RetryPolicy retry;
  descriptor::Place place;
};

/// What becomes of a run that a crash interrupted.
enum class Recovery : std::uint8_t { kRollback, kResume };

/// A name that a run holds alone, from before its first flow until its end.
struct LockPolicy {
  KeyTemplate key;
  descriptor::Place place;
};

}  // namespace tenon::flow
