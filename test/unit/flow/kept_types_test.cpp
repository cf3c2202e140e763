#include "flow/kept_types.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "flow/chain_assembler.h"

namespace {

using tenon::FlowContract;
using tenon::FlowKey;
using tenon::Json;
using tenon::kTypeId;
using tenon::flow::check_types;

constexpr FlowKey<std::string> kHost{"host"};
constexpr FlowKey<bool> kNew{"new"};
constexpr FlowKey<std::int64_t> kCount{"count"};

std::shared_ptr<const tenon::flow::Chain> chain() {
  tenon::flow::ChainAssembler chain("chain", {});
  const auto add = [&](const char* name, FlowContract contract) {
    tenon::flow::ChainStep step;
    step.name = name;
    step.contract = std::make_shared<const FlowContract>(std::move(contract));
    chain.step(std::move(step));
  };
  chain.step({});  // touches anything
  add("sample.Reads", FlowContract().reads(kHost));
  add("sample.Uses", FlowContract().optional(kNew));
  add("sample.Writes", FlowContract().writes(kCount));
  return chain.make();
}

TEST(KeptTypes, fit_if_flows_know_the_key_with_this_type_or_not_at_all) {
  EXPECT_TRUE(check_types(*chain(), "host", kTypeId<std::string>).ok());
  EXPECT_TRUE(check_types(*chain(), "new", kTypeId<bool>).ok());
  EXPECT_TRUE(check_types(*chain(), "count", kTypeId<std::int64_t>).ok());
  EXPECT_TRUE(check_types(*chain(), "unknown", kTypeId<double>).ok());
}

TEST(KeptTypes, of_json_fit_any_flow) { EXPECT_TRUE(check_types(*chain(), "host", kTypeId<Json>).ok()); }

TEST(KeptTypes, that_have_changed_are_refused_with_key_flow_and_both_types) {
  const auto changed = check_types(*chain(), "host", 0xbeef, "sample::Host");
  ASSERT_FALSE(changed.ok());
  EXPECT_EQ(changed.error().code, "FLOW.1045");
  EXPECT_EQ(changed.error().description, "the type of a kept value has changed");
  EXPECT_TRUE(
      changed.error().details.starts_with("'host' was kept as sample::Host (beef); flow 'sample.Reads' knows it "
                                          "as std::"))
      << changed.error().details;
  EXPECT_TRUE(check_types(*chain(), "host", 0xbeef).error().details.starts_with("'host' was kept as type beef; "));
}

TEST(KeptTypes, that_have_changed_are_refused_for_keys_that_are_optional_or_written) {
  EXPECT_FALSE(check_types(*chain(), "new", kTypeId<std::string>).ok());
  EXPECT_FALSE(check_types(*chain(), "count", kTypeId<std::string>).ok());
}

}  // namespace
