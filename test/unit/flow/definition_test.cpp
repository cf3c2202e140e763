#include "flow/definition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "flow/engine.h"
#include "random_chain.h"
#include "support/flows.h"
#include "support/node.h"
#include "support/run.h"

/// Chains as text, and back.
namespace {

using namespace std::chrono_literals;
using tenon::Result;
using tenon::flow::Chain;
using tenon::flow::chain_from_definition;
using tenon::flow::ChainAssembler;
using tenon::flow::ChainStep;
using tenon::flow::definition_text;
using tenon::flow::KeyTemplate;
using tenon::flow::OpRange;
using tenon::flow::Parallel;
using tenon::flow::Scope;
using tenon::flow::ScopePolicy;
using tenon::flow::StepPolicy;
using tenon::flow::StepSide;
using testing::HasSubstr;
using ChainPtr = std::shared_ptr<const Chain>;

/// Finds the flows of one chain by the names of its steps.
class OwnFlows final : public tenon::flow::StepResolver {
 public:
  explicit OwnFlows(const Chain& chain) {
    for (const ChainStep& step : chain.steps) steps_.emplace(step.name, step);
  }
  Result<void> resolve(ChainStep& step) const override {
    const auto found = steps_.find(step.name);
    if (found == steps_.end()) return tenon::make_error("FLOW.1044", "a flow is missing", step.name);
    const ChainStep& own = found->second;
    EXPECT_EQ(step.class_name, own.class_name);
    EXPECT_EQ(step.interface, own.interface);
    EXPECT_EQ(step.bean, own.bean);
    EXPECT_EQ(step.plugin, own.plugin);
    EXPECT_EQ(step.side, own.side);
    step.flow = own.flow;
    step.keep = own.keep;
    step.has_pre_check = own.has_pre_check;
    step.has_skip = own.has_skip;
    step.contract = own.contract;
    return {};
  }

