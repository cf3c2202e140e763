#include "drill_view.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "format.h"
#include "json_access.h"

namespace tenon::cli {
namespace {

constexpr std::size_t kGap = 2;
constexpr std::size_t kWayWidth = 7;   // `timeout`
constexpr std::size_t kRunWidth = 22;  // `not reached: FLOW.1012`

std::string step_text(std::size_t index, const std::string& name) { return std::to_string(index + 1) + " " + name; }

std::string run_text(const Json& outcome) {
  const Json* error = outcome.find("error");
  const std::string code = error != nullptr ? text_of(*error, "code") : "";
  if (flag_of(outcome, "reached")) return code;
  return code.empty() ? "not reached" : "not reached: " + code;
}

/// What is wrong after a run, a line each.
std::vector<std::string> flaws(const Json& outcome) {
  std::vector<std::string> lines;
  for (const Json& item : list_of(outcome, "left")) {
    lines.push_back(text_of(item, "probe") + ": " + text_of(item, "resource"));
  }
  for (const Json& item : list_of(outcome, "lost")) {
    lines.push_back("lost: " + text_of(item, "probe") + ": " + text_of(item, "resource"));
  }
  for (const Json& item : list_of(outcome, "failed_undos")) {
    const Json* error = item.find("error");
    // The failure of an undo says what failed as its cause.
    const Json::Array& causes = list_of(error != nullptr ? *error : item, "causes");
    const std::string code = !causes.empty()    ? text_of(causes.front(), "code")
                             : error != nullptr ? text_of(*error, "code")
                                                : "";
    lines.push_back("undo of " + text_of(item, "name") + " failed: " + code);
  }
  if (flag_of(outcome, "unanswered")) lines.emplace_back("a flow that was undone has not answered yet");
  return lines;
}

std::string counted(double count, const std::string& one, const std::string& many) {
  const auto number = static_cast<long long>(count);
  return std::to_string(number) + " " + (number == 1 ? one : many);
}

/// The first error of a run that did not reach its step.
std::string first_error(const Json& drill) {
  for (const Json& outcome : list_of(drill, "outcomes")) {
    const Json* error = outcome.find("error");
    if (error != nullptr && !flag_of(outcome, "reached")) return ": " + error_text(*error);
  }
  return {};
}

}  // namespace

DrillView::DrillView(const Json& drill) {
  const Json::Array& steps = list_of(drill, "steps");
  step_width_ = std::string_view("STEP").size();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].as_string() == nullptr) continue;
    step_width_ = std::max(step_width_, display_width(step_text(i, *steps[i].as_string())));
  }
}

std::string DrillView::row(const std::string& step, const std::string& way, const std::string& run,
                           const std::string& left, Colour colour, const Terminal& terminal) const {
  Terminal endless = terminal;
  endless.live = false;  // not cut: a terminal wraps it
  Line line;
  std::size_t column = 0;
  const auto cell = [&](const std::string& text, std::size_t width) {
    line.pad(column).add(harmless(text), colour == Colour::kBold ? colour : Colour::kPlain);
    column += std::max(width, display_width(text)) + kGap;
  };
  cell(step, step_width_);
  cell(way, kWayWidth);
  cell(run, kRunWidth);
  return line.pad(column).add(harmless(left), colour).render(endless) + "\n";
}

std::string DrillView::header(const Terminal& terminal) const {
  return row("STEP", "WAY", "RUN", "LEFT BEHIND", Colour::kBold, terminal);
}

std::string DrillView::rows(const Json& outcome, const Terminal& terminal) const {
  const auto index = static_cast<std::size_t>(std::max(number_of(outcome, "step"), 0.0));
  const std::string step = step_text(index, text_of(outcome, "name"));
  const std::vector<std::string> lines = flaws(outcome);
  if (lines.empty()) return row(step, text_of(outcome, "way"), run_text(outcome), "-", Colour::kPlain, terminal);
  std::string text;
  for (const std::string& line : lines) {
    const bool first = &line == &lines.front();
    text += row(first ? step : "", first ? text_of(outcome, "way") : "", first ? run_text(outcome) : "", line,
                Colour::kRed, terminal);
  }
  return text;
}

std::string drill_summary(const Json& drill) {
  const auto runs = static_cast<double>(list_of(drill, "outcomes").size());
  std::string text = "drill of chain '" + text_of(drill, "chain") + "': " + counted(runs, "run", "runs") + " in " +
                     duration_text(number_of(drill, "duration_ms"));
  const double missed = number_of(drill, "not_reached");
  if (missed > 0) text += ", " + counted(missed, "of them did not reach its step", "of them did not reach their steps");
  if (list_of(drill, "probes").empty()) {
    text += "; no plugin lists what there is on the devices, so only undos were looked at";
  } else if (text_of(drill, "state") == "clean") {
    text += "; nothing is left behind";
  }
  return harmless(text);
}

std::optional<std::string> drill_failure(const Json& drill) {
  const std::string name = "drill of chain '" + text_of(drill, "chain") + "'";
  const std::string state = text_of(drill, "state");
  if (state == "failed") {
    const Json* error = drill.find("error");
    return name + " can't go on: " + (error != nullptr ? error_text(*error) : "it does not say why");
  }
  std::string what;
  const auto add = [&](const char* member, const std::string& one, const std::string& many) {
    const double count = number_of(drill, member);
    if (count > 0) what.append(what.empty() ? "" : ", ").append(counted(count, one, many));
  };
  add("left", "resource left behind", "resources left behind");
  add("lost", "resource lost", "resources lost");
  add("failed_undos", "undo failed", "undos failed");
  if (!what.empty()) return name + ": " + what;
  if (state == "flawed") return name + ": a flow that was undone has not answered";
  if (state != "clean") return name + " was stopped";
  const auto outcomes = static_cast<double>(list_of(drill, "outcomes").size());
  if (outcomes > 0 && number_of(drill, "not_reached") >= outcomes) {
    return name + ": no run reached its step" + first_error(drill);
  }
  return std::nullopt;
}

}  // namespace tenon::cli
