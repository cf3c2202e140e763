#include "api/chain_json.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "api/json_text.h"
#include "flow/chain_assembler.h"
#include "flow/key_template.h"

namespace tenon::api {
namespace {

using namespace std::chrono_literals;

flow::ChainStep step(std::string name) {
  flow::ChainStep step;
  step.name = std::move(name);
  step.plugin = "sample";
  step.place = {"c.xml", 5, 7};
  return step;
}

flow::ChainStep extension(const std::string& bean) {
  flow::ChainStep made = step("sample.Extra/1[" + bean + "]");
  made.interface = "sample.Extra/1";
  return made;
}

std::string member(const flow::ChainAssembler& chain, std::string_view name) {
  const Json json = chain_json(*flow::ChainAssembler(chain).make());
  const Json* found = json.find(name);
  return found != nullptr ? print_json(*found) : "(none)";
}

TEST(ChainJson, tells_what_the_chain_asks_for) {
  flow::ChainAssembler chain("demo", {"c.xml", 2, 3});
  chain.extends("base").input({"vm", {"c.xml", 3, 5}}).recovery(flow::Recovery::kResume);
  chain.lock({flow::KeyTemplate::parse("vm:{vm.uuid}").value(), {"c.xml", 2, 20}});
  chain.policy({.timeout = 5s, .retry = {}, .place = {}}).step(step("a"));
  EXPECT_EQ(member(chain, "name"), R"("demo")");
  EXPECT_EQ(member(chain, "place"), R"("c.xml:2:3")");
  EXPECT_EQ(member(chain, "extends"), R"("base")");
  EXPECT_EQ(member(chain, "inputs"), R"([{"key":"vm","place":"c.xml:3:5"}])");
  EXPECT_EQ(member(chain, "locks"), R"([{"key":"vm:{vm.uuid}","place":"c.xml:2:20"}])");
  EXPECT_EQ(member(chain, "recovery"), R"("resume")");
  EXPECT_EQ(member(chain, "policy"), R"({"timeout_ms":5000})");
  EXPECT_EQ(member(chain, "tree"), R"([{"step":0}])");
}

TEST(ChainJson, leaves_out_what_there_is_none_of) {
  flow::ChainAssembler chain("demo", {"c.xml", 2, 3});
  flow::ChainStep plain = step("a");
  plain.policy = std::make_shared<flow::StepPolicy>();
  chain.step(std::move(plain));
  EXPECT_EQ(member(chain, "extends"), "(none)");
  EXPECT_EQ(member(chain, "policy"), "(none)");
  EXPECT_EQ(member(chain, "recovery"), R"("rollback")");
  EXPECT_EQ(member(chain, "steps"), R"([{"index":0,"name":"a","plugin":"sample","side":"run","has_undo":true,)"
                                    R"("has_pre_check":false,"place":"c.xml:5:7"}])");
}

TEST(ChainJson, tells_the_keys_and_the_origin_of_a_step) {
  flow::ChainAssembler chain("demo", {"c.xml", 2, 3});
  flow::ChainStep made = step("a");
  made.origin = {"sample.xml", 8, 3};
  made.has_pre_check = true;
  const auto contract = std::make_shared<FlowContract>();
  contract->reads_list.push_back({"vm", 1, "Vm"});
  contract->optional_list.push_back({"nics", 2, "Nics"});
  contract->writes_list.push_back({"host", 3, "Host"});
  made.contract = contract;
  chain.step(std::move(made));
  EXPECT_EQ(member(chain, "steps"),
            R"([{"index":0,"name":"a","plugin":"sample","side":"run","has_undo":true,"has_pre_check":true,)"
            R"("place":"c.xml:5:7","origin":"sample.xml:8:3","reads":[{"key":"vm","type":"Vm"}],)"
            R"("optional":[{"key":"nics","type":"Nics"}],"writes":[{"key":"host","type":"Host"}]}])");
}

TEST(ChainJson, tells_each_policy_of_a_step) {
  flow::ChainAssembler chain("demo", {"c.xml", 2, 3});
  const auto policy = std::make_shared<flow::StepPolicy>();
  policy->timeout = 10s;
  policy->undo_timeout = 20s;
  policy->grace = 3s;
  policy->retry = {.attempts = 3,
                   .backoff = 200ms,
                   .max_backoff = 5s,
                   .jitter = 0.5,
                   .codes = {"KVM.*"},
                   .undo_between = false,
                   .place = {}};
  policy->undo_attempts = 4;
  policy->concurrency = flow::ConcurrencyPolicy{flow::KeyTemplate::parse("host:{host.uuid}").value(), 10, {}};
  policy->when = {{"vm", 0, false, {}}, {"dry", 0, true, {}}};
  flow::ChainStep made = step("a");
  made.policy = policy;
  chain.step(std::move(made));
  const Json json = chain_json(*chain.make());
  EXPECT_EQ(print_json(*json.find("steps")->as_array()->front().find("policy")),
            R"({"timeout_ms":10000,"undo_timeout_ms":20000,"grace_ms":3000,"retry":{"attempts":3,"backoff_ms":200,)"
            R"("max_backoff_ms":5000,"jitter":0.5,"codes":["KVM.*"],"undo_between":false},"undo_attempts":4,)"
            R"("concurrency":"host:{host.uuid}","limit":10,)"
            R"("when":[{"key":"vm","negated":false},{"key":"dry","negated":true}]})");
}

TEST(ChainJson, draws_sub_chains_parallels_and_extension_points_as_a_tree) {
  flow::ChainAssembler chain("demo", {"c.xml", 2, 3});
  chain.policy({.timeout = 1s, .retry = {}, .place = {}});
  chain.step(step("first"));
  flow::ScopePolicy twice;
  twice.retry.attempts = 2;
  chain.open_scope("net", {"c.xml", 6, 5}, twice);
  chain.step(step("net/a"));
  chain.open_parallel({"net.xml", 4, 5}, 2);
  chain.open_branch().step(step("net/b")).step(step("net/c")).close();
  chain.open_branch().step(step("net/d")).close();
  chain.close();
  chain.close();
  flow::ChainStep checked = extension("x");
  checked.has_pre_check = true;
  chain.open_group().step(std::move(checked)).step(extension("y")).close();
  chain.step(step("last"));
  EXPECT_EQ(member(chain, "tree"),
            R"([{"step":0},)"
            R"({"scope":"net","place":"c.xml:6:5","policy":{"retry":{"attempts":2,"undo_between":true}},)"
            R"("steps":[{"step":1},{"parallel":{"limit":2,"place":"net.xml:4:5",)"
            R"("branches":[[{"step":2},{"step":3}],[{"step":4}]]}}]},)"
            R"({"extensions":"sample.Extra/1","side":"run","place":"c.xml:5:7","steps":[{"step":5},{"step":6}]},)"
            R"({"step":7}])");
}

TEST(ChainJson, keeps_the_extensions_of_two_points_apart) {
  flow::ChainAssembler chain("demo", {"c.xml", 2, 3});
  chain.open_group().step(extension("x")).close();
  flow::ChainStep release = extension("x");
  release.side = flow::StepSide::kRelease;
  release.place = {"c.xml", 6, 7};
  chain.open_group().step(std::move(release)).close();
  EXPECT_EQ(member(chain, "tree"),
            R"([{"extensions":"sample.Extra/1","side":"run","place":"c.xml:5:7","steps":[{"step":0}]},)"
            R"({"extensions":"sample.Extra/1","side":"release","place":"c.xml:6:7","steps":[{"step":1}]}])");
}

}  // namespace
}  // namespace tenon::api
