#include "wiring/chain_expansion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "descriptor/reader.h"
#include "unit/wiring/chain_outline.h"

namespace {

using std::chrono::milliseconds;
using tenon::descriptor::ChainDefinition;
using tenon::descriptor::Place;
using tenon::descriptor::StepDefinition;
using tenon::test::outline;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

/// The chains of one file, `f.xml`, whose first line they begin on, expanded.
struct Expanded {
  explicit Expanded(const std::string& xml) {
    tenon::descriptor::Diagnostics diagnostics;
    std::vector<tenon::descriptor::Text> imports;
    const auto read =
        tenon::descriptor::read_descriptor("f.xml", "<chains>" + xml + "</chains>", {}, diagnostics, imports);
    std::vector<const ChainDefinition*> definitions;
    for (const ChainDefinition& chain : read.chains) definitions.push_back(&chain);
    chains = tenon::wiring::expand_chains(definitions, diagnostics);
    for (const auto& diagnostic : diagnostics.sorted()) messages.push_back(diagnostic.to_string());
  }
  const ChainDefinition& operator[](const std::string& name) const {
    for (const ChainDefinition& chain : chains) {
      if (chain.name.text == name) return chain;
    }
    ADD_FAILURE() << "no chain '" << name << "'";
    static const ChainDefinition kNone;
    return kNone;
  }
  std::string steps(const std::string& name) const { return outline((*this)[name].steps); }

