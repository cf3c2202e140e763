#include "run_verbs.h"

#include <array>
#include <iostream>
#include <utility>

#include "failure.h"
#include "format.h"
#include "input.h"
#include "json_access.h"
#include "terminal.h"

namespace tenon::cli {
namespace {

struct Words {
  std::string_view verb;
  /// `run 0a of chain 'x' …`
  std::string_view asked;
  /// `would …`
  std::string_view would;
};
constexpr std::array<Words, 6> kWords{{
    {"cancel", "is asked to end", "be cancelled"},
    {"pause", "stops before its next step", "be paused"},
    {"resume", "goes on", "go on"},
    {"retry", "is tried again now", "be tried again"},
    {"skip-step", "leaves out the step", "leave out the step"},
    {"mark-done", "takes the step for done", "take the step for done"},
}};

const Words& words_of(std::string_view verb) {
  for (const Words& words : kWords) {
    if (words.verb == verb) return words;
  }
  return kWords.front();
}

Json body_of(const VerbOptions& options) {
  Json body = Json::object();
  if (!options.why.empty()) body.add("why", options.why);
  if (options.step) body.add("step", *options.step - 1);
  if (!options.data.empty()) body.add("data", read_object(options.data, "the step's data"));
  return body;
}

void append(Json& all, const Json& page) {
  for (auto& [name, member] : *all.as_object()) {
    const Json* more = page.find(name);
    if (more == nullptr) continue;
    if (const std::int64_t* count = more->as_int()) member = Json(*member.as_int() + *count);
    if (const Json::Array* list = more->as_array()) {
      for (const Json& run : *list) member.push(run);
    }
  }
}

std::string error_line(const Json& error) {
  std::string line = error_text(error);
  return line.substr(0, line.find('\n'));
}

}  // namespace

std::vector<std::string> undo_row(const Json& undo) {
  std::string note = flag_of(undo, "perhaps_begun") ? "may be at work" : "";
  const Json* has_undo = undo.find("has_undo");
  if (has_undo != nullptr && !flag_of(undo, "has_undo")) note.append(note.empty() ? "" : ", ").append("has no undo");
  return {std::to_string(static_cast<long long>(number_of(undo, "step")) + 1), text_of(undo, "name"),
          text_of(undo, "plugin"), note};
}

std::vector<std::string> acted_row(std::string_view verb, const Json& run, bool dry_run) {
  std::string result = dry_run ? "would " + std::string(words_of(verb).would) : std::string(words_of(verb).asked);
  if (run.find("undo") != nullptr) {
    std::string undos;
    for (const Json& undo : list_of(run, "undo")) {
      undos.append(undos.empty() ? "" : ", ").append(text_of(undo, "name"));
    }
    result += undos.empty() ? "; nothing to undo" : "; undo of " + undos;
  }
  if (const Json* error = run.find("error")) result = error_line(*error);
  return {text_of(run, "id"), text_of(run, "chain"), text_of(run, "state"), result};
}

void act_on_run(const ApiClient& client, std::string_view verb, const std::string& id, const VerbOptions& options,
                bool json) {
  const Json run = client.post("/v1/runs/" + segment(id) + "/" + std::string(verb), body_of(options));
  if (json) return print_answer(run);
  std::cout << "run " << text_of(run, "id") << " of chain '" << harmless(text_of(run, "chain")) << "' "
            << words_of(verb).asked << '\n';
}

void act_on_runs(const ApiClient& client, std::string_view verb, RunFilter filter, const VerbOptions& options,
                 bool json) {
  Json all = Json::object().add("done", 0).add("failed", 0).add("runs", Json::array());
  do {
    Json body = body_of(options);
    body.add("verb", verb).add("filter", filter.json()).add("dry_run", options.dry_run);
    const Json page = client.post("/v1/runs/actions", body);
    append(all, page);
    filter.before = text_of(page, "next");
  } while (!filter.before.empty());

  const Json::Array& runs = list_of(all, "runs");
  if (json) {
    print_answer(all);
  } else if (runs.empty()) {
    std::cout << "no run matches\n";
  } else {
    Table table({"ID", "CHAIN", "STATE", "RESULT"});
    for (const Json& run : runs) table.add(acted_row(verb, run, options.dry_run));
    std::cout << table.render(Terminal::of_stdout());
  }
  const std::string failed = count_of(all, "failed");
  if (failed == "0") return;
  throw Failure(ExitStatus::kFailed, std::string(verb) + (options.dry_run ? " would fail" : " failed") + " for " +
                                         failed + " of " + std::to_string(runs.size()) + " runs");
}

void preview_cancel(const ApiClient& client, const std::string& id, bool json) {
  const Json preview = client.get("/v1/runs/" + segment(id) + "/cancel-preview");
  if (json) return print_answer(preview);
  const Json::Array& undos = list_of(preview, "undo");
  if (undos.empty()) {
    std::cout << "nothing to undo\n";
    return;
  }
  Table table({"#", "FLOW", "PLUGIN", "NOTE"});
  for (const Json& undo : undos) table.add(undo_row(undo));
  std::cout << table.render(Terminal::of_stdout());
}

}  // namespace tenon::cli
