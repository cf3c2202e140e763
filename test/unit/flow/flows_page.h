#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::test {

/// A fenced block of docs/flows.md.
struct PageBlock {
  std::string language;
  std::string text;
  /// The comment on the line before it, without its marks.
  std::string marker;
  /// Of the page.
  std::size_t line = 0;
};

/// All of them, in order.
[[nodiscard]] std::vector<PageBlock> flows_page();

/// The XML of a block as a whole file: a chain stands in `<chains>`, steps in a chain named after the block's line.
[[nodiscard]] std::string descriptor_of(const PageBlock& block);

/// The part of a file of the source tree between `// [NAME]` and `// [/NAME]`, without its indentation.
[[nodiscard]] std::string region(const std::filesystem::path& file, const std::string& name);

}  // namespace tenon::test
