#include "connection.h"
#include "hypervisor_factory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "support/node.h"
#include "support/temp_folder.h"

namespace {

using tenon::Owned;
using tenon::iaas::VmDefinition;
using tenon::iaas::VmInfo;
using tenon::iaas::VmState;
using tenon::iaas::VolumeLocation;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kUri = "test:///default";
constexpr const char* kKey = "17:4";

VmDefinition web() {
  VmDefinition vm;
  vm.instance = {"6695eb01-f6a4-4304-79aa-97f2502e1931", "web", 1, 134217728, std::nullopt};
  vm.volumes = {{"root", VolumeLocation{"file", "/v/web.qcow2", {}, {}}, "qcow2"}};
  return vm;
}
const std::string kUuid = web().instance.uuid;

/// Against libvirt's own test driver, which keeps its domains as long as this process is connected to it. What the
/// plugin did is looked up by a connection of the test's own.
class KvmHypervisor : public testing::Test {
 protected:
  kvm::HypervisorFactory factory;
  Owned<tenon::iaas::Hypervisor> host = factory.create({"host", "KVM", kUri}).value();
  kvm::ConnectionHandle libvirt{virConnectOpen(kUri)};

  kvm::DomainHandle domain(const std::string& uuid = kUuid) {
    return kvm::DomainHandle(virDomainLookupByUUIDString(libvirt.get(), uuid.c_str()));
  }
  int domains() { return virConnectListAllDomains(libvirt.get(), nullptr, 0); }
  VmInfo info(const std::string& uuid = kUuid) { return host->find(uuid).value().value(); }
};

TEST_F(KvmHypervisor, answers_a_ping) { EXPECT_TRUE(host->ping().ok()); }

TEST_F(KvmHypervisor, defines_a_domain_with_the_vms_uuid_that_does_not_run) {
  ASSERT_TRUE(host->define(web(), kKey).ok());
  auto defined = domain();
  ASSERT_NE(defined, nullptr);
  EXPECT_STREQ(virDomainGetName(defined.get()), "web");
  EXPECT_EQ(virDomainIsActive(defined.get()), 0);
  EXPECT_EQ(virDomainIsPersistent(defined.get()), 1);
}

TEST_F(KvmHypervisor, plugs_the_nics_of_a_vm_and_starts_it) {
  VmDefinition vm = web();
  vm.nics = {{"br0", "52:54:00:12:34:56", "tn525400123456", "virtio", 100, "openvswitch",
              "0b9c1a52-33d4-5f6a-8c1e-9f3f0a7d2b11"},
             {"br1", "52:54:00:12:34:57", "tn525400123457", "virtio", {}, {}, {}}};
  ASSERT_TRUE(host->define(vm, kKey).ok());
  ASSERT_TRUE(host->start(kUuid).ok());
  EXPECT_EQ(virDomainIsActive(domain().get()), 1);
  kvm::TextHandle xml(virDomainGetXMLDesc(domain().get(), 0));
  EXPECT_THAT(xml.get(), HasSubstr("52:54:00:12:34:56"));
  EXPECT_THAT(xml.get(), HasSubstr("tn525400123457"));
}

TEST_F(KvmHypervisor, tells_what_it_defined) {
  ASSERT_TRUE(host->define(web(), kKey).ok());
  VmInfo found = info();
  EXPECT_EQ(found.name, "web");
  EXPECT_EQ(found.uuid, kUuid);
  EXPECT_EQ(found.state, VmState::Stopped);
  EXPECT_EQ(found.key, kKey);
  EXPECT_THAT(found.volumes, ElementsAre(web().volumes[0].location));
}

TEST_F(KvmHypervisor, finds_its_own_domain_when_it_defines_again) {
  ASSERT_TRUE(host->define(web(), kKey).ok());
  ASSERT_TRUE(host->start(kUuid).ok());
  const int before = domains();
  EXPECT_TRUE(host->define(web(), kKey).ok());
  EXPECT_EQ(domains(), before);
  EXPECT_EQ(info().state, VmState::Running);
}

TEST_F(KvmHypervisor, refuses_the_uuid_of_another_steps_domain) {
  ASSERT_TRUE(host->define(web(), "16:4").ok());
  auto again = host->define(web(), kKey);
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().to_string(), "KVM.1005: another VM has this uuid: " + kUuid + " is web, made by step 16:4");
  EXPECT_EQ(info().key, "16:4");
}

