#include <gmock/gmock.h>
#include <tenon/tags.h>

#include <sstream>
#include <string>
#include <vector>

#include "flows_page.h"
#include "support/loading.h"
#include "support/temp_store.h"

/// What docs/tags.md shows is so.
namespace {

using tenon::test::page_blocks;
using tenon::test::PageBlock;
using testing::ElementsAre;
using testing::IsEmpty;

class TagsPage : public testing::Test {
 protected:
  TagsPage() {
    for (const PageBlock& block : page_) {
      if (block.language == "xml") folder_.descriptor("tags/page.xml", tenon::test::descriptor_of(block));
    }
    tenon::wiring::LoadResult loaded = folder_.load();
    EXPECT_THAT(folder_.messages(loaded), IsEmpty());
    wiring_ = std::move(loaded.wiring);
    node_.node().set_tags(wiring_->tags.get());
  }
  static std::vector<std::string> all() {
    std::vector<std::string> texts;
    const auto found = tenon::read([&](tenon::StoreTransaction& store) { return tenon::find_tags(store, {}); });
    for (const tenon::Tag& tag : found.value()) texts.push_back(tag.text);
    return texts;
  }

  const std::vector<PageBlock> page_ = page_blocks("tags.md");
  tenon::test::LoadingFolder folder_;
  tenon::test::StoreNode node_;
  std::shared_ptr<tenon::wiring::Wiring> wiring_;
};

TEST_F(TagsPage, shows_code_as_it_is_compiled_and_run) {
  const std::string color = [] {
    // [code]
    tenon::Result<std::optional<std::string>> before =
        tenon::transaction([](tenon::StoreTransaction& store) -> tenon::Result<std::optional<std::string>> {
          const tenon::ResourceRef wall{"Wall", "north"};
          tenon::set_tag(store, wall, "paint::color::blue").value();
          return tenon::tag_token(store, wall, "paint::color::{color}", "color");
        });
    // [/code]
    return before.value().value_or("none");
  }();
  EXPECT_EQ(color, "blue");
  EXPECT_THAT(all(), ElementsAre("paint::color::blue"));
  EXPECT_EQ(tenon::test::expect_compiled(page_), 1U);
}

TEST_F(TagsPage, shows_commands_that_fit_the_patterns) {
  std::size_t set = 0;
  for (const PageBlock& block : page_) {
    if (block.language != "sh") continue;
    std::istringstream lines(block.text);
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("tenon tag add ")) continue;
      std::istringstream words(line.substr(14));
      std::string resource;
      std::string tag;
      words >> resource >> tag;
      const std::size_t colon = resource.find(':');
      const tenon::ResourceRef named{resource.substr(0, colon), resource.substr(colon + 1)};
      (void)tenon::transaction([&](tenon::StoreTransaction& store) {
        return tenon::set_tag(store, named, tag);
      }).value();
      ++set;
    }
  }
  EXPECT_EQ(set, 1U);
  EXPECT_THAT(all(), ElementsAre("paint::color::blue"));
}

}  // namespace
