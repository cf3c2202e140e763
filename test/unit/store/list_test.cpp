#include <tenon/list.h>
#include <tenon/message.h>

#include <memory>
#include <string>
#include <vector>

#include "store/plugin_store.h"
#include "store_fixture.h"
#include "support/node.h"

namespace tenon::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

enum class Mood : std::uint8_t { calm, cross };
BOOST_DESCRIBE_ENUM(Mood, calm, cross)

// [list]
struct Wall {
  std::string name;
  std::optional<std::string> color;
  std::int64_t height = 0;
  double weight = 0;
  bool wet = false;
  Mood mood = Mood::calm;
  /// Found later, as are the cracks.
  std::int64_t heat = 0;
  std::vector<std::string> cracks;
};
BOOST_DESCRIBE_STRUCT(Wall, (), (name, color, height, weight, wet, mood, heat, cracks))

struct ListWalls : tenon::ListRequest {
  static constexpr std::string_view kMessage = "paint.ListWalls";
  using Reply = tenon::Page<Wall>;
};
BOOST_DESCRIBE_STRUCT(ListWalls, (tenon::ListRequest), ())
// [/list]
static_assert(Message<ListWalls>);

class ListTest : public StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped()) return;
    make(
        "CREATE TABLE paint_wall (name text PRIMARY KEY, color text, height bigint NOT NULL, weight double precision "
        "NOT NULL, wet boolean NOT NULL, mood text NOT NULL)");
    make(
        "INSERT INTO paint_wall (name, color, height, weight, wet, mood) VALUES "
        "('east', 'blue', 3, 0.5, true, 'calm'), ('north', NULL, 12, 1.5, false, 'cross'), "
        "('south', 'Dark_blue', 7, 2, false, 'calm'), ('west', NULL, 7, 8, true, 'calm'), "
        "('50% off', 'red', 1, 4, false, 'calm')");
    host_ = std::make_unique<PluginStore>(*store_);
    node_.set_store(host_.get());
  }

  // [listing]
  tenon::Listing<Wall> listing() {
    return tenon::Listing<Wall>("paint_wall", "name")
        .later({"heat"},
               [this](std::vector<Wall>& walls) {
                 asked_ += walls.size();
                 for (Wall& wall : walls) wall.heat = wall.wet ? 5 : 20;
               })
        .later({"cracks"}, [](std::vector<Wall>& walls) {
          for (Wall& wall : walls) {
            if (wall.height >= 7) wall.cracks = {"top", "Left of " + wall.name};
          }
        });
  }
  // [/listing]
  Result<Page<Wall>> page(ListRequest request) { return listing().page(request); }
  static std::vector<std::string> names(const Result<Page<Wall>>& page) {
    if (!page) return {page.error().code + ": " + page.error().details};
    std::vector<std::string> names;
    for (const auto& row : page->items) names.push_back(row.value().value().name);
    return names;
  }
  std::vector<std::string> found(const std::vector<std::string>& conditions) {
    ListRequest request;
    request.q = conditions;
    return names(page(request));
  }
  std::vector<std::string> sorted(const std::string& sort) {
    ListRequest request;
    request.sort = sort;
    return names(page(request));
  }
  /// The names of each page, in one text each.
  std::vector<std::string> pages(ListRequest request) {
    std::vector<std::string> texts;
    do {
      const Result<Page<Wall>> next = page(request);
      std::string text;
      for (const std::string& name : names(next)) text.append(text.empty() ? "" : " ").append(name);
      texts.push_back(text);
      request.cursor = next ? next->next : std::nullopt;
    } while (request.cursor && texts.size() < 10);
    return texts;
  }

  std::unique_ptr<PluginStore> host_;
  test::Node node_;
  std::size_t asked_ = 0;
};

TENON_BOTH_ENGINES(ListTest);

TEST_P(ListTest, shows_all_fields_of_all_rows_in_the_order_of_their_keys) {
  const auto all = page({});
  EXPECT_THAT(names(all), ElementsAre("50% off", "east", "north", "south", "west"));
  EXPECT_EQ(all->items.at(2).json, Json::object()
                                       .add("name", "north")
                                       .add("color", nullptr)
                                       .add("height", 12)
                                       .add("weight", 1.5)
                                       .add("wet", false)
                                       .add("mood", "cross")
                                       .add("heat", 20)
                                       .add("cracks", Json::array().push("top").push("Left of north")));
  EXPECT_EQ(all->next, std::nullopt);
}

TEST_P(ListTest, shows_the_fields_that_are_asked_for_and_finds_no_others) {
  ListRequest request;
  request.fields = {"wet,name", "color"};
  const auto shown = page(request);
  EXPECT_EQ(shown->items.at(1).json, Json::object().add("wet", true).add("name", "east").add("color", "blue"));
  EXPECT_EQ(asked_, 0U);
}

