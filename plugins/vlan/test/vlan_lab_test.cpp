#include "l2_network.h"
#include "links.h"

#include <tenon/iaas/vm.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sched.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using tenon::Owned;
using tenon::iaas::HostRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::NicPort;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const HostRecord kHost{"lab", "KVM", "qemu:///system"};

/// What a command says, without the last line's end. The test fails if the command does.
std::string output_of(const std::string& command) {
  FILE* pipe = ::popen(("{ " + command + "; } 2>&1").c_str(), "re");
  std::string text;
  std::array<char, 4096> bytes;
  while (const std::size_t count = std::fread(bytes.data(), 1, bytes.size(), pipe)) text.append(bytes.data(), count);
  EXPECT_EQ(::pclose(pipe), 0) << command << ": " << text;
  while (text.ends_with('\n')) text.pop_back();
  return text;
}
std::string ip(const std::string& arguments) { return output_of("ip " + arguments); }

/// Each test has a network of its own, with eth1, whose other end is out1. What the plugin did is looked up by ip.
class VlanLab : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    ip("link add eth1 type veth peer name out1");
  }

  /// Names of the links, without those that were there.
  static std::string links() {
    return output_of("ip -o link show | sed -E 's/^[0-9]+: ([^:@]+).*/\\1/' | grep -vxE 'lo|eth1|out1' || true");
  }
  static std::string link(const std::string& name) { return ip("-o link show " + name); }
  static std::string alias(const std::string& name) {
    return output_of("ip link show " + name + " | sed -n 's/ *alias //p'");
  }
  static void plug_tap(const std::string& name = "tn1") {
    ip("tuntap add " + name + " mode tap && ip link set " + name + " master br0");
  }

  static L2NetworkRecord lan() { return {"lan", "L2NoVlanNetwork", std::nullopt, "br0", std::nullopt}; }
  static L2NetworkRecord wan() { return {"wan", "L2NoVlanNetwork", "eth1", "br0", std::nullopt}; }
  static L2NetworkRecord tagged() { return {"vlan", "L2VlanNetwork", "eth1", std::nullopt, 100}; }
  Owned<tenon::iaas::L2Network> network(const L2NetworkRecord& record = lan()) {
    return factory.create(record, kHost).value();
  }
  /// Why the network can't be used; check and realize must agree.
  std::string refusal(const L2NetworkRecord& record) {
    auto checked = network(record)->check();
    auto realized = network(record)->realize("nic:1", "17:4");
    EXPECT_FALSE(checked.ok());
    EXPECT_FALSE(realized.ok());
    if (checked.ok() || realized.ok()) return "none";
    EXPECT_EQ(checked.error().to_string(), realized.error().to_string());
    return realized.error().to_string();
  }

  vlan::L2NetworkFactory factory;
};

TEST_F(VlanLab, finds_that_bridges_can_be_made_and_leaves_nothing) {
  EXPECT_NO_THROW(network(wan())->check().value());
  EXPECT_EQ(links(), "");
}

TEST_F(VlanLab, realizes_a_bridge_that_is_up_and_marked) {
  ASSERT_NO_THROW(network()->realize("nic:1", "17:4").value());
  EXPECT_THAT(ip("-d link show br0"), HasSubstr("bridge forward_delay"));
  EXPECT_THAT(link("br0"), HasSubstr(",UP"));
  EXPECT_EQ(alias("br0"), "tenon:lan");
  EXPECT_EQ(links(), "br0");
}

TEST_F(VlanLab, has_nothing_more_to_do_when_it_realizes_again) {
  ASSERT_TRUE(network()->realize("nic:1", "17:4").ok());
  const std::string before = link("br0");
  ASSERT_NO_THROW(network()->realize("nic:1", "17:4").value());
  EXPECT_EQ(link("br0"), before);
}

TEST_F(VlanLab, removes_what_a_crash_left_of_a_bridge) {
  ip("link add tenon~new type bridge");
  ASSERT_NO_THROW(network()->realize("nic:1", "17:4").value());
  EXPECT_EQ(links(), "br0");
}

TEST_F(VlanLab, leads_out_by_the_physical_interface) {
  ASSERT_NO_THROW(network(wan())->realize("nic:1", "17:4").value());
  EXPECT_THAT(link("eth1"), HasSubstr("master br0"));
  EXPECT_THAT(link("eth1"), HasSubstr(",UP"));
  EXPECT_THAT(network(wan())->ports().value(), IsEmpty());
  ASSERT_NO_THROW(network(wan())->realize("nic:2", "18:4").value());
  ASSERT_NO_THROW(network(wan())->unrealize("nic:1", "17:4").value());
  EXPECT_THAT(link("eth1"), HasSubstr("master br0"));
  ASSERT_NO_THROW(network(wan())->unrealize("nic:2", std::nullopt).value());
  EXPECT_EQ(links(), "");
  EXPECT_THAT(link("eth1"), Not(HasSubstr("master")));
}

