#include <tenon/iaas/l2_driver.h>

#include <tenon/testing/chain_runner.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace {

using tenon::make_error;
using tenon::Result;
using tenon::iaas::HostRecord;
using tenon::iaas::L2NetworkRecord;
using tenon::iaas::Nic;
using tenon::iaas::NicAttachment;
using tenon::iaas::NicPort;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;

using Calls = std::vector<std::string>;

/// Notes what it is asked; the network `bad` fails but passes its check, `unfit` fails that.
class NotedNetwork final : public tenon::iaas::L2Network {
 public:
  NotedNetwork(std::string name, Calls& calls) : name_(std::move(name)), calls_(calls) {}
  Result<void> check() override {
    calls_.push_back(name_ + ": check");
    if (name_ == "unfit") return make_error("TEST.1002", "told to refuse", name_);
    return {};
  }
  Result<void> realize(const std::string& user, const std::string& key) override {
    return note("realize " + user + " " + key);
  }
  Result<void> unrealize(const std::string& user, const std::optional<std::string>& key) override {
    return note("unrealize " + user + " " + key.value_or("any"));
  }
  Result<NicAttachment> attachment(const Nic& /*nic*/) override { return NicAttachment{}; }
  Result<void> release(const Nic& nic) override { return note("release " + nic.uuid); }
  Result<std::vector<NicPort>> ports() override { return std::vector<NicPort>(); }

 private:
  Result<void> note(const std::string& what) {
    calls_.push_back(name_ + ": " + what);
    if (name_ == "bad") return make_error("TEST.1001", "told to fail", what);
    return {};
  }
  const std::string name_;
  Calls& calls_;
};

class NotedFactory final : public tenon::iaas::L2NetworkFactory {
 public:
  Result<tenon::Owned<tenon::iaas::L2Network>> create(const L2NetworkRecord& record, const HostRecord& host) override {
    hosts.push_back(host.name);
    return tenon::make_owned<tenon::iaas::L2Network, NotedNetwork>(record.name, calls);
  }
  Calls calls;
  std::vector<std::string> hosts;
};

class L2Steps : public testing::Test {
 protected:
  L2Steps() {
    realize.types = {"Ours", "Too"};
    realize.drivers.bind(&slot_);
    run.input(tenon::iaas::kHost, {"local", "KVM", "qemu:///system"});
  }
  void nics(std::vector<Nic> list) { run.input(tenon::iaas::kNics, std::move(list)); }
  static Nic nic(const std::string& uuid, const std::string& network, const std::string& type = "Ours") {
    return {uuid, "52:54:00:00:00:01", {network, type, std::nullopt, "br0", std::nullopt}, "tn1", "virtio"};
  }

  NotedFactory factory;
  tenon::iaas::RealizeL2Networks realize;
  tenon::testing::ChainRunner run;

 private:
  tenon::ExtensionList list_{{static_cast<tenon::iaas::L2NetworkFactory*>(&factory), "a", "Ours"},
                             {static_cast<tenon::iaas::L2NetworkFactory*>(&factory), "a", "Too"}};
  tenon::ExtensionSlot slot_{&list_};
};

TEST_F(L2Steps, realize_the_networks_of_all_nics_of_their_types) {
  nics({nic("1", "lan"), nic("2", "dmz", "Too"), nic("3", "other", "Theirs")});
  ASSERT_TRUE(run.then(realize).run().ok());
  const std::string key = run.key("tenon.iaas.RealizeL2Networks");
  EXPECT_THAT(factory.calls,
              ElementsAre("lan: check", "dmz: check", "lan: realize nic:1 " + key, "dmz: realize nic:2 " + key));
  EXPECT_THAT(factory.hosts, Each("local"));
}

TEST_F(L2Steps, refuse_a_host_that_lacks_what_a_network_needs_before_anything_is_made) {
  nics({nic("1", "lan"), nic("2", "lan"), nic("3", "unfit", "Too"), nic("4", "unfit", "Theirs")});
  const auto& ran = run.then(realize).run();
  ASSERT_FALSE(ran.ok());
  EXPECT_EQ(ran.error->code, "TEST.1002");
  EXPECT_THAT(factory.calls, ElementsAre("lan: check", "unfit: check")) << "each network once, and nothing to undo";
}

TEST_F(L2Steps, have_nothing_to_do_for_a_vm_without_nics) {
  nics({});
  EXPECT_TRUE(run.then(realize).then_release(realize).run().ok());
  EXPECT_THAT(factory.calls, IsEmpty());
}

TEST_F(L2Steps, give_up_what_they_may_have_realized_with_the_key_they_did_it_with) {
  nics({nic("1", "lan"), nic("2", "bad"), nic("3", "dmz")});
  const auto& ran = run.then(realize).run();
  ASSERT_FALSE(ran.ok());
  EXPECT_EQ(ran.error->code, "TEST.1001");
  const std::string key = run.key("tenon.iaas.RealizeL2Networks");
  EXPECT_THAT(factory.calls, ElementsAre("lan: check", "bad: check", "dmz: check", "lan: realize nic:1 " + key,
                                         "bad: realize nic:2 " + key,                      //
                                         "lan: release 1", "lan: unrealize nic:1 " + key,  //
                                         "bad: release 2", "bad: unrealize nic:2 " + key,  //
                                         "dmz: release 3", "dmz: unrealize nic:3 " + key));
  ASSERT_EQ(ran.undo_errors.size(), 1u);
  EXPECT_EQ(ran.undo_errors[0].details, "release 2");
  ASSERT_EQ(ran.undo_errors[0].causes.size(), 1u);
  EXPECT_EQ(ran.undo_errors[0].causes[0].details, "unrealize nic:2 " + key);
}

TEST_F(L2Steps, release_the_networks_of_a_vm_whoever_realized_them) {
  nics({nic("1", "lan"), nic("3", "other", "Theirs")});
  ASSERT_TRUE(run.then_release(realize).run().ok());
  EXPECT_THAT(factory.calls, ElementsAre("lan: release 1", "lan: unrealize nic:1 any"));
}

TEST_F(L2Steps, release_all_they_can_before_they_fail) {
  nics({nic("1", "bad"), nic("2", "lan")});
  EXPECT_FALSE(run.then_release(realize).run().ok());
  EXPECT_THAT(factory.calls, ElementsAre("bad: release 1", "bad: unrealize nic:1 any",  //
                                         "lan: release 2", "lan: unrealize nic:2 any"));
}

}  // namespace
