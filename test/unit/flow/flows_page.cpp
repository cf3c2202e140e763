#include "flows_page.h"

#include <gtest/gtest.h>

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

std::vector<PageBlock> page_blocks(const std::string& page) {
  std::vector<PageBlock> blocks;
  bool inside = false;
  std::string before;
  std::size_t number = 0;
  for (const std::string& line : read_lines(std::filesystem::path(SOURCE_TREE) / "docs" / page)) {
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

std::size_t expect_compiled(const std::vector<PageBlock>& blocks) {
  std::size_t compared = 0;
  for (const PageBlock& block : blocks) {
    const bool is_code = block.language == "cpp" || block.language == "cmake";
    if (!is_code && block.marker.find('/') == std::string::npos) continue;
    EXPECT_NE(block.marker, "") << "line " << block.line << ": where is this compiled?";
    if (block.marker.empty()) continue;
    const std::size_t name = block.marker.find(" [");
    const std::string file = block.marker.substr(0, name);
    const std::string source = name == std::string::npos
                                   ? read_file(std::filesystem::path(SOURCE_TREE) / file)
                                   : region(file, block.marker.substr(name + 2, block.marker.size() - name - 3));
    EXPECT_EQ(block.text, source) << "line " << block.line;
    ++compared;
  }
  return compared;
}

std::string descriptor_of(const PageBlock& block) {
  for (const char* root : {"<beans", "<chains", "<service", "<error", "<tags"}) {
    if (block.text.starts_with(root)) return block.text;
  }
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