TEST_F(VlanLab, does_not_take_the_network_away_from_another_run) {
  ASSERT_TRUE(network()->realize("nic:1", "17:4").ok());
  ASSERT_TRUE(network()->realize("nic:1", "18:4").ok());
  ASSERT_TRUE(network()->unrealize("nic:1", "18:4").ok());
  EXPECT_EQ(links(), "br0");
}

TEST_F(VlanLab, finds_its_own_work_after_the_node_was_killed) {
  ASSERT_TRUE(network()->realize("nic:1", "17:4").ok());
  vlan::L2NetworkFactory restarted;
  auto again = restarted.create(lan(), kHost).value();
  ASSERT_NO_THROW(again->realize("nic:1", "17:4").value());
  EXPECT_THAT(restarted.list().value(), ElementsAre("bridge br0 (tenon:lan)", "user nic:1 of bridge br0 (17:4)"));
  ASSERT_NO_THROW(again->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(links(), "");
}

TEST_F(VlanLab, lets_an_undo_after_the_node_was_killed_take_nothing_from_others) {
  ASSERT_TRUE(network()->realize("network:lan", "3:1").ok());
  ASSERT_TRUE(network()->realize("nic:1", "17:4").ok());
  vlan::L2NetworkFactory restarted;
  auto again = restarted.create(lan(), kHost).value();
  ASSERT_NO_THROW(again->unrealize("nic:2", "18:4").value()) << "its realize had not begun";
  ASSERT_NO_THROW(again->unrealize("nic:1", "18:4").value()) << "another run realized it";
  EXPECT_THAT(restarted.list().value(), ElementsAre("bridge br0 (tenon:lan)", "user network:lan of bridge br0 (3:1)",
                                                    "user nic:1 of bridge br0 (17:4)"));
  ASSERT_NO_THROW(again->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(links(), "br0") << "the network itself wants it";
}

TEST_F(VlanLab, removes_what_a_kill_left_of_a_bridge_before_anybody_was_noted) {
  ip("link add br0 type bridge && ip link set br0 alias tenon:lan");
  ASSERT_NO_THROW(network()->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(links(), "");
}

TEST_F(VlanLab, keeps_a_bridge_that_something_is_plugged_into) {
  ASSERT_TRUE(network()->realize("nic:1", "17:4").ok());
  plug_tap();
  EXPECT_THAT(network()->ports().value(), ElementsAre(NicPort{"tn1", {}, {}, {}}));
  ASSERT_NO_THROW(network()->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(links(), "br0\ntn1");
  ip("link delete tn1");
  ASSERT_NO_THROW(network()->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(links(), "");
  EXPECT_TRUE(network()->unrealize("nic:1", "17:4").ok());
}

TEST_F(VlanLab, is_probed_for_bridges_their_ports_and_their_users) {
  EXPECT_THAT(factory.list().value(), IsEmpty());
  ASSERT_TRUE(network(wan())->realize("nic:1", "17:4").ok());
  ip("link add br1 type bridge");
  plug_tap();
  EXPECT_THAT(factory.list().value(), ElementsAre("bridge br0 (tenon:wan)", "bridge br1", "port eth1 of bridge br0",
                                                  "port tn1 of bridge br0", "user nic:1 of bridge br0 (17:4)"));
  ip("link delete tn1");
  ASSERT_TRUE(network(wan())->unrealize("nic:1", "17:4").ok());
  EXPECT_THAT(factory.list().value(), ElementsAre("bridge br1"));
}

TEST_F(VlanLab, uses_the_bridge_of_an_administrator_without_changing_it) {
  ip("link add br0 type bridge");
  ip("link set br0 alias mine");
  ASSERT_NO_THROW(network()->realize("nic:1", "17:4").value());
  EXPECT_EQ(alias("br0"), "mine");
  EXPECT_THAT(ip("link show br0"), Not(HasSubstr("altname")));
  EXPECT_THAT(link("br0"), Not(HasSubstr(",UP")));
  ASSERT_NO_THROW(network()->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(links(), "br0");
  EXPECT_THAT(refusal(wan()), HasSubstr("VLAN.1006: the physical interface can't be used: eth1: the bridge br0, which "
                                        "Tenon did not make, has no such port"));
  ip("link set eth1 master br0");
  EXPECT_NO_THROW(network(wan())->realize("nic:1", "17:4").value());
}

TEST_F(VlanLab, does_not_take_a_physical_interface_that_is_in_use) {
  ip("address add 192.0.2.1/24 dev eth1");
  EXPECT_THAT(refusal(wan()), HasSubstr("VLAN.1006"));
  EXPECT_THAT(refusal(wan()), HasSubstr("eth1: it has an IP address"));
  ip("address flush dev eth1");
  ip("address add 2001:db8::1/64 dev eth1");
  EXPECT_THAT(refusal(wan()), HasSubstr("eth1: it has an IP address"));
  ip("address flush dev eth1");
  ip("link add br1 type bridge");
  ip("link set eth1 master br1");
  EXPECT_THAT(refusal(wan()), HasSubstr("eth1: it is a port of another bridge"));
  EXPECT_EQ(links(), "br1");
}

TEST_F(VlanLab, takes_a_physical_interface_with_nothing_but_a_link_local_address) {
  ip("link set eth1 up && ip address add fe80::1/64 dev eth1 nodad");
  EXPECT_NO_THROW(network(wan())->realize("nic:1", "17:4").value());
}

TEST_F(VlanLab, says_that_the_physical_interface_is_not_there) {
  ip("link delete eth1");
  EXPECT_EQ(refusal(wan()), "VLAN.1003: there is no such interface: eth1");
  EXPECT_EQ(links(), "");
}

TEST_F(VlanLab, says_that_the_name_of_the_bridge_is_taken) {
  ip("link add br0 type veth peer name br1");
  EXPECT_EQ(refusal(lan()), "VLAN.1004: the name of a link is taken: br0 is a veth");
  EXPECT_TRUE(network()->unrealize("nic:1", "17:4").ok());
  EXPECT_EQ(links(), "br1\nbr0");
}

TEST_F(VlanLab, says_that_it_lacks_the_right) {
  // In another process, as there is no way back.
  EXPECT_EXIT(
      {
        if (::unshare(CLONE_NEWUSER) != 0) std::exit(2);
        auto realized = network()->realize("nic:1", "17:4");
        if (!realized.ok()) std::fprintf(stderr, "%s\n", realized.error().to_string().c_str());
        std::exit(0);
      },
      testing::ExitedWithCode(0), "VLAN.1002: the kernel refuses: making a link of kind bridge: .*permitted");
}

TEST_F(VlanLab, serves_many_at_once_and_leaves_nothing) {
  constexpr int kRuns = 4;
  std::vector<std::thread> runs;
  std::array<std::string, kRuns> errors;
  for (int i = 0; i < kRuns; ++i) {
    runs.emplace_back([&, i] {
      auto mine = network(wan());
      const std::string user = "nic:" + std::to_string(i);
      for (int round = 0; round < 5 && errors[i].empty(); ++round) {
        if (auto realized = mine->realize(user, "17:4"); !realized) errors[i] = realized.error().to_string();
        if (auto left = mine->unrealize(user, "17:4"); !left) errors[i] += left.error().to_string();
      }
    });
  }
  for (std::thread& run : runs) run.join();
  for (const std::string& error : errors) EXPECT_EQ(error, "");
  EXPECT_EQ(links(), "");
}

/// Where the kernel has no 8021q.
class NoVlanKernel : public VlanLab {
 protected:
  void SetUp() override {
    VlanLab::SetUp();
    if (has_8021q()) GTEST_SKIP() << "this kernel has 8021q";
  }

 public:
  static bool has_8021q() { return std::system("ip link add link eth1 name probe type vlan id 4094 2>/dev/null") == 0; }
};

TEST_F(NoVlanKernel, is_told_what_is_missing) {
  EXPECT_EQ(refusal(tagged()),
            "VLAN.1005: the kernel has not got what is needed: its module 8021q, for VLANs, is missing");
  EXPECT_TRUE(network(tagged())->unrealize("nic:1", "17:4").ok());
  EXPECT_EQ(links(), "");
}

/// Where it has.
class VlanKernel : public VlanLab {
 protected:
  void SetUp() override {
    VlanLab::SetUp();
    if (!NoVlanKernel::has_8021q()) GTEST_SKIP() << "this kernel has no 8021q";
    ip("link delete probe");
  }
};

TEST_F(VlanKernel, realizes_a_bridge_on_a_vlan_device_and_removes_both) {
  ip("address add 192.0.2.1/24 dev eth1");  // only tagged frames are taken from it
  EXPECT_NO_THROW(network(tagged())->check().value());
  EXPECT_EQ(links(), "");
  ASSERT_NO_THROW(network(tagged())->realize("nic:1", "17:4").value());
  EXPECT_THAT(ip("-d link show eth1.100"), HasSubstr("vlan protocol 802.1Q id 100"));
  EXPECT_THAT(link("eth1.100"), HasSubstr("master br_eth1_100"));
  EXPECT_THAT(link("eth1.100"), HasSubstr(",UP"));
  EXPECT_EQ(alias("eth1.100"), "tenon:vlan");
  ASSERT_NO_THROW(network(tagged())->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(links(), "");
}

TEST_F(VlanKernel, uses_the_vlan_device_of_an_administrator_and_leaves_it) {
  ip("link add link eth1 name eth1.100 type vlan id 100");
  ASSERT_NO_THROW(network(tagged())->realize("nic:1", "17:4").value());
  ASSERT_NO_THROW(network(tagged())->unrealize("nic:1", "17:4").value());
  EXPECT_EQ(links(), "eth1.100");
}

TEST_F(VlanKernel, does_not_take_a_device_for_another_vlan) {
  ip("link add link eth1 name eth1.100 type vlan id 101");
  EXPECT_EQ(refusal(tagged()), "VLAN.1004: the name of a link is taken: eth1.100 is not VLAN 100 of eth1");
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (::unshare(CLONE_NEWNET) != 0) {
    std::fprintf(stderr, "vlan_lab_test: cannot run here: no right to make network namespaces\n");
    return std::getenv("TENON_REQUIRE_LAB") != nullptr ? 1 : 77;
  }
  return RUN_ALL_TESTS();
}