 private:
  std::map<std::string, ChainStep> steps_;
};

/// Finds whatever it is asked for.
class AnyFlow final : public tenon::flow::StepResolver {
 public:
  Result<void> resolve(ChainStep& /*step*/) const override { return {}; }
};

std::string problem_of(const std::string& text) {
  const Result<ChainPtr> read = chain_from_definition(text, AnyFlow());
  if (read) return "none";
  EXPECT_EQ(read.error().code, "FLOW.1047");
  return read.error().details;
}

ChainStep step(const std::string& name) {
  ChainStep step;
  step.name = "part/" + name;
  step.plugin = "sample";
  step.class_name = name;
  step.place = {"chain.xml", 3, 7};
  step.origin = {"sample.xml", 2, 2};
  return step;
}

/// Of everything some.
std::shared_ptr<Chain> rich_chain() {
  ChainAssembler chain("disk.create", {"chain.xml", 1, 1});
  chain.extends("disk.base").input({"disk", {"chain.xml", 2, 1}}).recovery(tenon::flow::Recovery::kResume);
  chain.lock({KeyTemplate::parse("disk:{disk}").value(), {"chain.xml", 1, 20}});
  ScopePolicy whole;
  whole.timeout = 10min;
  chain.policy(whole);
  ChainStep first = step("sample.First");
  auto policy = std::make_shared<StepPolicy>();
  policy->timeout = 3s;
  policy->retry.codes = {"KVM.*"};
  policy->concurrency = {KeyTemplate::parse("host:{disk}").value(), 4, {}};
  policy->when.push_back({"disk", tenon::detail::hash("disk"), true, {}});
  first.policy = policy;
  chain.step(std::move(first));
  chain.open_parallel({"chain.xml", 5, 1}, 2);
  chain.open_branch().step(step("sample.Second")).close();
  chain.open_branch();
  chain.open_scope("part", {"chain.xml", 6, 1}, {}).step(step("sample.Third")).close();
  chain.close().close();
  ChainStep extension = step("sample.Extension");
  extension.interface = "sample.Point/1";
  extension.bean = "extension";
  extension.side = StepSide::kRelease;
  extension.has_pre_check = true;
  chain.open_group(tenon::flow::ExtensionPoint{"sample.Point/1", nullptr, nullptr, {"chain.xml", 8, 1}});
  chain.step(std::move(extension));
  chain.close();
  return std::make_shared<Chain>(*chain.make());
}

const std::string kRetry =
    R"("retry":{"attempts":1,"backoff_ms":0,"max_backoff_ms":60000,"jitter":0.2,"codes":[],"undo_between":true})";

const std::string kRichText =
    R"({"format":1,"name":"disk.create","recovery":"resume","inputs":["disk"],"open_inputs":false,)"
    R"("locks":["disk:{disk}"],"steps":[)"
    R"({"name":"part/sample.First","plugin":"sample","class":"sample.First","side":"run","policy":{"timeout_ms":3000,)"
    R"("undo_timeout_ms":0,"grace_ms":10000,"retry":{"attempts":1,"backoff_ms":0,"max_backoff_ms":60000,"jitter":0.2,)"
    R"("codes":["KVM.*"],"undo_between":true},"undo_attempts":1,"concurrency":{"key":"host:{disk}","limit":4},)"
    R"("when":[{"key":"disk","negated":true}]}},)"
    R"({"name":"part/sample.Second","plugin":"sample","class":"sample.Second","side":"run"},)"
    R"({"name":"part/sample.Third","plugin":"sample","class":"sample.Third","side":"run"},)"
    R"({"name":"part/sample.Extension","plugin":"sample","class":"sample.Extension","interface":"sample.Point/1",)"
    R"("bean":"extension","side":"release"}],)"
    R"("scopes":[{"name":"","timeout_ms":600000,)" +
    kRetry + R"(},{"name":"part","timeout_ms":0,)" + kRetry + R"(}],"parallels":[2],)" +
    R"("ops":["scope 0","step 0","parallel 0","branch","step 1","end","branch","scope 1","step 2","end","end","end",)"
    R"("check 3","step 3","end"]})";

TEST(FlowDefinition, is_one_text_with_all_that_decides_how_a_run_goes) {
  EXPECT_EQ(definition_text(*rich_chain()), kRichText);
}

TEST(FlowDefinition, does_not_depend_on_where_something_stands) {
  const auto chain = rich_chain();
  chain->place.line = 99;
  chain->extends.clear();
  chain->inputs[0].place.line = 99;
  chain->locks[0].place.line = 99;
  chain->points.clear();
  for (ChainStep& moved : chain->steps) moved.place = moved.origin = {"other.xml", 99, 99};
  for (Scope& moved : chain->scopes) moved.place = moved.policy.place = moved.policy.retry.place = {"other.xml", 9, 9};
  for (Parallel& moved : chain->parallels) moved.place.line = 99;
  auto policy = std::make_shared<StepPolicy>(*chain->steps[0].policy);
  policy->retry.place = policy->concurrency->place = policy->when[0].place = {"other.xml", 9, 9};
  chain->steps[0].policy = policy;
  EXPECT_EQ(definition_text(*chain), kRichText);
}

TEST(FlowDefinition, depends_on_each_thing_that_decides_how_a_run_goes) {
  const auto of_step = [](const std::function<void(StepPolicy&)>& change) {
    return [change](Chain& chain) {
      auto policy = std::make_shared<StepPolicy>(*chain.steps[0].policy);
      change(*policy);
      chain.steps[0].policy = policy;
    };
  };
  const std::vector<std::function<void(Chain&)>> changes{
      [](Chain& c) { c.name = "other"; },
      [](Chain& c) { c.recovery = tenon::flow::Recovery::kRollback; },
      [](Chain& c) {
        c.inputs.push_back({"more", {}});
      },
      [](Chain& c) { c.open_inputs = true; },
      [](Chain& c) { c.locks.clear(); },
      [](Chain& c) { c.steps[1].name = "other"; },
      [](Chain& c) { c.steps[1].plugin = "other"; },
      [](Chain& c) { c.steps[1].class_name = "other"; },
      [](Chain& c) { c.steps[1].side = StepSide::kRelease; },
      [](Chain& c) { c.steps[3].interface = "other/1"; },
      [](Chain& c) { c.steps[3].bean = "other"; },
      [](Chain& c) { c.steps[0].policy = nullptr; },
      of_step([](StepPolicy& p) { p.timeout = 1ms; }),
      of_step([](StepPolicy& p) { p.undo_timeout = 1ms; }),
      of_step([](StepPolicy& p) { p.grace = 1ms; }),
      of_step([](StepPolicy& p) { p.undo_attempts = 2; }),
      of_step([](StepPolicy& p) { p.concurrency->limit = 5; }),
      of_step([](StepPolicy& p) { p.concurrency->key = KeyTemplate::parse("other").value(); }),
      of_step([](StepPolicy& p) { p.concurrency.reset(); }),
      of_step([](StepPolicy& p) { p.when[0].key = "other"; }),
      of_step([](StepPolicy& p) { p.when[0].negated = false; }),
      of_step([](StepPolicy& p) { p.retry.attempts = 2; }),
      of_step([](StepPolicy& p) { p.retry.backoff = 1ms; }),
      of_step([](StepPolicy& p) { p.retry.max_backoff = 1ms; }),
      of_step([](StepPolicy& p) { p.retry.jitter = 0.3; }),
      of_step([](StepPolicy& p) { p.retry.codes = {"KVM.1"}; }),
      of_step([](StepPolicy& p) { p.retry.undo_between = false; }),
      [](Chain& c) { c.scopes[1].name = "other"; },
      [](Chain& c) { c.scopes[1].policy.timeout = 1ms; },
      [](Chain& c) { c.scopes[1].policy.retry.attempts = 2; },
      [](Chain& c) { c.parallels[0].limit = 1; },
      [](Chain& c) { std::swap(c.ops[1].index, c.ops[3].index); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const auto chain = rich_chain();
    changes[i](*chain);
    EXPECT_NE(definition_text(*chain), kRichText) << "change " << i;
  }
}

bool same(const OpRange& a, const OpRange& b) { return a.begin == b.begin && a.end == b.end; }

/// What the text does not show.
void expect_same_layout(const Chain& made, const Chain& given) {
  ASSERT_EQ(made.ops.size(), given.ops.size());
  for (std::size_t i = 0; i < made.ops.size(); ++i) {
    ASSERT_EQ(made.ops[i].kind, given.ops[i].kind);
    ASSERT_EQ(made.ops[i].index, given.ops[i].index);
  }
  ASSERT_EQ(made.scopes.size(), given.scopes.size());
  for (std::size_t i = 0; i < made.scopes.size(); ++i) ASSERT_TRUE(same(made.scopes[i].ops, given.scopes[i].ops));
  ASSERT_EQ(made.parallels.size(), given.parallels.size());
  for (std::size_t i = 0; i < made.parallels.size(); ++i) {
    ASSERT_TRUE(std::equal(made.parallels[i].branches.begin(), made.parallels[i].branches.end(),
                           given.parallels[i].branches.begin(), given.parallels[i].branches.end(), same));
  }
  ASSERT_EQ(made.steps.size(), given.steps.size());
  for (std::size_t i = 0; i < made.steps.size(); ++i) {
    const ChainStep& step = made.steps[i];
    ASSERT_EQ(step.plain, given.steps[i].plain);
    ASSERT_EQ(step.flow, given.steps[i].flow);
    if (!step.policy) continue;
    for (std::size_t w = 0; w < step.policy->when.size(); ++w)
      ASSERT_EQ(step.policy->when[w].hash, given.steps[i].policy->when[w].hash);
  }
}

TEST(FlowDefinition, of_any_chain_gives_a_chain_of_the_same_definition_and_layout) {
  tenon::test::Outside outside;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(seed);
    const auto random = tenon::test::RandomChainMaker(outside, tenon::test::Dice(seed)).make();
    const std::string text = definition_text(*random.chain);
    Result<ChainPtr> made = chain_from_definition(text, OwnFlows(*random.chain));
    ASSERT_TRUE(made.ok()) << made.error().to_string();
    ASSERT_EQ(definition_text(**made), text);
    ASSERT_NO_FATAL_FAILURE(expect_same_layout(**made, *random.chain));
  }
}

TEST(FlowDefinition, gives_a_chain_that_lets_its_flows_read_and_write_what_their_contracts_say) {
  static constexpr tenon::FlowKey<std::string> kDisk{"disk"};
  static constexpr tenon::FlowKey<std::string> kOther{"other"};
  tenon::test::Node node;
  auto flow = std::make_shared<tenon::test::LambdaFlow>(
      [](tenon::FlowStep called) {
        called.set(kDisk, "made");
        called.set(kOther, "not declared");
        std::move(called).next();
      },
      tenon::test::LambdaFlow::Call());
  ChainStep writer = step("sample.Writer");
  writer.flow = flow.get();
  writer.keep = flow;
  auto contract = std::make_shared<tenon::FlowContract>();
  contract->writes(kDisk);
  writer.contract = contract;
  const auto chain = ChainAssembler("chain", {}).step(writer).make();
  const ChainPtr made = chain_from_definition(definition_text(*chain), OwnFlows(*chain)).value();
  EXPECT_EQ(made->writes, 1U);
  tenon::flow::Engine engine;
  const auto result = tenon::test::run_chain(engine, made, {});
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error->code, "FLOW.1016");
}

