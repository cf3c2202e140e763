#include "chain_view.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "chain_words.h"
#include "format.h"
#include "json_access.h"

namespace tenon::cli {
namespace {

constexpr std::size_t kGap = 2;

enum Column : std::size_t { kNumber, kFlow, kPlugin, kUndo, kPolicies, kKeys, kFrom, kColumns };
constexpr std::array<std::string_view, kColumns> kTitles{"#", "FLOW", "PLUGIN", "UNDO", "POLICIES", "KEYS", "FROM"};

struct Row {
  std::array<std::string, kColumns> cells;
  /// Lines of the tree before the name, and before what of the row does not fit its first line.
  std::string tree;
  std::string tree_below;
  /// Not a step, but what the steps below it belong to: stands over all columns.
  bool heading = false;
};

/// Makes rows of a chain's tree.
class Rows {
 public:
  Rows(const Json& chain, const Signs& signs, const ShortPlaces& places)
      : steps_(list_of(chain, "steps")), signs_(signs), places_(places) {
    const Json::Array& nodes = list_of(chain, "tree");
    for (const Json& node : nodes) add(node, {"", "", ""});
  }

  std::vector<Row> take() && { return std::move(rows_); }

 private:
  struct Level {
    /// Before the node itself; before what is below it; what names of steps begin with.
    std::string tree;
    std::string below;
    std::string prefix;
  };

  void add(const Json& node, const Level& level) {
    if (node.find("step") != nullptr) return add_step(node, level);
    if (node.find("parallel") != nullptr) return add_parallel(*node.find("parallel"), level);
    if (node.find("extensions") != nullptr) {
      const std::string side = text_of(node, "side") == "release" ? "release by extensions of " : "extensions of ";
      return add_group(side + text_of(node, "extensions"), node, list_of(node, "steps"), level, level.prefix);
    }
    const std::string scope = text_of(node, "scope");
    add_group(scope.empty() ? "part" : "chain " + scope, node, list_of(node, "steps"), level,
              inner_prefix(level.prefix, scope));
  }

  void add_group(std::string title, const Json& node, const Json::Array& nodes, const Level& level,
                 const std::string& prefix) {
    const std::string policies = policy_text(node, signs_);
    if (!policies.empty()) title.append(signs_.between).append(policies);
    if (const std::string place = text_of(node, "place"); !place.empty()) title += "  " + places_.of(place);
    add_heading(std::move(title), level);
    for (const Json& inner : nodes) add(inner, below(level, &inner == &nodes.back(), prefix));
  }

  void add_parallel(const Json& parallel, const Level& level) {
    const std::string limit = count_of(parallel, "limit");
    std::string title = "parallel";
    if (!limit.empty()) title.append(signs_.between).append(limit).append(" at once");
    if (const std::string place = text_of(parallel, "place"); !place.empty()) title += "  " + places_.of(place);
    add_heading(std::move(title), level);
    const Json::Array& branches = list_of(parallel, "branches");
    for (const Json& branch : branches) {
      static const Json::Array kNone;
      const Json::Array& nodes = branch.as_array() != nullptr ? *branch.as_array() : kNone;
      const Level inner = below(level, &branch == &branches.back(), level.prefix);
      if (nodes.size() == 1) {
        add(nodes.front(), inner);
        continue;
      }
      add_heading("branch", inner);
      for (const Json& node : nodes) add(node, below(inner, &node == &nodes.back(), level.prefix));
    }
  }

  /// A level deeper.
  Level below(const Level& level, bool last, const std::string& prefix) const {
    return {level.below + std::string(last ? signs_.last : signs_.node),
            level.below + std::string(last ? signs_.below : signs_.past), prefix};
  }

  void add_heading(std::string title, const Level& level) {
    Row row;
    row.heading = true;
    row.tree = level.tree;
    row.cells[kFlow] = harmless(title);
    rows_.push_back(std::move(row));
  }

  void add_step(const Json& node, const Level& level) {
    const auto index = static_cast<std::size_t>(std::max(number_of(node, "step"), 0.0));
    if (index >= steps_.size()) return;
    const Json& step = steps_[index];
    Row row;
    row.tree = level.tree;
    row.tree_below = level.below;
    row.cells = {std::to_string(index + 1),
                 short_name(step, level.prefix),
                 text_of(step, "plugin"),
                 flag_of(step, "has_undo") ? "yes" : "no",
                 policy_text(step, signs_),
                 keys_text(step, signs_),
                 places_.of(text_of(step, "place")) + " " + places_.of(text_of(step, "origin"))};
    for (std::string& cell : row.cells) cell = harmless(cell);
    rows_.push_back(std::move(row));
  }

