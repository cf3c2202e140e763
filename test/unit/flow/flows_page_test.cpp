#include "flows_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/loading.h"

/// What docs/flows.md shows is so.
namespace {

using tenon::test::descriptor_of;
using tenon::test::flows_page;
using tenon::test::PageBlock;
using testing::IsEmpty;

/// Loads the page's descriptors, and one more.
class FlowsPage : public testing::Test {
 protected:
  std::vector<std::string> load(const PageBlock* refused = nullptr) {
    tenon::test::LoadingFolder folder;
    folder.library(TEST_PLUGINS "/paper.so");
    for (const PageBlock& block : flows_page()) {
      if (block.language != "xml" || block.marker == "refused") continue;
      const bool is_plugin = block.text.find("<tenon:library") != std::string::npos;
      folder.descriptor(is_plugin ? "paper.xml" : "line" + std::to_string(block.line) + ".xml", descriptor_of(block));
    }
    if (refused != nullptr) folder.descriptor("bad.xml", descriptor_of(*refused));
    std::vector<std::string> messages = folder.messages(folder.load());
    std::erase_if(messages, [](const std::string& line) { return line.find(" warning: ") != std::string::npos; });
    return messages;
  }
};

TEST_F(FlowsPage, shows_descriptors_that_load) { EXPECT_THAT(load(), IsEmpty()); }

TEST_F(FlowsPage, shows_the_messages_for_chains_that_are_refused) {
  const std::vector<PageBlock> page = flows_page();
  std::size_t refused = 0;
  for (std::size_t i = 0; i + 1 < page.size(); ++i) {
    if (page[i].marker != "refused") continue;
    ++refused;
    EXPECT_EQ(page[i + 1].language, "text") << "line " << page[i].line;
    std::string messages;
    for (const std::string& message : load(&page[i])) messages += message + "\n";
    EXPECT_EQ(page[i + 1].text, messages) << "line " << page[i + 1].line;
  }
  EXPECT_EQ(refused, 2U);
}

TEST_F(FlowsPage, shows_code_as_it_is_compiled) { EXPECT_GT(tenon::test::expect_compiled(flows_page()), 5U); }

}  // namespace
