#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "descriptor/reader.h"
#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string in_chain(const std::string& content) {
  return "<chains>\n<chain name='vm.create'>" + content + "</chain></chains>";
}

TEST(ChainReader, reads_inputs_and_steps_in_order) {
  const Reading reading = read(R"(<chains xmlns="urn:tenon:chains">
  <description>How a vm comes to be</description>
  <chain name="vm.create">
    <input key="vm"/>
    <flow class="compute.AllocateHost"/>
    <extension-point interface="tenon.iaas.Pre"/>
    <input key="${second:image}"/>
    <flow class="compute.Create"/>
  </chain>
  <chain name="vm.stop"><flow class="compute.Stop"/></chain>
</chains>)");
  EXPECT_THAT(reading.messages, IsEmpty());
  ASSERT_THAT(reading.descriptor.chains, SizeIs(2));
  const ChainDefinition& chain = reading.descriptor.chains[0];
  EXPECT_EQ(chain.place, (Place{"f.xml", 3, 3}));
  EXPECT_EQ(chain.name.text, "vm.create");
  EXPECT_THAT(texts(chain.inputs), ElementsAre("vm", "image"));
  EXPECT_EQ(chain.inputs[1].place, (Place{"f.xml", 7, 12}));
  ASSERT_THAT(chain.steps, SizeIs(3));
  EXPECT_EQ(chain.steps[0].kind, StepDefinition::Kind::kFlow);
  EXPECT_EQ(chain.steps[0].name.text, "compute.AllocateHost");
  EXPECT_EQ(chain.steps[1].kind, StepDefinition::Kind::kExtensionPoint);
  EXPECT_EQ(chain.steps[1].place, (Place{"f.xml", 6, 5}));
  EXPECT_EQ(chain.steps[1].name.text, "tenon.iaas.Pre");
  EXPECT_EQ(chain.steps[1].name.place, (Place{"f.xml", 6, 22}));
  EXPECT_EQ(chain.steps[2].name.text, "compute.Create");
  EXPECT_THAT(reading.descriptor.beans, IsEmpty());
}

TEST(ChainReader, refuses_mistakes) {
  expect_each_refused({
      {in_chain(""), "f.xml:2:1: error: chain 'vm.create' has no steps"},
      {in_chain("<input key='vm'/>"), "f.xml:2:1: error: chain 'vm.create' has no steps"},
      {in_chain("<flwo class='a'/>"), "f.xml:2:25: error: unknown element 'flwo' in <chain> (did you mean 'flow'?)"},
      {in_chain("<flow clas='a'/>"), "f.xml:2:31: error: unknown attribute 'clas' of <flow> (did you mean 'class'?)"},
      {in_chain("<flow/>"), "f.xml:2:25: error: <flow> needs the attribute 'class'"},
      {in_chain("<extension-point/>"), "f.xml:2:25: error: <extension-point> needs the attribute 'interface'"},
      {in_chain("<input/><flow class='a'/>"), "f.xml:2:25: error: <input> needs the attribute 'key'"},
      {in_chain("<flow class='a'>words</flow>"), "f.xml:2:41: error: text in <flow>, where none belongs"},
      {in_chain("<input key='vm'/>\n<flow class='a'/>\n<input key='vm'/>"),
       "f.xml:4:8: error: input 'vm' was given before at f.xml:2:32"},
      {"<chains>\n<chain><flow class='a'/></chain></chains>", "f.xml:2:1: error: <chain> needs the attribute 'name'"},
      {"<chains>\n<bean class='c'/></chains>", "f.xml:2:1: error: unknown element 'bean' in <chains>"},
      {"<chains><chain name='a' lck='b'><flow class='a'/></chain></chains>",
       "f.xml:1:25: error: unknown attribute 'lck' of <chain> (did you mean 'lock'?)"},
  });
}

TEST(ChainReader, lets_chains_share_the_names_of_inputs) {
  EXPECT_THAT(read("<chains><chain name='a'><input key='k'/><flow class='f'/></chain>"
                   "<chain name='b'><input key='k'/><flow class='f'/></chain></chains>")
                  .messages,
              IsEmpty());
}

}  // namespace
}  // namespace tenon::descriptor