TEST_P(ListTest, finds_rows_by_conditions_on_what_the_store_knows) {
  EXPECT_THAT(found({"name=east"}), ElementsAre("east"));
  EXPECT_THAT(found({"name = east"}), ElementsAre("east"));
  EXPECT_THAT(found({"color!=blue"}), ElementsAre("50% off", "north", "south", "west")) << "null is not blue";
  EXPECT_THAT(found({"height<7"}), ElementsAre("50% off", "east"));
  EXPECT_THAT(found({"height<=7", "height>=7"}), ElementsAre("south", "west"));
  EXPECT_THAT(found({"height > 7"}), ElementsAre("north"));
  EXPECT_THAT(found({"weight<1.5"}), ElementsAre("east"));
  EXPECT_THAT(found({"wet=true"}), ElementsAre("east", "west"));
  EXPECT_THAT(found({"mood=cross"}), ElementsAre("north"));
  EXPECT_THAT(found({"color~BLUE"}), ElementsAre("east", "south"));
  EXPECT_THAT(found({"color~k_b"}), ElementsAre("south")) << "an underscore is one";
  EXPECT_THAT(found({"name~%"}), ElementsAre("50% off"));
  EXPECT_THAT(found({"color!~blue"}), ElementsAre("50% off", "north", "west"));
  EXPECT_THAT(found({"name in east, west"}), ElementsAre("east", "west"));
  EXPECT_THAT(found({"height in 1,12"}), ElementsAre("50% off", "north"));
  EXPECT_THAT(found({"color is null"}), ElementsAre("north", "west"));
  EXPECT_THAT(found({"color is not null", "wet=false"}), ElementsAre("50% off", "south"));
}

TEST_P(ListTest, finds_rows_by_what_is_found_later) {
  EXPECT_THAT(found({"heat<10"}), ElementsAre("east", "west"));
  EXPECT_THAT(found({"heat=20", "height>1"}), ElementsAre("north", "south"));
  EXPECT_THAT(found({"cracks=top", "wet=true"}), ElementsAre("west"));
  EXPECT_THAT(found({"cracks~LEFT"}), ElementsAre("north", "south", "west"));
  EXPECT_THAT(found({"cracks!=top"}), ElementsAre("50% off", "east"));
  EXPECT_THAT(found({"cracks in top,bottom"}), ElementsAre("north", "south", "west"));
}

TEST_P(ListTest, never_takes_a_value_for_sql) {
  EXPECT_THAT(found({"name=x' OR '1'='1"}), IsEmpty());
  EXPECT_THAT(found({"name~'; DROP TABLE paint_wall; --"}), IsEmpty());
  EXPECT_THAT(found({"name in a,') OR 1=1 --"}), IsEmpty());
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM paint_wall"), 5);
}

TEST_P(ListTest, sorts_with_nulls_last_and_equals_by_key) {
  EXPECT_THAT(sorted("height"), ElementsAre("50% off", "east", "south", "west", "north"));
  EXPECT_THAT(sorted("-height,-name"), ElementsAre("north", "west", "south", "east", "50% off"));
  EXPECT_THAT(sorted("-name"), ElementsAre("west", "south", "north", "east", "50% off"));
  EXPECT_THAT(sorted("wet,-weight"), ElementsAre("50% off", "south", "north", "west", "east"));
  EXPECT_THAT(sorted("heat,-height"), ElementsAre("west", "east", "north", "south", "50% off"));
  const auto by_color = sorted("-color");
  EXPECT_THAT((std::vector<std::string>{by_color.at(3), by_color.at(4)}), ElementsAre("north", "west"));
}

TEST_P(ListTest, comes_in_pages_that_go_on_where_the_last_one_ended) {
  ListRequest request;
  request.limit = 2;
  EXPECT_THAT(pages(request), ElementsAre("50% off east", "north south", "west"));
  EXPECT_EQ(asked_, 5U) << "later fields are found for the rows of the page alone";
  request.sort = "-height";
  EXPECT_THAT(pages(request), ElementsAre("north south", "west east", "50% off"));
  request.sort = "-wet,weight";
  EXPECT_THAT(pages(request), ElementsAre("east west", "north south", "50% off"));
  request.sort = "color";
  request.q = {"color is null"};
  request.limit = 1;
  EXPECT_THAT(pages(request), ElementsAre("north", "west"));
  request.q = {"wet=false"};
  EXPECT_THAT(pages(request).back(), "north") << "whose color is null";
  request = {};
  request.limit = 2;
  request.sort = "heat,-height";
  EXPECT_THAT(pages(request), ElementsAre("west east", "north south", "50% off"));
  request.q = {"heat=20"};
  EXPECT_THAT(pages(request), ElementsAre("north south", "50% off"));
}

