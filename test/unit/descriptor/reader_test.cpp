#include "descriptor/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

BeanDefinition bean(const std::string& text) {
  const Reading reading = read("<beans>" + text + "</beans>");
  EXPECT_THAT(reading.messages, IsEmpty()) << text;
  EXPECT_THAT(reading.descriptor.beans, SizeIs(1)) << text;
  return reading.descriptor.beans.at(0);
}

ValueNode property_value(const std::string& attributes, const std::string& content = {}) {
  const BeanDefinition holder =
      bean("<bean class='c'><property name='p' " + attributes + ">" + content + "</property></bean>");
  EXPECT_THAT(holder.properties, SizeIs(1));
  return holder.properties.at(0).value;
}

TEST(DescriptorReader, reads_a_plugin) {
  const Reading reading = read(R"(<?xml version="1.0" encoding="UTF-8"?>
<beans xmlns="urn:tenon:beans" xmlns:tenon="urn:tenon:plugin">
  <tenon:library name="ovs" version="1.0.0" file="ovs.so">
    <tenon:requires plugin="network" version="1"/>
    <tenon:requires plugin="core"/>
  </tenon:library>

  <bean id="OvsL2NetworkFactory" class="ovs.L2NetworkFactory">
    <property name="database" value="${ovs.database:unix:/run/openvswitch/db.sock}"/>
    <tenon:plugin>
      <tenon:driver kind="L2Network" type="Openvswitch" resource="ovs.L2Network"/>
      <tenon:driver kind="L2Network" type="Other"/>
      <tenon:extension interface="tenon.iaas.Pre" order="-100" instance-ref="OvsGreTunnel"/>
    </tenon:plugin>
  </bean>
</beans>
)");
  EXPECT_THAT(reading.messages, IsEmpty());
  EXPECT_EQ(reading.descriptor.file, "f.xml");

  const LibraryDefinition& library = reading.descriptor.library.value();
  EXPECT_EQ(library.place, (Place{"f.xml", 3, 3}));
  EXPECT_EQ(library.name.text, "ovs");
  EXPECT_EQ(library.version.text, "1.0.0");
  EXPECT_EQ(library.file.text, "ovs.so");
  EXPECT_EQ(library.file.place, (Place{"f.xml", 3, 45}));
  ASSERT_THAT(library.requirements, SizeIs(2));
  EXPECT_EQ(library.requirements[0].plugin.text, "network");
  EXPECT_EQ(library.requirements[0].version->text, "1");
  EXPECT_EQ(library.requirements[1].place, (Place{"f.xml", 5, 5}));
  EXPECT_FALSE(library.requirements[1].version);

  ASSERT_THAT(reading.descriptor.beans, SizeIs(1));
  const BeanDefinition& factory = reading.descriptor.beans[0];
  EXPECT_EQ(factory.place, (Place{"f.xml", 8, 3}));
  EXPECT_EQ(factory.id.text, "OvsL2NetworkFactory");
  EXPECT_EQ(factory.class_name.text, "ovs.L2NetworkFactory");
  EXPECT_EQ(factory.class_name.place, (Place{"f.xml", 8, 34}));
  ASSERT_THAT(factory.properties, SizeIs(1));
  EXPECT_EQ(factory.properties[0].name.text, "database");
  EXPECT_EQ(factory.properties[0].value.kind, ValueNode::Kind::kText);
  EXPECT_EQ(factory.properties[0].value.text, "unix:/run/openvswitch/db.sock");
  EXPECT_EQ(factory.properties[0].value.place, (Place{"f.xml", 9, 31}));
  ASSERT_THAT(factory.drivers, SizeIs(2));
  EXPECT_EQ(factory.drivers[0].kind.text, "L2Network");
  EXPECT_EQ(factory.drivers[0].type.text, "Openvswitch");
  EXPECT_EQ(factory.drivers[0].resource->text, "ovs.L2Network");
  EXPECT_EQ(factory.drivers[1].place, (Place{"f.xml", 12, 7}));
  EXPECT_FALSE(factory.drivers[1].resource);
  ASSERT_THAT(factory.extensions, SizeIs(1));
  EXPECT_EQ(factory.extensions[0].place, (Place{"f.xml", 13, 7}));
  EXPECT_EQ(factory.extensions[0].interface.text, "tenon.iaas.Pre");
  EXPECT_EQ(factory.extensions[0].order, -100);
  EXPECT_EQ(factory.extensions[0].instance_ref->text, "OvsGreTunnel");
}

