#pragma once

#include <tenon/json.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "terminal.h"

namespace tenon::cli {

/// A run as its events tell it, and how it looks.
class RunView {
 public:
  using Clock = std::chrono::steady_clock;

  /// Takes in an event `run`, `step`, `progress` or `end`.
  void apply(std::string_view event, const Json& data, Clock::time_point now);

  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// The whole run, as the latest `run` or `end` told it.
  [[nodiscard]] const Json& run() const noexcept { return run_; }

  /// The run on several lines: as many steps around the one at work as the terminal has room for.
  [[nodiscard]] std::vector<std::string> frame(const Terminal& terminal, Clock::time_point now) const;
  /// One line for a step's event, for output that is no terminal; empty if there is nothing to tell.
  [[nodiscard]] std::string plain_line(std::string_view event, const Json& step) const;

 private:
  struct Step {
    std::string name;
    std::string state = "pending";
    double started_ms = 0;
    double duration_ms = 0;
    double undo_started_ms = 0;
    double undo_duration_ms = 0;
    int percent = -1;
    std::string what;
    std::string error;
    /// The code of what the attempt before failed with.
    std::string last_error;
    int attempt = 1;
    bool undone_late = false;
    /// The step as it was told, if it waits for something.
    Json waits;
    double waiting_since_ms = 0;

    [[nodiscard]] bool at_work() const;
  };
  static Step read_step(const Json& json);
  void note_direction(const Step& step);
  /// The step to show in any case.
  [[nodiscard]] std::size_t middle() const;
  static void add_notes(const Step& step, Colour colour, const Terminal& terminal, double elapsed_ms, Line& line);
  [[nodiscard]] std::string step_line(std::size_t index, const Terminal& terminal, double elapsed_ms) const;

  Json run_;
  std::vector<Step> steps_;
  std::size_t latest_ = 0;
  bool undoing_ = false;
  bool ended_ = false;
  Clock::time_point begun_{};
};

}  // namespace tenon::cli