  std::vector<ChainDefinition> chains;
  std::vector<std::string> messages;
};

std::vector<std::string> texts(const std::vector<tenon::descriptor::Text>& list) {
  std::vector<std::string> result;
  for (const auto& text : list) result.push_back(text.text);
  return result;
}

std::vector<std::string> conditions(const StepDefinition& step) {
  std::vector<std::string> words;
  for (const auto& condition : step.policy.when) words.push_back((condition.negated ? "!" : "") + condition.key.text);
  return words;
}

const std::string kBase =
    "<chain name='base' lock='k:{k}' recovery='resume' timeout='1m' retry='2'><input key='k'/>\n"
    "<flow class='A' timeout='1s' id='first'/><parallel><branch><flow class='B'/><flow class='C'/></branch>"
    "<extension-point interface='i.P/1'/></parallel><chain ref='sub'/><flow class='D'/></chain>\n"
    "<chain name='sub'><flow class='S'/></chain>\n";

TEST(ChainExpansion, replaces_inserts_and_removes_in_what_is_extended) {
  const Expanded chains(
      kBase +
      "<chain name='c' extends='base'>"
      "<replace flow='D' with='X'/><insert-before flow='A'><flow class='P'/><flow class='Q'/></insert-before>"
      "<insert-after chain='sub'><parallel><flow class='R'/><flow class='T'/></parallel></insert-after>"
      "<remove id='first'/></chain>");
  EXPECT_THAT(chains.messages, IsEmpty());
  EXPECT_EQ(chains.steps("base"), "A <[B C][*i.P/1]> sub(S) D");
  EXPECT_EQ(chains.steps("c"), "P Q <[B C][*i.P/1]> sub(S) <[R][T]> X");
}

TEST(ChainExpansion, edits_steps_in_branches) {
  const Expanded chains(kBase +
                        "<chain name='c' extends='base'><replace flow='B'><flow class='X'/><flow class='Y'/></replace>"
                        "<insert-after flow='C'><flow class='Z'/></insert-after>"
                        "<insert-before extension-point='i.P'><flow class='W'/></insert-before></chain>"
                        "<chain name='d' extends='base'><remove flow='B'/><remove flow='C'/></chain>"
                        "<chain name='e' extends='d'><remove extension-point='i.P/1'/></chain>");
  EXPECT_THAT(chains.messages, IsEmpty());
  EXPECT_EQ(chains.steps("c"), "A <[X Y C Z][W *i.P/1]> sub(S) D");
  EXPECT_EQ(chains.steps("d"), "A <[*i.P/1]> sub(S) D") << "a branch goes with its last step";
  EXPECT_EQ(chains.steps("e"), "A sub(S) D") << "and a parallel with its last branch";
}

TEST(ChainExpansion, applies_edits_in_order_each_to_the_result_of_those_before) {
  const Expanded chains(
      kBase +
      "<chain name='c' extends='base'><replace flow='D' with='E'/><insert-after flow='E'><flow class='F'/>"
      "</insert-after><replace flow='F'><flow class='G' id='g'/></replace><remove id='g'/></chain>");
  EXPECT_THAT(chains.messages, IsEmpty());
  EXPECT_EQ(chains.steps("c"), "A <[B C][*i.P/1]> sub(S) E");
}

TEST(ChainExpansion, keeps_policies_and_id_of_a_step_that_gets_another_name) {
  const Expanded chains(kBase + "<chain name='c' extends='base'>\n<replace flow='A' with='X'/></chain>");
  const StepDefinition& step = chains["c"].steps.at(0);
  EXPECT_EQ(step.name.text, "X");
  EXPECT_EQ(step.name.place, (Place{"f.xml", 5, 19}));
  EXPECT_EQ(step.place, (Place{"f.xml", 5, 1}));
  EXPECT_EQ(step.policy.timeout->value, milliseconds(1000));
  EXPECT_EQ(step.id->text, "first");
}

TEST(ChainExpansion, replaces_by_id_a_parallel_and_the_name_of_a_sub_chain) {
  const Expanded chains(
      "<chain name='base'><parallel id='p'><flow class='A'/></parallel><chain ref='s' id='q'/></chain>"
      "<chain name='s'><flow class='S'/></chain><chain name='t'><flow class='T'/></chain>"
      "<chain name='c' extends='base'><replace id='p'><flow class='X'/></replace><replace id='q' with='t'/></chain>");
  EXPECT_THAT(chains.messages, IsEmpty());
  EXPECT_EQ(chains.steps("c"), "X t(T)");
}

TEST(ChainExpansion, inherits_attributes_and_inputs_and_lets_them_be_overridden) {
  const Expanded chains(kBase +
                        "<chain name='c' extends='base' timeout='5s' lock='n:{n}'>\n<input key='n'/></chain>"
                        "<chain name='d' extends='c' recovery='rollback' backoff='1s'/>");
  EXPECT_THAT(chains.messages, IsEmpty());
  const ChainDefinition& c = chains["c"];
  EXPECT_EQ(c.extends->text, "base");
  EXPECT_THAT(texts(c.inputs), ElementsAre("k", "n"));
  EXPECT_THAT(texts(*c.locks), ElementsAre("n:{n}"));
  EXPECT_EQ(c.policy.timeout->value, milliseconds(5000));
  EXPECT_EQ(c.policy.retry->value, 2U);
  EXPECT_EQ(c.recovery, tenon::descriptor::RecoveryDefinition::kResume);
  const ChainDefinition& d = chains["d"];
  EXPECT_EQ(d.extends->text, "c");
  EXPECT_EQ(d.recovery, tenon::descriptor::RecoveryDefinition::kRollback);
  EXPECT_EQ(d.policy.timeout->value, milliseconds(5000));
  EXPECT_EQ(d.policy.backoff->value, milliseconds(1000));
  EXPECT_EQ(d.steps.size(), chains["base"].steps.size());
  EXPECT_EQ(d.place, (Place{"f.xml", 5, 25}));
}

TEST(ChainExpansion, extends_what_extends_another_in_whatever_order_they_stand) {
  const Expanded chains(
      "<chain name='c' extends='b'><remove flow='B'/></chain>"
      "<chain name='b' extends='a'><insert-after flow='A'><flow class='B'/><flow class='C'/></insert-after></chain>"
      "<chain name='a'><flow class='A'/></chain>");
  EXPECT_THAT(chains.messages, IsEmpty());
  EXPECT_EQ(chains.steps("c"), "A C");
  EXPECT_EQ(chains.steps("b"), "A B C");
  EXPECT_EQ(chains.chains.at(0).name.text, "c") << "the order of the definitions is kept";
}

TEST(ChainExpansion, inlines_chains_within_chains_and_lets_conditions_reach_every_step) {
  const Expanded chains(
      "<chain name='c'><chain ref='d' when='k !l'/><flow class='A' when='m'/></chain>"
      "<chain name='d'><parallel><chain ref='e' when='n k'/><extension-point interface='P'/></parallel></chain>"
      "<chain name='e'><flow class='B' when='o'/></chain>");
  EXPECT_THAT(chains.messages, IsEmpty());
  EXPECT_EQ(chains.steps("c"), "d(<[e(B)][*P]>) A");
  const StepDefinition& parallel = chains["c"].steps[0].steps.at(0);
  EXPECT_THAT(conditions(parallel.steps[0].steps[0].steps.at(0)), ElementsAre("o", "n", "k", "!l"));
  EXPECT_THAT(conditions(parallel.steps[1].steps.at(0)), ElementsAre("k", "!l"));
  EXPECT_THAT(conditions(chains["c"].steps[1]), ElementsAre("m"));
  EXPECT_THAT(conditions(chains["e"].steps[0]), ElementsAre("o")) << "the chain itself is not changed";
}

TEST(ChainExpansion, puts_the_policy_of_a_reference_over_that_of_the_chain) {
  const Expanded chains(
      "<chain name='c'><chain ref='s' timeout='1s' retry-on='A.*'/><chain ref='s'/></chain>"
      "<chain name='s' timeout='9s' retry='3'><flow class='S'/></chain>");
  EXPECT_THAT(chains.messages, IsEmpty());
  const auto& over = chains["c"].steps[0].policy;
  EXPECT_EQ(over.timeout->value, milliseconds(1000));
  EXPECT_EQ(over.retry->value, 3U);
  EXPECT_THAT(over.retry_on->value, ElementsAre("A.*"));
  EXPECT_EQ(chains["c"].steps[1].policy.timeout->value, milliseconds(9000));
}

TEST(ChainExpansion, leaves_steps_the_place_of_their_own_element) {
  const Expanded chains("<chain name='c'>\n<chain ref='s'/></chain>\n<chain name='s'>\n<flow class='S'/></chain>");
  EXPECT_EQ(chains["c"].steps[0].place, (Place{"f.xml", 2, 1}));
  EXPECT_EQ(chains["c"].steps[0].steps.at(0).place, (Place{"f.xml", 4, 1}));
}

TEST(ChainExpansion, takes_the_locks_of_sub_chains_out_to_the_whole_chain) {
  const Expanded chains(
      "<chain name='c' lock='k:{k}'><input key='k'/><input key='l'/><chain ref='d'/></chain>"
      "<chain name='d' lock='l:{l}'><input key='l'/><input key='k'/><chain ref='e'/></chain>"
      "<chain name='e' lock='k:{k} one'><input key='k'/><flow class='E'/></chain>");
  EXPECT_THAT(chains.messages, IsEmpty());
  EXPECT_THAT(texts(*chains["c"].locks), ElementsAre("k:{k}", "l:{l}", "one"));
  EXPECT_THAT(texts(*chains["e"].locks), ElementsAre("k:{k}", "one"));
}

TEST(ChainExpansion, allows_a_chain_to_refer_to_one_that_extends_it_without_the_reference) {
  const Expanded chains(
      "<chain name='a'><flow class='A'/><chain ref='b'/></chain>"
      "<chain name='b' extends='a'><remove chain='b'/></chain>");
  EXPECT_THAT(chains.messages, IsEmpty());
  EXPECT_EQ(chains.steps("a"), "A b(A)");
}

struct Mistake {
  std::string xml;
  std::vector<std::string> messages;
};

TEST(ChainExpansion, refuses_what_does_not_fit_together) {
  const std::string base = "<chain name='base'><input key='key'/><flow class='my.Flow'/>\n<flow class='B'/></chain>\n";
  const auto extending = [&](const std::string& edits) {
    return base + "<chain name='c' extends='base'>\n" + edits + "</chain>";
  };
  for (const Mistake& mistake : std::vector<Mistake>{
           {base + "<chain name='c' extends='bas'/>",
            {"f.xml:3:17: error: chain 'bas' is unknown (did you mean 'base'?)"}},
           {base + "<chain name='c'>\n<chain ref='bsae'/></chain>",
            {"f.xml:4:8: error: chain 'bsae' is unknown (did you mean 'base'?)"}},
           {extending("<remove flow='my.Flwo'/>"),
            {"f.xml:4:9: error: what chain 'c' extends has no flow 'my.Flwo' (did you mean 'my.Flow'?)"}},
           {extending("<remove extension-point='P'/>"),
            {"f.xml:4:9: error: what chain 'c' extends has no extension point 'P'"}},
           {extending("<remove chain='base'/>"), {"f.xml:4:9: error: what chain 'c' extends has no sub-chain 'base'"}},
           {extending("<remove id='i'/>"), {"f.xml:4:9: error: what chain 'c' extends has no step of the id 'i'"}},
           {extending("<remove flow='B'/>\n<replace flow='B' with='C'/>"),
            {"f.xml:5:10: error: what chain 'c' extends has no flow 'B'"}},
           {extending("<insert-after flow='B'><flow class='B'/></insert-after>\n<remove flow='B'/>"),
            {"f.xml:5:9: error: what chain 'c' extends has flow 'B' twice, at f.xml:2:1 and f.xml:4:24: give them ids "
             "and name one by that"}},
           {extending("<insert-after flow='B'><parallel id='p'><flow class='C'/></parallel></insert-after>\n"
                      "<replace id='p' with='D'/>"),
            {"f.xml:5:17: error: a <parallel> can't be replaced 'with' a name: steps within <replace> take its place"}},
           {extending("<remove flow='B'/><remove flow='my.Flow'/>"), {"f.xml:3:1: error: chain 'c' has no steps left"}},
           {extending("<input key='key'/>"), {"f.xml:4:8: error: input 'key' is inherited already from f.xml:1:35"}},
           {"<chain name='a'><flow class='A' id='i'/></chain>\n<chain name='b' extends='a'>\n"
            "<insert-before flow='A'><flow class='B' id='i'/></insert-before></chain>",
            {"f.xml:3:41: error: id 'i' was given before at f.xml:1:41"}},
           {"<chain name='a' extends='b'/>\n<chain name='b' extends='c'/>\n<chain name='c' extends='a'/>",
            {"f.xml:1:25: error: chains extend one another: a -> b -> c -> a"}},
           {"<chain name='a' extends='a'/>", {"f.xml:1:25: error: chains extend one another: a -> a"}},
           {"<chain name='a'><flow class='A'/>\n<chain ref='b'/></chain>\n<chain name='b'>\n<parallel><chain ref='a'/>"
            "</parallel></chain>",
            {"f.xml:2:8: error: chains contain one another: a -> b -> a"}},
           {"<chain name='a'>\n<chain ref='a'/></chain><chain name='b'><chain ref='a'/></chain>",
            {"f.xml:2:8: error: chains contain one another: a -> a"}},
           {"<chain name='a'\nlock='l:{vn.uuid}'><input key='vm'/><flow class='A'/></chain><chain name='b' "
            "extends='a'/>",
            {"f.xml:2:1: error: lock 'l:{vn.uuid}' of chain 'a' needs the key 'vn', which is no input of it (did you "
             "mean 'vm'?)"}},
           {"<chain name='a'\nlock='l:{vm'><input key='vm'/><flow class='A'/></chain>",
            {"f.xml:2:1: error: lock 'l:{vm', character 3: a '{' without its '}'"}},
           {"<chain name='a'><input key='k'/>\n<chain ref='b'/></chain><chain name='c' extends='a'/>\n"
            "<chain name='b' lock='{k} {l}'><input key='k'/><input key='l'/><flow class='B'/></chain>",
            {"f.xml:2:8: error: the lock '{l}' of chain 'b' (at f.xml:3:17) needs the key 'l', which is no input of "
             "chain 'a'"}},
       }) {
    const Expanded chains(mistake.xml);
    EXPECT_THAT(chains.messages, testing::ElementsAreArray(mistake.messages)) << mistake.xml;
  }
}

TEST(ChainExpansion, leaves_out_a_chain_that_is_wrong_and_those_that_rest_on_it_alone) {
  const Expanded chains(
      "<chain name='wrong'><chain ref='nothing'/></chain><chain name='heir' extends='wrong'/>"
      "<chain name='user'><chain ref='heir'/></chain><chain name='good'><flow class='A'/></chain>");
  EXPECT_THAT(chains.messages, SizeIs(1));
  ASSERT_THAT(chains.chains, SizeIs(1));
  EXPECT_EQ(chains.chains[0].name.text, "good");
}

TEST(ChainExpansion, does_not_let_chains_grow_without_bound) {
  std::string xml = "<chain name='c0'><flow class='A'/><flow class='A'/></chain>";
  for (int i = 1; i < 30; ++i) {
    const std::string part = "<chain ref='c" + std::to_string(i - 1) + "'/>";
    xml += "\n<chain name='c" + std::to_string(i) + "'>" + part + part + "</chain>";
  }
  EXPECT_THAT(Expanded(xml).messages,
              ElementsAre("f.xml:16:44: error: chain 'c15' would have more than 100000 steps with this one"));
  xml = "<chain name='c0'><flow class='A'/></chain>";
  for (int i = 1; i < 70; ++i) {
    xml += "\n<chain name='c" + std::to_string(i) + "'><chain ref='c" + std::to_string(i - 1) + "'/></chain>";
  }
  EXPECT_THAT(Expanded(xml).messages, ElementsAre("f.xml:65:26: error: chains contain one another more than 64 deep"));
}

}  // namespace
