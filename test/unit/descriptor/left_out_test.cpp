#include "descriptor/left_out.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "descriptor/reader.h"
#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class LeftOut : public InFolder {
 protected:
  /// Reads the files with plugin `bad` in quarantine.
  void read(const std::vector<std::string>& texts) {
    std::vector<std::filesystem::path> files;
    for (const std::string& text : texts) {
      files.emplace_back("f" + std::to_string(files.size()) + ".xml");
      write(files.back(), text);
    }
    Diagnostics diagnostics;
    descriptors = read_descriptors(files, Properties(), diagnostics);
    const std::string why = "is in quarantine: the node has crashed in it";
    leave_out({{"bad", why}, {"unknown", why}}, descriptors, diagnostics);
    EXPECT_FALSE(diagnostics.has_errors());
    said.clear();
    for (const Diagnostic& one : diagnostics.sorted()) {
      EXPECT_TRUE(one.message.starts_with(kLeftOut)) << one.message;
      said.push_back(one.place.to_string() + " " + one.message.substr(kLeftOut.size()));
    }
  }
  std::vector<std::string> beans() const {
    std::vector<std::string> names;
    for (const Descriptor& descriptor : descriptors) {
      for (const BeanDefinition& bean : descriptor.beans) names.push_back(bean.id.text);
      for (const NamedValueDefinition& value : descriptor.values) names.push_back(value.id.text);
    }
    return names;
  }
  std::vector<std::string> chains() const {
    std::vector<std::string> names;
    for (const Descriptor& descriptor : descriptors) {
      for (const ChainDefinition& chain : descriptor.chains) names.push_back(chain.name.text);
    }
    return names;
  }
  std::vector<std::string> messages() const {
    std::vector<std::string> names;
    for (const Descriptor& descriptor : descriptors) {
      for (const ServiceDefinition& service : descriptor.services) {
        names.push_back(service.id.text);
        for (const MessageDefinition& message : service.messages) names.push_back(message.name.text);
      }
    }
    return names;
  }

  std::vector<Descriptor> descriptors;
  std::vector<std::string> said;
};

const std::string kBad = "<beans><library name='bad' version='1' file='bad.so'/>";

TEST_F(LeftOut, are_plugins_with_those_that_require_them_and_their_beans) {
  read({kBad + "<bean id='b' class='bad.B'/><list id='l'><value>x</value></list></beans>",
        "<beans>\n<library name='second' version='1' file='s.so'><requires plugin='bad'/></library>"
        "<bean id='s' class='second.S'/></beans>",
        "<beans>\n<library name='third' version='1' file='t.so'><requires plugin='second'/></library></beans>",
        "<beans><library name='good' version='1' file='g.so'/><bean id='g' class='good.G'/></beans>"});
  EXPECT_THAT(said, ElementsAre("f0.xml:1:8 plugin 'bad' is in quarantine: the node has crashed in it",
                                "f1.xml:2:1 plugin 'second' requires plugin 'bad'",
                                "f2.xml:2:1 plugin 'third' requires plugin 'second'"));
  EXPECT_FALSE(descriptors[0].library || descriptors[1].library || descriptors[2].library);
  EXPECT_TRUE(descriptors[3].library);
  EXPECT_THAT(beans(), ElementsAre("g"));
}

TEST_F(LeftOut, are_beans_elsewhere_that_can_not_be_without_them) {
  read({kBad + "<bean id='b' name='alias' class='bad.B'/></beans>",
        "<beans><bean id='own' class='bad.B'/>\n<bean id='refers' class='good.G'><property name='p' "
        "ref='alias'/></bean>\n"
        "<bean id='depends' class='good.G' depends-on='refers'/>\n"
        "<bean id='driver' class='good.G'><plugin><driver kind='k' type='t' resource='bad.R'/></plugin></bean>\n"
        "<bean id='lists' class='good.G'><property "
        "name='p'><list><value>good.F</value><value>bad.F</value></list></property></bean>\n"
        "<list id='values'><ref bean='own'/></list>\n"
        "<bean id='extends' class='good.G'><plugin><extension interface='i'/><extension interface='i' "
        "instance-ref='own'/>"
        "</plugin></bean>\n<bean id='stays' class='badly.G'><property name='p' value='bad.F'/></bean></beans>"});
  EXPECT_THAT(beans(), ElementsAre("extends", "stays"));
  EXPECT_EQ(descriptors[1].beans[0].extensions.size(), 1U);
  EXPECT_THAT(said, UnorderedElementsAre("f0.xml:1:8 plugin 'bad' is in quarantine: the node has crashed in it",
                                         "f1.xml:1:8 bean 'own': class 'bad.B' is of plugin 'bad'",
                                         "f1.xml:2:1 bean 'refers': bean 'alias' is left out",
                                         "f1.xml:3:1 bean 'depends': bean 'refers' is left out",
                                         "f1.xml:4:1 bean 'driver': class 'bad.R' is of plugin 'bad'",
                                         "f1.xml:5:1 bean 'lists': class 'bad.F' is of plugin 'bad'",
                                         "f1.xml:6:7 value 'values': bean 'own' is left out",
                                         "f1.xml:7:69 extension: bean 'own' is left out"));
}

TEST_F(LeftOut, are_chains_with_their_flows) {
  read({kBad + "</beans>",
        "<chains><chain name='far'><chain ref='near'/></chain>\n"
        "<chain name='near'><parallel><branch><flow class='bad.F'/></branch></parallel></chain>\n"
        "<chain name='stays'><flow class='good.F'/><extension-point interface='bad.Point'/></chain>\n"
        "<chain name='edited' extends='stays'><replace flow='good.F' with='bad.F'/></chain>\n"
        "<chain name='inserted' extends='stays'><insert-after flow='good.F'><flow "
        "class='bad.F'/></insert-after></chain>\n"
        "<chain name='extended' extends='near'><remove flow='bad.F'/></chain></chains>"});
  EXPECT_THAT(chains(), ElementsAre("stays"));
  EXPECT_THAT(said, testing::Contains("f1.xml:1:9 chain 'far': chain 'near' is left out"));
}

TEST_F(LeftOut, are_messages_that_no_one_would_handle_or_check) {
  read({kBad + "<bean id='B' class='bad.B'/></beans>", "<chains><chain name='c'><flow class='bad.F'/></chain></chains>",
        "<service><id>B</id><message><name>good.M1</name></message></service>",
        "<service><id>G</id><message><name>bad.M</name></message>"
        "<message><name>good.M2</name><route method='POST' path='/v1/x'/><run chain='c'/></message>"
        "<message><name>good.M3</name><interceptor>B</interceptor></message>"
        "<message><name>good.M4</name><serviceId>B</serviceId></message>"
        "<message><name>good.M5</name></message></service>",
        "<service><id>H</id><interceptor>B</interceptor><message><name>good.M6</name></message></service>"});
  EXPECT_THAT(messages(), ElementsAre("G", "good.M5"));
}

TEST_F(LeftOut, is_nothing_without_a_quarantine) {
  write("a.xml", kBad + "<bean id='b' class='bad.B'/></beans>");
  Diagnostics diagnostics;
  EXPECT_TRUE(read_descriptors({"a.xml"}, {}, diagnostics).at(0).library);
  EXPECT_THAT(messages_of(diagnostics), IsEmpty());
}

}  // namespace
}  // namespace tenon::descriptor
