#include "api/drills.h"

#include <gmock/gmock.h>

#include <condition_variable>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <string>

#include "api/json_text.h"
#include "api/node_api.h"
#include "support/loading.h"

namespace tenon::api {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string printed(const Json& json, std::string_view name) {
  const Json* member = json.find(name);
  return member != nullptr ? print_json(*member) : "(none)";
}

/// An API over a node with the plugin `shelf`: chains that put files on a shelf, and a probe that lists them.
class DrillsTest : public ::testing::Test {
 protected:
  DrillsTest() {
    std::filesystem::create_directories(shelf_);
    folder_.library(std::filesystem::path(TEST_PLUGINS) / "shelf.so");
    folder_.beans("a.xml", R"(<tenon:library name="shelf" version="1.0.0" file="shelf.so"/>
      <bean id="probe" class="shelf.Probe"><property name="folder" value=")" +
                               shelf_.string() + R"("/>
        <tenon:plugin><tenon:extension interface="tenon.ResourceProbe"/></tenon:plugin>
      </bean>)");
    folder_.descriptor("chains/c.xml", R"(<chains>
      <chain name="good"><input key="shelf"/><flow class="shelf.Put"/></chain>
      <chain name="forgetful"><input key="shelf"/><flow class="shelf.Put"/><flow class="shelf.Forget"/></chain>
      <chain name="stuck"><input key="shelf"/><flow class="shelf.Stick"/></chain>
    </chains>)");
    const wiring::LoadResult loaded = folder_.load();
    EXPECT_THAT(folder_.messages(loaded), ::testing::IsEmpty());
    api_ = std::make_unique<NodeApi>("1", loaded.wiring, engine_, runs_, messages_);
  }
  ~DrillsTest() override {
    api_.reset();
    EXPECT_TRUE(engine_.wait_idle(60s));
  }

  HttpResponse post(const std::string& chain, const std::string& body, const std::string& accept = {}) {
    return api_->handle({.method = "POST",
                         .target = "/v1/chains/" + chain + "/drills",
                         .content_type = "application/json",
                         .accept = accept,
                         .body = body});
  }
  std::string input() const { return R"({"input": {"shelf": ")" + shelf_.string() + R"("}})"; }
  HttpResponse latest(const std::string& chain) {
    return api_->handle({.method = "GET", .target = "/v1/chains/" + chain + "/drills/latest"});
  }
  /// All that a stream of events gives, to its end.
  std::string read(EventSource& events) {
    // Shared with the waker, which may still be on its way when the stream has ended.
    struct Wakes {
      std::mutex mutex;
      std::condition_variable changed;
      int count = 0;
    };
    const auto wakes = std::make_shared<Wakes>();
    events.notify([wakes] {
      std::lock_guard lock(wakes->mutex);
      ++wakes->count;
      wakes->changed.notify_all();
    });
    std::string text;
    while (true) {
      std::unique_lock lock(wakes->mutex);
      const int seen = wakes->count;
      lock.unlock();
      text += events.take();
      if (events.ended()) break;
      lock.lock();
      if (!wakes->changed.wait_for(lock, 60s, [&] { return wakes->count != seen; })) {
        throw std::runtime_error("the drill hangs");
      }
    }
    return text;
  }
  /// The report of a drill.
  Json drilled(const std::string& chain) {
    const HttpResponse response = post(chain, input(), "text/event-stream");
    if (!response.events) throw std::runtime_error(response.body);
    (void)read(*response.events);
    return parse_json(latest(chain).body).value();
  }

