#include "host_tags.h"

#include <gtest/gtest.h>

namespace {

using compute::qemu_img_version;

TEST(QemuImgVersion, is_the_word_after_its_name) {
  EXPECT_EQ(qemu_img_version("qemu-img version 7.2.11 (Debian 1:7.2+dfsg-7+deb12u7)\nCopyright (c)\n"), "7.2.11");
  EXPECT_EQ(qemu_img_version("qemu-img version 8.0.50\n"), "8.0.50");
  for (const char* printed : {"", "qemu-img version ", "qemu-img version \n", "sh: not found\n"}) {
    EXPECT_EQ(qemu_img_version(printed), std::nullopt) << printed;
  }
}

}  // namespace
