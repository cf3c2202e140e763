#pragma once

#include <tenon/json.h>

#include <cstddef>
#include <optional>
#include <string>

#include "terminal.h"

namespace tenon::cli {

/// A drill of a chain as a table that grows: a row a run.
class DrillView {
 public:
  /// `drill`: all of it, as the node tells it at the beginning.
  explicit DrillView(const Json& drill);

  [[nodiscard]] std::string header(const Terminal& terminal) const;
  /// The lines of one run: one for each thing that it left behind, at least one.
  [[nodiscard]] std::string rows(const Json& outcome, const Terminal& terminal) const;

 private:
  [[nodiscard]] std::string row(const std::string& step, const std::string& way, const std::string& run,
                                const std::string& left, Colour colour, const Terminal& terminal) const;

  std::size_t step_width_ = 0;
};

/// `drill of chain 'a': 12 runs in 3.2 s, 2 of them did not reach their steps; nothing is left behind`.
[[nodiscard]] std::string drill_summary(const Json& drill);

/// Why a drill that has ended is no success; nothing if it is one.
[[nodiscard]] std::optional<std::string> drill_failure(const Json& drill);

}  // namespace tenon::cli
