#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "descriptor/reader.h"
#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::string in_bean(const std::string& content) { return "<beans>\n<bean class='c'>" + content + "</bean></beans>"; }

std::string in_property(const std::string& content) {
  return "<beans><bean class='c'>\n<property name='p'>" + content + "</property></bean></beans>";
}

TEST(DescriptorMistakes, name_the_nearest_element_or_attribute_for_an_unknown_one) {
  expect_each_refused({
      {"<bens/>",
       "f.xml:1:1: error: unknown root element 'bens': a descriptor is <beans>, <chains>, <service>, <error>, "
       "<globalConfig> or <tags> (did "
       "you mean "
       "'beans'?)"},
      {"<project/>",
       "f.xml:1:1: error: unknown root element 'project': a descriptor is <beans>, <chains>, <service>, <error>, "
       "<globalConfig> or <tags>"},
      {"<beans>\n<ben id='x'/></beans>", "f.xml:2:1: error: unknown element 'ben' in <beans> (did you mean 'bean'?)"},
      {"<beans>\n<t:librry/></beans>",
       "f.xml:2:1: error: unknown element 't:librry' in <beans> (did you mean 'library'?)"},
      {"<beans>\n<zebra/></beans>", "f.xml:2:1: error: unknown element 'zebra' in <beans>"},
      {"<beans>\n<bean clas='x'/></beans>",
       "f.xml:2:7: error: unknown attribute 'clas' of <bean> (did you mean 'class'?)"},
      {"<beans default-init='x'/>", "f.xml:1:8: error: unknown attribute 'default-init' of <beans>"},
      {in_bean("<proprety name='p' value='v'/>"),
       "f.xml:2:17: error: unknown element 'proprety' in <bean> (did you mean 'property'?)"},
      {in_bean("<property name='p' valeu='v'/>"),
       "f.xml:2:36: error: unknown attribute 'valeu' of <property> (did you mean 'value'?)"},
      {in_bean("<property name='p'><lst/></property>"),
       "f.xml:2:36: error: unknown element 'lst' in <property> (did you mean 'list'?)"},
      {in_bean("<property name='p'><list><val/></list></property>"),
       "f.xml:2:42: error: unknown element 'val' in <list>"},
      {in_bean("<property name='p'><value><b/></value></property>"),
       "f.xml:2:43: error: unknown element 'b' in <value>"},
      {in_bean("<property name='p'><ref bean='b' x=''/></property>"),
       "f.xml:2:50: error: unknown attribute 'x' of <ref>"},
      {in_bean("<property name='p'><map><entry ky='k' value='v'/></map></property>"),
       "f.xml:2:48: error: unknown attribute 'ky' of <entry> (did you mean 'key'?)"},
      {in_bean("<plugin><extnsion/></plugin>"),
       "f.xml:2:25: error: unknown element 'extnsion' in <plugin> (did you mean 'extension'?)"},
      {in_bean("<plugin><extension interface='i' t:order='1'/></plugin>"),
       "f.xml:2:50: error: unknown attribute 't:order' of <extension> (did you mean 'order'?)"},
      {in_bean("<plugin id='x'/>"), "f.xml:2:25: error: unknown attribute 'id' of <plugin>"},
  });
}

TEST(DescriptorMistakes, name_the_attribute_that_is_missing) {
  expect_each_refused({
      {"<beans>\n<bean id='x'/></beans>", "f.xml:2:1: error: <bean> needs the attribute 'class'"},
      {"<beans>\n<import/></beans>", "f.xml:2:1: error: <import> needs the attribute 'resource'"},
      {"<beans>\n<library version='1' file='f'/></beans>", "f.xml:2:1: error: <library> needs the attribute 'name'"},
      {"<beans>\n<library name='n' file='f'/></beans>", "f.xml:2:1: error: <library> needs the attribute 'version'"},
      {"<beans>\n<library name='n' version='1'/></beans>", "f.xml:2:1: error: <library> needs the attribute 'file'"},
      {"<beans>\n<library name='n' version='1' file='f'><requires version='1'/></library></beans>",
       "f.xml:2:40: error: <requires> needs the attribute 'plugin'"},
      {"<beans>\n<util:list/></beans>", "f.xml:2:1: error: <list> needs the attribute 'id'"},
      {"<beans>\n<util:map/></beans>", "f.xml:2:1: error: <map> needs the attribute 'id'"},
      {in_bean("<property value='v'/>"), "f.xml:2:17: error: <property> needs the attribute 'name'"},
      {in_bean("<plugin><extension order='1'/></plugin>"),
       "f.xml:2:25: error: <extension> needs the attribute 'interface'"},
      {in_bean("<plugin><driver type='t'/></plugin>"), "f.xml:2:25: error: <driver> needs the attribute 'kind'"},
      {in_bean("<plugin><driver kind='k'/></plugin>"), "f.xml:2:25: error: <driver> needs the attribute 'type'"},
      {in_property("<ref/>"), "f.xml:2:20: error: <ref> needs the attribute 'bean'"},
      {in_property("<map><entry value='v'/></map>"), "f.xml:2:25: error: <entry> needs the attribute 'key'"},
      {in_property("<props><prop>v</prop></props>"), "f.xml:2:27: error: <prop> needs the attribute 'key'"},
  });
}

