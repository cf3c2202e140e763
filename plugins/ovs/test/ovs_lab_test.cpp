#include "check_host.h"
#include "l2_network.h"
#include "probe.h"

#include <tenon/iaas/l2_driver.h>
#include <tenon/testing/chain_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <signal.h>
#include <sys/wait.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using tenon::Owned;
using tenon::iaas::HostRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::Nic;
using tenon::iaas::NicPort;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const HostRecord kHost{"lab", "KVM", "qemu:///system"};
constexpr const char* kNic = "6695eb01-f6a4-4304-79aa-97f2502e1931";
constexpr const char* kVm = "0d1c2b3a-f6a4-4304-79aa-97f2502e1931";

/// What a command says on its stdout, without the last line's end. The test fails if the command does.
std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(("{ " + command + "; } 2>&1").c_str(), "re");
  std::string text;
  std::array<char, 4096> bytes;
  while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), pipe)) text.append(bytes.data(), count);
  EXPECT_EQ(::pclose(pipe), 0) << command << ": " << text;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}
std::string vsctl(const std::string& arguments) { return output_of("ovs-vsctl --timeout=20 " + arguments); }

/// The address of the lab's database; empty outside a lab.
std::string lab_database() {
  const char* address = std::getenv("TENON_LAB_OVSDB");
  return address != nullptr ? address : "";
}

/// A daemon that is stopped as long as this lives.
class Stopped {
 public:
  explicit Stopped(const std::string& daemon) {
    std::ifstream("/run/openvswitch/" + daemon + ".pid") >> pid_;
    EXPECT_GT(pid_, 0) << daemon;
    if (pid_ > 0) ::kill(pid_, SIGSTOP);
  }
  ~Stopped() {
    if (pid_ > 0) ::kill(pid_, SIGCONT);
  }
  Stopped(const Stopped&) = delete;
  Stopped& operator=(const Stopped&) = delete;

 private:
  pid_t pid_ = 0;
};

/// Against the daemons of scripts/lab --parts ovs. What the plugin did is looked up by ovs-vsctl and ip.
class OvsLab : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(lab_database(), "") << "run this by scripts/lab --parts ovs";
    factory.set_database(lab_database());
    factory.datapath = "netdev";
    ASSERT_EQ(bridges(), "");
  }
  void TearDown() override {
    for (const std::string& bridge : lines(bridges())) vsctl("del-br " + bridge);
  }

  static std::vector<std::string> lines(const std::string& text) {
    std::vector<std::string> list;
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('\n', begin), text.size());
      list.push_back(text.substr(begin, end - begin));
      begin = end + 1;
    }
    return list;
  }
  static std::string bridges() { return vsctl("list-br"); }
  static std::string marks(const std::string& bridge = "br0") {
    return vsctl("get Bridge " + bridge + " external_ids");
  }
  static std::string ports(const std::string& bridge = "br0") { return vsctl("list-ports " + bridge); }
  static std::string link(const std::string& name) { return output_of("ip -o link show " + name); }
  static void add_nic_port(const std::string& name, const std::string& nic, const std::string& bridge = "br0") {
    vsctl("add-port " + bridge + " " + name + " -- set Interface " + name +
          " type=internal external_ids:attached-mac=52:54:00:00:00:01 external_ids:iface-id=" + nic +
          " external_ids:vm-id=" + kVm);
  }

  static L2NetworkRecord lan() { return {"lan", "Openvswitch", std::nullopt, "br0", std::nullopt}; }
  Owned<tenon::iaas::L2Network> network(const L2NetworkRecord& record = lan()) {
    return factory.create(record, kHost).value();
  }
  static Nic nic(const std::string& uuid = kNic) { return {uuid, "52:54:00:00:00:01", lan(), "tn1", "virtio"}; }

  ovs::L2NetworkFactory factory;
};

TEST_F(OvsLab, finds_a_switch_that_works) {
  EXPECT_NO_THROW(network()->check().value());
  EXPECT_EQ(bridges(), "");
}

