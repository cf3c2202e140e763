#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "flows_page.h"
#include "message/table.h"
#include "support/loading.h"

/// What docs/messages.md, docs/events.md and docs/lists.md show is so.
namespace {

using tenon::test::descriptor_of;
using tenon::test::page_blocks;
using tenon::test::PageBlock;
using testing::ElementsAre;
using testing::IsEmpty;

class MessagesPage : public testing::Test {
 protected:
  MessagesPage() {
    folder_.library(TEST_PLUGINS "/desk.so");
    folder_.beans("desk.xml",
                  "<tenon:library name='desk' version='1.0.0' file='desk.so'/><bean id='Desk' class='desk.Desk'/>"
                  "<bean id='Stamp' class='desk.Stamp'/>");
    folder_.descriptor("copy.xml",
                       "<chains><chain name='copy'><input key='text'/><flow class='desk.MakeCopy'/></chain></chains>");
  }
  tenon::wiring::LoadResult load() { return folder_.load(); }

  tenon::test::LoadingFolder folder_;
};

TEST_F(MessagesPage, shows_a_service_that_loads) {
  for (const PageBlock& block : page_blocks("messages.md")) {
    if (block.language == "xml" && block.marker != "refused") folder_.descriptor("page.xml", descriptor_of(block));
  }
  const tenon::wiring::LoadResult loaded = load();
  ASSERT_THAT(folder_.messages(loaded), IsEmpty());
  const auto* question = loaded.wiring->messages->find(std::string_view("desk.Question"));
  ASSERT_NE(question, nullptr);
  EXPECT_EQ(question->command, "question ask");
  EXPECT_EQ(question->interceptors.at(0).bean, "Stamp");
  EXPECT_EQ(loaded.wiring->messages->messages().size(), 2U);
}

TEST_F(MessagesPage, shows_the_errors_of_a_service_that_is_refused) {
  const std::vector<PageBlock> page = page_blocks("messages.md");
  for (std::size_t i = 0; i + 1 < page.size(); ++i) {
    if (page[i].marker != "refused") continue;
    folder_.descriptor("bad.xml", descriptor_of(page[i]));
    std::string messages;
    for (const std::string& message : folder_.messages(load())) messages += message + "\n";
    EXPECT_EQ(page[i + 1].text, messages);
    return;
  }
  FAIL() << "there is none";
}

TEST(MessagesPages, show_code_as_it_is_compiled) {
  EXPECT_GE(tenon::test::expect_compiled(page_blocks("messages.md")), 5U);
  EXPECT_GE(tenon::test::expect_compiled(page_blocks("events.md")), 1U);
  EXPECT_GE(tenon::test::expect_compiled(page_blocks("lists.md")), 2U);
  EXPECT_GE(tenon::test::expect_compiled(page_blocks("testing.md")), 4U);
}

}  // namespace
