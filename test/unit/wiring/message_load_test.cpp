#include <gmock/gmock.h>
#include <tenon/interceptor.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "message/dispatcher.h"
#include "support/loading.h"
#include "wiring/message_builder.h"

/// Messages from descriptors and a library: who handles and who intercepts each.
namespace {

namespace fs = std::filesystem;
using tenon::Json;
using tenon::Result;
using tenon::Value;
using tenon::message::HandledMessage;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kLibrary = "<tenon:library name=\"desk\" version=\"1.0.0\" file=\"desk.so\"/>";
const std::string kDesk = "<bean id=\"Desk\" class=\"desk.Desk\"/>";

class MessageLoad : public testing::Test {
 protected:
  MessageLoad() { folder_.library(fs::path(TEST_PLUGINS) / "desk.so"); }
  ~MessageLoad() override {
    dispatcher_.close();
    if (loaded_.wiring) loaded_.wiring->stop();
    loaded_.wiring.reset();
  }

  /// What is said of a service `Desk` with these messages.
  std::vector<std::string> load(const std::string& service, const std::string& beans = kDesk) {
    folder_.beans("desk.xml", kLibrary + beans);
    folder_.descriptor(
        "chains/c.xml",
        "<chains><chain name=\"copy\"><input key=\"text\"/><flow class=\"desk.MakeCopy\"/></chain></chains>");
    folder_.descriptor("services/s.xml", "<service><id>Desk</id>" + service + "</service>");
    loaded_ = folder_.load();
    return folder_.messages(loaded_);
  }
  static std::string message(const std::string& name, const std::string& more = {}) {
    return "<message><name>desk." + name + "</name>" + more + "</message>";
  }
  const HandledMessage& find(std::string_view name) { return *loaded_.wiring->messages->find(name); }
  std::vector<std::string> interceptors(std::string_view name) {
    std::vector<std::string> beans;
    for (const auto& use : find(name).interceptors) beans.push_back(use.bean);
    return beans;
  }
  /// What the message is answered, as JSON.
  std::string ask(std::string_view name, const Json& json) {
    if (!dispatcher_.table()) dispatcher_.open(loaded_.wiring->messages, {});
    Result<Value> message = find(name).entry->read(json);
    if (!message) return message.error().to_string();
    const Result<Value> answer = dispatcher_.call(*std::move(message), {});
    return answer ? *answer->json().find("text")->as_string() : answer.error().code;
  }
  static Json question(const std::string& text) { return Json::object().add("topic", "t").add("text", text); }

