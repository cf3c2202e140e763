#include "run_view.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "format.h"
#include "json_access.h"
#include "waiting_text.h"

namespace tenon::cli {
namespace {

constexpr std::size_t kBarWidth = 20;
/// Lines of a frame that are no steps, and one for the cursor.
constexpr std::size_t kOtherLines = 4;

struct Look {
  std::string_view state;
  std::string_view symbol;
  std::string_view ascii;
  Colour colour;
};
constexpr std::array<Look, 10> kLooks{{{"pending", "·", ".", Colour::kDim},
                                       {"checking", "?", "?", Colour::kCyan},
                                       {"checked", "·", ".", Colour::kDim},
                                       {"skipped", "↷", "~", Colour::kDim},
                                       {"running", "▶", ">", Colour::kCyan},
                                       {"done", "✔", "+", Colour::kGreen},
                                       {"failed", "✘", "x", Colour::kRed},
                                       {"undoing", "◀", "<", Colour::kYellow},
                                       {"undone", "↶", "-", Colour::kYellow},
                                       {"undo-failed", "✘", "!", Colour::kRed}}};

const Look& look_of(std::string_view state) {
  for (const Look& look : kLooks) {
    if (look.state == state) return look;
  }
  return kLooks.front();
}

std::string bar(int percent, bool utf8) {
  const auto full = static_cast<std::size_t>(percent) * kBarWidth / 100;
  std::string text;
  for (std::size_t i = 0; i < kBarWidth; ++i) text += i < full ? (utf8 ? "━" : "#") : (utf8 ? "╌" : ".");
  return text;
}

bool is_undo(std::string_view state) { return state == "undoing" || state == "undone" || state == "undo-failed"; }

std::string error_line(const Json& step) {
  for (const char* name : {"undo_error", "error"}) {
    const Json* error = step.find(name);
    if (error == nullptr) continue;
    // The failure of an undo says what failed as its cause.
    const Json::Array& causes = list_of(*error, "causes");
    const Json& telling = name == std::string_view("undo_error") && !causes.empty() ? causes.front() : *error;
    std::string line = text_of(telling, "code") + ": " + text_of(telling, "description");
    if (!text_of(telling, "details").empty()) line += ": " + text_of(telling, "details");
    return harmless(line);
  }
  return {};
}

}  // namespace

RunView::Step RunView::read_step(const Json& json) {
  Step step;
  step.name = harmless(text_of(json, "name"));
  step.state = text_of(json, "state");
  step.started_ms = number_of(json, "started_ms");
  step.duration_ms = number_of(json, "duration_ms");
  step.undo_started_ms = number_of(json, "undo_started_ms");
  step.undo_duration_ms = number_of(json, "undo_duration_ms");
  step.percent = static_cast<int>(std::clamp(number_of(json, "progress", -1), -1.0, 100.0));
  step.what = harmless(text_of(json, "what"));
  step.error = error_line(json);
  if (const Json* error = json.find("last_error")) step.last_error = harmless(text_of(*error, "code"));
  step.attempt = static_cast<int>(std::clamp(number_of(json, "attempt", 1), 1.0, 1e9));
  step.undone_late = flag_of(json, "undone_late");
  if (json.find("waiting") != nullptr) step.waits = json;
  step.waiting_since_ms = number_of(json, "waiting_since_ms");
  return step;
}

bool RunView::Step::at_work() const {
  return state == "checking" || state == "running" || state == "undoing" || !waits.is_null();
}

void RunView::note_direction(const Step& step) {
  // What is undone between two attempts of a step is no undo of the run.
  const bool pause = text_of(step.waits, "waiting") == "backoff" && step.state != "undo-failed";
  if (step.state == "running" || pause) undoing_ = false;
  if (is_undo(step.state) && !pause) undoing_ = true;
}

void RunView::apply(std::string_view event, const Json& data, Clock::time_point now) {
  if (event == "run" || event == "end") {
    run_ = data;
    ended_ = event == "end";
    undoing_ = text_of(data, "state") == "undoing";
    begun_ = now - std::chrono::duration_cast<Clock::duration>(
                       std::chrono::duration<double, std::milli>(number_of(data, "duration_ms")));
    steps_.clear();
    for (const Json& step : list_of(data, "steps")) steps_.push_back(read_step(step));
    return;
  }
  const auto index = static_cast<std::size_t>(std::max(number_of(data, "index"), 0.0));
  if (index >= steps_.size()) return;
  steps_[index] = read_step(data);
  latest_ = index;
  if (event == "step") note_direction(steps_[index]);
}

std::size_t RunView::middle() const {
  const auto first = std::find_if(steps_.begin(), steps_.end(), [](const Step& step) { return step.at_work(); });
  return first != steps_.end() ? static_cast<std::size_t>(first - steps_.begin()) : latest_;
}

std::vector<std::string> RunView::frame(const Terminal& terminal, Clock::time_point now) const {
  const double elapsed =
      ended_ ? number_of(run_, "duration_ms") : std::chrono::duration<double, std::milli>(now - begun_).count();
  const std::string state = ended_ ? text_of(run_, "state") : undoing_ ? "undoing" : "running";
  const Colour colour = state == "succeeded" ? Colour::kGreen
                        : state == "failed"  ? Colour::kRed
                        : undoing_           ? Colour::kYellow
                                             : Colour::kCyan;
  std::vector<std::string> lines;
  lines.push_back(Line()
                      .add(harmless(text_of(run_, "chain")), Colour::kBold)
                      .add("  run " + text_of(run_, "id") + "  ")
                      .add(state, colour)
                      .add("  " + duration_text(elapsed))
                      .render(terminal));

  const std::size_t room = terminal.height > kOtherLines + 1 ? terminal.height - kOtherLines : 1;
  const std::size_t shown = std::min(room, steps_.size());
  const std::size_t at = middle();
  std::size_t first = at > shown / 2 ? at - shown / 2 : 0;
  first = std::min(first, steps_.size() - shown);
  if (first > 0) lines.push_back(Line().add("  … " + std::to_string(first) + " before", Colour::kDim).render(terminal));
  for (std::size_t i = first; i < first + shown; ++i) lines.push_back(step_line(i, terminal, elapsed));
  if (first + shown < steps_.size()) {
    const std::string left = std::to_string(steps_.size() - first - shown);
    lines.push_back(Line().add("  … " + left + " after", Colour::kDim).render(terminal));
  }
  return lines;
}

std::string RunView::step_line(std::size_t index, const Terminal& terminal, double elapsed_ms) const {
  const Step& step = steps_[index];
  const Look& look = look_of(step.state);
  std::size_t names = 0;
  for (const Step& other : steps_) names = std::max(names, display_width(other.name));
  const std::size_t digits = std::to_string(steps_.size()).size();
  const std::string number = std::to_string(index + 1);

  Line line;
  line.add("  ").add(terminal.utf8 ? look.symbol : look.ascii, look.colour).add(" ");
  line.add(std::string(digits - number.size(), ' ') + number + " ", Colour::kDim);
  const bool quiet = look.colour == Colour::kDim;
  line.add(step.name, quiet ? Colour::kDim : Colour::kPlain);
  line.pad(names + digits + 7);
  if (step.state == "running" || step.state == "checking") {
    if (step.state == "checking") line.add("checking ", look.colour);
    line.add(duration_text(elapsed_ms - step.started_ms), look.colour);
  } else if (step.state == "undoing") {
    line.add("undoing " + duration_text(elapsed_ms - step.undo_started_ms), look.colour);
  } else if (is_undo(step.state)) {
    line.add(step.state == "undone" ? "undone " : "undo failed ", look.colour)
        .add(step.undone_late ? "late" : duration_text(step.undo_duration_ms), look.colour);
  } else if (quiet) {
    if (step.state != "pending") line.add(step.state, look.colour);
  } else {
    line.add(duration_text(step.duration_ms), look.colour);
  }
  add_notes(step, look.colour, terminal, elapsed_ms, line);
  return line.render(terminal);
}

void RunView::add_notes(const Step& step, Colour colour, const Terminal& terminal, double elapsed_ms, Line& line) {
  if (step.attempt > 1) {
    line.add("  attempt " + std::to_string(step.attempt), colour);
    if (!step.last_error.empty() && step.error.empty()) line.add(" after " + step.last_error, Colour::kDim);
  }
  if (!step.waits.is_null()) {
    const std::string what = text_of(step.waits, "waiting_for");
    line.add("  " + waiting_sentence(step.waits, what, elapsed_ms - step.waiting_since_ms), Colour::kYellow);
  }
  if (step.percent >= 0 && (step.state == "running" || step.state == "undoing")) {
    line.add("  " + bar(step.percent, terminal.utf8), colour).add(" " + std::to_string(step.percent) + " %");
  }
  if (!step.error.empty()) {
    line.add("  " + step.error, Colour::kRed);
  } else if (!step.what.empty() && step.state == "running") {
    line.add("  " + step.what);
  }
}

std::string RunView::plain_line(std::string_view event, const Json& step) const {
  const Step view = read_step(step);
  const bool waits = !view.waits.is_null();
  if (view.state == "pending" && !waits) return {};
  const bool undo = is_undo(view.state);
  const bool over = view.state != "running" && view.state != "undoing" && view.state != "checking";
  double at = undo ? view.undo_started_ms : view.started_ms;
  if (over || event == "progress") at += undo ? view.undo_duration_ms : view.duration_ms;
  if (waits) at = view.waiting_since_ms;
  std::array<char, 32> time{};
  std::snprintf(time.data(), time.size(), "%9.3f s  ", at / 1000);
  std::string line = time.data() + std::to_string(static_cast<std::size_t>(number_of(step, "index")) + 1) + "/" +
                     std::to_string(steps_.size()) + " " + view.name + ": ";
  if (waits) return line + waiting_sentence(view.waits, text_of(view.waits, "waiting_for"), -1);
  if (event == "progress") {
    line += std::to_string(std::max(view.percent, 0)) + " %";
    return view.what.empty() ? line : line + " " + view.what;
  }
  line += view.state;
  if (view.attempt > 1 && !undo) line += ", attempt " + std::to_string(view.attempt);
  if (view.undone_late) return line + " late" + (view.error.empty() ? "" : ": " + view.error);
  if (over && view.state != "skipped") {
    line += " (" + duration_text(undo ? view.undo_duration_ms : view.duration_ms) + ")";
  }
  if (!view.error.empty() && (view.state == "failed" || view.state == "undo-failed")) line += ": " + view.error;
  return line;
}

}  // namespace tenon::cli