TEST_F(KvmHypervisor, refuses_the_name_of_another_domain) {
  VmDefinition vm = web();
  vm.instance.name = "test";  // the driver's own domain
  auto defined = host->define(vm, kKey);
  ASSERT_FALSE(defined.ok());
  EXPECT_EQ(defined.error().code, "KVM.1004");
  EXPECT_THAT(defined.error().details, HasSubstr("test is 6695eb01-f6a4-8304-79aa-97f2502e193f"));
  EXPECT_EQ(domain(), nullptr);
}

TEST_F(KvmHypervisor, says_why_libvirt_refuses_a_domain) {
  VmDefinition vm = web();
  vm.volumes[0].format = "papyrus";
  auto defined = host->define(vm, kKey);
  ASSERT_FALSE(defined.ok());
  EXPECT_EQ(defined.error().code, "KVM.1006");
  EXPECT_THAT(defined.error().details, HasSubstr("papyrus"));
  EXPECT_TRUE(defined.error().elaboration.contains("libvirt.code"));
}

TEST_F(KvmHypervisor, starts_a_domain_and_leaves_a_running_one_alone) {
  ASSERT_TRUE(host->define(web(), kKey).ok());
  ASSERT_TRUE(host->start(kUuid).ok());
  EXPECT_EQ(virDomainIsActive(domain().get()), 1);
  EXPECT_EQ(info().state, VmState::Running);
  EXPECT_TRUE(host->start(kUuid).ok());
}

TEST_F(KvmHypervisor, does_not_start_what_it_does_not_know) {
  auto started = host->start(kUuid);
  ASSERT_FALSE(started.ok());
  EXPECT_EQ(started.error().to_string(), "KVM.1003: no such VM: " + kUuid);
}

TEST_F(KvmHypervisor, destroys_a_running_domain_and_keeps_its_definition) {
  ASSERT_TRUE(host->define(web(), kKey).ok());
  ASSERT_TRUE(host->start(kUuid).ok());
  ASSERT_TRUE(host->destroy(kUuid).ok());
  auto left = domain();
  ASSERT_NE(left, nullptr);
  EXPECT_EQ(virDomainIsActive(left.get()), 0);
}

TEST_F(KvmHypervisor, has_nothing_to_destroy_in_a_stopped_or_unknown_vm) {
  EXPECT_TRUE(host->destroy(kUuid).ok());
  ASSERT_TRUE(host->define(web(), kKey).ok());
  EXPECT_TRUE(host->destroy(kUuid).ok());
}

TEST_F(KvmHypervisor, undefines_a_stopped_domain) {
  ASSERT_TRUE(host->define(web(), kKey).ok());
  ASSERT_NO_THROW(host->undefine(kUuid).value());
  EXPECT_EQ(domain(), nullptr);
  EXPECT_EQ(host->find(kUuid).value(), std::nullopt);
  EXPECT_TRUE(host->undefine(kUuid).ok());
}

TEST_F(KvmHypervisor, does_not_undefine_a_running_domain) {
  ASSERT_TRUE(host->define(web(), kKey).ok());
  ASSERT_TRUE(host->start(kUuid).ok());
  auto undefined = host->undefine(kUuid);
  ASSERT_FALSE(undefined.ok());
  EXPECT_EQ(undefined.error().to_string(), "KVM.1008: can't remove the VM: " + kUuid + " runs");
  EXPECT_EQ(virDomainIsPersistent(domain().get()), 1);
}

TEST_F(KvmHypervisor, tells_the_state_of_a_paused_vm) {
  ASSERT_TRUE(host->define(web(), kKey).ok());
  ASSERT_TRUE(host->start(kUuid).ok());
  ASSERT_EQ(virDomainSuspend(domain().get()), 0);
  EXPECT_EQ(info().state, VmState::Paused);
}