  tenon::test::LoadingFolder folder_;
  tenon::message::Dispatcher dispatcher_;
  tenon::wiring::LoadResult loaded_;
};

TEST_F(MessageLoad, binds_messages_to_the_bean_of_their_service) {
  ASSERT_THAT(load(message("Question") + message("SignedQuestion")), IsEmpty());
  EXPECT_EQ(loaded_.counts.messages, 2U);
  EXPECT_EQ(find("desk.Question").service, "Desk");
  EXPECT_EQ(find("desk.Question").command, "question");
  EXPECT_EQ(ask("desk.Question", question("why")), "why on t");
  EXPECT_EQ(ask("desk.SignedQuestion", question("why").add("name", "ada")), "why on t by ada");
}

TEST_F(MessageLoad, binds_what_no_function_is_for_to_the_one_for_the_rest) {
  ASSERT_THAT(load(message("Other") + message("Question"), "<bean id=\"Desk\" class=\"desk.OpenDesk\"/>"), IsEmpty());
  EXPECT_EQ(ask("desk.Other", Json::object()), "what is desk.Other?");
  EXPECT_EQ(ask("desk.Question", question("why")), "why on t");
}

TEST_F(MessageLoad, binds_a_message_to_another_service_if_it_says_so) {
  ASSERT_THAT(load(message("Other", "<serviceId>Open</serviceId>"), "<bean id=\"Open\" class=\"desk.OpenDesk\"/>"),
              IsEmpty());
  EXPECT_EQ(find("desk.Other").service, "Open");
}

TEST_F(MessageLoad, take_rules_of_fields_from_the_message_that_they_extend) {
  ASSERT_THAT(load(message("Question", "<field name='topic' min-length='2'/><field name='text' max-length='5'/>") +
                   message("SignedQuestion", "<field name='text' max-length='9'/>")),
              IsEmpty());
  const auto refused = [&](const std::string& topic, const std::string& text) {
    const Json json = Json::object().add("topic", topic).add("text", text).add("name", "ada");
    const Result<void> fits = find("desk.SignedQuestion").fields.check(json);
    return fits ? "nothing" : fits.error().details;
  };
  EXPECT_EQ(refused("ab", "sixsix"), "nothing") << "its own rule counts";
  EXPECT_THAT(refused("ab", "ten letter"), HasSubstr("text"));
  EXPECT_THAT(refused("a", "six"), HasSubstr("topic"));
}

TEST_F(MessageLoad, orders_interceptors) {
  const std::string stamps =
      kDesk +
      "<bean id=\"front\" class=\"desk.Stamp\"><property name=\"word\" value=\"front\"/></bean>"
      "<bean id=\"own\" class=\"desk.Stamp\"><property name=\"word\" value=\"own\"/></bean>"
      "<bean id=\"all\" class=\"desk.Stamp\"><property name=\"word\" value=\"all\"/>"
      "<tenon:plugin><tenon:extension interface=\"tenon.MessageInterceptor\" order=\"-5\"/></tenon:plugin></bean>"
      "<bean id=\"last\" class=\"desk.Stamp\"><property name=\"word\" value=\"last\"/></bean>";
  ASSERT_THAT(
      load("<interceptor position=\"END\">last</interceptor>" +
               message("Question", "<interceptor>own</interceptor><interceptor>front</interceptor>") + message("Read"),
           stamps),
      IsEmpty());
  EXPECT_THAT(interceptors("desk.Question"), ElementsAre("front", "own", "all", "last"));
  EXPECT_THAT(interceptors("desk.Read"), ElementsAre("all", "last"));
  EXPECT_EQ(ask("desk.Question", question("x")), "x front own all last on t");
  EXPECT_EQ(ask("desk.Question", question("refuse all")), "refuse all front own all last on t");
  EXPECT_EQ(ask("desk.Question", question("refuse front")), "DESK.1003");
}

TEST_F(MessageLoad, refuses_what_does_not_fit) {
  const auto refused = [&](const std::string& service, const std::string& message) {
    EXPECT_THAT(load(service), ElementsAre(message)) << service;
  };
  refused(message("Qestion"),
          "services/s.xml:1:32: error: message 'desk.Qestion' is unknown: no plugin declares it (did you mean "
          "'desk.Question'?)");
  refused(message("Question") + message("Question"),
          "services/s.xml:1:77: error: message 'desk.Question' was given before at services/s.xml:1:32");
  refused(
      message("Other"),
      "services/s.xml:1:32: error: class 'desk.Desk' of bean 'Desk' does not handle message 'desk.Other' (it handles: "
      "desk.Question, desk.Read, desk.Clear, desk.Ignore)");
  refused(message("Other", "<serviceId>Dusk</serviceId>"),
          "services/s.xml:1:55: error: service 'Dusk' is not defined: there is no such bean (did you mean 'Desk'?)");
  refused(message("Question", "<interceptor>Desk</interceptor>"),
          "services/s.xml:1:58: error: class 'desk.Desk' of bean 'Desk' is no interceptor: it does not implement "
          "tenon.MessageInterceptor/1");
  refused(message("Question", "<field name='txt'/>"),
          "services/s.xml:1:65: error: message 'desk.Question' has no field 'txt' (did you mean 'text'?)");
  refused(message("Question", "<field name='text' min='1'/>"),
          "services/s.xml:1:58: error: attribute 'min' of field 'text': only for numbers, and this is of type string");
  refused(message("Question", "<field name='pages' max-length='1'/>"),
          "services/s.xml:1:58: error: attribute 'max-length' of field 'pages': only for texts and lists, and this is "
          "of type "
          "integer");
  refused(message("Question", "<field name='text' pattern='['/>"),
          "services/s.xml:1:77: error: attribute 'pattern' of field 'text' is no regular expression: Unexpected "
          "character within '[...]' in regular expression");
  refused(message("Question", "<queue key='q:{txt}'/>"),
          "services/s.xml:1:65: error: message 'desk.Question' has no field 'txt' (did you mean 'text'?)");
  refused(message("Question", "<route method='GET' path='/v1/q/{txt}'/>"),
          "services/s.xml:1:78: error: message 'desk.Question' has no field 'txt' (did you mean 'text'?)");
  refused(message("Question", "<route method='GET' path='/v1/q/{tags}'/>"),
          "services/s.xml:1:78: error: field 'tags' can't stand in a path: it is of type array");
  refused(message("Question", "<route method='GET' path='/v1/q//x'/>"),
          "services/s.xml:1:78: error: attribute 'path' of <route>: expected a path such as /v1/walls/{wall}, found "
          "'/v1/q//x'");
  refused(message("Question", "<route method='GET' path='/v1/{topic}'/>") +
              message("Read", "<route method='GET' path='/v1/{topic}'/>"),
          "services/s.xml:1:139: error: route GET /v1/{topic} is taken (first at services/s.xml:1:58)");
  refused(message("Copy", "<run chain='cpy'><input key='text' field='text'/></run>"),
          "services/s.xml:1:59: error: chain 'cpy' is not defined (did you mean 'copy'?)");
  refused(message("Copy", "<run chain='copy'/>"), "services/s.xml:1:54: error: chain 'copy' needs the input 'text'");
  refused(message("Copy", "<run chain='copy'><input key='text' field='txt'/></run>"),
          "services/s.xml:1:90: error: message 'desk.Copy' has no field 'txt' (did you mean 'text'?)");
  refused(message("Copy", "<run chain='copy'><input key='text' as='desk.Question'/></run>"),
          "services/s.xml:1:90: error: message 'desk.Copy' does not extend 'desk.Question'");
}

TEST_F(MessageLoad, refuses_a_route_that_the_node_has_itself) {
  folder_.reserved.paths = {"/v1/status", "/v1/chains"};
  const auto refused = [&](const std::string& path, const std::string& own) {
    EXPECT_THAT(
        load(message("Question", "<route method='GET' path='" + path + "'/>")),
        ElementsAre("services/s.xml:1:78: error: route GET " + path + " is taken: " + own + " is the node's own"));
  };
  refused("/v1/status", "/v1/status");
  refused("/v1/chains/{topic}", "/v1/chains");
  EXPECT_THAT(load(message("Question", "<route method='GET' path='/v1/statuses'/>")), IsEmpty());
}

TEST_F(MessageLoad, refuses_a_command_that_is_taken) {
  folder_.reserved.commands = {"call list", "run"};
  const auto with_command = [](const std::string& name, const std::string& words) {
    return message(name, "<route method='GET' path='/v1/" + name + "'/><command>" + words + "</command>");
  };
  EXPECT_THAT(load(with_command("Question", "wall paint") + with_command("Read", "wall paint")),
              ElementsAre("services/s.xml:1:206: error: command 'wall paint' of message 'desk.Read' is taken (first at "
                          "services/s.xml:1:99)"));
  EXPECT_THAT(load(with_command("Question", "read") + message("Read", "<route method='GET' path='/v1/Read'/>")),
              ElementsAre("services/s.xml:1:141: error: command 'read' of message 'desk.Read' is taken (first at "
                          "services/s.xml:1:99); <command> gives it another one"));
  for (const char* words : {"call list", "call list all", "call"}) {
    EXPECT_THAT(load(with_command("Question", words)),
                ElementsAre(std::string("services/s.xml:1:99: error: command '") + words +
                            "' of message 'desk.Question' is taken: 'call list' is built into the command line"));
  }
  EXPECT_THAT(load(with_command("Question", "run now")),
              ElementsAre("services/s.xml:1:99: error: command 'run now' of message 'desk.Question' is taken: 'run' is "
                          "built into the command line"));
  EXPECT_THAT(load(with_command("Question", "call ignore") + with_command("Read", "runs") +
                   message("Ignore", "<command>call ignore</command>")),
              IsEmpty())
      << "one without a route is no command";
}

TEST_F(MessageLoad, refuses_a_message_that_two_services_have) {
  folder_.descriptor("services/t.xml", "<service><id>Desk</id>" + message("Question") + "</service>");
  EXPECT_THAT(load(message("Question")),
              ElementsAre("services/t.xml:1:32: error: message 'desk.Question' is defined twice (first at "
                          "services/s.xml:1:23)"));
}

TEST_F(MessageLoad, refuses_an_error_code_that_is_defined_twice) {
  const std::string error = "<error><prefix>A</prefix><code><id>1</id><description>d</description></code></error>";
  folder_.descriptor("errors/a.xml", error);
  folder_.descriptor("errors/b.xml", error);
  EXPECT_THAT(load(""), ElementsAre("errors/b.xml:1:26: error: error code 'A.1' is defined twice (first at "
                                    "errors/a.xml:1:26)"));
}

TEST_F(MessageLoad, leaves_nothing_behind) {
  ASSERT_THAT(load(message("Question")), IsEmpty());
  EXPECT_EQ(ask("desk.Question", question("why")), "why on t");
  dispatcher_.close();
  loaded_.wiring->stop();
  loaded_.wiring.reset();
  EXPECT_THAT(folder_.node.lines(), testing::Not(testing::Contains(testing::HasSubstr("stays"))));
}

TEST(DefaultCommand, is_the_noun_and_the_verb) {
  using tenon::wiring::default_command;
  EXPECT_EQ(default_command("network.CreateL2Network"), "l2-network create");
  EXPECT_EQ(default_command("compute.CreateVm"), "vm create");
  EXPECT_EQ(default_command("compute.AttachDataVolume"), "data-volume attach");
  EXPECT_EQ(default_command("org.zstack.GetVMConsole"), "vm-console get");
  EXPECT_EQ(default_command("desk.Question"), "question");
}

}  // namespace
