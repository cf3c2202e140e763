#include "daemon/state_lock.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <optional>

#include "support/temp_folder.h"

namespace tenon::daemon {
namespace {

using ::testing::HasSubstr;

TEST(StateLock, lets_one_holder_in_and_names_it_to_others) {
  test::TempFolder folder;
  const auto state = folder.path() / "deep" / "state";
  std::optional<Result<StateLock>> first(StateLock::take(state));
  ASSERT_TRUE(first->ok());
  const auto second = StateLock::take(state);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().to_string(), "NODE.1001: another node uses the state folder: " + state.string() +
                                            " (process " + std::to_string(::getpid()) + ")");
  first.reset();
  EXPECT_TRUE(StateLock::take(state).ok());
}

TEST(StateLock, says_why_a_folder_cannot_be_used) {
  test::TempFolder folder;
  const auto lock = StateLock::take(folder.write("file", "") / "state");
  ASSERT_FALSE(lock.ok());
  EXPECT_THAT(lock.error().to_string(), HasSubstr("NODE.1002"));
}

}  // namespace
}  // namespace tenon::daemon
