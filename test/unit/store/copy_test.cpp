#include "store/copy.h"

#include "store/core_schema.h"
#include "store_fixture.h"

namespace tenon::store {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Pair;

/// From the engine of the parameter to the other one.
class StoreCopy : public StoreTest {
 protected:
  void SetUp() override {
    TENON_NEED_POSTGRES();
    StoreTest::SetUp();
    folder_.write("schema/shop/001_goods.sql",
                  "CREATE TABLE goods (id bigint PRIMARY KEY, name text, weight double precision, picture bytea,\n"
                  "  sold boolean NOT NULL, parent bigint REFERENCES goods (id) DEFERRABLE INITIALLY DEFERRED);\n"
                  "CREATE TABLE a_part (id bigint PRIMARY KEY, goods bigint NOT NULL REFERENCES goods (id));\n"
                  "INSERT INTO goods VALUES (0, 'seed', NULL, NULL, FALSE, NULL)");
    sets_ = read_plugin_migrations({folder_.path()}).value();
    sets_.insert(sets_.begin(), core_migrations());
    migrate(*connection_, sets_).value();
    const std::string target = new_address(on_sqlite() ? "postgresql" : "sqlite");
    target_store_ = open_store(parse_address(target).value()).value();
    target_ = target_store_->connect().value();
  }
  std::vector<MigrationSet> sets_;
  std::unique_ptr<Store> target_store_;
  std::unique_ptr<Connection> target_;
};
INSTANTIATE_TEST_SUITE_P(WithPostgres, StoreCopy, ::testing::Values("sqlite", "postgresql"),
                         [](const auto& it) { return "from_" + it.param; });

TEST_P(StoreCopy, moves_every_row_of_every_table) {
  std::vector<Parameter> goods;
  for (int i = 1; i <= 2500; ++i) {
    goods.insert(goods.end(), {i, "grün", i / 4.0, Blob{std::string_view("\0\xff", 2)}, i % 2 == 0, 2501 - i});
  }
  connection_->insert_rows("goods", {"id", "name", "weight", "picture", "sold", "parent"}, goods).value();
  connection_->execute("INSERT INTO a_part VALUES (1, 2500)").value();
  connection_->execute("UPDATE goods SET name = 'changed' WHERE id = 0").value();
  connection_->execute("UPDATE counter SET next = 42").value();

  const CopiedTables copied = copy_store(*connection_, *target_, sets_).value();
  EXPECT_THAT(copied, Contains(Pair("goods", 2501U)));
  EXPECT_THAT(copied, Contains(Pair("a_part", 1U)));
  EXPECT_THAT(copied, Contains(Pair("schema_migration", core_migrations().list.size() + 1)));
  const std::string all = "SELECT id, name, weight, picture, sold, parent FROM goods ORDER BY id";
  const Rows rows = target_->query(all).value();
  ASSERT_EQ(rows.size(), 2501U);
  EXPECT_EQ(rows[0].text("name"), "changed");
  EXPECT_EQ(rows[7].real("weight"), 1.75);
  EXPECT_EQ(rows[7].blob("picture"), std::string_view("\0\xff", 2));
  EXPECT_FALSE(rows[7].boolean("sold"));
  EXPECT_TRUE(rows[8].boolean("sold"));
  EXPECT_EQ(number(*target_, "SELECT next FROM counter"), 42);
  EXPECT_TRUE(migrate(*target_, sets_).value().empty()) << "the copy is a store that is up to date";
}

TEST_P(StoreCopy, refuses_a_target_that_is_not_empty) {
  make(*target_, "CREATE TABLE there (id bigint PRIMARY KEY)");
  const auto refused = copy_store(*connection_, *target_, sets_);
  EXPECT_EQ(refused.error().code, "STORE.1030");
  EXPECT_THAT(refused.error().details, HasSubstr("it has the tables there"));
}

TEST_P(StoreCopy, refuses_a_source_that_is_not_up_to_date) {
  folder_.write("schema/shop/002_more.sql", "CREATE TABLE more (id bigint PRIMARY KEY)");
  auto newer = read_plugin_migrations({folder_.path()}).value();
  EXPECT_EQ(copy_store(*connection_, *target_, newer).error().details, "the source lacks migration shop/002_more");
  EXPECT_THAT(copy_store(*connection_, *target_, {core_migrations()}).error().details,
              HasSubstr("the source has tables of 'shop', whose migrations are not installed here"));
  EXPECT_TRUE(target_->tables().value().empty());
}

TEST_P(StoreCopy, that_fails_leaves_the_target_empty) {
  // What SQLite takes and PostgreSQL does not, or what nobody's migrations have made.
  connection_->execute(on_sqlite() ? "UPDATE goods SET weight = 'heavy'" : "CREATE TABLE stray (id bigint PRIMARY KEY)")
      .value();
  const auto failed = copy_store(*connection_, *target_, sets_);
  ASSERT_FALSE(failed.ok());
  EXPECT_THAT(failed.error().to_string(),
              HasSubstr(on_sqlite() ? "goods.weight: row 1: expected double precision" : "stray"));
  EXPECT_TRUE(target_->tables().value().empty());
}

}  // namespace
}  // namespace tenon::store