TEST(DescriptorReader, names_a_bean_as_spring_does) {
  EXPECT_EQ(bean("<bean class='c'/>").id.text, "c");
  const BeanDefinition named = bean("<bean class='c' name='a, b;c d'/>");
  EXPECT_EQ(named.id.text, "a");
  EXPECT_THAT(texts(named.aliases), ElementsAre("b", "c", "d"));
  const BeanDefinition both = bean("<bean class='c' id='a' name='b a'/>");
  EXPECT_EQ(both.id.text, "a");
  EXPECT_EQ(both.id.place, (Place{"f.xml", 1, 24}));
  EXPECT_THAT(texts(both.aliases), ElementsAre("b"));
  EXPECT_EQ(both.aliases[0].place, (Place{"f.xml", 1, 31}));
}

TEST(DescriptorReader, splits_what_a_bean_depends_on) {
  EXPECT_THAT(texts(bean("<bean class='c' depends-on='a,b; c\td'/>").depends_on), ElementsAre("a", "b", "c", "d"));
}

TEST(DescriptorReader, applies_default_methods_to_beans_that_name_none) {
  const Reading reading = read(
      "<beans default-init-method='init' default-destroy-method='destroy'><bean class='a'/>"
      "<bean class='b' init-method='start' destroy-method='stop'/><bean class='c' init-method='' destroy-method=''/>"
      "</beans>");
  EXPECT_THAT(reading.messages, IsEmpty());
  const auto& beans = reading.descriptor.beans;
  EXPECT_EQ(beans[0].init_method->name.text, "init");
  EXPECT_FALSE(beans[0].init_method->required) << "a class without such a method is no error";
  EXPECT_EQ(beans[0].destroy_method->name.text, "destroy");
  EXPECT_FALSE(beans[0].destroy_method->required);
  EXPECT_EQ(beans[1].init_method->name.text, "start");
  EXPECT_TRUE(beans[1].init_method->required);
  EXPECT_EQ(beans[1].destroy_method->name.text, "stop");
  EXPECT_TRUE(beans[1].destroy_method->required);
  EXPECT_FALSE(beans[2].init_method) << "an empty name means: not even the default";
  EXPECT_FALSE(beans[2].destroy_method);
  EXPECT_FALSE(bean("<bean class='c'/>").init_method);
}

TEST(DescriptorReader, reads_every_kind_of_value) {
  EXPECT_EQ(property_value("value=' a '").text, " a ") << "an attribute is taken as written";
  EXPECT_EQ(property_value("value=''").kind, ValueNode::Kind::kText);
  EXPECT_EQ(property_value("ref='other'").kind, ValueNode::Kind::kReference);
  EXPECT_EQ(property_value("ref='other'").text, "other");
  EXPECT_EQ(property_value("", "<value>\n a \n</value>").text, "a") << "blanks around a text are formatting";
  EXPECT_EQ(property_value("", "<value/>").text, "");
  EXPECT_EQ(property_value("", "<ref bean='other'/>").kind, ValueNode::Kind::kReference);
  EXPECT_EQ(property_value("", "<ref bean='other'/>").text, "other");
  EXPECT_EQ(property_value("", "<list/>").kind, ValueNode::Kind::kList);
  EXPECT_EQ(property_value("", "<map/>").kind, ValueNode::Kind::kMap);
}

TEST(DescriptorReader, reads_lists_in_order) {
  const ValueNode list = property_value(
      "",
      "<list><value>a</value><ref bean='b'/><list><value>c</value></list><map><entry key='d' value='e'/></map></list>");
  ASSERT_THAT(list.items, SizeIs(4));
  EXPECT_EQ(list.items[0].text, "a");
  EXPECT_EQ(list.items[0].place, (Place{"f.xml", 1, 50}));
  EXPECT_EQ(list.items[1].kind, ValueNode::Kind::kReference);
  EXPECT_EQ(list.items[2].items.at(0).text, "c");
  EXPECT_EQ(list.items[3].entries.at(0).value.text, "e");
}