TEST_F(OvsLab, lets_a_host_with_a_working_switch_in) {
  ovs::CheckHost check;
  check.set_database(lab_database());
  check.datapath = "netdev";
  tenon::testing::ChainRunner run;
  EXPECT_NO_THROW(run.input(tenon::iaas::kHost, kHost).then(check).run().result().value());
}

TEST_F(OvsLab, realizes_a_bridge_that_is_up_and_marked) {
  ASSERT_NO_THROW(network()->realize("nic:1", "17:4").value());
  EXPECT_EQ(bridges(), "br0");
  EXPECT_EQ(vsctl("get Bridge br0 datapath_type"), "netdev");
  EXPECT_EQ(marks(), R"({tenon-network=lan, "tenon-user:nic:1"="17:4"})");
  EXPECT_THAT(link("br0"), HasSubstr(",UP"));
}

TEST_F(OvsLab, has_nothing_more_to_do_when_it_realizes_again) {
  ASSERT_NO_THROW(network()->realize("nic:1", "17:4").value());
  const std::string before = vsctl("get Open_vSwitch . next_cfg");
  ASSERT_NO_THROW(network()->realize("nic:1", "17:4").value());
  EXPECT_EQ(vsctl("get Open_vSwitch . next_cfg"), before);
}

TEST_F(OvsLab, removes_the_bridge_with_its_last_user) {
  ASSERT_TRUE(network()->realize("nic:1", "17:4").ok());
  ASSERT_TRUE(network()->realize("nic:2", "18:4").ok());
  ASSERT_NO_THROW(network()->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(marks(), R"({tenon-network=lan, "tenon-user:nic:2"="18:4"})");
  ASSERT_NO_THROW(network()->unrealize("nic:2", std::nullopt).value());
  EXPECT_EQ(bridges(), "");
  EXPECT_EQ(output_of("ip -o link show br0 || true"), "Device \"br0\" does not exist.");
  EXPECT_TRUE(network()->unrealize("nic:2", std::nullopt).ok());
}

TEST_F(OvsLab, does_not_take_the_network_away_from_another_run) {
  ASSERT_TRUE(network()->realize("nic:1", "17:4").ok());
  ASSERT_TRUE(network()->realize("nic:1", "18:4").ok());
  ASSERT_TRUE(network()->unrealize("nic:1", "18:4").ok());
  EXPECT_EQ(marks(), R"({tenon-network=lan, "tenon-user:nic:1"="17:4"})");
}

TEST_F(OvsLab, lets_an_undo_whose_realize_had_not_begun_take_nothing_from_others) {
  ASSERT_TRUE(network()->realize("network:lan", "3:1").ok());
  const std::string before = marks();
  ASSERT_NO_THROW(network()->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(marks(), before);
}

TEST_F(OvsLab, keeps_a_bridge_that_something_is_plugged_into) {
  ASSERT_TRUE(network()->realize("nic:1", "17:4").ok());
  add_nic_port("port1", kNic);
  ASSERT_TRUE(network()->unrealize("nic:1", "17:4").ok());
  EXPECT_EQ(marks(), "{tenon-network=lan}");
  vsctl("del-port port1");
  ASSERT_TRUE(network()->unrealize("nic:1", "17:4").ok());
  EXPECT_EQ(bridges(), "");
}

TEST_F(OvsLab, uses_the_bridge_of_an_administrator_without_changing_it) {
  vsctl("add-br br0 -- set Bridge br0 datapath_type=netdev external_ids:owner=admin");
  ASSERT_NO_THROW(network()->realize("nic:1", "17:4").value());
  EXPECT_EQ(marks(), "{owner=admin}");
  EXPECT_THAT(link("br0"), Not(HasSubstr(",UP")));
  ASSERT_NO_THROW(network()->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(bridges(), "br0");
}

TEST_F(OvsLab, leads_out_by_the_physical_interface) {
  output_of("ip link add ext0 type veth peer name ext1");
  L2NetworkRecord record = lan();
  record.physical_interface = "ext0";
  EXPECT_NO_THROW(network(record)->check().value());
  EXPECT_NO_THROW(network(record)->realize("nic:1", "17:4").value());
  EXPECT_EQ(ports(), "ext0");
  EXPECT_EQ(vsctl("get Port ext0 external_ids"), "{tenon-network=lan}");
  EXPECT_THAT(link("ext0"), HasSubstr(",UP"));
  EXPECT_THAT(network(record)->ports().value(), IsEmpty());
  EXPECT_NO_THROW(network(record)->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(bridges(), "");
  output_of("ip link delete ext0");
}

TEST_F(OvsLab, does_not_take_a_physical_interface_that_is_in_use) {
  output_of("ip link add ext0 type veth peer name ext1");
  L2NetworkRecord record = lan();
  record.physical_interface = "ext0";
  const auto refusal = [&] {
    auto checked = network(record)->check();
    auto realized = network(record)->realize("nic:1", "17:4");
    EXPECT_FALSE(checked.ok());
    EXPECT_FALSE(realized.ok());
    EXPECT_EQ(checked.error().to_string(), realized.error().to_string());
    return realized.error().to_string();
  };
  output_of("ip address add 192.0.2.1/24 dev ext0");
  EXPECT_EQ(refusal(),
            "OVS.1011: the physical interface can't be used: ext0: it has an IP address, at which the host could no "
            "longer be reached");
  output_of("ip address flush dev ext0");
  vsctl("add-br br1 -- set Bridge br1 datapath_type=netdev -- add-port br1 ext0");
  EXPECT_THAT(refusal(),
              HasSubstr("OVS.1011: the physical interface can't be used: ext0: it is a port of the bridge br1"));
  vsctl("del-br br1 -- add-br br0 -- set Bridge br0 datapath_type=netdev");
  EXPECT_THAT(refusal(), HasSubstr("the bridge br0, which Tenon did not make, has no such port"));
  vsctl("del-br br0");
  output_of("ip link delete ext0");
  EXPECT_THAT(refusal(), HasSubstr("ext0: there is no such interface"));
  EXPECT_EQ(bridges(), "");
}

TEST_F(OvsLab, says_that_the_name_of_the_bridge_is_taken) {
  vsctl("add-br br1 -- set Bridge br1 datapath_type=netdev -- add-port br1 br0 -- set Interface br0 type=internal");
  EXPECT_EQ(network()->realize("nic:1", "17:4").error().to_string(),
            "OVS.1015: the name of the bridge is taken: br0 is a port of br1");
}

TEST_F(OvsLab, does_not_take_one_of_two_bonded_interfaces) {
  output_of("ip link add ext0 type veth peer name ext1");
  vsctl("add-br br1 -- set Bridge br1 datapath_type=netdev -- add-bond br1 bond0 ext0 ext1");
  L2NetworkRecord record = lan();
  record.physical_interface = "ext0";
  EXPECT_THAT(network(record)->check().error().to_string(), HasSubstr("ext0: it is a port of the bridge br1"));
  vsctl("del-br br1");
  output_of("ip link delete ext0");
}

TEST_F(OvsLab, says_that_vswitchd_can_not_set_up_a_bridge_and_can_be_undone) {
  factory.datapath = "system";
  auto realized = network()->realize("nic:1", "17:4");
  if (realized.ok()) GTEST_SKIP() << "this kernel has a datapath";
  EXPECT_THAT(realized.error().to_string(), HasSubstr("OVS.1008: ovs-vswitchd can't set up a port: br0"));
  EXPECT_TRUE(network()->unrealize("nic:1", "17:4").ok());
  EXPECT_EQ(bridges(), "");
}

TEST_F(OvsLab, tells_the_ports_of_vms_and_removes_what_was_left_of_one_nic) {
  ASSERT_TRUE(network()->realize("nic:1", "17:4").ok());
  add_nic_port("port1", kNic);
  add_nic_port("port2", "other");
  vsctl("add-port br0 port3 -- set Interface port3 type=internal");
  EXPECT_THAT(network()->ports().value(), ElementsAre(NicPort{"port1", "52:54:00:00:00:01", kNic, kVm},
                                                      NicPort{"port2", "52:54:00:00:00:01", "other", kVm},
                                                      NicPort{"port3", std::nullopt, std::nullopt, std::nullopt}));
  ASSERT_NO_THROW(network()->release(nic()).value());
  EXPECT_EQ(ports(), "port2\nport3");
  EXPECT_TRUE(network()->release(nic()).ok());
}

TEST_F(OvsLab, is_probed_for_all_that_stands_in_it) {
  ovs::Probe probe;
  probe.set_database(lab_database());
  EXPECT_THAT(probe.list().value(), IsEmpty());
  ASSERT_TRUE(network()->realize("nic:1", "17:4").ok());
  add_nic_port("port1", kNic);
  vsctl("add-br br1 -- set Bridge br1 datapath_type=netdev");
  EXPECT_THAT(probe.list().value(), ElementsAre("bridge br0 (made for lan)", "bridge br1", "port port1 of bridge br0",
                                                "user nic:1 of bridge br0 (17:4)"));
}

TEST_F(OvsLab, fails_in_bounded_time_when_vswitchd_is_stopped_and_leaves_nothing_when_undone) {
  factory.limit = 300ms;
  {
    const Stopped vswitchd("ovs-vswitchd");
    EXPECT_EQ(network()->check().error().code, "OVS.1007");
    EXPECT_EQ(network()->realize("nic:1", "17:4").error().code, "OVS.1007");
    EXPECT_TRUE(network()->unrealize("nic:1", "17:4").ok());
    EXPECT_EQ(output_of("ovs-vsctl --no-wait list-br"), "");
  }
  factory.limit = 20s;
  EXPECT_NO_THROW(network()->check().value());
}

TEST_F(OvsLab, fails_in_bounded_time_when_the_database_is_stopped) {
  factory.limit = 300ms;
  const Stopped database("ovsdb-server");
  EXPECT_EQ(network()->check().error().code, "OVS.1002");
  EXPECT_EQ(network()->realize("nic:1", "17:4").error().code, "OVS.1002");
}

TEST_F(OvsLab, serves_many_at_once_and_leaves_nothing) {
  constexpr int kRuns = 6;
  std::vector<std::thread> runs;
  std::array<std::string, kRuns> errors;
  for (int i = 0; i < kRuns; ++i) {
    runs.emplace_back([&, i] {
      auto mine = network();
      const std::string user = "nic:" + std::to_string(i);
      for (int round = 0; round < 5 && errors[i].empty(); ++round) {
        auto realized = mine->realize(user, "17:4");
        if (!realized) errors[i] = realized.error().to_string();
        auto left = mine->unrealize(user, "17:4");
        if (!left) errors[i] += left.error().to_string();
      }
    });
  }
  for (std::thread& run : runs) run.join();
  for (const std::string& error : errors) EXPECT_EQ(error, "");
  EXPECT_EQ(bridges(), "");
}

TEST_F(OvsLab, realizes_before_a_vm_is_made_and_leaves_nothing_when_the_run_fails) {
  const tenon::ExtensionList list{{static_cast<tenon::iaas::L2NetworkFactory*>(&factory), "f", "Openvswitch"}};
  const tenon::ExtensionSlot slot{&list};
  tenon::iaas::RealizeL2Networks realize;
  realize.types = {"Openvswitch"};
  realize.drivers.bind(&slot);
  tenon::testing::ChainRunner run;
  Nic second = nic("other");
  second.network.bridge = "br1";
  run.input(tenon::iaas::kHost, kHost).input(tenon::iaas::kNics, {nic(), second}).then(realize);
  ASSERT_NO_THROW(run.run().result().value());
  EXPECT_EQ(bridges(), "br0\nbr1");
  EXPECT_EQ(marks("br1"),
            R"({tenon-network=lan, "tenon-user:nic:other"=")" + run.key("tenon.iaas.RealizeL2Networks") + R"("})");
  add_nic_port("port1", kNic);  // what a hypervisor that died would leave
  EXPECT_THAT(run.undo().undo_errors, IsEmpty());
  EXPECT_EQ(bridges(), "");
}

}  // namespace
