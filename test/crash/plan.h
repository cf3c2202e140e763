#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::crash {

inline constexpr std::uint32_t kSteps = 8;
/// The last step of the part that is tried again.
inline constexpr std::uint32_t kFlakyStep = 5;
/// How often that part is tried in all.
inline constexpr std::uint32_t kAttempts = 4;

/// What one run of the drill is to do, known before it begins. Travels as text: `17 resume.plain fail=6 owes=2x1 …`.
struct Plan {
  /// Unique among all runs of a world.
  std::uint64_t number = 0;
  std::string chain;
  /// Which of the names that runs hold alone.
  std::uint32_t slot = 0;
  /// The step that does its work and then fails; -1: none.
  std::int64_t fail_at = -1;
  /// The step whose undo fails so often; -1 times: always.
  std::int64_t owes_at = -1;
  std::int64_t owes = 0;
  /// How often kFlakyStep fails before it succeeds.
  std::int64_t flaky = 0;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] static Plan parse(const std::string& text);
};

/// What a chain of the drill is.
struct Shape {
  std::string name;
  bool resumes = false;
  bool retries = false;
  /// A letter a step: c counts in the run's data, e works on a thread of its own, r writes a row in the store.
  std::string_view steps;
};

/// All chains, by name: each shape with both kinds of recovery.
[[nodiscard]] const std::map<std::string, Shape>& shapes();

/// One plan of each kind for each chain: it succeeds, it fails, it fails and cannot be undone at once, and what else
/// the chain can meet.
[[nodiscard]] std::vector<Plan> typical_plans();

/// A random number below `bound`.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

[[nodiscard]] Plan random_plan(Dice& dice);

}  // namespace tenon::crash
