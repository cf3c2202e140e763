#include "run_command.h"

#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

#include "api/json_text.h"
#include "failure.h"
#include "format.h"
#include "input.h"
#include "json_access.h"
#include "run_view.h"
#include "terminal.h"

namespace tenon::cli {
namespace {

constexpr std::chrono::milliseconds kFrameTime{100};

/// How a run is shown while it goes on.
class Display {
 public:
  explicit Display(const Terminal& terminal) : terminal_(terminal) {}
  virtual ~Display() = default;
  virtual void event(std::string_view name, const Json& data, const RunView& view) = 0;
  virtual void tick(const RunView& /*view*/) {}
  [[nodiscard]] virtual std::chrono::milliseconds tick_time() const { return std::chrono::milliseconds(0); }

 protected:
  Terminal terminal_;
};

class SilentDisplay final : public Display {
 public:
  using Display::Display;
  void event(std::string_view /*name*/, const Json& /*data*/, const RunView& /*view*/) override {}
};

/// One JSON object a line: `{"event": NAME, "data": …}`.
class JsonDisplay final : public Display {
 public:
  using Display::Display;
  void event(std::string_view name, const Json& data, const RunView& /*view*/) override {
    std::cout << api::print_json(Json::object().add("event", name).add("data", data)) << std::endl;
  }
};

/// One line an event.
class PlainDisplay final : public Display {
 public:
  using Display::Display;
  void event(std::string_view name, const Json& data, const RunView& view) override {
    if (name == "run") {
      for (const Json& step : list_of(data, "steps")) print("step", step, view);  // what has happened before we came
    } else if (name == "step" || name == "progress") {
      print(name, data, view);
    }
    std::cout.flush();
  }

 private:
  void print(std::string_view name, const Json& step, const RunView& view) {
    const std::string state = text_of(step, "state") + count_of(step, "attempt");
    std::string& told = told_[count_of(step, "index")];
    // The end of a wait is no news: what comes next is.
    const bool news =
        name != "step" || told != state || step.find("waiting") != nullptr || flag_of(step, "undone_late");
    told = state;
    const std::string line = news ? view.plain_line(name, step) : std::string();
    if (!line.empty()) std::cout << line << '\n';
  }

  std::map<std::string, std::string> told_;  // the state of each step that was printed latest
};

/// Draws the steps over and over in the same place.
class LiveDisplay final : public Display {
 public:
  using Display::Display;
  void event(std::string_view name, const Json& /*data*/, const RunView& view) override {
    // A tick shows the rest: a chain of many quick steps must not wait for its display.
    if (name == "run" || name == "end") draw(view);
  }
  void tick(const RunView& view) override { draw(view); }
  [[nodiscard]] std::chrono::milliseconds tick_time() const override { return kFrameTime; }

 private:
  void draw(const RunView& view) {
    terminal_.measure();
    std::string text;
    if (lines_ > 0) text += "\x1b[" + std::to_string(lines_) + "A";
    const std::vector<std::string> lines = view.frame(terminal_, RunView::Clock::now());
    for (const std::string& line : lines) text += "\r\x1b[2K" + line + "\n";
    text += "\x1b[J";
    lines_ = lines.size();
    std::cout << text << std::flush;
  }

  std::size_t lines_ = 0;
};

std::unique_ptr<Display> make_display(Watch watch, bool json) {
  const Terminal terminal = Terminal::of_stdout();
  if (watch == Watch::kNo) return std::make_unique<SilentDisplay>(terminal);
  if (json) return std::make_unique<JsonDisplay>(terminal);
  if (terminal.live) return std::make_unique<LiveDisplay>(terminal);
  return std::make_unique<PlainDisplay>(terminal);
}

/// What is declared that can be done about the error, or about the first of its causes for which something is; empty if
/// there is nothing, or the node can't be asked any more.
std::string remedy_of(const ApiClient& client, const Json& error) {
  try {
    const Json declared = client.get("/v1/errors/" + segment(text_of(error, "code")));
    if (std::string remedy = text_of(declared, "remedy"); !remedy.empty()) return remedy;
  } catch (const Failure&) {
    // A code that nobody declares has no remedy.
  }
  for (const Json& cause : list_of(error, "causes")) {
    if (std::string remedy = remedy_of(client, cause); !remedy.empty()) return remedy;
  }
  return {};
}

void report(const ApiClient& client, const Json& run, Watch watch, bool json) {
  const std::string name = "run " + text_of(run, "id") + " of chain '" + text_of(run, "chain") + "'";
  const bool good = text_of(run, "state") == "succeeded";
  if (json) {
    if (watch == Watch::kNo) print_answer(run);
  } else if (good) {
    std::cout << name << " succeeded in " << duration_text(number_of(run, "duration_ms")) << '\n';
  }
  if (good) return;
  const Json* error = run.find("error");
  if (error == nullptr) throw Failure(ExitStatus::kFailed, name + " failed: it does not say why");
  const std::string remedy = remedy_of(client, *error);
  throw Failure(ExitStatus::kFailed,
                name + " failed: " + error_text(*error) + (remedy.empty() ? "" : "\n  remedy: " + remedy));
}

}  // namespace

std::optional<Answer> follow(const ApiClient& client, std::string_view method, const std::string& target,
                             const Json* body, Watch watch, bool json) {
  const std::unique_ptr<Display> display = make_display(watch, json);
  RunView view;
  std::optional<Answer> answer = client.events(
      method, target, body,
      [&](std::string_view name, const Json& data) {
        view.apply(name, data, RunView::Clock::now());
        display->event(name, data, view);
      },
      display->tick_time(), [&] { display->tick(view); });
  if (answer) return answer;
  if (!view.ended()) {
    throw Failure(ExitStatus::kUnreachable, "the node went away before the end of run " + text_of(view.run(), "id"));
  }
  report(client, view.run(), watch, json);
  return std::nullopt;
}

void start_run(const ApiClient& client, const std::string& chain, const std::string& input, Watch watch, bool json) {
  const Json body = Json::object().add("input", read_input(input));
  static_cast<void>(follow(client, "POST", "/v1/chains/" + segment(chain) + "/runs", &body, watch, json));
}

void follow_run(const ApiClient& client, const std::string& id, Watch watch, bool json) {
  static_cast<void>(follow(client, "GET", "/v1/runs/" + segment(id) + "/events", nullptr, watch, json));
}

void cancel_run(const ApiClient& client, const std::string& id, bool json) {
  const Json run = client.remove("/v1/runs/" + segment(id));
  if (json) {
    print_answer(run);
    return;
  }
  const bool ended = run.find("ended") != nullptr;
  std::cout << "run " << text_of(run, "id") << " of chain '" << text_of(run, "chain") << "' "
            << (ended ? "had ended already: " + text_of(run, "state") : std::string("is asked to end")) << '\n';
}

}  // namespace tenon::cli