  test::LoadingFolder folder_;
  const std::filesystem::path shelf_ = folder_.folder.path() / "shelf";
  RunLog runs_{100};
  message::Dispatcher messages_;
  flow::Engine engine_;
  std::unique_ptr<NodeApi> api_;
};

TEST_F(DrillsTest, find_nothing_where_each_run_is_undone) {
  const Json report = drilled("good");
  EXPECT_EQ(printed(report, "state"), R"("clean")") << print_json(report);
  EXPECT_EQ(printed(report, "probes"), R"(["shelf"])");
  EXPECT_EQ(report.find("outcomes")->as_array()->size(), 3U);
  EXPECT_EQ(printed(report, "not_reached"), "0");
  EXPECT_TRUE(std::filesystem::is_empty(shelf_));
}

TEST_F(DrillsTest, find_what_an_undo_forgets) {
  const Json report = drilled("forgetful");
  EXPECT_EQ(printed(report, "state"), R"("flawed")") << print_json(report);
  EXPECT_EQ(printed(report, "left"), "1");  // put there once, it is there before the next run
  EXPECT_THAT(printed(report, "outcomes"), HasSubstr(R"("left":[{"probe":"shelf","resource":"file forgotten"}])"));
}

TEST_F(DrillsTest, find_undos_that_fail) {
  const Json report = drilled("stuck");
  EXPECT_EQ(printed(report, "state"), R"("flawed")");
  EXPECT_THAT(printed(report, "outcomes"), HasSubstr(R"("failed_undos":[{"name":")"));
}

TEST_F(DrillsTest, stream_their_outcomes) {
  const HttpResponse response = post("good", input(), "text/event-stream");
  ASSERT_NE(response.events, nullptr);
  const std::string stream = read(*response.events);
  EXPECT_THAT(stream, StartsWith("event: drill\ndata: {\"chain\":\"good\",\"state\":"));
  EXPECT_THAT(stream, HasSubstr("event: end\ndata: {\"chain\":\"good\",\"state\":\"clean\""));
}

TEST_F(DrillsTest, are_answered_with_where_they_can_be_seen) {
  const HttpResponse response = post("good", input());
  EXPECT_EQ(response.status, 202U);
  EXPECT_THAT(response.headers, ::testing::Contains(::testing::Pair("Location", "/v1/chains/good/drills/latest")));
  EXPECT_EQ(latest("good").status, 200U);
}

TEST_F(DrillsTest, are_listed_as_runs) {
  (void)drilled("good");
  EXPECT_EQ(runs_.records().size(), 3U);
}

TEST_F(DrillsTest, say_which_input_is_missing) {
  const HttpResponse response = post("good", "{}", "text/event-stream");
  ASSERT_NE(response.events, nullptr);
  EXPECT_THAT(read(*response.events), HasSubstr(R"("state":"failed")"));
  EXPECT_THAT(latest("good").body, HasSubstr(R"("error":{"code":"FLOW.1012")"));
}

TEST_F(DrillsTest, say_which_probe_can_not_list) {
  std::filesystem::remove(shelf_);
  const Json report = drilled("good");
  EXPECT_EQ(printed(report, "state"), R"("failed")");
  EXPECT_THAT(printed(report, "error"), HasSubstr(R"("code":"DRILL.1002")"));
  EXPECT_THAT(printed(report, "error"), HasSubstr(R"("details":"shelf")"));
  EXPECT_THAT(printed(report, "error"), HasSubstr("SHELF.1002"));
}

TEST_F(DrillsTest, refuse_what_is_not_understood) {
  EXPECT_EQ(post("no-such", "{}").status, 404U);
  EXPECT_EQ(post("good", R"({"grace": 1})").status, 400U);
  EXPECT_THAT(post("good", R"({"grace_ms": -1})").body, HasSubstr("$.grace_ms: expected a whole number from 0 to"));
  EXPECT_EQ(latest("good").status, 404U);
  EXPECT_EQ(latest("no-such").status, 404U);
}

TEST_F(DrillsTest, end_with_their_run_when_their_reader_goes_away) {
  { const HttpResponse response = post("forgetful", input(), "text/event-stream"); }
  api_.reset();  // waits for the thread
  EXPECT_LE(runs_.records().size(), 6U);
  EXPECT_EQ(engine_.in_flight(), 0U);
}

}  // namespace
}  // namespace tenon::api
