#include <filesystem>

#include "store_fixture.h"

namespace tenon::store {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(StoreAddress, is_a_file_or_a_connection_string) {
  const Address file = parse_address("sqlite:/var/lib/tenon/tenon.db").value();
  EXPECT_EQ(file.engine, Address::Engine::kSqlite);
  EXPECT_EQ(file.target, "/var/lib/tenon/tenon.db");
  EXPECT_EQ(parse_address("sqlite:x/../y.db").value().target, (std::filesystem::current_path() / "y.db").string());
  for (const char* text : {"postgresql://tenon@db/tenon", "postgres://db", "host=/run dbname=tenon"}) {
    EXPECT_EQ(parse_address(text).value().engine, Address::Engine::kPostgresql) << text;
    EXPECT_EQ(parse_address(text).value().target, text);
  }
}

TEST(StoreAddress, that_is_neither_is_refused) {
  for (const char* text :
       {"", "sqlite:", "tenon.db", "mysql://u:geheim@h/d", "postgresql://h/d?nonsense=1", "host=a foo=b"}) {
    const auto refused = parse_address(text);
    ASSERT_FALSE(refused.ok()) << text;
    EXPECT_EQ(refused.error().code, "STORE.1011");
    EXPECT_THAT(refused.error().details, Not(HasSubstr("geheim")));
  }
}

TEST(StoreAddress, shows_no_password) {
  EXPECT_EQ(parse_address("postgresql://tenon:geheim@db.example:5433/t?sslmode=require").value().place(),
            "host=db.example port=5433 dbname=t user=tenon");
  EXPECT_EQ(parse_address("host=a password=geheim dbname=t").value().place(), "host=a dbname=t");
}

}  // namespace
}  // namespace tenon::store
