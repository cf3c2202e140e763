#include "vm_chain.h"

namespace compute::test {
namespace {

/// A config as a node has it: one value for all resources but one.
class Slot final : public tenon::ConfigSlot {
 public:
  Slot(std::int64_t all, tenon::ResourceRef one, std::int64_t own) : all_{all}, one_(std::move(one)), own_{own} {
    value.store(&all_);
  }
  const tenon::ConfigValue* value_for(const tenon::ResourceRef& resource) const override {
    return resource == one_ ? &own_ : &all_;
  }

 private:
  const tenon::ConfigValue all_;
  const tenon::ResourceRef one_;
  const tenon::ConfigValue own_;
};

class Placement : public VmChain {
 protected:
  VmSpec named(const std::string& name) {
    VmSpec vm = web();
    vm.name = name;
    vm.data_disks.reset();
    return vm;
  }
  /// The codes of what no host or storage can be chosen for: of the whole, then of each.
  std::vector<std::string> refusal(const VmSpec& vm) {
    ChainRunner run(19);
    const Result<void> made = create_up_to_storage(run, vm).run().result();
    if (made) return {"none"};
    std::vector<std::string> codes{made.error().code};
    for (const auto& cause : made.error().causes) codes.push_back(cause.code);
    return codes;
  }
};

TEST_F(Placement, gives_a_host_no_more_vms_than_it_may_have) {
  const Slot slot(1, {"Host", "elsewhere"}, 5);
  allocate_host.max_vms.bind(&slot);
  EXPECT_THAT(refusal(named("first")), ElementsAre("none"));
  created(named("first"));
  EXPECT_THAT(refusal(named("second")), ElementsAre("COMPUTE.1002", "COMPUTE.1012"));
  const Slot raised(1, {"Host", "local"}, 2);
  allocate_host.max_vms.bind(&raised);
  EXPECT_THAT(refusal(named("second")), ElementsAre("none"));
}

TEST_F(Placement, gives_the_vms_of_a_host_no_more_memory_than_they_may_have) {
  const std::uint64_t memory = named("first").memory;
  const Slot slot(1, {"Host", "local"}, static_cast<std::int64_t>(memory + memory / 2));
  allocate_host.vm_memory.bind(&slot);
  created(named("first"));
  VmSpec second = named("second");
  EXPECT_THAT(refusal(second), ElementsAre("COMPUTE.1002", "COMPUTE.1013"));
  second.memory = memory / 2;
  EXPECT_THAT(refusal(second), ElementsAre("none"));
}

TEST_F(Placement, keeps_reserved_room_of_a_storage_free) {
  const Slot all(INT64_MAX, {"PrimaryStorage", "elsewhere"}, 0);
  allocate_storage.reserved.bind(&all);
  EXPECT_THAT(refusal(named("first")), ElementsAre("COMPUTE.1003", "COMPUTE.1005"));
  const Slot others(INT64_MAX, {"PrimaryStorage", "local"}, 1);
  allocate_storage.reserved.bind(&others);
  EXPECT_THAT(refusal(named("first")), ElementsAre("none"));
}

}  // namespace
}  // namespace compute::test
