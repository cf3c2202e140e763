#include "connection.h"
#include "hypervisor_factory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>
#include <signal.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using tenon::Owned;
using tenon::iaas::VmDefinition;
using tenon::iaas::VmState;
using tenon::iaas::VolumeLocation;

constexpr const char* kUri = "qemu:///system";
constexpr const char* kKey = "17:4";

/// Waits until a file in `folder`, watched by inotify, contains the text.
bool appears_in(const fs::path& file, const std::string& text, std::chrono::seconds limit) {
  const int watch = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  ::inotify_add_watch(watch, file.parent_path().c_str(), IN_MODIFY | IN_CREATE);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  bool found = false;
  while (!found && std::chrono::steady_clock::now() < deadline) {
    std::ifstream stream(file);
    found = std::string(std::istreambuf_iterator<char>(stream), {}).find(text) != std::string::npos;
    pollfd event{watch, POLLIN, 0};
    char events[4096];
    if (!found && ::poll(&event, 1, 1000) > 0) {
      while (::read(watch, events, sizeof events) > 0) {
      }
    }
  }
  ::close(watch);
  return found;
}

/// Needs scripts/lab --parts libvirt: libvirt's daemon, QEMU and an image of a guest.
class KvmLab : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(std::getenv("TENON_LAB"), nullptr) << "run this by scripts/lab --parts libvirt";
    work = fs::path(std::getenv("TENON_LAB_DIR")) / "work" / ("kvm-" + std::to_string(::getpid()));
    fs::create_directories(work);
    // A stock guest boots by emulation everywhere; /dev/kvm may be there and not carry it.
    factory.set_domain_type("qemu");
    host = factory.create({"lab", "KVM", kUri}).value();
  }
  void TearDown() override {
    if (!host) return;
    host->destroy(vm().instance.uuid).value();
    host->undefine(vm().instance.uuid).value();
    fs::remove_all(work);
  }
  VmDefinition vm() const {
    VmDefinition definition;
    definition.instance = {"6695eb01-f6a4-4304-79aa-97f2502e1931", "kvm-lab", 1, 134217728, work / "console"};
    definition.volumes = {{"root", VolumeLocation{"file", work / "root.qcow2", {}, {}}, "qcow2"}};
    return definition;
  }
  void make_disk() const {
    const std::string command = "qemu-img create -q -f qcow2 -b '" + std::string(std::getenv("TENON_LAB_GUEST")) +
                                "' -F " + std::getenv("TENON_LAB_GUEST_FORMAT") + " '" +
                                (work / "root.qcow2").string() + "'";
    ASSERT_EQ(std::system(command.c_str()), 0);
  }

  fs::path work;
  kvm::HypervisorFactory factory;
  Owned<tenon::iaas::Hypervisor> host;
};

TEST_F(KvmLab, boots_a_guest_that_speaks_on_its_console) {
  make_disk();
  ASSERT_NO_THROW(host->ping().value());
  ASSERT_NO_THROW(host->define(vm(), kKey).value());
  ASSERT_NO_THROW(host->start(vm().instance.uuid).value());
  EXPECT_TRUE(appears_in(work / "console", "tenon-guest: up", 120s));
  EXPECT_TRUE(appears_in(work / "console", "tenon-guest: disk vda", 120s));
  EXPECT_EQ(host->find(vm().instance.uuid).value()->state, VmState::Running);

  ASSERT_NO_THROW(host->destroy(vm().instance.uuid).value());
  EXPECT_EQ(host->find(vm().instance.uuid).value()->state, VmState::Stopped);
  ASSERT_NO_THROW(host->undefine(vm().instance.uuid).value());
  EXPECT_FALSE(host->find(vm().instance.uuid).value().has_value());
}

TEST_F(KvmLab, says_which_disk_keeps_a_guest_from_starting) {
  ASSERT_NO_THROW(host->define(vm(), kKey).value());
  auto started = host->start(vm().instance.uuid);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().code, "KVM.1007");
  EXPECT_THAT(started.error().details, testing::HasSubstr("root.qcow2"));
}

TEST_F(KvmLab, offers_kvm_only_where_libvirt_does) {
  kvm::ConnectionHandle libvirt(virConnectOpen(kUri));
  kvm::TextHandle offered(virConnectGetDomainCapabilities(libvirt.get(), nullptr, "x86_64", "q35", "kvm", 0));
  const bool usable = offered != nullptr && kvm::kvm_device_works();
  EXPECT_EQ(kvm::domain_type(libvirt.get(), kvm::DomainTypeChoice::kAuto).value(), usable ? "kvm" : "qemu");
}

TEST_F(KvmLab, connects_again_when_the_daemon_was_restarted) {
  ::signal(SIGPIPE, SIG_IGN);  // as in the node
  ASSERT_NO_THROW(host->define(vm(), kKey).value());
  const fs::path pid_file = fs::path(std::getenv("TENON_LAB_DIR")) / "libvirt" / "libvirtd.pid";
  pid_t daemon = 0;
  std::ifstream(pid_file) >> daemon;
  ASSERT_GT(daemon, 1);
  ASSERT_EQ(::kill(daemon, SIGKILL), 0);
  fs::remove(pid_file);
  // With --daemon it returns when the new one answers.
  ASSERT_EQ(std::system(("libvirtd --daemon --pid-file '" + pid_file.string() + "'").c_str()), 0);
  auto found = host->find(vm().instance.uuid);
  ASSERT_TRUE(found.ok()) << found.error().to_string();
  EXPECT_EQ(found.value()->key, kKey);
}

}  // namespace
