#include "l2_records.h"

#include "support/temp_store.h"

#include <tenon/iaas/registry.h>
#include <tenon/testing/chain_runner.h>

#include <gtest/gtest.h>

#include <optional>

namespace {

using tenon::testing::ChainRunner;

ovs::CreateL2Network secure(const std::string& name) {
  ovs::CreateL2Network network;
  network.name = name;
  network.type = "Openvswitch";
  network.fail_mode = ovs::FailMode::secure;
  return network;
}

class OvsRecords : public testing::Test {
 protected:
  void record(const std::string& name) {
    ChainRunner run;
    ASSERT_TRUE(run.input(ovs::kOvsL2Network, secure(name)).then(record_).run().ok());
  }
  void forget(const tenon::iaas::L2NetworkRecord& network) {
    ChainRunner run;
    ASSERT_TRUE(run.input(tenon::iaas::kL2Network, network).then(forget_).run().ok());
  }

  tenon::test::StoreNode node_;
  ovs::RecordL2Network record_;
  ovs::ForgetL2Network forget_;
};

TEST_F(OvsRecords, are_kept_until_their_network_is_removed) {
  record("blue");
  record("red");
  EXPECT_EQ(ovs::recorded_fail_mode("blue"), ovs::FailMode::secure);
  forget({"blue", "Openvswitch", std::nullopt, "br0", std::nullopt});
  EXPECT_EQ(ovs::recorded_fail_mode("blue"), std::nullopt);
  EXPECT_EQ(ovs::recorded_fail_mode("red"), ovs::FailMode::secure);
}

TEST_F(OvsRecords, have_nothing_to_forget_of_a_network_of_another_type) {
  record("blue");
  forget({"plain", "L2NoVlanNetwork", "eth0", std::nullopt, std::nullopt});
  EXPECT_EQ(ovs::recorded_fail_mode("blue"), ovs::FailMode::secure);
}

}  // namespace