TEST(DescriptorReader, reads_maps_and_props_in_order) {
  const ValueNode map = property_value("",
                                       "<map><entry key='z' value='1'/><entry key='a' value-ref='b'/>"
                                       "<entry key='m'><list><value>x</value></list></entry></map>");
  ASSERT_THAT(map.entries, SizeIs(3));
  EXPECT_EQ(map.entries[0].key.text, "z");
  EXPECT_EQ(map.entries[0].value.text, "1");
  EXPECT_EQ(map.entries[1].value.kind, ValueNode::Kind::kReference);
  EXPECT_EQ(map.entries[1].value.text, "b");
  EXPECT_EQ(map.entries[2].value.items.at(0).text, "x");

  const ValueNode props = property_value("", "<props><prop key='z'> 1 </prop><prop key='a'/></props>");
  EXPECT_EQ(props.kind, ValueNode::Kind::kMap);
  ASSERT_THAT(props.entries, SizeIs(2));
  EXPECT_EQ(props.entries[0].key.text, "z");
  EXPECT_EQ(props.entries[0].value.text, "1");
  EXPECT_EQ(props.entries[1].value.text, "");
}

TEST(DescriptorReader, reads_lists_and_maps_with_ids) {
  const Reading reading = read(
      "<beans xmlns:util='u'><util:list id='l'><value>a</value></util:list>\n"
      "<util:map id='m'><entry key='k' value='v'/></util:map></beans>");
  EXPECT_THAT(reading.messages, IsEmpty());
  ASSERT_THAT(reading.descriptor.values, SizeIs(2));
  EXPECT_EQ(reading.descriptor.values[0].id.text, "l");
  EXPECT_EQ(reading.descriptor.values[0].value.kind, ValueNode::Kind::kList);
  EXPECT_EQ(reading.descriptor.values[0].value.items.at(0).text, "a");
  EXPECT_EQ(reading.descriptor.values[1].id.place, (Place{"f.xml", 2, 11}));
  EXPECT_EQ(reading.descriptor.values[1].value.entries.at(0).key.text, "k");
}

TEST(DescriptorReader, hands_out_imports) {
  const Reading reading = read("<beans><import resource='a.xml'/>\n<import resource='${d:b}/c.xml'/></beans>");
  EXPECT_THAT(reading.messages, IsEmpty());
  EXPECT_THAT(texts(reading.imports), ElementsAre("a.xml", "b/c.xml"));
  EXPECT_EQ(reading.imports[1].place, (Place{"f.xml", 2, 9}));
}

TEST(DescriptorReader, replaces_properties_in_all_attributes_and_texts) {
  Properties properties;
  properties.set("x", "7", "test");
  const Reading reading = read(
      "<beans default-init-method='i${x}'><library name='n${x}' version='${x}' file='${x}.so'>"
      "<requires plugin='p${x}' version='${x}'/></library>"
      "<bean id='b${x}' class='c${x}'><property name='p${x}'><list><value>v${x}</value></list></property>"
      "<property name='q'><props><prop key='k${x}'>w${x}</prop></props></property>"
      "<plugin><extension interface='e${x}' order='${x}'/><driver kind='k' type='t${x}'/></plugin></bean></beans>",
      properties);
  EXPECT_THAT(reading.messages, IsEmpty());
  const LibraryDefinition& library = reading.descriptor.library.value();
  const BeanDefinition& bean = reading.descriptor.beans.at(0);
  EXPECT_THAT(texts({library.name, library.version, library.file, library.requirements.at(0).plugin,
                     library.requirements.at(0).version.value()}),
              ElementsAre("n7", "7", "7.so", "p7", "7"));
  EXPECT_THAT(texts({bean.init_method->name, bean.id, bean.class_name, bean.properties.at(0).name,
                     bean.extensions.at(0).interface, bean.drivers.at(0).type}),
              ElementsAre("i7", "b7", "c7", "p7", "e7", "t7"));
  EXPECT_EQ(bean.extensions[0].order, 7);
  EXPECT_EQ(bean.properties[0].value.items.at(0).text, "v7");
  EXPECT_EQ(bean.properties.at(1).value.entries.at(0).key.text, "k7");
  EXPECT_EQ(bean.properties[1].value.entries[0].value.text, "w7");
}

TEST(DescriptorReader, reports_a_property_that_is_not_set_once_and_at_its_attribute) {
  expect_each_refused({
      {"<beans><bean class='c'><plugin>\n<extension interface='i' order='${none}'/></plugin></bean></beans>",
       "f.xml:2:26: error: property 'none' is not set and has no default"},
      {"<beans>\n<bean class='${none}'/></beans>", "f.xml:2:7: error: property 'none' is not set and has no default"},
      {"<beans><bean class='c'><property name='p'>\n<value>${none}</value></property></bean></beans>",
       "f.xml:2:1: error: property 'none' is not set and has no default"},
      {"<beans>\n<import resource='${none}'/></beans>",
       "f.xml:2:9: error: property 'none' is not set and has no default"},
  });
}

}  // namespace
}  // namespace tenon::descriptor
