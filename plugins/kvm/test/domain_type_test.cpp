#include "domain_type.h"
#include "connection.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

namespace {

using kvm::domain_type;
using kvm::DomainTypeChoice;

constexpr uid_t kNobody = 65534;

TEST(DomainType, is_chosen_by_one_of_three_words) {
  EXPECT_EQ(kvm::domain_type_choice("auto"), DomainTypeChoice::kAuto);
  EXPECT_EQ(kvm::domain_type_choice("kvm"), DomainTypeChoice::kKvm);
  EXPECT_EQ(kvm::domain_type_choice("qemu"), DomainTypeChoice::kQemu);
  try {
    (void)kvm::domain_type_choice("xen");
    FAIL() << "accepted";
  } catch (const tenon::Error& e) {
    EXPECT_STREQ(e.what(), "KVM.1009: no such domain type: expected auto, kvm or qemu, found 'xen'");
  }
}

TEST(DomainType, of_the_test_driver_is_test_whatever_was_chosen) {
  kvm::ConnectionHandle connection(virConnectOpen("test:///default"));
  ASSERT_NE(connection, nullptr);
  for (DomainTypeChoice choice : {DomainTypeChoice::kAuto, DomainTypeChoice::kKvm, DomainTypeChoice::kQemu}) {
    EXPECT_EQ(domain_type(connection.get(), choice).value(), "test");
  }
}

TEST(KvmDevice, that_is_missing_does_not_work) { EXPECT_FALSE(kvm::kvm_device_works("/nonexistent/kvm")); }

TEST(KvmDevice, that_is_another_device_does_not_work) { EXPECT_FALSE(kvm::kvm_device_works("/dev/null")); }

TEST(KvmDevice, that_only_qemu_may_open_is_left_to_libvirt) {
  const std::string path = testing::TempDir() + "tenon-kvm-device-" + std::to_string(::getpid());
  ::close(::open(path.c_str(), O_CREAT | O_WRONLY, 0));
  const bool is_root = ::geteuid() == 0;
  if (is_root) {
    ASSERT_EQ(::seteuid(kNobody), 0);
  }
  EXPECT_TRUE(kvm::kvm_device_works(path.c_str()));
  if (is_root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  ::unlink(path.c_str());
}

}  // namespace
