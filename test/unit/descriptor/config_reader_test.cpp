#include <gmock/gmock.h>

#include <string>

#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string config(const std::string& more) {
  return "<globalConfig><config><category>wall</category><name>look</name>" + more + "</config></globalConfig>";
}

TEST(ConfigReader, reads_a_global_config_as_the_white_paper_prints_it) {
  const Reading reading = read(R"(<?xml version="1.0" encoding="UTF-8"?>
<globalConfig xmlns="http://zstack.org/schema/zstack">
    <config>
        <category>host</category>
        <name>ping.interval</name>
        <description>The interval management server sends ping message to hosts, in seconds</description>
        <defaultValue>30</defaultValue>
        <type>java.lang.Integer</type>
    </config>
</globalConfig>)");
  EXPECT_THAT(reading.messages, IsEmpty());
  ASSERT_EQ(reading.descriptor.configs.size(), 1U);
  const ConfigDefinition& config = reading.descriptor.configs[0];
  EXPECT_EQ(config.category.text, "host");
  EXPECT_EQ(config.name.text, "ping.interval");
  EXPECT_EQ(config.description, "The interval management server sends ping message to hosts, in seconds");
  EXPECT_EQ(config.default_value.text, "30");
  EXPECT_EQ(config.default_value.place.to_string(), "f.xml:7:9");
  EXPECT_EQ(config.type.text, "java.lang.Integer");
  EXPECT_THAT(config.resources, IsEmpty());
}

TEST(ConfigReader, reads_validators_and_the_resources_that_may_differ) {
  const Reading reading = read(config(R"(<defaultValue/><type>string</type>
    <validator min="1" max="9" min-length="2" max-length="3" pattern="[a-z]+" one-of="ab cd"/>
    <resources>Wall Room, House</resources>)"));
  EXPECT_THAT(reading.messages, IsEmpty());
  const ConfigDefinition& config = reading.descriptor.configs.at(0);
  EXPECT_EQ(config.default_value.text, "");
  EXPECT_EQ(config.validator.min->text, "1");
  EXPECT_EQ(config.validator.max->text, "9");
  EXPECT_EQ(config.validator.min_length, 2U);
  EXPECT_EQ(config.validator.max_length, 3U);
  EXPECT_EQ(config.validator.pattern->text, "[a-z]+");
  EXPECT_THAT(texts(config.validator.one_of), ElementsAre("ab", "cd"));
  EXPECT_THAT(texts(config.resources), ElementsAre("Wall", "Room", "House"));
}

TEST(ConfigReader, refuses_what_is_missing_or_there_twice) {
  expect_each_refused({
      {config("<type>bool</type>"), "f.xml:1:15: error: <config> needs an element <defaultValue>"},
      {config("<defaultValue>1</defaultValue>"), "f.xml:1:15: error: <config> needs an element <type>"},
      {"<globalConfig><config><category>a</category><type>bool</type><defaultValue>true</defaultValue></config>"
       "</globalConfig>",
       "f.xml:1:15: error: <config> needs an element <name>"},
      {config("<defaultValue>1</defaultValue><defaultValue>2</defaultValue><type>integer</type>"),
       "f.xml:1:95: error: a second <defaultValue> in <config>: the first is at f.xml:1:65"},
      {config("<defaultValue>1</defaultValue><type>integer</type><validator min-length='3' max-length='2'/>"),
       "f.xml:1:126: error: attribute 'min-length' of <validator>: it is above 'max-length'"},
      {"<globalConfig><config><category>a.b</category><name>n</name><type>bool</type>"
       "<defaultValue>true</defaultValue></config></globalConfig>",
       "f.xml:1:23: error: <category> of <config>: expected letters, digits, '-' and '_', found 'a.b'"},
  });
}

TEST(ConfigReader, reads_the_properties_that_a_plugin_declares) {
  const Reading reading = read(R"(<beans><library name="desk" version="1.0.0" file="desk.so">
    <property name="desk.limit" type="duration" default="10s" min="1s" max="1h">How  long</property>
    <property name="desk.name" type="string" default=""/>
    <property name="desk.key" type="string"/>
  </library></beans>)");
  EXPECT_THAT(reading.messages, IsEmpty());
  const auto& properties = reading.descriptor.library->properties;
  ASSERT_EQ(properties.size(), 3U);
  EXPECT_EQ(properties[0].name.text, "desk.limit");
  EXPECT_EQ(properties[0].type.text, "duration");
  EXPECT_EQ(properties[0].default_value->text, "10s");
  EXPECT_EQ(properties[0].validator.max->text, "1h");
  EXPECT_EQ(properties[0].description, "How long");
  EXPECT_EQ(properties[1].default_value->text, "");
  EXPECT_FALSE(properties[2].default_value);
}

TEST(ConfigReader, refuses_a_property_that_is_declared_twice) {
  expect_each_refused(
      {{"<beans><library name='a' version='1' file='a.so'><property name='a.b' type='bool'/>"
        "<property name='a.b' type='bool'/></library></beans>",
        "f.xml:1:94: error: property 'a.b' was given before at f.xml:1:60"}});
}

}  // namespace
}  // namespace tenon::descriptor