TEST(FlowDefinition, that_is_malformed_is_refused_with_the_path_of_what_is_wrong) {
  const auto changed = [](const std::string& from, const std::string& to) {
    std::string text = kRichText;
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return problem_of(text.replace(at, from.size(), to));
  };
  EXPECT_EQ(problem_of(""), "$: not JSON at byte 0: The document is empty.");
  EXPECT_EQ(problem_of("[]"), "$: expected an object");
  EXPECT_EQ(problem_of("{}"), "$.format: it is missing");
  EXPECT_EQ(changed(R"("format":1)", R"("format":2)"), "$.format: this node does not know the format");
  EXPECT_EQ(changed(R"("resume")", R"("later")"), "$.recovery: expected rollback or resume");
  EXPECT_EQ(changed(R"(["disk"])", R"([7])"), "$.inputs[0]: expected a text");
  EXPECT_EQ(changed("disk:{disk}", "disk:{"), "$.locks[0]: 'disk:{', character 6: a '{' without its '}'");
  EXPECT_EQ(changed(R"("class":"sample.Second",)", ""), "$.steps[1].class: it is missing");
  EXPECT_EQ(changed(R"("side":"release")", R"("side":"undo")"), "$.steps[3].side: expected run or release");
  EXPECT_EQ(changed(R"("bean":"extension",)", ""), "$.steps[3].bean: it is missing");
  EXPECT_EQ(changed(R"("timeout_ms":3000)", R"("timeout_ms":-1)"),
            "$.steps[0].policy.timeout_ms: expected a number of milliseconds");
  EXPECT_EQ(changed(R"("undo_attempts":1)", R"("undo_attempts":0)"),
            "$.steps[0].policy.undo_attempts: expected a whole number from 1");
  EXPECT_EQ(changed(R"("jitter":0.2)", R"("jitter":1.2)"),
            "$.steps[0].policy.retry.jitter: expected a number from 0.0 to 1.0");
  EXPECT_EQ(changed(R"("negated":true)", R"("negated":1)"),
            "$.steps[0].policy.when[0].negated: expected true or false");
  EXPECT_EQ(changed(R"("scopes":[)", R"("scopes":{},"others":[)"), "$.scopes: expected a list");
  EXPECT_EQ(changed("step 2", "step 4"), "$.ops[8]: there is no such step");
  EXPECT_EQ(changed("step 2", "step 1"), "$.ops[8]: the step is called twice");
  EXPECT_EQ(changed("step 2", "leap 2"), "$.ops[8]: no such op");
  EXPECT_EQ(changed("step 2", "step two"), "$.ops[8]: expected a word and a number");
  EXPECT_EQ(changed("scope 1", "scope 0"), "$.ops[7]: it is not the next scope");
  EXPECT_EQ(changed("parallel 0", "parallel 1"), "$.ops[2]: it is not the next parallel");
  EXPECT_EQ(changed(R"("branch","step 1")", R"("step 1")"), "$.ops[3]: a parallel has nothing but branches");
  EXPECT_EQ(changed(R"("scope 0","step 0")", R"("scope 0","branch","step 0")"),
            "$.ops[1]: a branch without a parallel");
  EXPECT_EQ(changed(R"("step 3","end")", R"("step 3","end","end")"), "$.ops[15]: nothing is open");
  EXPECT_EQ(changed(R"("step 3","end")", R"("step 3")"), "$.ops: something is not closed");
  EXPECT_EQ(changed(R"("check 3","step 3")", R"("step 3","check 3")"), "$.ops[13]: the step has been called before");
  EXPECT_EQ(changed(R"("check 3","step 3")", R"("check 3")"), "$.ops: a step is not called");
  EXPECT_EQ(changed(R"("parallels":[2])", R"("parallels":[2,0])"), "$.ops: a parallel is not opened");
  EXPECT_EQ(changed(R"({"format":1,)", R"({"format":1, )"), "$: not in canonical form from byte 12 on");
  EXPECT_THAT(changed(R"("locks")", R"("more":7,"locks")"), HasSubstr("not in canonical form"));
}

