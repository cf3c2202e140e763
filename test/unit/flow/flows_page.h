#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace tenon::test {

/// A fenced block of a page of docs/.
struct PageBlock {
  std::string language;
  std::string text;
  /// The comment on the line before it, without its marks.
  std::string marker;
  /// Of the page.
  std::size_t line = 0;
};

/// All of a page, `flows.md`, in order.
[[nodiscard]] std::vector<PageBlock> page_blocks(const std::string& page);
[[nodiscard]] inline std::vector<PageBlock> flows_page() { return page_blocks("flows.md"); }
/// Fails the test where a block of code, or one whose marker is a path, differs from the file or region that its marker
/// names. How many blocks were compared.
std::size_t expect_compiled(const std::vector<PageBlock>& blocks);

/// The XML of a block as a whole file: a chain stands in `<chains>`, steps in a chain named after the block's line.
[[nodiscard]] std::string descriptor_of(const PageBlock& block);

/// The part of a file of the source tree between `// [NAME]` and `// [/NAME]`, without its indentation.
[[nodiscard]] std::string region(const std::filesystem::path& file, const std::string& name);

}  // namespace tenon::test
