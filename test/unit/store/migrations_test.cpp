#include "store/migrations.h"

#include <thread>

#include "store/core_schema.h"
#include "store_fixture.h"

namespace tenon::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> titles(const std::vector<MigrationState>& states) {
  std::vector<std::string> list;
  for (const MigrationState& state : states) {
    list.push_back(state.owner + "/" + state.title + (state.applied ? "" : " pending"));
  }
  return list;
}

class StoreMigrations : public StoreTest {
 protected:
  std::vector<MigrationSet> read() { return read_plugin_migrations({folder_.path()}).value(); }
};
TENON_BOTH_ENGINES(StoreMigrations);

TEST_P(StoreMigrations, of_core_make_its_tables) {
  const std::vector<std::string> applied = titles(migrate(*connection_, {core_migrations()}).value());
  EXPECT_EQ(applied.size(), core_migrations().list.size());
  EXPECT_EQ(applied.at(0), "core/001_node");
  EXPECT_EQ(number(*connection_, "SELECT next FROM counter WHERE name = 'node'"), 1);
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM node"), 0);
}

TEST_P(StoreMigrations, are_applied_in_order_and_once) {
  folder_.write("schema/shop/001_goods.sql", "-- goods\nCREATE TABLE goods (id bigint PRIMARY KEY -- the key\n);\n");
  folder_.write("schema/shop/002_price.sql",
                "ALTER TABLE goods ADD COLUMN price bigint NOT NULL DEFAULT 0; "
                "INSERT INTO goods VALUES (1, 5)");
  folder_.write("schema/shop/README", "no migration");
  EXPECT_THAT(titles(compare_migrations(*connection_, read()).value()),
              ElementsAre("shop/001_goods pending", "shop/002_price pending"));
  EXPECT_THAT(titles(migrate(*connection_, read()).value()), ElementsAre("shop/001_goods", "shop/002_price"));
  EXPECT_THAT(titles(migrate(*connection_, read()).value()), IsEmpty());
  EXPECT_EQ(number(*connection_, "SELECT price FROM goods"), 5);
  folder_.write("schema/shop/003_none.sql", "-- what was here came to nothing\n");
  folder_.write("schema/shop/004_more.sql", "INSERT INTO goods VALUES (2, 6)");
  EXPECT_THAT(titles(migrate(*connection_, read()).value()), ElementsAre("shop/003_none", "shop/004_more"));
  EXPECT_EQ(number(*connection_, "SELECT count(*) FROM schema_migration WHERE applied > 0"), 4);
}

TEST_P(StoreMigrations, that_were_changed_are_refused_by_name) {
  const std::string file = folder_.write("schema/shop/001_goods.sql", "CREATE TABLE goods (id bigint PRIMARY KEY)");
  migrate(*connection_, read()).value();
  folder_.write("schema/shop/001_goods.sql", "CREATE TABLE goods (id text PRIMARY KEY)");
  folder_.write("schema/shop/002_next.sql", "CREATE TABLE next (id bigint PRIMARY KEY)");
  const auto refused = migrate(*connection_, read());
  EXPECT_EQ(refused.error().code, "STORE.1020");
  EXPECT_THAT(refused.error().details, HasSubstr(file + " was changed after it was applied as shop/001_goods (then "));
  EXPECT_EQ(compare_migrations(*connection_, read()).error().code, "STORE.1020");
  EXPECT_FALSE(connection_->query("SELECT * FROM next").ok()) << "nothing is applied";
}

TEST_P(StoreMigrations, of_a_newer_program_are_refused) {
  folder_.write("schema/shop/001_goods.sql", "CREATE TABLE goods (id bigint PRIMARY KEY)");
  folder_.write("schema/shop/002_new.sql", "CREATE TABLE brand_new (id bigint PRIMARY KEY)");
  migrate(*connection_, read()).value();
  std::filesystem::remove(folder_.path() / "schema/shop/002_new.sql");
  EXPECT_EQ(migrate(*connection_, read()).error().details,
            "the store has shop/002_new, which this installation does not know: it is older than the store");
  EXPECT_TRUE(migrate(*connection_, {core_migrations()}).ok()) << "a plugin may be away";
}

TEST_P(StoreMigrations, that_fail_leave_nothing_of_themselves) {
  folder_.write("schema/shop/001_goods.sql", "CREATE TABLE goods (id bigint PRIMARY KEY)");
  const std::string file = folder_.write(
      "schema/shop/002_bad.sql", "CREATE TABLE half (id bigint PRIMARY KEY); INSERT INTO goods VALUES (1), (1)");
  const auto failed = migrate(*connection_, read());
  EXPECT_EQ(failed.error().code, "STORE.1021");
  EXPECT_THAT(failed.error().details, HasSubstr("shop/002_bad (" + file + "): STORE.1004"));
  EXPECT_EQ(fact(failed.error(), "constraint"), "goods_pkey");
  EXPECT_FALSE(connection_->query("SELECT * FROM half").ok());
  EXPECT_THAT(titles(compare_migrations(*connection_, read()).value()),
              ElementsAre("shop/001_goods", "shop/002_bad pending"));
  folder_.write("schema/shop/002_bad.sql", "CREATE TABLE half (id bigint PRIMARY KEY)");
  EXPECT_THAT(titles(migrate(*connection_, read()).value()), ElementsAre("shop/002_bad"));
}

TEST_P(StoreMigrations, may_not_end_their_transaction) {
  folder_.write("schema/shop/001_goods.sql", "CREATE TABLE goods (id bigint PRIMARY KEY); COMMIT");
  EXPECT_THAT(migrate(*connection_, read()).error().details, HasSubstr("a script ends its transaction"));
}

