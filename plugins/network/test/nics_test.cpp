#include "nics.h"

#include "store_registry.h"
#include "support/temp_folder.h"
#include "support/temp_store.h"

#include <tenon/testing/chain_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using tenon::Result;
using tenon::iaas::kNics;
using tenon::iaas::kVm;
using tenon::iaas::Nic;
using tenon::iaas::NicSpec;
using tenon::iaas::VmSpec;
using tenon::testing::ChainRunner;
using testing::SizeIs;
using testing::StartsWith;

class AllocateNic : public testing::Test {
 protected:
  void SetUp() override {
    registry.l2_networks().add({"blue", "Folder", {}, "br-blue", 100}, "1:1").value();
    registry.l2_networks().add({"green", "Folder", {}, {}, {}}, "1:2").value();
    registry.l2_networks().add({"management", "Folder", {}, {}, {}}, "1:3").value();
    flow.registry.bind(&registry);
    appliance.registry.bind(&registry);
  }
  Result<void> run(ChainRunner& runner, const VmSpec& vm, const tenon::Flow& with) {
    return runner.input(kVm, vm).then("AllocateNic", with).run().result();
  }
  std::vector<Nic> nics(const VmSpec& vm, std::uint64_t number = 17) {
    ChainRunner runner(number);
    run(runner, vm, flow).value();
    return *runner.find(kNics);
  }
  std::string refusal(const VmSpec& vm) {
    ChainRunner runner;
    auto ran = run(runner, vm, flow);
    return ran ? "none" : ran.error().to_string();
  }
  static VmSpec on(std::vector<std::string> networks) {
    VmSpec vm;
    vm.name = "web";
    vm.networks = std::move(networks);
    return vm;
  }

  tenon::test::TempFolder folder;
  tenon::test::StoreNode node;
  compute::StoreRegistry registry;
  network::AllocateNic flow;
  network::AllocateApplianceNic appliance;
};

TEST_F(AllocateNic, gives_a_vm_without_networks_none) {
  VmSpec vm;
  vm.name = "web";
  EXPECT_THAT(nics(vm), SizeIs(0));
}

TEST_F(AllocateNic, gives_one_on_each_network_in_their_order_with_the_networks_record) {
  const std::vector<Nic> made = nics(on({"green", "blue"}));
  ASSERT_THAT(made, SizeIs(2));
  EXPECT_EQ(made[0].network.name, "green");
  EXPECT_EQ(made[1].network, (tenon::iaas::L2NetworkRecord{"blue", "Folder", {}, "br-blue", 100}));
  EXPECT_EQ(made[1].model, "virtio");
}

TEST_F(AllocateNic, gives_a_repeated_step_the_same_nics_and_another_run_others) {
  const std::vector<Nic> made = nics(on({"blue", "green"}), 17);
  EXPECT_EQ(nics(on({"blue", "green"}), 17), made);
  const std::vector<Nic> others = nics(on({"blue", "green"}), 18);
  EXPECT_NE(others[0].mac, made[0].mac);
  EXPECT_NE(others[0].uuid, made[0].uuid);
  EXPECT_NE(made[0].mac, made[1].mac);
}

TEST_F(AllocateNic, makes_macs_in_qemus_range_and_device_names_that_linux_and_libvirt_take) {
  for (std::uint64_t run = 1; run <= 50; ++run) {
    const Nic nic = nics(on({"blue"}), run)[0];
    EXPECT_THAT(nic.mac, StartsWith("52:54:00:"));
    EXPECT_EQ(network::canonical_mac(nic.mac), nic.mac);
    EXPECT_LE(nic.device.size(), 15u);
    EXPECT_THAT(nic.device, StartsWith("tn525400"));
  }
}

TEST_F(AllocateNic, takes_what_the_order_says_of_a_nic) {
  VmSpec vm = on({"green"});
  vm.nics = std::vector<NicSpec>{{"blue", "52:54:00:AB:CD:EF", "e1000"}};
  const std::vector<Nic> made = nics(vm);
  ASSERT_THAT(made, SizeIs(2));
  EXPECT_EQ(made[1].mac, "52:54:00:ab:cd:ef");
  EXPECT_EQ(made[1].device, "tn525400abcdef");
  EXPECT_EQ(made[1].model, "e1000");
}

TEST_F(AllocateNic, refuses_what_can_be_no_nic) {
  EXPECT_EQ(refusal(on({"red"})), "REGISTRY.1001: nothing of this name is registered: L2 network red");
  VmSpec vm = on({});
  vm.nics = std::vector<NicSpec>{{"blue", "53:54:00:ab:cd:ef", {}}};
  EXPECT_EQ(refusal(vm),
            "NETWORK.1001: a NIC can't be like this: NIC on blue: expected a MAC such as 52:54:00:12:34:56, found "
            "'53:54:00:ab:cd:ef'");
  vm.nics = std::vector<NicSpec>{{"blue", "52:54:00:ab:cd:ef", {}}, {"green", "52:54:00:AB:cd:ef", {}}};
  EXPECT_EQ(refusal(vm),
            "NETWORK.1001: a NIC can't be like this: NIC on green: expected a MAC of its own, found "
            "'52:54:00:ab:cd:ef'");
  vm.nics = std::vector<NicSpec>{{"blue", {}, "virtio'/><x"}};
  EXPECT_EQ(refusal(vm),
            "NETWORK.1001: a NIC can't be like this: NIC on blue: expected a model such as virtio, found "
            "'virtio'/><x'");
}

TEST_F(AllocateNic, of_an_appliance_puts_the_management_network_first) {
  appliance.management_network = "management";
  ChainRunner runner;
  ASSERT_TRUE(run(runner, on({"blue"}), appliance).ok());
  const auto& made = *runner.find(kNics);
  ASSERT_THAT(made, SizeIs(2));
  EXPECT_EQ(made[0].network.name, "management");
  EXPECT_EQ(made[1].network.name, "blue");
}

TEST_F(AllocateNic, of_an_appliance_needs_a_management_network) {
  ChainRunner runner;
  auto ran = run(runner, on({"blue"}), appliance);
  ASSERT_FALSE(ran.ok());
  EXPECT_EQ(ran.error().code, "NETWORK.1003");
}

TEST(Mac, is_refused_unless_it_is_six_pairs_of_hex_digits_for_one_receiver) {
  for (const char* text : {"", "52:54:00:12:34", "52:54:00:12:34:5g", "52-54-00-12-34-56", "52:54:00:12:34:567",
                           "01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"}) {
    EXPECT_EQ(network::canonical_mac(text), "") << text;
  }
  EXPECT_EQ(network::canonical_mac("52:54:00:0A:0b:0C"), "52:54:00:0a:0b:0c");
}

}  // namespace
