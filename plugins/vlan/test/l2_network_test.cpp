#include "l2_network.h"

#include <tenon/iaas/vm.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace {

using tenon::iaas::HostRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::Nic;
using tenon::iaas::NicAttachment;
using testing::HasSubstr;

const HostRecord kHere{"local", "KVM", "qemu:///system"};

L2NetworkRecord plain() { return {"lan", "L2NoVlanNetwork", "eth1", std::nullopt, std::nullopt}; }
L2NetworkRecord tagged() { return {"lan", "L2VlanNetwork", "eth1", std::nullopt, 100}; }

std::string refusal(const L2NetworkRecord& record) {
  auto network = vlan::L2NetworkFactory().create(record, kHere);
  return network.ok() ? "none" : network.error().to_string();
}
NicAttachment attachment(const L2NetworkRecord& record) {
  const Nic nic{"6695eb01-f6a4-4304-79aa-97f2502e1931", "52:54:00:00:00:01", record, "tn1", "e1000"};
  return vlan::L2NetworkFactory().create(record, kHere).value()->attachment(nic).value();
}

TEST(VlanL2Network, tells_a_hypervisor_how_to_plug_a_nic) {
  const NicAttachment expected{"br_eth1", "52:54:00:00:00:01", "tn1", "e1000", {}, {}, {}};
  EXPECT_EQ(attachment(plain()), expected);
}

TEST(VlanL2Network, has_a_bridge_for_each_vlan_whose_ports_are_not_tagged) {
  EXPECT_EQ(attachment(tagged()).bridge, "br_eth1_100");
  EXPECT_EQ(attachment(tagged()).vlan, std::nullopt);
}

TEST(VlanL2Network, keeps_the_name_that_a_bridge_was_given) {
  L2NetworkRecord record = tagged();
  record.bridge = "br100";
  EXPECT_EQ(attachment(record).bridge, "br100");
}

TEST(VlanL2Network, is_refused_if_it_is_not_of_its_type) {
  L2NetworkRecord record = plain();
  record.vlan = 100;
  EXPECT_EQ(refusal(record),
            "VLAN.1001: not a network of this type: network lan, L2NoVlanNetwork: expected no vlan, found 100");
  record = plain();
  record.physical_interface.reset();
  EXPECT_THAT(refusal(record), HasSubstr("expected a bridge or a physical interface"));
  record = tagged();
  record.vlan.reset();
  EXPECT_THAT(refusal(record), HasSubstr("expected a vlan"));
  record.vlan = 4095;
  EXPECT_THAT(refusal(record), HasSubstr("expected a vlan from 1 to 4094, found 4095"));
  record = tagged();
  record.physical_interface.reset();
  record.bridge = "br0";
  EXPECT_THAT(refusal(record), HasSubstr("expected a physical interface"));
  record.type = "L2Other";
  EXPECT_THAT(refusal(record), HasSubstr("unknown type"));
}

TEST(VlanL2Network, is_refused_with_names_that_the_kernel_does_not_take) {
  L2NetworkRecord record = tagged();
  record.physical_interface = "twelve-chars";
  record.bridge = "br0";
  EXPECT_THAT(refusal(record), HasSubstr("'twelve-chars.100' can't be the name of an interface"));
  record = plain();
  record.physical_interface = "thirteen-char";
  EXPECT_THAT(refusal(record), HasSubstr("'br_thirteen-char' can't be the name of a bridge"));
  record.bridge = "thirteen-char";
  EXPECT_THAT(refusal(record), HasSubstr("the same"));
}

TEST(VlanL2Network, is_refused_on_another_machine) {
  auto network = vlan::L2NetworkFactory().create(plain(), {"attic", "KVM", "qemu+ssh://attic/system"});
  ASSERT_FALSE(network.ok());
  EXPECT_EQ(network.error().code, "VLAN.1007");
}

}  // namespace
