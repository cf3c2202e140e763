#include "daemon/settings.h"

#include <gmock/gmock.h>

#include "support/temp_folder.h"

namespace tenon::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;

std::vector<std::string> messages(const descriptor::Diagnostics& diagnostics) {
  std::vector<std::string> lines;
  for (const auto& diagnostic : diagnostics.sorted()) lines.push_back(diagnostic.to_string());
  return lines;
}

TEST(Settings, have_defaults) {
  descriptor::Diagnostics diagnostics;
  const Settings settings = read_settings({}, diagnostics);
  EXPECT_THAT(messages(diagnostics), ElementsAre());
  EXPECT_EQ(settings.state, "/var/lib/tenon");
  EXPECT_EQ(settings.socket, "/run/tenon/tenon.sock");
  EXPECT_EQ(settings.store.place(), "/var/lib/tenon/tenon.db");
  EXPECT_FALSE(settings.allow_unsafe_store);
  EXPECT_EQ(settings.log_level, LogLevel::kInfo);
  EXPECT_EQ(settings.stop_grace, 30s);
  EXPECT_EQ(settings.blocking_threads, 16U);
  EXPECT_EQ(settings.runs_kept, 1000U);
  EXPECT_EQ(settings.run_retention, std::chrono::hours(720));
}

TEST(Settings, come_from_the_file_and_the_command_line_which_wins) {
  test::TempFolder folder;
  Options options;
  options.properties = folder.write("p", "tenon.plugins = /a:/b\ntenon.stop.grace = 5m\ntenon.log.level = debug\n");
  options.set = {{"tenon.stop.grace", "250ms"}, {"tenon.state", "/s"}};
  descriptor::Diagnostics diagnostics;
  const Settings settings = read_settings(read_properties(options, diagnostics), diagnostics);
  EXPECT_THAT(messages(diagnostics), ElementsAre());
  EXPECT_THAT(settings.plugins, ElementsAre("/a", "/b"));
  EXPECT_EQ(settings.stop_grace, 250ms);
  EXPECT_EQ(settings.log_level, LogLevel::kDebug);
  EXPECT_EQ(settings.state, "/s");
}

TEST(Settings, say_where_the_store_is) {
  Options options;
  options.set = {{"tenon.state", "/s"}};
  descriptor::Diagnostics diagnostics;
  EXPECT_EQ(read_settings(read_properties(options, diagnostics), diagnostics).store.place(), "/s/tenon.db");
  options.set = {{"tenon.store", "postgresql://db/tenon"}, {"tenon.store.allow_unsafe", "true"}};
  const Settings settings = read_settings(read_properties(options, diagnostics), diagnostics);
  EXPECT_EQ(settings.store.engine, store::Address::Engine::kPostgresql);
  EXPECT_TRUE(settings.allow_unsafe_store);
  EXPECT_THAT(messages(diagnostics), ElementsAre());
  options.set = {{"tenon.store", "oracle:db"}};
  (void)read_settings(read_properties(options, diagnostics), diagnostics);
  EXPECT_THAT(messages(diagnostics),
              ElementsAre("--set tenon.store: error: property 'tenon.store': expected sqlite:FILE, postgresql://… or "
                          "host=… dbname=…, found 'oracle…'"));
}

TEST(Settings, that_do_not_fit_are_errors_where_they_were_set) {
  test::TempFolder folder;
  Options options;
  const std::string file = folder.write("p",
                                        "tenon.log.level = loud\n"
                                        "tenon.run.blocking-threads = 0\n"
                                        "tenon.sokcet = /x\n"
                                        "other.name = anything\n"
                                        "tenon.plugins.trust = everybody\n");
  options.properties = file;
  options.set = {{"tenon.stop.grace", "soon"}};
  descriptor::Diagnostics diagnostics;
  (void)read_settings(read_properties(options, diagnostics), diagnostics);
  EXPECT_THAT(
      messages(diagnostics),
      ElementsAre("--set tenon.stop.grace: error: property 'tenon.stop.grace': expected a duration such as 10ms, "
                  "found 'soon'",
                  file + ":1:1: error: property 'tenon.log.level': expected debug, info, warning or error, "
                         "found 'loud'",
                  file + ":2:1: error: property 'tenon.run.blocking-threads': expected an integer from 1 to 4096, "
                         "found '0'",
                  file + ":3:1: error: the node has no property 'tenon.sokcet' (did you mean 'tenon.socket'?)",
                  file + ":5:1: error: property 'tenon.plugins.trust': expected owner or any, found 'everybody'"));
}

}  // namespace
}  // namespace tenon::daemon