TEST(DescriptorMistakes, include_attributes_that_say_nothing_or_stand_twice) {
  expect_each_refused({
      {"<beans>\n<bean class=' '/></beans>", "f.xml:2:7: error: attribute 'class' of <bean> is empty"},
      {"<beans>\n<bean class='${n:}'/></beans>", "f.xml:2:7: error: attribute 'class' of <bean> is empty"},
      {"<beans>\n<bean class='c' id=''/></beans>", "f.xml:2:17: error: attribute 'id' of <bean> is empty"},
      {"<beans>\n<bean class='c' name=', ;'/></beans>", "f.xml:2:17: error: attribute 'name' holds no name"},
      {in_bean("<property name='p' ref=''/>"), "f.xml:2:36: error: attribute 'ref' of <property> is empty"},
      {"<beans>\n<bean class='c' id='a' id='b'/></beans>",
       "f.xml:2:24: error: attribute 'id' of <bean> is given twice"},
      {"<beans xmlns='a'\nxmlns='b'/>", "f.xml:2:1: error: attribute 'xmlns' of <beans> is given twice"},
  });
}

TEST(DescriptorMistakes, include_text_where_none_belongs) {
  expect_each_refused({
      {"<beans>\n  words\n</beans>", "f.xml:2:3: error: text in <beans>, where none belongs"},
      {in_bean("words"), "f.xml:2:17: error: text in <bean>, where none belongs"},
      {in_property("words"), "f.xml:2:20: error: text in <property>, where none belongs"},
      {in_property("<list>words</list>"), "f.xml:2:26: error: text in <list>, where none belongs"},
      {in_property("<ref bean='b'><![CDATA[words]]></ref>"), "f.xml:2:43: error: text in <ref>, where none belongs"},
      {in_bean("<plugin><extension interface='i'>words</extension></plugin>"),
       "f.xml:2:50: error: text in <extension>, where none belongs"},
      {"<beans><import resource='r'>words</import></beans>", "f.xml:1:29: error: text in <import>, where none belongs"},
  });
}

TEST(DescriptorMistakes, include_a_property_without_one_value) {
  expect_each_refused({
      {in_property(""),
       "f.xml:2:1: error: property 'p' needs a value: the attribute 'value' or 'ref', or an element within"},
      {in_property("<value>a</value>\n<value>b</value>"),
       "f.xml:3:1: error: property 'p' has a value already at f.xml:2:20"},
      {in_bean("<property name='p' value='v' ref='r'/>"),
       "f.xml:2:46: error: property 'p' has a value already at f.xml:2:36"},
      {in_bean("<property name='p' value='v'><list/></property>"),
       "f.xml:2:46: error: property 'p' has a value already at f.xml:2:36"},
      {in_property("<map><entry key='k'/></map>"),
       "f.xml:2:25: error: entry 'k' needs a value: the attribute 'value' or 'value-ref', or an element within"},
      {in_property("<map><entry key='k' value='1' value-ref='2'/></map>"),
       "f.xml:2:50: error: entry 'k' has a value already at f.xml:2:40"},
  });
}

TEST(DescriptorMistakes, include_what_is_given_twice) {
  expect_each_refused({
      {in_bean("<property name='p' value='1'/>\n<property name='p' value='2'/>"),
       "f.xml:3:11: error: property 'p' was given before at f.xml:2:27"},
      {in_property("<map><entry key='k' value='1'/>\n<entry key='k' value='2'/></map>"),
       "f.xml:3:8: error: key 'k' was given before at f.xml:2:32"},
      {in_property("<props><prop key='k'/>\n<prop key='k'/></props>"),
       "f.xml:3:7: error: key 'k' was given before at f.xml:2:33"},
      {"<beans>\n<library name='n' version='1' file='f'/>\n<library name='m' version='1' file='f'/></beans>",
       "f.xml:3:1: error: a second <library>: a descriptor has one, here at f.xml:2:1"},
  });
}

TEST(DescriptorMistakes, include_an_order_that_is_no_whole_number) {
  const auto ordered = [](const std::string& order) {
    return in_bean("<plugin><extension interface='i' order='" + order + "'/></plugin>");
  };
  expect_each_refused({
      {ordered("first"), "f.xml:2:50: error: order 'first' is not a whole number"},
      {ordered("1.5"), "f.xml:2:50: error: order '1.5' is not a whole number"},
      {ordered("1 2"), "f.xml:2:50: error: order '1 2' is not a whole number"},
      {ordered("2147483648"), "f.xml:2:50: error: order '2147483648' is not between -2147483648 and 2147483647"},
  });
}

TEST(DescriptorMistakes, are_all_reported_in_one_go) {
  EXPECT_THAT(read("<beans>\n<bean/>\n<ben/>\n<import/>\n</beans>").messages,
              ElementsAre("f.xml:2:1: error: <bean> needs the attribute 'class'",
                          "f.xml:3:1: error: unknown element 'ben' in <beans> (did you mean 'bean'?)",
                          "f.xml:4:1: error: <import> needs the attribute 'resource'"));
}

TEST(DescriptorMistakes, leave_the_definition_so_that_references_to_it_hold) {
  const Reading reading = read("<beans><bean id='a'/><bean id='b' class='${none}'/></beans>");
  ASSERT_EQ(reading.descriptor.beans.size(), 2U);
  EXPECT_EQ(reading.descriptor.beans[0].id.text, "a");
  EXPECT_EQ(reading.descriptor.beans[0].class_name.text, "") << "empty: this was reported";
  EXPECT_EQ(reading.descriptor.beans[0].class_name.place, (Place{"f.xml", 1, 8}));
  EXPECT_EQ(reading.descriptor.beans[1].class_name.text, "");
}

TEST(DescriptorMistakes, do_not_include_what_the_wiring_checks) {
  EXPECT_THAT(read("<beans><bean id='a' class='c'/><bean id='a' class='c' name='a b b'><property name='p' ref='none'/>"
                   "</bean><util:list id='a'/></beans>")
                  .messages,
              IsEmpty());
}

}  // namespace
}  // namespace tenon::descriptor
