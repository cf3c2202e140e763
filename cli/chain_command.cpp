#include "chain_command.h"

#include <chrono>
#include <fstream>
#include <iostream>
#include <optional>

#include "chain_graph.h"
#include "chain_view.h"
#include "drill_view.h"
#include "failure.h"
#include "format.h"
#include "input.h"
#include "json_access.h"
#include "program.h"
#include "terminal.h"

namespace tenon::cli {
namespace {

constexpr std::chrono::seconds kDrawingTime{30};

std::string drawing(const Json& chain, const std::string& format) {
  std::string dot = chain_dot(chain);
  if (format != "svg") return dot;
  std::optional<std::string> svg = run_program({"dot", "-Tsvg"}, dot, kDrawingTime);
  if (svg) return *std::move(svg);
  std::cerr << "tenon: Graphviz's dot is not installed: this is its input\n";
  return dot;
}

}  // namespace

void list_chains(const ApiClient& client, bool json) {
  print_list(client.get("/v1/chains"), json, {"NAME", "INPUTS", "STEPS", "PLACE"},
             [](const Json& item) -> std::vector<std::string> {
               return {text_of(item, "name"), joined(list_of(item, "inputs")), count_of(item, "steps"),
                       text_of(item, "place")};
             });
}

void show_chain(const ApiClient& client, const std::string& name, bool json) {
  const Json chain = client.get("/v1/chains/" + segment(name));
  if (json) return print_answer(chain);
  std::cout << chain_text(chain, Terminal::of_stdout());
}

void draw_chain(const ApiClient& client, const std::string& name, const std::string& format,
                const std::string& output) {
  const std::string text = drawing(client.get("/v1/chains/" + segment(name)), format);
  if (output.empty()) {
    std::cout << text;
    return;
  }
  std::ofstream file(output, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw Failure(ExitStatus::kFailed, "cannot write " + output);
}

void drill_chain(const ApiClient& client, const std::string& name, const std::string& input, bool json) {
  const Json body = Json::object().add("input", read_input(input));
  const Terminal terminal = Terminal::of_stdout();
  std::optional<DrillView> view;
  std::optional<Json> end;
  client.events("POST", "/v1/chains/" + segment(name) + "/drills", &body,
                [&](std::string_view event, const Json& data) {
                  if (event == "end") end = data;
                  if (json) return;
                  if (event == "drill") {
                    view.emplace(data);
                    std::cout << view->header(terminal) << std::flush;
                    for (const Json& outcome : list_of(data, "outcomes")) std::cout << view->rows(outcome, terminal);
                  } else if (event == "outcome" && view) {
                    std::cout << view->rows(data, terminal) << std::flush;
                  }
                },
                std::chrono::milliseconds(0), {});
  if (!end) throw Failure(ExitStatus::kUnreachable, "the node went away before the end of the drill of '" + name + "'");
  if (json) {
    print_answer(*end);
  } else {
    std::cout << drill_summary(*end) << '\n';
  }
  if (const std::optional<std::string> failure = drill_failure(*end)) throw Failure(ExitStatus::kFailed, *failure);
}

}  // namespace tenon::cli
