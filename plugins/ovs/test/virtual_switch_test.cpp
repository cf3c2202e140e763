#include "virtual_switch.h"

#include "fake_server.h"
#include "json_text.h"
#include "probe.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace {

using namespace std::chrono_literals;
using ovs::BridgeOrder;
using ovs::SwitchSettings;
using ovs::VirtualSwitch;
using ovs::test::FakeServer;
using ovs::test::Peer;
using tenon::Json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The tables as a server would show them.
std::string tables(const std::string& bridges, const std::string& ports, const std::string& interfaces) {
  return R"([{"rows":[{"_uuid":["uuid","r"],"next_cfg":4,"datapath_types":["set",["netdev","system"]]}]},{"rows":[)" +
         bridges + R"(]},{"rows":[)" + ports + R"(]},{"rows":[)" + interfaces + "]}]";
}
const std::string kNoBridge = tables("", "", "");

/// The bridge br0, with its own port and the marks.
std::string bridge(const std::string& marks) {
  return tables(R"({"_uuid":["uuid","b"],"name":"br0","external_ids":["map",[)" + marks + R"(]],"ports":["uuid","p"]})",
                R"({"_uuid":["uuid","p"],"name":"br0","external_ids":["map",[]],"interfaces":["uuid","i"]})",
                R"({"_uuid":["uuid","i"],"name":"br0","external_ids":["map",[]],"ofport":65534,"error":["set",[]]})");
}
const std::string kForeign = bridge("");

constexpr const char* kConflict = R"([{"error":"timed out","details":"\"where\" clause test failed"}])";

std::string cur_cfg(int number) {
  return R"({"Open_vSwitch":{"r":{"new":{"cur_cfg":)" + std::to_string(number) + "}}}}";
}

/// A result for each operation; the last is what next_cfg has become.
std::string done(const Json& request, int next_cfg) {
  const std::size_t operations = request.find("params")->as_array()->size() - 1;
  std::string results = "[";
  for (std::size_t i = 1; i < operations; ++i) results += "{},";
  return results + R"({"rows":[{"next_cfg":)" + std::to_string(next_cfg) + "}]}]";
}

VirtualSwitch virtual_switch(const FakeServer& server, std::chrono::milliseconds limit = 60s) {
  return VirtualSwitch(SwitchSettings{server.address(), "netdev", limit});
}
const BridgeOrder kOrder{"br0", "lan", std::nullopt};

TEST(VirtualSwitch, asks_for_a_bridge_in_one_transaction_that_fails_if_there_is_one) {
  std::string asked;
  FakeServer server([&](Peer& peer) {
    peer.answer(kNoBridge);
    asked = ovs::json_text(*peer.receive());
  });
  EXPECT_EQ(virtual_switch(server).realize(kOrder, "nic:1", "17:4").error().code, "OVS.1003");
  EXPECT_THAT(asked, HasSubstr(R"({"op":"wait","timeout":0,"table":"Bridge","where":[["name","==","br0"]],)"
                               R"("columns":["name"],"until":"==","rows":[]})"));
  EXPECT_THAT(asked, HasSubstr(R"({"op":"insert","table":"Bridge","uuid-name":"bridge","row":{"name":"br0",)"
                               R"("datapath_type":"netdev","ports":["set",[["named-uuid","local_port"]]],)"
                               R"("external_ids":["map",[["tenon-network","lan"],["tenon-user:nic:1","17:4"]]]}})"));
  EXPECT_THAT(asked, HasSubstr(R"({"op":"mutate","table":"Open_vSwitch","where":[["_uuid","==",["uuid","r"]]],)"
                               R"("mutations":[["next_cfg","+=",1]]})"));
}

TEST(VirtualSwitch, lists_bridges_ports_and_users_whoever_made_them) {
  FakeServer server([&](Peer& peer) {
    peer.answer(tables(R"({"_uuid":["uuid","b"],"name":"br1","external_ids":["map",[]],"ports":["uuid","p"]},)"
                       R"({"_uuid":["uuid","c"],"name":"br0","external_ids":["map",[["tenon-network","lan"],)"
                       R"(["tenon-user:nic:1","17:4"]]],"ports":["set",[["uuid","q"],["uuid","r"]]]})",
                       R"({"_uuid":["uuid","p"],"name":"br1","external_ids":["map",[]],"interfaces":["set",[]]},)"
                       R"({"_uuid":["uuid","q"],"name":"br0","external_ids":["map",[]],"interfaces":["set",[]]},)"
                       R"({"_uuid":["uuid","r"],"name":"tn1","external_ids":["map",[]],"interfaces":["set",[]]})",
                       ""));
  });
  ovs::Probe probe;
  probe.set_database(server.address());
  EXPECT_THAT(probe.list().value(), ElementsAre("bridge br0 (made for lan)", "bridge br1", "port tn1 of bridge br0",
                                                "user nic:1 of bridge br0 (17:4)"));
}