TEST_P(StoreMigrations, wait_for_those_of_another_node) {
  for (int i = 1; i <= 5; ++i) {
    const std::string n = std::to_string(i);
    folder_.write("schema/shop/00" + n + "_t.sql", "CREATE TABLE t" + n + " (id bigint PRIMARY KEY)");
  }
  const std::vector<MigrationSet> sets = read();
  std::vector<std::size_t> applied(4);
  std::vector<std::string> errors(applied.size());
  std::vector<std::thread> nodes;
  for (std::size_t i = 0; i < applied.size(); ++i) {
    nodes.emplace_back([&, i, mine = connect()] {
      const auto done = migrate(*mine, sets);
      if (done.ok()) applied[i] = done->size();
      if (!done.ok()) errors[i] = done.error().to_string();
    });
  }
  for (std::thread& node : nodes) node.join();
  EXPECT_THAT(errors, ::testing::Each(""));
  EXPECT_EQ(applied[0] + applied[1] + applied[2] + applied[3], 5U);
}

TEST_P(StoreMigrations, make_no_table_without_a_primary_key_on_sqlite) {
  folder_.write("schema/shop/001_goods.sql", "CREATE TABLE goods (id bigint)");
  if (!on_sqlite()) return;  // PostgreSQL would take it
  EXPECT_THAT(migrate(*connection_, read()).error().details, HasSubstr("PRIMARY KEY missing"));
}

class MigrationFiles : public ::testing::Test {
 protected:
  std::string refusal() { return read_plugin_migrations({folder_.path(), folder_.path() / "b"}).error().to_string(); }
  std::string write(const std::string& name) { return folder_.write(name, "SELECT 1"); }
  test::TempFolder folder_;
};

TEST_F(MigrationFiles, are_found_beside_descriptors) {
  write("schema/shop/001_a.sql");
  write("b/schema/bar/001_b.sql");
  folder_.write("schema/chains.xsd", "");
  const auto sets = read_plugin_migrations({folder_.path(), folder_.path() / "none", folder_.path() / "b"}).value();
  ASSERT_EQ(sets.size(), 2U);
  EXPECT_EQ(sets[0].owner, "bar");
  EXPECT_EQ(sets[1].owner, "shop");
  EXPECT_EQ(sets[1].list[0].title(), "001_a");
}

TEST_F(MigrationFiles, come_after_those_that_they_name) {
  folder_.write("schema/bar/001_a.sql", "-- after: shop, zoo \nSELECT 1");
  write("schema/cellar/001_a.sql");
  folder_.write("schema/shop/001_a.sql", "-- goods\n-- after: nothing, as it is not the first line\nSELECT 1");
  folder_.write("schema/zoo/001_a.sql", "SELECT 1");
  folder_.write("schema/zoo/002_b.sql", "-- after:shop\r\nSELECT 1");
  std::vector<std::string> owners;
  const auto sets = read_plugin_migrations({folder_.path()}).value();
  for (const MigrationSet& set : sets) owners.push_back(set.owner);
  EXPECT_THAT(owners, ElementsAre("shop", "zoo", "bar", "cellar"));
}

TEST_F(MigrationFiles, after_what_is_not_there_or_comes_after_them_are_refused) {
  const std::string bar = folder_.write("schema/bar/001_a.sql", "-- after: shop\nSELECT 1");
  EXPECT_THAT(refusal(), HasSubstr(bar + " comes after those of plugin 'shop', which are not there"));
  const std::string shop = folder_.write("schema/shop/001_a.sql", "-- after: bar\nSELECT 1");
  EXPECT_THAT(refusal(), HasSubstr(shop + " comes after those of plugin 'bar', which come after it"));
}

TEST_F(MigrationFiles, with_a_gap_are_refused) {
  const std::string first = write("schema/shop/001_a.sql");
  const std::string third = write("schema/shop/003_c.sql");
  EXPECT_THAT(refusal(), HasSubstr("between " + first + " and " + third + ": number 2 is missing"));
}

TEST_F(MigrationFiles, begin_with_001) {
  const std::string second = write("schema/shop/002_b.sql");
  EXPECT_THAT(refusal(), HasSubstr(second + ": number 1 is missing"));
}

TEST_F(MigrationFiles, of_one_number_are_refused_by_both_names) {
  const std::string one = write("schema/shop/001_a.sql");
  const std::string other = write("schema/shop/001_b.sql");
  EXPECT_THAT(refusal(), HasSubstr(one + " and " + other + " have one number"));
}

TEST_F(MigrationFiles, of_one_plugin_lie_in_one_place) {
  write("schema/shop/001_a.sql");
  write("b/schema/shop/001_a.sql");
  EXPECT_THAT(refusal(), HasSubstr("migrations of 'shop' lie in " + (folder_.path() / "schema/shop").string() +
                                   " and in " + (folder_.path() / "b/schema/shop").string()));
}

TEST_F(MigrationFiles, have_names_that_tell_their_order) {
  const std::string file = write("schema/shop/first.sql");
  EXPECT_THAT(refusal(), HasSubstr(file + ": expected a name like 001_tables.sql"));
}

TEST_F(MigrationFiles, of_no_plugin_are_called_core) {
  write("schema/core/001_a.sql");
  EXPECT_THAT(refusal(), HasSubstr("a plugin can't be called core"));
}

}  // namespace
}  // namespace tenon::store
