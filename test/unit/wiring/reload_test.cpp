#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tenon/relay/relay.h>
#include <tenon/sample/sample.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "support/reading.h"
#include "support/reloading.h"

namespace {

namespace fs = std::filesystem;
using relay::Caller;
using tenon::test::read_lines;
using tenon::wiring::PluginOrder;
using tenon::wiring::ReloadReport;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::string kCaller =
    "<tenon:library name=\"caller\" version=\"1.0.0\" file=\"caller.so\"/><bean id=\"Caller\" "
    "class=\"caller.Caller\"/>";
const std::string kVoiceLibrary = "<tenon:library name=\"voice\" version=\"1.0.0\" file=\"voice.so\"/>";

std::string voice(const std::string& properties = {}) {
  return kVoiceLibrary + "<bean id=\"Voice\" class=\"voice.Voice\">" + properties +
         "<tenon:plugin><tenon:extension interface=\"relay.Voice\"/></tenon:plugin></bean>"
         "<bean id=\"Lines\" class=\"voice.Lines\">"
         "<tenon:plugin><tenon:driver kind=\"Line\" type=\"Relay\"/></tenon:plugin></bean>";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

class Reload : public testing::Test {
 protected:
  void SetUp() override {
    install("caller", "caller.so");
    install("voice_100", "voice.so");
    folder_.loading.beans("caller.xml", kCaller);
    folder_.loading.beans("voice.xml", voice());
    ASSERT_NE(folder_.reloader->start().wiring, nullptr);
    caller_ = folder_.find<Caller>("Caller");
    ASSERT_NE(caller_, nullptr);
  }
  void install(const std::string& plugin, const std::string& file) {
    folder_.install(fs::path(TEST_PLUGINS) / (plugin + ".so"), file);
  }
  ReloadReport reload() { return folder_.reloader->reload("test"); }
  ReloadReport order(PluginOrder::Verb verb, const std::string& plugin) {
    ReloadReport report;
    folder_.reloader->order({verb, plugin, "test"}, [&](const ReloadReport& told) { report = told; });
    folder_.reloader->work();
    return report;
  }
  /// Files of voice libraries that are mapped.
  static std::size_t mapped_voices() {
    std::size_t count = 0;
    for (const std::string& line : read_lines("/proc/self/maps")) {
      if (line.find("voice.so") != std::string::npos && line.find(" r-xp ") != std::string::npos) ++count;
    }
    return count;
  }

  tenon::test::ReloadingFolder folder_;
  Caller* caller_ = nullptr;
};

TEST_F(Reload, changes_nothing_if_nothing_has_changed) {
  const auto before = folder_.reloader->current().get();
  const ReloadReport report = reload();
  EXPECT_TRUE(report.good);
  EXPECT_THAT(report.changes, IsEmpty());
  const auto now = folder_.reloader->current().get();
  EXPECT_NE(now, before);
  EXPECT_EQ(now->find_bean("Caller"), before->find_bean("Caller"));
  EXPECT_EQ(now->find_bean("Voice"), before->find_bean("Voice"));
  EXPECT_EQ(caller_->listen(), 100);
}

TEST_F(Reload, swaps_a_changed_library_and_unloads_the_old_one) {
  EXPECT_EQ(caller_->listen(), 100);
  install("voice_200", "voice.so");
  const ReloadReport report = reload();
  EXPECT_TRUE(report.good) << testing::PrintToString(folder_.messages(report));
  EXPECT_THAT(report.changes, ElementsAre("plugin 'voice': generation 1 -> 2"));
  EXPECT_EQ(folder_.find<Caller>("Caller"), caller_) << "who calls goes on";
  EXPECT_EQ(caller_->listen(), 200);
  EXPECT_TRUE(folder_.settle());
  EXPECT_EQ(mapped_voices(), 1U);
  EXPECT_THAT(folder_.generations.pinned(), IsEmpty());
}

TEST_F(Reload, takes_a_generation_back_that_is_still_there) {
  ASSERT_TRUE(caller_->keep_line());
  install("voice_200", "voice.so");
  ASSERT_TRUE(reload().good);
  install("voice_100", "voice.so");
  ASSERT_TRUE(reload().good);
  EXPECT_EQ(caller_->listen(), 100);
  EXPECT_EQ(caller_->close_line(), 100);
  EXPECT_TRUE(folder_.settle());
  EXPECT_EQ(mapped_voices(), 1U);
}

TEST_F(Reload, stops_a_factory_after_what_it_made_is_gone) {
  ASSERT_TRUE(caller_->keep_line());
  install("voice_200", "voice.so");
  ASSERT_TRUE(reload().good);
  EXPECT_FALSE(folder_.generations.retirement()->finish(std::chrono::milliseconds(100)));
  const auto waiting = folder_.generations.retirement()->waiting();
  ASSERT_FALSE(waiting.empty());
  EXPECT_THAT(waiting.front().holder, HasSubstr("1 object that beans of its library have made"));
  EXPECT_EQ(caller_->close_line(), 100) << "its factory is not stopped yet";
  EXPECT_TRUE(folder_.settle());
  EXPECT_EQ(mapped_voices(), 1U);
}

TEST_F(Reload, makes_a_bean_anew_whose_definition_has_changed) {
  const auto library = folder_.reloader->current().get()->find_plugin("voice")->generation;
  const auto lines = folder_.reloader->current().get()->find_bean("Lines");
  folder_.loading.beans("voice.xml", "\n\n" + voice());
  EXPECT_THAT(reload().changes, IsEmpty()) << "another line is no other definition";
  folder_.loading.beans("voice.xml", voice("<property name=\"text\" value=\"louder\"/>"));
  EXPECT_THAT(reload().changes, ElementsAre("bean 'Voice' made anew"));
  EXPECT_EQ(folder_.reloader->current().get()->find_plugin("voice")->generation, library);
  EXPECT_EQ(folder_.reloader->current().get()->find_bean("Lines"), lines);
  EXPECT_EQ(caller_->listen(), 100);
}

TEST_F(Reload, goes_on_with_the_old_if_anything_is_wrong) {
  const auto before = folder_.reloader->current().get();
  folder_.loading.beans("voice.xml", voice("<property name=\"tect\" value=\"louder\"/>"));
  ReloadReport report = reload();
  EXPECT_FALSE(report.good);
  EXPECT_THAT(folder_.messages(report), ElementsAre(HasSubstr("voice.xml:1:")));
  folder_.loading.beans("voice.xml", voice("<property name=\"failStart\" value=\"true\"/>"));
  report = reload();
  EXPECT_FALSE(report.good);
  EXPECT_THAT(folder_.messages(report), ElementsAre(HasSubstr("told to fail")));
  EXPECT_EQ(folder_.reloader->current().get(), before);
  EXPECT_EQ(caller_->listen(), 100);
  EXPECT_TRUE(folder_.settle());
}

TEST_F(Reload, shows_no_bean_that_is_not_started) {
  const std::string xml = voice("<property name=\"startPause\" value=\"5ms\"/>");
  const fs::path descriptor = folder_.loading.folder.path() / "descriptors/voice.xml";
  fs::remove(descriptor);
  ASSERT_TRUE(reload().good);
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::atomic<int> answered{0};
  std::thread caller([&] {
    while (!stop) {
      const int heard = caller_->listen();
      if (heard < 0) ++wrong;
      if (heard > 0) ++answered;
    }
  });
  for (int i = 0; i < 5; ++i) {
    folder_.loading.beans("voice.xml", xml +
                                           "<bean id=\"Z\" class=\"voice.Voice\"><property name=\"failStart\" "
                                           "value=\"true\"/></bean>");
    EXPECT_FALSE(reload().good);
    EXPECT_TRUE(folder_.settle());
    folder_.loading.beans("voice.xml", xml);
    EXPECT_TRUE(reload().good);
    while (answered == 0) std::this_thread::yield();
    answered = 0;
    fs::remove(descriptor);
    EXPECT_TRUE(reload().good);
    EXPECT_TRUE(folder_.settle());
  }
  stop = true;
  caller.join();
  EXPECT_EQ(wrong, 0);
}

TEST_F(Reload, removes_a_plugin_that_nobody_needs) {
  fs::remove(folder_.loading.folder.path() / "descriptors/voice.xml");
  fs::remove(folder_.loading.folder.path() / "plugins/voice.so");
  EXPECT_THAT(reload().changes, ElementsAre("plugin 'voice' removed"));
  EXPECT_EQ(caller_->listen(), 0);
  EXPECT_TRUE(folder_.settle());
  EXPECT_EQ(mapped_voices(), 0U);
}

TEST_F(Reload, refuses_to_disable_what_others_require_and_names_them) {
  folder_.loading.beans(
      "caller.xml",
      "<tenon:library name=\"caller\" version=\"1.0.0\" file=\"caller.so\">\n"
      "<tenon:requires plugin=\"voice\"/></tenon:library><bean id=\"Caller\" class=\"caller.Caller\"/>");
  ASSERT_TRUE(reload().good);
  const ReloadReport report = order(PluginOrder::Verb::kDisable, "voice");
  EXPECT_FALSE(report.good);
  EXPECT_THAT(folder_.messages(report),
              ElementsAre("caller.xml:2:1: error: plugin 'caller' requires plugin 'voice', which is disabled"));
  EXPECT_THAT(folder_.reloader->disabled(), IsEmpty());
  EXPECT_EQ(caller_->listen(), 100);
}

TEST_F(Reload, disables_and_enables_a_plugin) {
  EXPECT_TRUE(order(PluginOrder::Verb::kDisable, "voice").good);
  EXPECT_EQ(caller_->listen(), 0);
  EXPECT_THAT(folder_.reloader->disabled(), ElementsAre("voice"));
  EXPECT_FALSE(order(PluginOrder::Verb::kDisable, "voice").good);
  EXPECT_TRUE(order(PluginOrder::Verb::kEnable, "voice").good);
  EXPECT_EQ(caller_->listen(), 100);
}

TEST_F(Reload, deletes_the_files_of_a_plugin_that_is_removed) {
  EXPECT_TRUE(order(PluginOrder::Verb::kRemove, "voice").good);
  EXPECT_FALSE(fs::exists(folder_.loading.folder.path() / "descriptors/voice.xml"));
  EXPECT_FALSE(fs::exists(folder_.loading.folder.path() / "plugins/voice.so"));
  EXPECT_THAT(folder_.reloader->disabled(), IsEmpty());
  EXPECT_TRUE(reload().good);
}

TEST_F(Reload, stops_the_old_before_the_new_is_started_where_that_is_asked_for) {
  const auto xml = [](const std::string& text) {
    return "<tenon:library name=\"sample\" version=\"1.2.0\" file=\"sample.so\" swap=\"stop-first\"/>"
           "<bean id=\"B\" class=\"sample.Bean\"><property name=\"text\" value=\"" +
           text + "\"/><property name=\"file\" value=\"${ledger}\"/></bean>";
  };
  const fs::path ledger = folder_.loading.folder.path() / "ledger";
  folder_.loading.properties.set("ledger", ledger.string(), "test");
  install("sample", "sample.so");
  folder_.loading.beans("sample.xml", xml("one"));
  ASSERT_TRUE(reload().good);
  folder_.loading.beans("sample.xml", xml("two"));
  ASSERT_TRUE(reload().good);
  EXPECT_THAT(read_lines(ledger), ElementsAre("start one", "stop one", "start two"));
}

TEST_F(Reload, holds_calls_while_a_plugin_is_replaced_that_is_stopped_first) {
  folder_.loading.beans("voice.xml", replaced(voice(), "file=\"voice.so\"", "file=\"voice.so\" swap=\"stop-first\""));
  ASSERT_TRUE(reload().good);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> failed{0};
  std::thread caller([&] {
    while (!stop) failed += caller_->call_voices(10) + caller_->call_lines(10);
  });
  for (int i = 0; i < 20; ++i) {
    install(i % 2 == 0 ? "voice_200" : "voice_100", "voice.so");
    const ReloadReport report = reload();
    EXPECT_TRUE(report.good) << testing::PrintToString(folder_.messages(report));
    (void)folder_.generations.retirement()->work();
  }
  stop = true;
  caller.join();
  EXPECT_EQ(failed, 0U);
  EXPECT_EQ(caller_->listen(), 100);
}

TEST_F(Reload, gives_up_a_swap_whose_old_beans_are_not_left_and_names_who_is_there) {
  folder_.reloader->set_swap_patience(std::chrono::milliseconds(50));
  folder_.loading.beans("voice.xml", replaced(voice(), "file=\"voice.so\"", "file=\"voice.so\" swap=\"stop-first\""));
  ASSERT_TRUE(reload().good);
  ASSERT_TRUE(caller_->keep_line());
  install("voice_200", "voice.so");
  const ReloadReport report = reload();
  EXPECT_FALSE(report.good);
  EXPECT_THAT(folder_.messages(report), ElementsAre(HasSubstr("'voice' can't be replaced: for 50 ms it is in use by 1 "
                                                              "object that it made")));
  EXPECT_EQ(caller_->listen(), 100);
  EXPECT_EQ(caller_->close_line(), 100);
  EXPECT_TRUE(reload().good);
  EXPECT_EQ(caller_->listen(), 200);
}

TEST_F(Reload, starts_the_old_again_if_the_new_can_not_be_started) {
  const std::string first = replaced(voice(), "file=\"voice.so\"", "file=\"voice.so\" swap=\"stop-first\"");
  folder_.loading.beans("voice.xml", first);
  ASSERT_TRUE(reload().good);
  folder_.loading.beans("voice.xml", replaced(first, "class=\"voice.Voice\">",
                                              "class=\"voice.Voice\"><property name=\"failStart\" value=\"true\"/>"));
  EXPECT_FALSE(reload().good);
  EXPECT_EQ(caller_->listen(), 100);
  EXPECT_EQ(caller_->call_lines(3), 0U);
}

TEST_F(Reload, no_call_fails_while_a_plugin_is_swapped) {
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> calls{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 2; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        failed += caller_->call_voices(100) + caller_->call_lines(20);
        calls += 120;
      }
    });
  }
  for (int i = 0; i < 50; ++i) {
    install(i % 2 == 0 ? "voice_200" : "voice_100", "voice.so");
    EXPECT_TRUE(reload().good);
    (void)folder_.generations.retirement()->work();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failed, 0U) << "of " << calls;
  EXPECT_GT(calls, 0U);
  EXPECT_TRUE(folder_.settle());
  EXPECT_EQ(mapped_voices(), 1U);
}

}  // namespace