TEST(OvsProbe, takes_a_switch_that_is_not_there_for_an_empty_one_only_where_none_is_required) {
  ovs::Probe probe;
  probe.set_database("unix:/nonexistent/db.sock");
  EXPECT_EQ(probe.list().error().code, "OVS.1001");
  probe.required = false;
  EXPECT_THAT(probe.list().value(), IsEmpty());
  FakeServer silent([](Peer& peer) { peer.keep_silent(); });
  probe.set_database(silent.address());
  probe.limit = 100ms;
  EXPECT_EQ(probe.list().error().code, "OVS.1002") << "it is there, and has something to hide";
}

TEST(VirtualSwitch, looks_again_when_the_database_changed_meanwhile) {
  FakeServer server([&](Peer& peer) {
    peer.answer(kNoBridge);
    peer.answer(kConflict);
    peer.answer(kForeign);  // somebody was faster
    peer.answer(cur_cfg(4));
    peer.answer(kForeign);
    peer.keep_silent();
  });
  ASSERT_NO_THROW(virtual_switch(server).realize(kOrder, "nic:1", "17:4").value());
}

TEST(VirtualSwitch, gives_up_in_time_when_the_database_never_stops_changing) {
  FakeServer server([&](Peer& peer) {
    for (;;) {
      peer.answer(kNoBridge);
      auto request = peer.receive();
      if (!request) return;
      peer.send(Peer::reply_to(*request, kConflict));
    }
  });
  auto realized = virtual_switch(server, 200ms).realize(kOrder, "nic:1", "17:4");
  ASSERT_FALSE(realized.ok());
  EXPECT_EQ(realized.error().to_string(),
            "OVS.1006: the Open vSwitch database keeps changing: not still enough within 200 ms");
  ASSERT_EQ(realized.error().causes.size(), 1u);
  EXPECT_EQ(realized.error().causes[0].code, "OVS.1005");
}

TEST(VirtualSwitch, notes_a_user_whoever_else_notes_one_at_the_same_time) {
  std::string asked;
  FakeServer server([&](Peer& peer) {
    peer.answer(bridge(R"(["tenon-network","lan"],["tenon-user:nic:2","18:4"])"));
    asked = ovs::json_text(*peer.receive());
  });
  EXPECT_FALSE(virtual_switch(server).realize(kOrder, "nic:1", "17:4").ok());
  EXPECT_THAT(asked, HasSubstr(R"("columns":["name"],"until":"==","rows":[{"name":"br0"}]})"));
  EXPECT_THAT(asked, HasSubstr(R"("mutations":[["external_ids","insert",["map",[["tenon-user:nic:1","17:4"]]]]])"));
  EXPECT_THAT(asked, Not(HasSubstr("18:4")));
}

TEST(VirtualSwitch, does_not_repeat_what_the_database_refuses_for_good) {
  FakeServer server([&](Peer& peer) {
    peer.answer(kNoBridge);
    peer.answer(R"([{"error":"not allowed","details":"read-only"}])");
    peer.keep_silent();
  });
  auto realized = virtual_switch(server).realize(kOrder, "nic:1", "17:4");
  EXPECT_EQ(realized.error().code, "OVS.1005");
  EXPECT_THAT(realized.error().details, HasSubstr("read-only"));
}

TEST(VirtualSwitch, waits_until_vswitchd_says_that_it_has_applied_the_change) {
  bool waited = false;
  FakeServer server([&](Peer& peer) {
    peer.answer(kForeign);
    auto request = peer.receive();
    peer.send(Peer::reply_to(*request, done(*request, 6)));
    peer.answer(cur_cfg(4));
    peer.send(R"({"id":null,"method":"update","params":["cur_cfg",)" + cur_cfg(5) + "]}");
    // It has not believed the 5, if it is still there to answer this.
    peer.send(R"({"id":"echo","method":"echo","params":[]})");
    waited = peer.receive().has_value();
    peer.send(R"({"id":null,"method":"update","params":["cur_cfg",)" + cur_cfg(6) + "]}");
    peer.keep_silent();
  });
  ASSERT_NO_THROW(virtual_switch(server).check().value());
  EXPECT_TRUE(waited);
}

