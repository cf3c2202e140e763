#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "descriptor/reader.h"
#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::IsEmpty;

TEST(Counts, tell_of_all_files_together) {
  const Reading beans = read(
      "<beans><bean class='a'><property name='p'><list><list/><map><entry key='k'><list/></entry></map></list>"
      "</property><plugin><extension interface='i'/><extension interface='j'/></plugin></bean><bean class='b'/>"
      "<util:list id='l'/><util:map id='m'/></beans>");
  const Reading chains = read("<chains><chain name='c'><flow class='f'/></chain></chains>");
  EXPECT_THAT(beans.messages, IsEmpty());
  EXPECT_EQ(count({beans.descriptor, chains.descriptor}),
            (Counts{.beans = 2, .extensions = 2, .lists = 4, .chains = 1}));
  EXPECT_EQ(count({}), Counts{});
}

}  // namespace
}  // namespace tenon::descriptor
