#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tenon/relay/relay.h>
#include <tenon/testing/node.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "workshop.h"

namespace {

using namespace std::chrono_literals;
using tenon::Json;
using tenon::testing::Node;
using tenon::testing::NodeRun;
using tenon::testing::Time;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using workshop::outside;

Json part(const std::string& name) { return Json::object().add("part", name); }

/// With the plugin that is linked into this test.
class LinkedNode : public testing::Test {
 protected:
  void SetUp() override {
    node_.linked("workshop", tenon_plugin_register).folder(WORKSHOP);
    const auto started = node_.start();
    ASSERT_TRUE(started.ok()) << started.error().to_string();
  }
  void TearDown() override {
    const auto stopped = node_.stop();
    EXPECT_TRUE(stopped.ok()) << stopped.error().to_string();
    EXPECT_FALSE(outside.parts.has("desk"));
    for (const std::string& one : outside.parts.left()) outside.parts.remove(one);
    EXPECT_THAT(outside.parts.faults(), IsEmpty());
    outside.failures = 0;
  }

  Node node_{Time::kVirtual};
};

TEST_F(LinkedNode, brings_messages_to_their_service) {
  const auto answer = node_.call(workshop::OrderPart{"shelf"});
  ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  EXPECT_EQ(answer->text, "ordered shelf");
}

TEST_F(LinkedNode, checks_fields_as_the_api_does) {
  const auto answer = node_.call("workshop.OrderPart", Json::object().add("name", "shelf"));
  ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  EXPECT_EQ(*answer->find("text")->as_string(), "ordered shelf");
  EXPECT_EQ(node_.call("workshop.OrderPart", Json::object().add("name", "")).error().code, "MESSAGE.1010");
  EXPECT_EQ(node_.call("workshop.OrderPart", Json::object()).error().code, "JSON.1005");
  EXPECT_EQ(node_.call("workshop.Unknown", Json::object()).error().code, "MESSAGE.1001");
}

TEST_F(LinkedNode, runs_chains) {
  const NodeRun run = node_.run("part.make", part("shelf"));
  ASSERT_TRUE(run.ok()) << run.error->to_string();
  EXPECT_EQ(*run.data.find("part")->as_string(), "shelf");
  EXPECT_EQ(outside.parts.maker("shelf"), run.id + ":0");
  EXPECT_EQ(node_.run("part.sell").error->code, "TEST.1005");
}

TEST_F(LinkedNode, lets_time_pass_for_retries) {
  // [retry]
  outside.failures = 1;
  std::future<NodeRun> run = node_.begin("part.make", part("shelf"));
  ASSERT_TRUE(node_.wait_for_timer(1h)) << "the second attempt is an hour away";
  EXPECT_EQ(run.wait_for(0s), std::future_status::timeout);
  node_.advance(1h);
  EXPECT_TRUE(run.get().ok());
  EXPECT_TRUE(outside.parts.has("shelf"));
  // [/retry]
}

TEST_F(LinkedNode, undoes_what_has_failed_too_often) {
  outside.failures = 3;
  std::future<NodeRun> run = node_.begin("part.make", part("shelf"));
  for (const auto pause : {1h, 2h}) {
    ASSERT_TRUE(node_.wait_for_timer(pause));
    node_.advance(pause);
  }
  EXPECT_EQ(run.get().error->code, "WORKSHOP.1001");
  EXPECT_FALSE(outside.parts.has("shelf"));
}

TEST_F(LinkedNode, takes_up_the_runs_of_a_node_that_was_abandoned) {
  // [abandon]
  outside.failures = 1;
  std::future<NodeRun> run = node_.begin("part.make", part("shelf"));
  ASSERT_TRUE(node_.wait_for_timer(1h));
  const auto abandoned = node_.abandon();
  ASSERT_TRUE(abandoned.ok()) << abandoned.error().to_string();
  EXPECT_THROW(run.get(), std::future_error);
  EXPECT_TRUE(outside.parts.has("shelf"));
  const auto started = node_.start();
  ASSERT_TRUE(started.ok()) << started.error().to_string();
  for (int i = 0; i < 1000 && outside.parts.has("shelf"); ++i) std::this_thread::sleep_for(10ms);
  EXPECT_FALSE(outside.parts.has("shelf")) << "its recovery is to undo it";
  // [/abandon]
}

TEST_F(LinkedNode, goes_on_with_what_it_has_if_a_reload_fails) {
  node_.write("chains/more.xml", "<chains><chain name=\"part.sell\"><flow class=\"workshop.Sell\"/></chain></chains>");
  const auto reloaded = node_.reload();
  ASSERT_FALSE(reloaded.ok());
  EXPECT_EQ(reloaded.error().code, "TEST.1001");
  EXPECT_THAT(reloaded.error().details, HasSubstr("more.xml:1:39: error: flow 'workshop.Sell' is unknown"));
  EXPECT_TRUE(node_.run("part.make", part("shelf")).ok());
  node_.write("chains/more.xml",
              "<chains><chain name=\"part.sell\"><flow class=\"workshop.Polish\"/></chain></chains>");
  EXPECT_TRUE(node_.reload().ok());
  EXPECT_TRUE(node_.run("part.sell").ok());
  EXPECT_THAT(node_.log(), Contains("info node: reloaded change=\"chain 'part.sell' added\""));
  node_.remove("chains/more.xml");
  EXPECT_TRUE(node_.reload().ok());
  EXPECT_EQ(node_.run("part.sell").error->code, "TEST.1005");
}

/// Where there can't be two desks at once: the old one is closed before the new one opens.
class StoppedFirst : public LinkedNode {
 protected:
  void SetUp() override {
    for (const char* name : {"services/workshop.xml", "chains/workshop.xml"}) node_.write(name, text_of(name));
    show("!");
    node_.linked("workshop", tenon_plugin_register).property("tenon.swap.patience", "300ms");
    const auto started = node_.start();
    ASSERT_TRUE(started.ok()) << started.error().to_string();
  }
  void TearDown() override {
    LinkedNode::TearDown();
    outside.benched = false;
    outside.release = false;
  }
  static std::string text_of(const std::string& name) {
    std::ifstream in(std::filesystem::path(WORKSHOP) / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// The desk has another sign, and so is another one.
  void show(const std::string& sign) {
    std::string text = text_of("workshop.xml");
    text.replace(text.find("${sign:}"), 8, sign);
    node_.write("workshop.xml", text);
  }
  std::future<NodeRun> begin_at_bench() {
    std::future<NodeRun> run = node_.begin("part.bench");
    while (!outside.benched) std::this_thread::yield();
    return run;
  }
};

TEST_F(StoppedFirst, holds_messages_meanwhile) {
  std::atomic<bool> stop{false};
  std::atomic<int> answered{0};
  std::vector<std::string> wrong;
  std::thread asking([&] {
    while (!stop) {
      const auto answer = node_.call(workshop::OrderPart{"shelf"});
      ++answered;
      if (!answer.ok()) wrong.push_back(answer.error().to_string());
    }
  });
  for (int i = 0; i < 20; ++i) {
    show(std::string(1, static_cast<char>('a' + i)));
    const auto reloaded = node_.reload();
    EXPECT_TRUE(reloaded.ok()) << reloaded.error().to_string();
    for (const int before = answered; answered < before + 5;) std::this_thread::yield();
  }
  stop = true;
  asking.join();
  EXPECT_THAT(wrong, IsEmpty());
  EXPECT_EQ(node_.call(workshop::OrderPart{"shelf"})->text, "ordered shelft");
}

TEST_F(StoppedFirst, waits_for_runs) {
  std::future<NodeRun> run = begin_at_bench();
  show("?");
  std::thread releases([] {
    std::this_thread::sleep_for(50ms);
    outside.release = true;
  });
  const auto reloaded = node_.reload();
  releases.join();
  EXPECT_TRUE(reloaded.ok()) << reloaded.error().to_string();
  EXPECT_TRUE(run.get().ok());
  EXPECT_EQ(node_.call(workshop::OrderPart{"shelf"})->text, "ordered shelf?");
}

TEST_F(StoppedFirst, is_given_up_if_a_run_takes_too_long) {
  std::future<NodeRun> run = begin_at_bench();
  show("?");
  const auto reloaded = node_.reload();
  ASSERT_FALSE(reloaded.ok());
  EXPECT_THAT(reloaded.error().details,
              AllOf(HasSubstr("plugin 'workshop' can't be replaced: for 300 ms it is in use by run "),
                    HasSubstr("(part.bench, at workshop.Bench)")));
  EXPECT_EQ(node_.call(workshop::OrderPart{"shelf"})->text, "ordered shelf!") << "the old desk is open";
  outside.release = true;
  EXPECT_TRUE(run.get().ok());
  EXPECT_TRUE(node_.reload().ok());
  EXPECT_EQ(node_.call(workshop::OrderPart{"shelf"})->text, "ordered shelf?");
}

/// With plugins that are loaded.
class LoadingNode : public testing::Test {
 protected:
  void SetUp() override {
    install("caller", "caller.so");
    install("voice_100", "voice.so");
    node_.write("caller.xml",
                "<beans xmlns:tenon=\"urn:tenon:plugin\"><tenon:library name=\"caller\" version=\"1.0.0\" "
                "file=\"caller.so\"/><bean id=\"Caller\" class=\"caller.Caller\"/></beans>");
    node_.write("voice.xml",
                "<beans xmlns:tenon=\"urn:tenon:plugin\"><tenon:library name=\"voice\" version=\"1.0.0\" "
                "file=\"voice.so\"/><bean id=\"Voice\" class=\"voice.Voice\"><tenon:plugin><tenon:extension "
                "interface=\"relay.Voice\"/></tenon:plugin></bean><bean id=\"Lines\" class=\"voice.Lines\">"
                "<tenon:plugin><tenon:driver kind=\"Line\" type=\"Relay\"/></tenon:plugin></bean></beans>");
    const auto started = node_.start();
    ASSERT_TRUE(started.ok()) << started.error().to_string();
  }
  void install(const std::string& plugin, const std::string& file) {
    const auto to = node_.state() / "plugins" / file;
    const auto temporary = to.string() + ".new";
    std::filesystem::copy_file(std::filesystem::path(TEST_PLUGINS) / (plugin + ".so"), temporary);
    std::filesystem::rename(temporary, to);
  }
  [[nodiscard]] relay::Caller* caller() const { return node_.bean<relay::Caller>("Caller"); }

  Node node_;
};

TEST_F(LoadingNode, has_the_beans_of_its_libraries) {
  ASSERT_NE(caller(), nullptr);
  EXPECT_EQ(caller()->listen(), 100);
  EXPECT_EQ(node_.bean<relay::Voice>("Caller"), nullptr) << "not what it implements";
  EXPECT_EQ(node_.bean<relay::Voice>("Other"), nullptr);
  EXPECT_TRUE(node_.stop().ok());
}

TEST_F(LoadingNode, swaps_a_library) {
  install("voice_200", "voice.so");
  ASSERT_TRUE(node_.reload().ok());
  EXPECT_EQ(caller()->listen(), 200);
  const auto settled = node_.settle();
  EXPECT_TRUE(settled.ok()) << settled.error().to_string();
}

TEST_F(LoadingNode, says_what_holds_a_library_that_is_replaced) {
  ASSERT_TRUE(caller()->keep_line());
  install("voice_200", "voice.so");
  ASSERT_TRUE(node_.reload().ok());
  const auto settled = node_.settle(50ms);
  ASSERT_FALSE(settled.ok());
  EXPECT_THAT(settled.error().details,
              HasSubstr("bean 'Lines' is held by 1 object that beans of its library have made"));
  EXPECT_EQ(caller()->close_line(), 100);
  EXPECT_TRUE(node_.settle().ok());
}

TEST_F(LoadingNode, fails_to_load_a_library_when_it_is_told_to) {
  // [fail]
  install("voice_200", "voice.so");
  node_.fail_load("voice", "cannot allocate memory in static TLS block");
  const auto reloaded = node_.reload();
  ASSERT_FALSE(reloaded.ok());
  EXPECT_THAT(reloaded.error().details, HasSubstr("plugin 'voice': the dynamic linker refuses the library: cannot "
                                                  "allocate memory in static TLS block"));
  EXPECT_EQ(caller()->listen(), 100);
  node_.fail_load("voice", "");
  ASSERT_TRUE(node_.reload().ok());
  // [/fail]
  EXPECT_EQ(caller()->listen(), 200);
}

TEST(TestNode, is_all_that_a_test_needs) {
  // [node]
  tenon::testing::Node node;
  node.linked("workshop", tenon_plugin_register).folder(WORKSHOP);
  ASSERT_TRUE(node.start().ok());
  const auto answer = node.call("workshop.OrderPart", Json::object().add("name", "shelf"));
  ASSERT_TRUE(answer.ok()) << answer.error().to_string();
  EXPECT_EQ(*answer->find("text")->as_string(), "ordered shelf");
  EXPECT_TRUE(node.run("part.make", Json::object().add("part", "shelf")).ok());
  EXPECT_THAT(outside.parts.left(), ElementsAre("desk", "shelf"));
  EXPECT_TRUE(node.stop().ok());
  // [/node]
  outside.parts.remove("shelf");
}

TEST(TestNode, lists_all_that_is_wrong_with_its_descriptors) {
  Node node;
  node.write("a.xml", "<beans><bean id=\"a\" class=\"no.Such\"/></beans>").write("b.xml", "<bean/>");
  const auto started = node.start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().details, AllOf(HasSubstr("a.xml:1:"), HasSubstr("b.xml:1:1: error: unknown")));
  node.remove("a.xml").remove("b.xml");
  EXPECT_TRUE(node.start().ok()) << "it may be started again";
}

TEST(TestNode, refuses_a_property_that_there_is_not) {
  Node node;
  node.property("tenon.run.kep", "1");
  const auto started = node.start();
  ASSERT_FALSE(started.ok());
  EXPECT_THAT(started.error().details, HasSubstr("tenon.run.kept"));
}

TEST(TestNode, has_no_virtual_time_unless_asked) {
  Node node;
  ASSERT_TRUE(node.start().ok());
  EXPECT_THROW(node.advance(1s), std::logic_error);
  EXPECT_THROW((void)node.wait_for_timer(1s), std::logic_error);
}

TEST(Ledger, tells_what_is_left_and_what_went_wrong) {
  tenon::testing::Ledger ledger;
  EXPECT_TRUE(ledger.make("disk", "run-1:2"));
  EXPECT_FALSE(ledger.make("disk", "run-1:2")) << "repeated work";
  EXPECT_THAT(ledger.faults(), IsEmpty());
  EXPECT_FALSE(ledger.make("disk", "run-3:2"));
  EXPECT_THAT(ledger.faults(), ElementsAre("'disk' made by 'run-3:2', though 'run-1:2' has made it"));
  EXPECT_THAT(ledger.left(), ElementsAre("disk"));
  EXPECT_TRUE(ledger.remove("disk"));
  EXPECT_FALSE(ledger.remove("disk"));
  EXPECT_THAT(ledger.left(), IsEmpty());
  EXPECT_THAT(ledger.history(), ElementsAre("make disk", "make disk", "make disk", "remove disk", "remove disk"));
}

}  // namespace