TEST(VirtualSwitch, says_that_vswitchd_does_not_work_when_it_never_applies_the_change) {
  FakeServer server([&](Peer& peer) {
    peer.answer(kForeign);
    auto request = peer.receive();
    peer.send(Peer::reply_to(*request, done(*request, 5)));
    peer.answer(cur_cfg(4));
    peer.keep_silent();
  });
  auto checked = virtual_switch(server, 100ms).check();
  ASSERT_FALSE(checked.ok());
  EXPECT_EQ(checked.error().code, "OVS.1007");
  EXPECT_EQ(checked.error().details, "it is at 4, not at 5");
}

TEST(VirtualSwitch, says_which_datapath_types_there_are) {
  FakeServer server([&](Peer& peer) {
    peer.answer(kNoBridge);
    peer.keep_silent();
  });
  auto realized = VirtualSwitch(SwitchSettings{server.address(), "netdve", 60s}).realize(kOrder, "nic:1", "17:4");
  ASSERT_FALSE(realized.ok());
  EXPECT_EQ(realized.error().to_string(),
            "OVS.1009: this Open vSwitch has no such datapath type: 'netdve' (there are: netdev, system)");
}

TEST(VirtualSwitch, says_that_a_database_is_not_initialized) {
  FakeServer server([&](Peer& peer) { peer.answer(R"([{"rows":[]},{"rows":[]},{"rows":[]},{"rows":[]}])"); });
  auto checked = virtual_switch(server).check();
  EXPECT_EQ(checked.error().code, "OVS.1004");
  EXPECT_THAT(checked.error().details, HasSubstr("ovs-vsctl init"));
}

TEST(VirtualSwitch, leaves_no_user_behind_when_the_last_two_go_at_the_same_time) {
  const std::string network = R"(["tenon-network","lan"])";
  std::string second;
  FakeServer server([&](Peer& peer) {
    peer.answer(bridge(network + R"(,["tenon-user:nic:1","17:4"],["tenon-user:nic:2","18:4"])"));
    peer.answer(kConflict);  // nic:2 has gone
    peer.answer(bridge(network + R"(,["tenon-user:nic:1","17:4"])"));
    auto request = peer.receive();
    second = ovs::json_text(*request);
    peer.send(Peer::reply_to(*request, done(*request, 5)));
    peer.answer(cur_cfg(5));
    peer.keep_silent();
  });
  ASSERT_NO_THROW(virtual_switch(server).unrealize("br0", "nic:1", "17:4").value());
  EXPECT_THAT(second, HasSubstr(R"("mutations":[["bridges","delete",["set",[["uuid","b"]]]]])"));
}

TEST(VirtualSwitch, removes_the_bridge_only_as_it_has_seen_it) {
  std::string asked;
  FakeServer server([&](Peer& peer) {
    peer.answer(bridge(R"(["tenon-network","lan"])"));
    asked = ovs::json_text(*peer.receive());
  });
  EXPECT_FALSE(virtual_switch(server).unrealize("br0", "nic:1", "17:4").ok());
  EXPECT_THAT(asked, HasSubstr(R"({"op":"wait","timeout":0,"table":"Bridge","where":[["_uuid","==",["uuid","b"]]],)"
                               R"("columns":["external_ids","ports"],"until":"==",)"
                               R"("rows":[{"external_ids":["map",[["tenon-network","lan"]]],"ports":["uuid","p"]}]})"));
}

TEST(VirtualSwitch, has_removed_a_bridge_that_is_out_of_the_database_even_if_vswitchd_sleeps) {
  FakeServer server([&](Peer& peer) {
    peer.answer(bridge(R"(["tenon-network","lan"])"));
    auto request = peer.receive();
    peer.send(Peer::reply_to(*request, done(*request, 5)));
    peer.answer(cur_cfg(4));
    peer.keep_silent();
  });
  EXPECT_TRUE(virtual_switch(server, 100ms).unrealize("br0", "nic:1", "17:4").ok());
}

}  // namespace
