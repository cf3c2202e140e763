#include <gtest/gtest.h>

#include "listener.h"

namespace {

TEST(AcmeListener, hears_of_all_events) {
  acme::Listener listener;
  EXPECT_EQ(listener.patterns(), std::vector<std::string>{"/**"});
  EXPECT_NO_THROW(listener.on_event({1, "/walls/north/painted", "/walls/{wall}/painted", 0, tenon::Json::object()}));
}

}  // namespace
