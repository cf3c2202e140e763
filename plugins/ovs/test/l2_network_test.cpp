#include "l2_network.h"
#include "check_host.h"

#include "fake_server.h"
#include "support/node.h"

#include <tenon/iaas/l2_driver.h>
#include <tenon/testing/chain_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <string>

namespace {

using namespace std::chrono_literals;
using ovs::test::FakeServer;
using ovs::test::Peer;
using tenon::iaas::HostRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::Nic;
using tenon::iaas::NicAttachment;
using testing::ElementsAre;
using testing::HasSubstr;

const HostRecord kHere{"local", "KVM", "qemu:///system"};

L2NetworkRecord lan() { return {"lan", "Openvswitch", std::nullopt, "br0", std::nullopt}; }

std::string refusal(const L2NetworkRecord& record) {
  auto network = ovs::L2NetworkFactory().create(record, kHere);
  return network.ok() ? "none" : network.error().to_string();
}

TEST(OvsL2Network, tells_a_hypervisor_how_to_plug_a_nic) {
  L2NetworkRecord record = lan();
  record.vlan = 100;
  auto network = ovs::L2NetworkFactory().create(record, kHere).value();
  const Nic nic{"6695eb01-f6a4-4304-79aa-97f2502e1931", "52:54:00:00:00:01", record, "tn525400000001", "e1000"};
  EXPECT_EQ(network->attachment(nic).value(),
            (NicAttachment{"br0", nic.mac, nic.device, "e1000", 100, "openvswitch", nic.uuid}));
}

TEST(OvsL2Network, names_its_bridge_after_the_physical_interface) {
  auto network = ovs::L2NetworkFactory().create({"lan", "Openvswitch", "eth1", std::nullopt, std::nullopt}, kHere);
  EXPECT_EQ(network.value()->attachment(Nic{}).value().bridge, "br_eth1");
}

TEST(OvsL2Network, is_refused_if_it_can_not_be_realized_anywhere) {
  L2NetworkRecord record = lan();
  record.bridge.reset();
  EXPECT_EQ(refusal(record),
            "OVS.1010: not an Openvswitch network: network lan: expected a bridge or a physical interface");
  record.physical_interface = "a-long-interface";
  EXPECT_THAT(refusal(record), HasSubstr("'a-long-interface' can't be the name of an interface"));
  record.physical_interface = "interface-is-15";
  EXPECT_THAT(refusal(record), HasSubstr("'br_interface-is-15' can't be the name of a bridge"));
  for (const char* bridge : {"", "-br", "br 0", "br/0", ".br", "br\n", "sixteen-letters-"}) {
    record.bridge = bridge;
    EXPECT_THAT(refusal(record), HasSubstr("OVS.1010")) << bridge;
  }
  record.bridge = record.physical_interface;
  EXPECT_THAT(refusal(record), HasSubstr("the same"));
}

TEST(OvsL2Network, is_refused_with_a_vlan_that_there_is_not) {
  L2NetworkRecord record = lan();
  for (std::uint16_t vlan : {0, 4095, 65535}) {
    record.vlan = vlan;
    EXPECT_THAT(refusal(record), HasSubstr("expected a vlan from 1 to 4094, found " + std::to_string(vlan)));
  }
  for (std::uint16_t vlan : {1, 4094}) {
    record.vlan = vlan;
    EXPECT_EQ(refusal(record), "none");
  }
}

TEST(OvsL2Network, is_refused_on_another_machine) {
  auto network = ovs::L2NetworkFactory().create(lan(), {"attic", "KVM", "qemu+ssh://root@attic.example:22/system"});
  ASSERT_FALSE(network.ok());
  EXPECT_EQ(network.error().to_string(),
            "OVS.1013: the host's Open vSwitch can't be reached from here: host attic is another machine: "
            "qemu+ssh://root@attic.example:22/system");
}

TEST(ThisMachine, is_meant_by_uris_without_a_host_or_with_its_own_name) {
  for (const char* uri : {"qemu:///system", "test:///default", "qemu+unix:///system?socket=/run/x",
                          "qemu+tcp://localhost:16509/system", "qemu+ssh://root@127.0.0.1/system", "qemu://[::1]/"}) {
    EXPECT_TRUE(tenon::iaas::is_this_machine({"h", "KVM", uri})) << uri;
  }
  for (const char* uri : {"qemu+ssh://attic/system", "qemu+tcp://10.0.0.1/system", "qemu://localhost.attic/", "attic",
                          "qemu://[::1:2]/", "qemu+ssh://localhost@attic/system"}) {
    EXPECT_FALSE(tenon::iaas::is_this_machine({"h", "KVM", uri})) << uri;
  }
}

TEST(OvsAddress, must_be_a_unix_socket) {
  for (const char* address : {"", "tcp:127.0.0.1:6640", "/run/openvswitch/db.sock", "unix:db.sock"}) {
    EXPECT_THROW(ovs::L2NetworkFactory().set_database(address), std::invalid_argument) << address;
    EXPECT_THROW(ovs::CheckHost().set_database(address), std::invalid_argument) << address;
  }
}

class OvsCheckHost : public testing::Test {
 protected:
  tenon::test::Node node;
  ovs::CheckHost check;
  tenon::testing::ChainRunner run;

  tenon::Result<void> connect(const HostRecord& host = kHere) {
    return run.input(tenon::iaas::kHost, host).then(check).run().result();
  }
};

TEST_F(OvsCheckHost, refuses_a_host_without_open_vswitch) {
  check.set_database("unix:/nonexistent/db.sock");
  auto connected = connect();
  ASSERT_FALSE(connected.ok());
  EXPECT_EQ(connected.error().to_string(), "OVS.1014: the host is refused: its Open vSwitch does not work: host local");
  ASSERT_EQ(connected.error().causes.size(), 1u);
  EXPECT_EQ(connected.error().causes[0].code, "OVS.1001");
  EXPECT_TRUE(run.outcome().undo_errors.empty());
}

TEST_F(OvsCheckHost, refuses_a_host_whose_database_does_not_answer) {
  FakeServer server([](Peer& peer) { peer.keep_silent(); });
  check.set_database(server.address());
  check.limit = 100ms;
  auto connected = connect();
  ASSERT_FALSE(connected.ok());
  EXPECT_EQ(connected.error().causes.at(0).code, "OVS.1002");
}

TEST_F(OvsCheckHost, refuses_a_host_that_it_can_not_look_into) {
  EXPECT_EQ(connect({"attic", "KVM", "qemu+ssh://attic/system"}).error().causes.at(0).code, "OVS.1013");
}

TEST_F(OvsCheckHost, only_warns_where_open_vswitch_is_not_required) {
  check.set_database("unix:/nonexistent/db.sock");
  check.required = false;
  EXPECT_TRUE(connect().ok());
  EXPECT_THAT(node.lines(), ElementsAre(HasSubstr("no working Open vSwitch host=local error=OVS.1001")));
}

}  // namespace
