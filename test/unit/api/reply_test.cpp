#include "api/reply.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include "store/errors.h"

namespace tenon::api {
namespace {

TEST(Failure, of_a_store_that_is_away_or_full_asks_for_another_attempt) {
  for (const std::string_view code : {store::kUnreachable, store::kConnectionLost, store::kBusy, store::kDiskFull}) {
    const HttpResponse response = failure(store::store_error(code, "x"));
    EXPECT_EQ(response.status, 503U) << code;
    EXPECT_THAT(response.headers, ::testing::Contains(::testing::Key("Retry-After")));
    EXPECT_THAT(response.body, ::testing::HasSubstr(std::string(code)));
  }
  const HttpResponse damaged = failure(store::store_error(store::kCorrupt, "x"));
  EXPECT_EQ(damaged.status, 500U);
  EXPECT_TRUE(damaged.headers.empty());
}

TEST(UserName, is_the_users_or_its_number) {
  EXPECT_EQ(user_name(0), "root");
  EXPECT_EQ(user_name(987'654), "uid 987654");
}

}  // namespace
}  // namespace tenon::api
