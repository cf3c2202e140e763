#include <gmock/gmock.h>
#include <tenon/sample/sample.h>

#include <string>
#include <vector>

#include "flow/engine.h"
#include "flows_page.h"
#include "support/loading.h"
#include "support/run.h"

/// What docs/extension-points.md shows is so.
namespace {

using tenon::test::page_blocks;
using tenon::test::PageBlock;
using testing::IsEmpty;

class ExtensionPointsPage : public testing::Test {
 protected:
  ExtensionPointsPage() {
    folder_.library(TEST_PLUGINS "/sample.so");
    folder_.properties.set("sample.report", report_.string(), "test");
    for (const PageBlock& block : page_) {
      if (block.language != "xml") continue;
      folder_.descriptor("line" + std::to_string(block.line) + ".xml", tenon::test::descriptor_of(block));
    }
    tenon::wiring::LoadResult loaded = folder_.load();
    EXPECT_THAT(folder_.messages(loaded), IsEmpty());
    wiring_ = std::move(loaded.wiring);
  }
  std::string shown(const std::string& marker) const {
    for (const PageBlock& block : page_) {
      if (block.marker == marker) return block.text;
    }
    return "there is no block '" + marker + "'";
  }

  const std::vector<PageBlock> page_ = page_blocks("extension-points.md");
  tenon::test::LoadingFolder folder_;
  const std::filesystem::path report_ = folder_.folder.path() / "report";
  std::shared_ptr<tenon::wiring::Wiring> wiring_;
};

TEST_F(ExtensionPointsPage, shows_what_a_bean_hears_of_its_extensions) {
  ASSERT_NE(wiring_, nullptr);
  EXPECT_EQ(tenon::test::read_file(report_), shown("written"));
}

TEST_F(ExtensionPointsPage, shows_the_steps_of_extensions_done_and_undone) {
  ASSERT_NE(wiring_, nullptr);
  const std::filesystem::path ledger = folder_.folder.path() / "ledger";
  tenon::flow::Engine engine;
  const auto input = tenon::Value::of(sample::Ledger{ledger.string()});
  EXPECT_FALSE(tenon::test::run_chain(engine, wiring_->find_chain("write"), {{"ledger", input}}).ok());
  EXPECT_EQ(tenon::test::read_file(ledger), shown("ledger"));
}

TEST_F(ExtensionPointsPage, shows_code_as_it_is_compiled) { EXPECT_EQ(tenon::test::expect_compiled(page_), 6U); }

}  // namespace
