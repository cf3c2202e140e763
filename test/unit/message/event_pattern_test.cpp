#include "message/event_pattern.h"

#include <gtest/gtest.h>

namespace tenon::message {
namespace {

TEST(EventPattern, matches_segment_by_segment) {
  EXPECT_TRUE(EventPattern("/walls/north/painted").matches("/walls/north/painted"));
  EXPECT_FALSE(EventPattern("/walls/north").matches("/walls/north/painted"));
  EXPECT_FALSE(EventPattern("/walls/north/painted").matches("/walls/north"));
  EXPECT_FALSE(EventPattern("/walls/north").matches("/walls/northern"));
}

TEST(EventPattern, takes_exactly_one_segment_for_a_star_or_a_name) {
  for (const char* pattern : {"/walls/*/painted", "/walls/{wall}/painted"}) {
    EXPECT_TRUE(EventPattern(pattern).matches("/walls/north/painted"));
    EXPECT_FALSE(EventPattern(pattern).matches("/walls/north/upper/painted")) << "not greedy";
    EXPECT_FALSE(EventPattern(pattern).matches("/walls//painted"));
  }
}

TEST(EventPattern, takes_any_number_of_segments_at_the_end_for_two_stars) {
  EXPECT_TRUE(EventPattern("/**").matches("/walls/north/painted"));
  EXPECT_TRUE(EventPattern("/walls/**").matches("/walls/north/painted"));
  EXPECT_TRUE(EventPattern("/walls/**").matches("/walls"));
  EXPECT_FALSE(EventPattern("/walls/**").matches("/doors/north"));
}

TEST(EventPattern, knows_what_is_none) {
  for (const char* good : {"/a", "/*", "/**", "/a/{b}/**"}) EXPECT_TRUE(EventPattern::is_valid(good)) << good;
  for (const char* bad : {"", "a", "/", "//", "/a/", "/**/a"}) EXPECT_FALSE(EventPattern::is_valid(bad)) << bad;
}

}  // namespace
}  // namespace tenon::message