TEST(FlowDefinition, that_nests_without_end_is_refused) {
  std::string text =
      R"({"format":1,"name":"","recovery":"rollback","inputs":[],"open_inputs":false,"locks":[],"steps":[],)"
      R"("scopes":[],"parallels":[)";
  for (int i = 0; i < 100'000; ++i) text += i == 0 ? "0" : ",0";
  text += R"(],"ops":[)";
  for (int i = 0; i < 100'000; ++i)
    text += (i == 0 ? "\"parallel " : ",\"parallel ") + std::to_string(i) + "\",\"branch\"";
  EXPECT_THAT(problem_of(text + "]}"), HasSubstr("nested too deep"));
}

TEST(FlowDefinition, that_is_damaged_is_refused_or_is_another_one) {
  for (std::size_t length = 0; length < kRichText.size(); ++length)
    ASSERT_THAT(problem_of(kRichText.substr(0, length)), HasSubstr("$")) << length;
  const AnyFlow any;
  for (std::size_t at = 0; at < kRichText.size(); ++at) {
    for (const int flip : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
      std::string text = kRichText;
      text[at] = static_cast<char>(text[at] ^ flip);
      const Result<ChainPtr> made = chain_from_definition(text, any);
      if (made) {
        ASSERT_EQ(definition_text(**made), text);
      } else {
        ASSERT_EQ(made.error().code, "FLOW.1047");
      }
    }
  }
}

TEST(FlowDefinition, whose_flow_is_missing_says_what_its_resolver_says) {
  const Result<ChainPtr> made = chain_from_definition(kRichText, OwnFlows(Chain()));
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().to_string(), "FLOW.1044: a flow is missing: part/sample.First");
}

}  // namespace
