#include "chain_graph.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "chain_words.h"
#include "json_access.h"

namespace tenon::cli {
namespace {

constexpr std::array<std::string_view, 8> kFills{"#cfe2f3", "#d9ead3", "#fff2cc", "#f4cccc",
                                                 "#d9d2e9", "#d0e0e3", "#fce5cd", "#ead1dc"};
constexpr std::string_view kUndoEdge = " [style=dashed, color=\"#b45f06\", constraint=false]";

/// A text between quotes. Lines are parted by `\n` in DOT's sense.
std::string quoted(const std::vector<std::string>& lines) {
  std::string text = "\"";
  for (const std::string& line : lines) {
    if (text.size() > 1) text += "\\n";
    for (const char letter : line) {
      if (letter == '"' || letter == '\\') text += '\\';
      text += static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f ? ' ' : letter;
    }
  }
  return text + "\"";
}

std::vector<std::string> lines_of(std::initializer_list<std::string> texts) {
  std::vector<std::string> lines;
  std::copy_if(texts.begin(), texts.end(), std::back_inserter(lines), [](const auto& text) { return !text.empty(); });
  return lines;
}

class Graph {
 public:
  explicit Graph(const Json& chain) : chain_(chain), steps_(list_of(chain, "steps")) {}

  std::string make() {
    const std::string name = text_of(chain_, "name");
    text_ = "digraph " + quoted({name}) + " {\n";
    text_ += "  graph [label=" + quoted(lines_of({name, policy_text(chain_, signs_)})) +
             ", labelloc=t, fontname=\"sans-serif\", nodesep=0.4, ranksep=0.35]\n"
             "  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", fontsize=10]\n"
             "  edge [fontname=\"sans-serif\", fontsize=9]\n"
             "  begin [shape=circle, label=\"\", width=0.2, fillcolor=\"#444444\"]\n";
    const Ways end = walk(list_of(chain_, "tree"), {{"begin"}, {"begin"}}, "", 1);
    text_ += "  end [shape=doublecircle, label=\"\", width=0.15, fillcolor=\"#444444\"]\n";
    join(end.forward, "end");
    return text_ + edges_ + "}\n";
  }

 private:
  /// From where the way goes on: forward, and back to what is to be undone next.
  struct Ways {
    std::vector<std::string> forward;
    std::vector<std::string> undo;
  };

  Ways walk(const Json::Array& nodes, Ways from, const std::string& prefix, std::size_t depth) {
    for (const Json& node : nodes) from = walk_node(node, std::move(from), prefix, depth);
    return from;
  }

  Ways walk_node(const Json& node, Ways from, const std::string& prefix, std::size_t depth) {
    if (node.find("step") != nullptr) return add_step(node, std::move(from), prefix, depth);
    if (const Json* parallel = node.find("parallel")) return add_parallel(*parallel, std::move(from), prefix, depth);
    if (node.find("extensions") != nullptr) {
      const std::string side = text_of(node, "side") == "release" ? "release by extensions of" : "extensions of";
      open(lines_of({side, text_of(node, "extensions")}), depth);
      from = walk(list_of(node, "steps"), std::move(from), prefix, depth + 1);
    } else {
      const std::string scope = text_of(node, "scope");
      open(lines_of({scope, policy_text(node, signs_)}), depth);
      from = walk(list_of(node, "steps"), std::move(from), inner_prefix(prefix, scope), depth + 1);
    }
    close(depth);
    return from;
  }

  Ways add_step(const Json& node, Ways from, const std::string& prefix, std::size_t depth) {
    const auto index = static_cast<std::size_t>(std::max(number_of(node, "step"), 0.0));
    if (index >= steps_.size()) return from;
    const Json& step = steps_[index];
    const std::string id = "s" + std::to_string(index);
    const std::string plugin = text_of(step, "plugin");
    const auto fill = fills_.try_emplace(plugin, kFills[fills_.size() % kFills.size()]).first->second;
    line(depth, id + " [label=" +
                    quoted(lines_of({std::to_string(index + 1) + "  " + short_name(step, prefix), plugin,
                                     policy_text(step, signs_)})) +
                    ", tooltip=" + quoted({text_of(step, "place")}) + ", fillcolor=\"" + std::string(fill) + "\"]");
    join(from.forward, id);
    from.forward = {id};
    if (!flag_of(step, "has_undo")) return from;
    for (const std::string& before : from.undo) edges_ += "  " + id + " -> " + before + std::string(kUndoEdge) + "\n";
    from.undo = {id};
    return from;
  }

  Ways add_parallel(const Json& parallel, Ways from, const std::string& prefix, std::size_t depth) {
    const std::string limit = count_of(parallel, "limit");
    const std::string number = std::to_string(++parallels_);
    const std::string fork = "fork" + number;
    const std::string meet = "meet" + number;
    open({limit.empty() ? "parallel" : "parallel, " + limit + " at once"}, depth);
    line(depth + 1, fork + " [shape=point]");
    line(depth + 1, meet + " [shape=point]");
    join(from.forward, fork);
    Ways end{{meet}, {}};
    for (const Json& branch : list_of(parallel, "branches")) {
      if (branch.as_array() == nullptr) continue;
      const Ways ways = walk(*branch.as_array(), {{fork}, from.undo}, prefix, depth + 1);
      join(ways.forward, meet);
      if (ways.undo != from.undo) end.undo.insert(end.undo.end(), ways.undo.begin(), ways.undo.end());
    }
    close(depth);
    if (end.undo.empty()) end.undo = std::move(from.undo);
    return end;
  }

  void join(const std::vector<std::string>& from, const std::string& to) {
    for (const std::string& node : from) edges_ += "  " + node + " -> " + to + "\n";
  }

  void open(const std::vector<std::string>& label, std::size_t depth) {
    line(depth, "subgraph cluster" + std::to_string(++clusters_) + " {");
    line(depth + 1, "label=" + quoted(label) + "; labeljust=l; style=rounded; color=\"#888888\"; fontsize=10");
  }
  void close(std::size_t depth) { line(depth, "}"); }
  void line(std::size_t depth, const std::string& content) {
    text_.append(depth * 2, ' ').append(content).append("\n");
  }

  const Json& chain_;
  const Signs& signs_ = Signs::of(true);
  const Json::Array& steps_;
  std::map<std::string, std::string_view> fills_;
  std::size_t clusters_ = 0;
  std::size_t parallels_ = 0;
  std::string text_;
  std::string edges_;
};

}  // namespace

std::string chain_dot(const Json& chain) { return Graph(chain).make(); }

}  // namespace tenon::cli
