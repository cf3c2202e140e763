#include "flows_page.h"

#include <algorithm>
#include <stdexcept>
#include <string_view>

#include "support/temp_folder.h"

namespace tenon::test {
namespace {

std::string marker_of(const std::string& line) {
  constexpr std::string_view kBegin = "<!-- ";
  constexpr std::string_view kEnd = " -->";
  if (!line.starts_with(kBegin) || !line.ends_with(kEnd)) return {};
  return line.substr(kBegin.size(), line.size() - kBegin.size() - kEnd.size());
}

}  // namespace

std::vector<PageBlock> flows_page() {
  std::vector<PageBlock> blocks;
  bool inside = false;
  std::string before;
  std::size_t number = 0;
  for (const std::string& line : read_lines(SOURCE_TREE "/docs/flows.md")) {
    ++number;
    if (!line.starts_with("```")) {
      if (inside) blocks.back().text += line + "\n";
    } else if (inside) {
      inside = false;
    } else {
      inside = true;
      blocks.push_back({line.substr(3), {}, marker_of(before), number});
    }
    before = line;
  }
  return blocks;
}

std::string descriptor_of(const PageBlock& block) {
  if (block.text.starts_with("<beans") || block.text.starts_with("<chains")) return block.text;
  if (block.text.starts_with("<chain name")) return "<chains>\n" + block.text + "</chains>";
  return "<chains><chain name='line" + std::to_string(block.line) +
         "'><input key='vm'/><input key='host'/><input key='diskless'/>\n" + block.text + "</chain></chains>";
}

std::string region(const std::filesystem::path& file, const std::string& name) {
  std::vector<std::string> lines;
  bool inside = false;
  bool found = false;
  for (const std::string& line : read_lines(std::filesystem::path(SOURCE_TREE) / file)) {
    if (line.ends_with("// [/" + name + "]")) inside = false;
    if (inside) lines.push_back(line);
    if (line.ends_with("// [" + name + "]")) found = inside = true;
  }
  if (!found) throw std::runtime_error("no region " + name + " in " + file.string());
  std::size_t indentation = std::string::npos;
  for (const std::string& line : lines) indentation = std::min(indentation, line.find_first_not_of(' '));
  std::string text;
  for (const std::string& line : lines) text += (line.empty() ? "" : line.substr(indentation)) + "\n";
  return text;
}

}  // namespace tenon::test