TEST_P(ListTest, goes_on_after_a_row_that_is_gone) {
  ListRequest request;
  request.limit = 2;
  request.cursor = page(request)->next;
  make("DELETE FROM paint_wall WHERE name = 'east'");
  EXPECT_THAT(names(page(request)), ElementsAre("north", "south"));
}

TEST_P(ListTest, refuses_what_is_not_there_or_does_not_fit) {
  EXPECT_THAT(found({"colour=blue"}),
              ElementsAre("LIST.1001: 'colour' is none of the list's fields: name, color, height, weight, wet, mood, "
                          "heat, cracks"));
  EXPECT_THAT(found({"name"}), ElementsAre("LIST.1002: expected FIELD OP VALUE, found 'name'"));
  EXPECT_THAT(found({"=east"}), ElementsAre("LIST.1002: expected FIELD OP VALUE, found '=east'"));
  EXPECT_THAT(found({"color is null or 1=1"}), ElementsAre(HasSubstr("LIST.1002")));
  EXPECT_THAT(found({"height=tall"}), ElementsAre("LIST.1003: height: expected a whole number, found 'tall'"));
  EXPECT_THAT(found({"wet=yes"}), ElementsAre("LIST.1003: wet: expected true or false, found 'yes'"));
  EXPECT_THAT(found({"mood=glad"}), ElementsAre("LIST.1003: mood: expected one of calm, cross, found 'glad'"));
  EXPECT_THAT(found({"height~7"}), ElementsAre("LIST.1004: height has no '~'"));
  EXPECT_THAT(found({"cracks<a"}), ElementsAre("LIST.1004: cracks has no '<'"));
  EXPECT_THAT(sorted("cracks"), ElementsAre("LIST.1004: rows can't be sorted by cracks"));
  EXPECT_THAT(sorted("name;"), ElementsAre(HasSubstr("LIST.1001")));
  ListRequest request;
  request.limit = 0;
  EXPECT_THAT(names(page(request)), ElementsAre("LIST.1006: limit: expected 1 to 1000, found 0"));
  request.limit = 1001;
  EXPECT_THAT(names(page(request)), ElementsAre(HasSubstr("LIST.1006")));
  request = {};
  request.fields = {"name,size"};
  EXPECT_THAT(names(page(request)), ElementsAre(HasSubstr("LIST.1001: 'size'")));
}

TEST_P(ListTest, refuses_a_cursor_of_another_order_or_of_nothing) {
  ListRequest request;
  request.limit = 2;
  request.sort = "height";
  const std::string cursor = *page(request)->next;
  request.cursor = cursor;
  EXPECT_THAT(names(page(request)), ElementsAre("south", "west"));
  request.sort = "-height";
  EXPECT_THAT(names(page(request)), ElementsAre(HasSubstr("LIST.1005")));
  request.sort = "height";
  for (const std::string& wrong : {std::string(), std::string("zz"), std::string("31"), cursor + "00",
                                   cursor.substr(0, cursor.size() - 1), cursor.substr(0, cursor.size() - 2)}) {
    request.cursor = wrong;
    EXPECT_THAT(names(page(request)), ElementsAre(HasSubstr("LIST.1005"))) << wrong;
  }
}

TEST_P(ListTest, of_several_tables_has_columns_by_expression_and_only_some_rows) {
  make("CREATE TABLE paint_coat (wall text, number integer, PRIMARY KEY (wall, number))");
  make("INSERT INTO paint_coat (wall, number) VALUES ('east', 1), ('east', 2), ('west', 1)");
  ListRequest request;
  request.fields = {"name", "height"};
  request.q = {"height>=1"};
  const auto coats = Listing<Wall>("paint_wall", "name")
                         .column("height", "(SELECT count(*) FROM paint_coat WHERE wall = paint_wall.name)")
                         .only("name <> 'west'")
                         .later({"heat", "cracks"}, [](std::vector<Wall>&) {})
                         .page(request);
  ASSERT_TRUE(coats.ok()) << coats.error().to_string();
  ASSERT_EQ(coats->items.size(), 1U);
  EXPECT_EQ(coats->items[0].json, Json::object().add("name", "east").add("height", 2));
}

TEST(ListSchema, has_nullable_fields_and_says_what_may_be_asked) {
  EXPECT_EQ(
      *schema_of<Page<Wall>>().find("properties")->find("items")->find("items")->find("properties")->find("color"),
      Json::object().add(
          "anyOf", Json::array().push(Json::object().add("type", "string")).push(Json::object().add("type", "null"))));
  const Json request = schema_of<ListRequest>();
  EXPECT_EQ(*request.find("properties")->find("limit")->find("maximum"), Json(1000));
  EXPECT_EQ(request.find("required"), nullptr);
}

}  // namespace
}  // namespace tenon::store
