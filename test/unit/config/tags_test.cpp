#include "config/tags.h"

#include "unit/config/config_fixture.h"

namespace tenon::config {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const ResourceRef kNorth{"Wall", "north"};
const ResourceRef kSouth{"Wall", "south"};

TagSpec pattern(const std::string& words, bool unique, bool inherent) {
  descriptor::TagDefinition definition;
  definition.resource = text("Wall");
  definition.pattern = text(words);
  definition.unique = unique;
  definition.inherent = inherent;
  descriptor::Diagnostics diagnostics;
  return read_tag_spec(definition, diagnostics).value();
}

/// Tags as a plugin has them.
class Tagged : public ConfigStoreTest {
 protected:
  void SetUp() override {
    ConfigStoreTest::SetUp();
    node_.set_store(host_.get());
    node_.set_tags(&tags_);
  }
  static std::string set(const ResourceRef& resource, std::string_view tag) {
    const auto done = transaction([&](StoreTransaction& store) { return set_tag(store, resource, tag); });
    return done ? "set" : done.error().code + ": " + done.error().details;
  }
  static std::vector<std::string> find(const TagQuery& query) {
    const auto found = tenon::read([&](StoreTransaction& store) { return find_tags(store, query); });
    if (!found) return {found.error().code + ": " + found.error().details};
    std::vector<std::string> lines;
    for (const Tag& tag : *found) lines.push_back(tag.resource.id + " " + tag.text);
    return lines;
  }

  Tags tags_{{pattern("made::{year}", false, true), pattern("note::{word}", false, false),
              pattern("paint::{color}", true, false)}};
};
TENON_BOTH_ENGINES(Tagged);

TEST_P(Tagged, resources_are_found_by_pattern) {
  EXPECT_EQ(set(kNorth, "paint::blue"), "set");
  EXPECT_EQ(set(kNorth, "note::wet"), "set");
  EXPECT_EQ(set(kNorth, "note::new"), "set");
  EXPECT_EQ(set(kSouth, "note::new"), "set");
  EXPECT_EQ(set(kSouth, "note::new"), "set") << "again";
  EXPECT_THAT(find({"Wall", "north", ""}), ElementsAre("north note::new", "north note::wet", "north paint::blue"));
  EXPECT_THAT(find({"", "", "note::{word}"}), ElementsAre("north note::new", "north note::wet", "south note::new"));
  EXPECT_THAT(find({"", "", "nte::{word}"}), ElementsAre("TAG.1003: 'nte::{word}' (did you mean 'note::{word}'?)"));
  const auto color =
      tenon::read([&](StoreTransaction& store) { return tag_token(store, kNorth, "paint::{color}", "color"); });
  EXPECT_EQ(*color, "blue");
}

TEST_P(Tagged, resources_have_one_of_a_unique_pattern) {
  EXPECT_EQ(set(kNorth, "paint::blue"), "set");
  EXPECT_EQ(set(kSouth, "paint::blue"), "set");
  EXPECT_EQ(set(kNorth, "paint::red"), "set");
  EXPECT_THAT(find({"Wall", "", ""}), ElementsAre("north paint::red", "south paint::blue"));
}

TEST_P(Tagged, users_keep_what_is_inherent) {
  EXPECT_EQ(set(kNorth, "made::1990"), "set");
  EXPECT_EQ(set(kNorth, "note::wet"), "set");
  const auto by_user = [&](std::string_view tag) {
    return transaction([&](StoreTransaction& store) { return tags_.remove_by_user(store, kNorth, tag); });
  };
  EXPECT_EQ(by_user("made::1990").error().code, "TAG.1004");
  EXPECT_TRUE(*by_user("note::wet"));
  EXPECT_FALSE(*by_user("note::wet"));
  EXPECT_TRUE(*transaction([&](StoreTransaction& store) { return remove_tag(store, kNorth, "made::1990"); }));
  EXPECT_THAT(find({}), IsEmpty());
}

TEST_P(Tagged, users_replace_nothing_that_is_inherent) {
  Tags tags({pattern("made::{year}", true, true)});
  const auto by_user = [&](std::string_view tag) {
    const auto done = transaction([&](StoreTransaction& store) { return tags.set_by_user(store, kNorth, tag, "ada"); });
    return done ? "set" : done.error().code + ": " + done.error().details;
  };
  EXPECT_EQ(by_user("made::1990"), "set");
  EXPECT_EQ(by_user("made::1990"), "set");
  EXPECT_EQ(by_user("made::2000"), "TAG.1004: 'made::1990' of Wall north is inherent");
}

TEST_P(Tagged, resources_take_no_tag_that_nobody_declares) {
  EXPECT_EQ(
      set(kNorth, "paint"),
      "TAG.1001: 'paint' for a resource of the kind Wall (there are: made::{year}, note::{word}, paint::{color})");
  EXPECT_EQ(set({"Room", "attic"}, "paint::blue"),
            "TAG.1001: 'paint::blue' for a resource of the kind Room (there are: none)");
}

TEST_P(Tagged, resources_lose_tags_with_the_transaction) {
  const Result<void> failed = transaction([&](StoreTransaction& store) -> Result<void> {
    EXPECT_TRUE(set_tag(store, kNorth, "paint::blue"));
    return make_error("TEST.1", "no");
  });
  EXPECT_FALSE(failed);
  EXPECT_THAT(find({}), IsEmpty());
}

}  // namespace
}  // namespace tenon::config
