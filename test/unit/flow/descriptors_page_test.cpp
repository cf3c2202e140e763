#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "flows_page.h"
#include "support/loading.h"

/// What docs/descriptors.md shows is so.
namespace {

using tenon::test::descriptor_of;
using tenon::test::page_blocks;
using tenon::test::PageBlock;
using testing::IsEmpty;

class DescriptorsPage : public testing::Test {
 protected:
  DescriptorsPage() { folder_.library(TEST_PLUGINS "/sample.so"); }
  /// The page's descriptors, but for the one that is refused.
  void write_descriptors() {
    for (const PageBlock& block : page_) {
      if (block.language != "xml" || block.marker == "refused") continue;
      folder_.descriptor("line" + std::to_string(block.line) + ".xml", descriptor_of(block));
    }
  }

  const std::vector<PageBlock> page_ = page_blocks("descriptors.md");
  tenon::test::LoadingFolder folder_;
};

TEST_F(DescriptorsPage, shows_descriptors_that_load) {
  write_descriptors();
  const tenon::wiring::LoadResult loaded = folder_.load();
  ASSERT_THAT(folder_.messages(loaded), IsEmpty());
  EXPECT_EQ(loaded.counts.beans, 3U);
  EXPECT_EQ(loaded.counts.extensions, 1U);
  EXPECT_EQ(loaded.counts.drivers, 1U);
}

TEST_F(DescriptorsPage, shows_the_messages_for_one_that_is_refused) {
  write_descriptors();
  for (std::size_t i = 0; i + 1 < page_.size(); ++i) {
    if (page_[i].marker != "refused") continue;
    folder_.descriptor("bad.xml", descriptor_of(page_[i]));
    std::string messages;
    for (const std::string& message : folder_.messages(folder_.load())) messages += message + "\n";
    EXPECT_EQ(page_[i + 1].text, messages);
    return;
  }
  FAIL() << "there is none";
}

}  // namespace