  const Json::Array& steps_;
  const Signs& signs_;
  const ShortPlaces& places_;
  std::vector<Row> rows_;
};

/// The text in lines of at most this width, broken at blanks where there are any.
std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines{""};
  std::size_t column = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word = text.substr(begin, end - begin);
    begin = end + 1;
    if (word.empty()) continue;
    const std::size_t length = display_width(word);
    if (column > 0 && column + 1 + length > width) {
      lines.emplace_back();
      column = 0;
    }
    if (column > 0) {
      lines.back() += ' ';
      ++column;
    }
    lines.back() += word;
    column += length;
  }
  return lines;
}

std::size_t longest_word(const std::string& text) {
  std::size_t longest = 0;
  for (const std::string& word : wrapped(text, 0)) longest = std::max(longest, display_width(word));
  return longest;
}

using Widths = std::array<std::size_t, kColumns>;

/// How wide the columns are; a column of which there is nothing to show has no width.
Widths widths_of(const std::vector<Row>& rows, const Terminal& terminal) {
  Widths widths{};
  Widths least{};
  for (const Row& row : rows) {
    if (row.heading) continue;
    for (std::size_t i = 0; i < kColumns; ++i) {
      widths[i] = std::max(widths[i], display_width(row.cells[i]) + (i == kFlow ? display_width(row.tree) : 0));
      least[i] = std::max(least[i], longest_word(row.cells[i]));
    }
  }
  std::size_t total = 0;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (widths[i] == 0) continue;
    widths[i] = std::max(widths[i], kTitles[i].size());
    least[i] = std::max(least[i], kTitles[i].size());
    total += widths[i] + kGap;
  }
  if (!terminal.live) return widths;
  const std::size_t room = terminal.width - 1 + kGap;
  // The widest of those that can be wrapped gives first.
  while (total > room) {
    std::size_t widest = kColumns;
    for (const std::size_t i : {kPolicies, kKeys, kFrom}) {
      if (widths[i] > least[i] && (widest == kColumns || widths[i] > widths[widest])) widest = i;
    }
    if (widest == kColumns) break;
    --widths[widest];
    --total;
  }
  return widths;
}

void append_row(const Row& row, const Widths& widths, const Terminal& terminal, std::string& text) {
  if (row.heading) {
    Line line;
    line.pad(widths[kNumber] + kGap).add(row.tree, Colour::kDim).add(row.cells[kFlow], Colour::kCyan);
    text += line.render(terminal) + "\n";
    return;
  }
  std::array<std::vector<std::string>, kColumns> lines;
  std::size_t height = 1;
  for (std::size_t i = 0; i < kColumns; ++i) {
    const bool wraps = i >= kPolicies;
    lines[i] = wraps ? wrapped(row.cells[i], widths[i]) : std::vector<std::string>{row.cells[i]};
    height = std::max(height, lines[i].size());
  }
  for (std::size_t at = 0; at < height; ++at) {
    Line line;
    std::size_t column = 0;
    for (std::size_t i = 0; i < kColumns; ++i) {
      if (widths[i] == 0) continue;
      line.pad(column);
      if (i == kFlow) line.add(at == 0 ? row.tree : row.tree_below, Colour::kDim);
      const bool empty = at == 0 && row.cells[i].empty();
      if (empty) line.add("-", Colour::kDim);
      if (at < lines[i].size()) line.add(lines[i][at], i == kNumber || i == kFrom ? Colour::kDim : Colour::kPlain);
      column += widths[i] + kGap;
    }
    text += line.render(terminal) + "\n";
  }
}

std::string table_text(const std::vector<Row>& rows, const Terminal& terminal) {
  const Widths widths = widths_of(rows, terminal);
  Line header;
  std::size_t column = 0;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (widths[i] == 0) continue;
    header.pad(column).add(kTitles[i], Colour::kBold);
    column += widths[i] + kGap;
  }
  std::string text = header.render(terminal) + "\n";
  for (const Row& row : rows) append_row(row, widths, terminal, text);
  return text;
}

std::string names_of(const Json::Array& list) {
  std::string text;
  for (const Json& item : list) text.append(text.empty() ? "" : ", ").append(text_of(item, "key"));
  return text;
}

}  // namespace

std::string chain_text(const Json& chain, const Terminal& terminal) {
  const Signs& signs = Signs::of(terminal.utf8);
  const ShortPlaces places(chain);
  std::string text = facts_text({{"chain", text_of(chain, "name")},
                                 {"extends", text_of(chain, "extends")},
                                 {"inputs", names_of(list_of(chain, "inputs"))},
                                 {"locks", names_of(list_of(chain, "locks"))},
                                 {"policies", policy_text(chain, signs)},
                                 {"recovery", text_of(chain, "recovery")},
                                 {"descriptor", text_of(chain, "place")}},
                                terminal);
  text += heading_text("Steps", terminal);
  text += table_text(Rows(chain, signs, places).take(), terminal);
  const std::map<std::string, std::string> files = places.files();
  if (files.empty()) return text;
  text += heading_text("Files", terminal);
  Table table({"NAME", "PATH"});
  for (const auto& [name, path] : files) table.add({name, path});
  return text + table.render(terminal);
}

}  // namespace tenon::cli
