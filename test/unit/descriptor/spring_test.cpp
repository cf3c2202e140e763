#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "descriptor/reader.h"
#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::string in_beans(const std::string& content) { return "<beans>\n" + content + "</beans>"; }

TEST(SpringDescriptor, of_the_white_paper_reads_as_it_is) {
  const Reading reading = read(R"(<?xml version="1.0" encoding="UTF-8"?>
<beans xmlns="http://www.springframework.org/schema/beans"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:aop="http://www.springframework.org/schema/aop" xmlns:tx="http://www.springframework.org/schema/tx"
    xmlns:zstack="http://zstack.org/schema/zstack"
    xsi:schemaLocation="http://www.springframework.org/schema/beans
    http://www.springframework.org/schema/beans/spring-beans-3.0.xsd
    http://zstack.org/schema/zstack
    http://zstack.org/schema/zstack/plugin.xsd"
    default-init-method="init" default-destroy-method="destroy">

    <bean id="VmInstanceManager" class="org.zstack.compute.vm.VmInstanceManagerImpl">
        <!-- the flows that make a vm -->
        <property name="createVmWorkFlowElements">
            <list>
                <value>org.zstack.compute.vm.VmAllocateHostFlow</value>
                <value>org.zstack.compute.vm.VmCreateOnHypervisorFlow</value>
            </list>
        </property>
        <zstack:plugin>
            <zstack:extension interface="org.zstack.header.Component" />
            <zstack:extension interface="org.zstack.header.Service" order="1"/>
        </zstack:plugin>
    </bean>

    <bean id="EipApiInterceptor" class="org.zstack.network.service.eip.EipApiInterceptor">
        <zstack:plugin>
            <zstack:extension interface="org.zstack.header.apimediator.ApiMessageInterceptor" />
        </zstack:plugin>
    </bean>
</beans>
)");
  EXPECT_THAT(reading.messages, IsEmpty());
  EXPECT_FALSE(reading.descriptor.library);
  ASSERT_THAT(reading.descriptor.beans, SizeIs(2));
  const BeanDefinition& manager = reading.descriptor.beans[0];
  EXPECT_EQ(manager.init_method->name.text, "init");
  const ValueNode& flows = manager.properties.at(0).value;
  ASSERT_THAT(flows.items, SizeIs(2));
  EXPECT_EQ(flows.items[1].text, "org.zstack.compute.vm.VmCreateOnHypervisorFlow");
  ASSERT_THAT(manager.extensions, SizeIs(2));
  EXPECT_EQ(manager.extensions[0].order, 0);
  EXPECT_EQ(manager.extensions[1].order, 1);
  EXPECT_EQ(reading.descriptor.beans[1].id.text, "EipApiInterceptor");
}

TEST(SpringDescriptor, is_warned_of_attributes_that_have_no_effect) {
  const auto warning = [](const std::string& name) {
    return "f.xml:2:17: warning: Spring's '" + name + "' is not supported and has no effect here";
  };
  for (const char* name : {"parent", "abstract", "factory-bean", "factory-method", "scope", "lazy-init", "autowire",
                           "autowire-candidate", "primary", "dependency-check", "p:size", "p:other-ref", "c:_0"}) {
    const Reading reading = read(in_beans("<bean class='c' " + std::string(name) + "='x'/>"));
    EXPECT_THAT(reading.messages, ElementsAre(warning(name)));
    EXPECT_THAT(reading.descriptor.beans, SizeIs(1)) << name;
  }
  for (const char* name :
       {"default-lazy-init", "default-merge", "default-autowire", "default-autowire-candidates", "profile"}) {
    EXPECT_THAT(read("<beans " + std::string(name) + "='x'/>").messages,
                ElementsAre("f.xml:1:8: warning: Spring's '" + std::string(name) +
                            "' is not supported and has no effect here"));
  }
}

TEST(SpringDescriptor, is_not_warned_of_attributes_that_say_what_holds_anyway) {
  EXPECT_THAT(read("<beans default-lazy-init='false' default-autowire='no'><bean class='c' scope='singleton' "
                   "abstract='false' lazy-init='false' primary='false' autowire='no'/></beans>")
                  .messages,
              IsEmpty());
}

