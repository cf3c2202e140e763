#include <gmock/gmock.h>

#include <string>

#include "unit/descriptor/reading.h"

namespace tenon::descriptor {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::string service(const std::string& xml) { return "<service><id>S</id>" + xml + "</service>"; }
std::string message(const std::string& xml) { return service("<message><name>a.B</name>" + xml + "</message>"); }

TEST(ServiceReader, reads_a_service_as_the_white_paper_prints_it) {
  const Reading reading = read(R"(<?xml version="1.0" encoding="UTF-8"?>
<service xmlns="http://zstack.org/schema/zstack">
    <id>host</id>
    <interceptor>HostApiInterceptor</interceptor>

    <message>
        <name>org.zstack.header.host.APIAddHostMsg</name>
        <interceptor>HostAllocatorApiInterceptor</interceptor>
    </message>

    <message>
        <name>org.zstack.header.host.APIQueryHostMsg</name>
        <serviceId>query</serviceId>
    </message>
</service>)");
  EXPECT_THAT(reading.messages, IsEmpty());
  ASSERT_EQ(reading.descriptor.services.size(), 1U);
  const ServiceDefinition& host = reading.descriptor.services[0];
  EXPECT_EQ(host.id.text, "host");
  ASSERT_EQ(host.interceptors.size(), 1U);
  EXPECT_EQ(host.interceptors[0].bean.text, "HostApiInterceptor");
  ASSERT_EQ(host.messages.size(), 2U);
  EXPECT_EQ(host.messages[0].name.text, "org.zstack.header.host.APIAddHostMsg");
  EXPECT_EQ(host.messages[0].interceptors.at(0).bean.text, "HostAllocatorApiInterceptor");
  EXPECT_EQ(host.messages[1].service->text, "query");
}

TEST(ServiceReader, reads_all_that_there_is_to_say_of_a_message) {
  const Reading reading = read(service(R"(<description>A
    desk</description><interceptor position="FRONT" order="-3">I</interceptor>
    <message>
      <name> a.B </name>
      <description>Does  it</description>
      <interceptor position="END">J</interceptor>
      <field name="text" required="yes" min-length="1" max-length="9" pattern="[a-z]+" one-of="a b">What  to say</field>
      <field name="pages" min="-1.5" max="9"/>
      <route method="POST" path="/v1/b/{text}" status="201"/>
      <run chain="c" reply="r"><input key="k"/><input key="t" field="text"/><input key="u" as="a.A"/></run>
      <queue key="b:{text}" parallelism="4"/>
      <role>admin</role>
      <timeout>250ms</timeout>
      <command>b  do</command>
    </message>)"));
  EXPECT_THAT(reading.messages, IsEmpty());
  const ServiceDefinition& read_service = reading.descriptor.services.at(0);
  EXPECT_EQ(read_service.description, "A desk");
  EXPECT_EQ(read_service.interceptors.at(0).position->value, 1U);
  EXPECT_EQ(read_service.interceptors.at(0).order, -3);
  const MessageDefinition& b = read_service.messages.at(0);
  EXPECT_EQ(b.name.text, "a.B");
  EXPECT_EQ(b.description, "Does it");
  EXPECT_EQ(b.interceptors.at(0).position->value, 3U);
  const FieldDefinition& text = b.fields.at(0);
  EXPECT_EQ(text.description, "What to say");
  EXPECT_TRUE(text.required);
  EXPECT_EQ(text.min_length, 1U);
  EXPECT_EQ(text.max_length, 9U);
  EXPECT_EQ(text.pattern->text, "[a-z]+");
  EXPECT_THAT(texts(text.one_of), ElementsAre("a", "b"));
  EXPECT_EQ(b.fields.at(1).min, -1.5);
  EXPECT_EQ(b.fields.at(1).max, 9);
  EXPECT_EQ(b.route->method.text, "POST");
  EXPECT_EQ(b.route->path.text, "/v1/b/{text}");
  EXPECT_EQ(b.route->status, 201U);
  EXPECT_EQ(b.run->chain.text, "c");
  EXPECT_EQ(b.run->reply->text, "r");
  ASSERT_EQ(b.run->inputs.size(), 3U);
  EXPECT_EQ(b.run->inputs[1].field->text, "text");
  EXPECT_EQ(b.run->inputs[2].as->text, "a.A");
  EXPECT_EQ(b.queue->key.text, "b:{text}");
  EXPECT_EQ(b.queue->parallelism, 4U);
  EXPECT_EQ(b.role->value, 2U);
  EXPECT_EQ(b.timeout->value, std::chrono::milliseconds(250));
  EXPECT_EQ(b.command->text, "b do");
}

TEST(ServiceReader, refuses_each_mistake_at_its_place) {
  expect_each_refused({
      {"<service/>", "f.xml:1:1: error: <service> needs an element <id>"},
      {"<service><id/></service>", "f.xml:1:10: error: <id> is empty"},
      {service("<id>T</id>"), "f.xml:1:20: error: a second <id> in <service>: the first is at f.xml:1:10"},
      {service("<mesage/>"), "f.xml:1:20: error: unknown element 'mesage' in <service> (did you mean 'message'?)"},
      {service("<message/>"), "f.xml:1:20: error: <message> needs an element <name>"},
      {service("<message><name>a</name></message><message><name>a</name></message>"),
       "f.xml:1:62: error: message 'a' was given before at f.xml:1:29"},
      {service("<interceptor/>"), "f.xml:1:20: error: <interceptor> names no bean"},
      {service("<interceptor position='MIDDLE'>I</interceptor>"),
       "f.xml:1:33: error: attribute 'position' of <interceptor>: expected SYSTEM or FRONT or DEFAULT or END, found "
       "'MIDDLE'"},
      {service("<interceptor order='first'>I</interceptor>"),
       "f.xml:1:33: error: attribute 'order' of <interceptor>: expected a whole number, found 'first'"},
      {message("<role>king</role>"), "f.xml:1:45: error: <role>: expected reader, operator or admin, found 'king'"},
      {message("<timeout>soon</timeout>"),
       "f.xml:1:45: error: <timeout>: expected a duration such as 10s or 200ms, found 'soon'"},
      {message("<field/>"), "f.xml:1:45: error: <field> needs the attribute 'name'"},
      {message("<field name='a' min='low'/>"),
       "f.xml:1:61: error: attribute 'min' of <field>: expected a number, found 'low'"},
      {message("<field name='a' min='2' max='1'/>"),
       "f.xml:1:61: error: attribute 'min' of <field>: it is above 'max'"},
      {message("<field name='a' min-length='2' max-length='1'/>"),
       "f.xml:1:61: error: attribute 'min-length' of <field>: it is above 'max-length'"},
      {message("<field name='a'/><field name='a'/>"), "f.xml:1:69: error: field 'a' was given before at f.xml:1:52"},
      {message("<route method='FETCH' path='/v1/a'/>"),
       "f.xml:1:52: error: attribute 'method' of <route>: expected GET or POST or PUT or PATCH or DELETE, found "
       "'FETCH'"},
      {message("<route method='GET' path='/a'/>"),
       "f.xml:1:65: error: attribute 'path' of <route>: expected a path that begins with /v1/, found '/a'"},
      {message("<route method='GET' path='/v1/a'/><route method='GET' path='/v1/b'/>"),
       "f.xml:1:79: error: a second <route> in <message>: a message has one"},
      {message("<run chain='c'><input key='k'/><input key='k'/></run>"),
       "f.xml:1:83: error: input 'k' was given before at f.xml:1:67"},
      {message("<run chain='c'><input key='k' field='f' as='a.A'/></run>"),
       "f.xml:1:85: error: an input is one field, or the message as another one, not both"},
      {message("<queue key='k' parallelism='0'/>"),
       "f.xml:1:60: error: attribute 'parallelism' of <queue>: expected a whole number from 1 to 1000000, found '0'"},
  });
}

TEST(ErrorReader, reads_the_codes_of_a_prefix) {
  const Reading reading = read(R"(<error xmlns="http://zstack.org/schema/zstack">
    <prefix>OVS</prefix>
    <code><id>1001</id><description>it is
      away</description><remedy>start it</remedy><status>503</status></code>
    <code><id>1002</id><description>it is slow</description></code>
  </error>)");
  EXPECT_THAT(reading.messages, IsEmpty());
  ASSERT_EQ(reading.descriptor.errors.size(), 2U);
  const ErrorCodeDefinition& away = reading.descriptor.errors[0];
  EXPECT_EQ(away.code, "OVS.1001");
  EXPECT_EQ(away.description, "it is away");
  EXPECT_EQ(away.remedy, "start it");
  EXPECT_EQ(away.status, 503U);
  EXPECT_EQ(reading.descriptor.errors[1].code, "OVS.1002");
}

TEST(ErrorReader, refuses_each_mistake_at_its_place) {
  expect_each_refused({
      {"<error/>", "f.xml:1:1: error: <error> needs an element <prefix>"},
      {"<error><prefix>ovs</prefix></error>",
       "f.xml:1:8: error: <prefix> of <error>: expected capital letters, digits and '_', found 'ovs'"},
      {"<error><prefix>A</prefix><code><id>x</id><description>d</description></code></error>",
       "f.xml:1:32: error: <id> of <code>: expected a number, found 'x'"},
      {"<error><prefix>A</prefix><code><id>1</id></code></error>",
       "f.xml:1:26: error: <code> needs an element <description>"},
      {"<error><prefix>A</prefix><code><id>1</id><description>d</description><status>200</status></code></error>",
       "f.xml:1:70: error: <status> of <code>: expected a number from 400 to 599, found '200'"},
  });
}

}  // namespace
}  // namespace tenon::descriptor