TEST_F(KvmHypervisor, lists_all_vms_by_name_and_knows_which_are_not_ours) {
  VmDefinition zoo = web();
  zoo.instance.uuid = "6695eb01-f6a4-4304-79aa-97f2502e1932";
  zoo.instance.name = "zoo";
  VmDefinition ape = web();
  ape.instance.name = "ape";
  ASSERT_TRUE(host->define(zoo, "18:4").ok());
  ASSERT_TRUE(host->define(ape, "19:4").ok());
  std::vector<std::pair<std::string, std::optional<std::string>>> seen;
  const std::vector<VmInfo> vms = host->list().value();
  for (const VmInfo& vm : vms) seen.emplace_back(vm.name, vm.key);
  EXPECT_THAT(seen, ElementsAre(std::pair("ape", "19:4"), std::pair("test", std::nullopt), std::pair("zoo", "18:4")));
}

TEST_F(KvmHypervisor, refuses_a_uuid_that_is_none) {
  auto found = host->find("no-uuid");
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().code, "KVM.1010");
}

TEST(KvmHypervisorFactory, refuses_a_host_without_a_libvirt_uri) {
  kvm::HypervisorFactory factory;
  auto host = factory.create({"attic", "KVM", "somewhere"});
  ASSERT_FALSE(host.ok());
  EXPECT_EQ(host.error().to_string(),
            "KVM.1002: not a libvirt URI: host attic: expected one such as qemu:///system, found 'somewhere'");
}

TEST(KvmHypervisorFactory, tells_of_a_host_that_does_not_answer_and_keeps_libvirt_off_stderr) {
  kvm::HypervisorFactory factory;
  auto host = factory.create({"attic", "KVM", "qemu+unix:///system?socket=/nonexistent/libvirt-sock"}).value();
  testing::internal::CaptureStderr();
  auto answer = host->ping();
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, "KVM.1001");
  EXPECT_THAT(answer.error().details, HasSubstr("/nonexistent/libvirt-sock"));
}

TEST(KvmHypervisorFactory, tells_when_a_host_answers_again) {
  tenon::test::Node node;
  const tenon::test::TempFolder folder;
  const std::filesystem::path file = folder.path() / "host.xml";
  const std::string uri = "test://" + file.string();
  kvm::HypervisorFactory factory;
  factory.set_heal_interval(std::chrono::milliseconds(1));
  factory.start();
  auto host = factory.create({"attic", "KVM", uri}).value();
  const auto answer = host->ping();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().elaboration.at("retry_on"), "kvm.connected:" + uri);
  EXPECT_THAT(node.lines(), Not(Contains(HasSubstr("happened"))));
  std::ofstream(folder.path() / "host.new") << "<node/>";
  std::filesystem::rename(folder.path() / "host.new", file);
  for (int i = 0; i < 10'000 && node.lines().size() < 2; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_THAT(node.lines(), ElementsAre(HasSubstr("answers again"), "happened: kvm.connected:" + uri));
  factory.stop();
}

TEST(KvmHypervisorFactory, keeps_libvirt_off_stderr_when_a_call_fails) {
  kvm::HypervisorFactory factory;
  auto host = factory.create({"host", "KVM", kUri}).value();
  testing::internal::CaptureStderr();
  EXPECT_FALSE(host->find("no-uuid").ok());
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

/// The test driver gives each connection to a file domains of its own: two that see the same share a connection.
TEST(KvmHypervisorFactory, shares_one_connection_among_the_resources_of_a_host) {
  const std::string file = testing::TempDir() + "tenon-test-driver-" + std::to_string(::getpid()) + ".xml";
  std::ofstream(file)
      << "<node><domain type='test'><name>x</name><memory>8192</memory><os><type>hvm</type></os></domain></node>";
  {
    kvm::HypervisorFactory factory;
    auto one = factory.create({"host", "KVM", "test://" + file}).value();
    auto other = factory.create({"host", "KVM", "test://" + file}).value();
    ASSERT_TRUE(one->define(web(), kKey).ok());
    EXPECT_TRUE(other->find(kUuid).value().has_value());
  }
  std::filesystem::remove(file);
}

TEST(KvmHypervisorFactory, closes_the_connection_when_it_is_stopped) {
  kvm::HypervisorFactory factory;
  ASSERT_TRUE(factory.create({"host", "KVM", kUri}).value()->define(web(), kKey).ok());
  EXPECT_TRUE(factory.create({"host", "KVM", kUri}).value()->find(kUuid).value().has_value());
  factory.stop();
  // The driver forgets its domains with the last connection.
  EXPECT_FALSE(factory.create({"host", "KVM", kUri}).value()->find(kUuid).value().has_value());
}

}  // namespace