TEST(SpringDescriptor, is_warned_of_elements_and_does_without_them) {
  for (const char* name :
       {"alias", "beans", "util:set", "util:properties", "util:constant", "aop:config", "tx:annotation-driven",
        "context:component-scan", "task:executor", "jee:jndi-lookup", "cache:advice"}) {
    EXPECT_THAT(read(in_beans("<" + std::string(name) + " x='y'><z>words</z></" + name + ">")).messages,
                ElementsAre("f.xml:2:1: warning: Spring's '" + std::string(name) +
                            "' is not supported and has no effect here"));
  }
  for (const char* name : {"constructor-arg", "lookup-method", "replaced-method", "qualifier", "meta"}) {
    const Reading reading = read(in_beans("<bean class='c'><" + std::string(name) + " value='y'/></bean>"));
    EXPECT_THAT(reading.messages, ElementsAre("f.xml:2:17: warning: Spring's '" + std::string(name) +
                                              "' is not supported and has no effect here"));
    EXPECT_THAT(reading.descriptor.beans, SizeIs(1));
  }
}

TEST(SpringDescriptor, is_warned_once_of_values_that_are_left_out) {
  for (const char* name : {"set", "null", "array", "idref", "bean"}) {
    const std::string value = "<" + std::string(name) + "/>";
    const Reading property = read(in_beans("<bean class='c'><property name='p'>" + value + "</property></bean>"));
    EXPECT_THAT(property.messages, ElementsAre("f.xml:2:36: warning: Spring's '" + std::string(name) +
                                               "' is not supported and has no effect here"));
    EXPECT_THAT(property.descriptor.beans.at(0).properties, IsEmpty());

    const Reading list = read(in_beans("<util:list id='l'><value>a</value>" + value + "</util:list>"));
    EXPECT_THAT(list.messages, SizeIs(1));
    EXPECT_THAT(list.descriptor.values.at(0).value.items, SizeIs(1));
  }
  EXPECT_THAT(read(in_beans("<util:list id='l' value-type='int'><value type='int'>1</value></util:list>")).messages,
              ElementsAre("f.xml:2:19: warning: Spring's 'value-type' is not supported and has no effect here",
                          "f.xml:2:43: warning: Spring's 'type' is not supported and has no effect here"));
}

TEST(SpringDescriptor, is_read_without_the_elements_that_only_spring_can_make) {
  const std::vector<Mistake> cases{
      {"<bean id='a' parent='b'/>", "f.xml:2:14: warning: Spring's 'parent' is not supported: this <bean> is skipped"},
      {"<bean id='a' abstract='true'/>",
       "f.xml:2:14: warning: Spring's 'abstract' is not supported: this <bean> is skipped"},
      {"<bean id='a' factory-bean='b'><constructor-arg/></bean>",
       "f.xml:2:14: warning: Spring's 'factory-bean' is not supported: this <bean> is skipped"},
      {"<util:map id='m'><entry key-ref='k' value='v'/></util:map>",
       "f.xml:2:25: warning: Spring's 'key-ref' is not supported: this <entry> is skipped"},
      {"<util:map id='m'><entry value='v'><key><value>k</value></key></entry></util:map>",
       "f.xml:2:35: warning: Spring's 'key' is not supported: this <entry> is skipped"},
      {"<util:list id='l'><ref local='b'/></util:list>",
       "f.xml:2:24: warning: Spring's 'local' is not supported: this <ref> is skipped"},
  };
  for (const Mistake& mistake : cases) {
    const Reading reading = read(in_beans(mistake.text));
    EXPECT_THAT(reading.messages, ElementsAre(mistake.message)) << mistake.text;
    EXPECT_THAT(reading.descriptor.beans, IsEmpty());
    for (const NamedValueDefinition& named : reading.descriptor.values) {
      EXPECT_THAT(named.value.items, IsEmpty());
      EXPECT_THAT(named.value.entries, IsEmpty());
    }
  }
}

TEST(SpringDescriptor, needs_a_class_even_if_it_says_that_nothing_is_special) {
  EXPECT_THAT(read(in_beans("<bean id='a' abstract='false'/>")).messages,
              ElementsAre("f.xml:2:1: error: <bean> needs the attribute 'class'"));
}

}  // namespace
}  // namespace tenon::descriptor
