#include "api/events_api.h"

#include <gmock/gmock.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "answered.h"
#include "api/json_text.h"
#include "store/core_schema.h"
#include "store/migrations.h"
#include "store/plugin_store.h"
#include "support/node.h"
#include "support/temp_folder.h"

namespace tenon::api {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct WallPainted {
  static constexpr std::string_view kEvent = "/walls/{wall}/painted";
  std::string wall;
  int coat = 0;
};
BOOST_DESCRIBE_STRUCT(WallPainted, (), (wall, coat))

class EventsApiTest : public ::testing::Test {
 protected:
  EventsApiTest() {
    store_ = store::open_store(store::parse_address("sqlite:" + (folder_.path() / "t.db").string()).value()).value();
    const auto connection = store_->connect().value();
    (void)store::migrate(*connection, {store::core_migrations()}).value();
    message::EventHubOptions options;
    options.kept = 10;
    hub_ = std::make_unique<message::EventHub>(*store_, options);
    store::PluginStoreOptions store_options;
    store_options.committed = [this] { hub_->committed(); };
    plugin_store_ = std::make_unique<store::PluginStore>(*store_, store_options);
    node_.set_store(plugin_store_.get());
    node_.set_events(hub_.get());
    api_ = std::make_unique<EventsApi>(*hub_);
    api_->add_routes(router_);
    wait_for(0);
  }

  void paint(const std::string& wall, int coats) {
    for (int i = 0; i < coats; ++i) publish(WallPainted{wall, ++coat_}).value();
  }
  void wait_for(std::uint64_t last) {
    for (int i = 0; i < 6000 && (hub_->last() < last || !hub_->recent(last, 1)); ++i) std::this_thread::sleep_for(10ms);
    ASSERT_EQ(hub_->last(), last);
  }
  HttpResponse ask(const std::string& query, const std::string& accept = {}, const std::string& last = {}) {
    return test::answered(
        router_.route({.method = "GET", .target = "/v1/events" + query, .accept = accept, .last_event_id = last}));
  }
  /// The coats of the events that are listed.
  std::vector<std::int64_t> listed(const std::string& query) {
    const Json list = parse_json(ask(query).body).value();
    std::vector<std::int64_t> coats;
    for (const Json& event : *list.as_array()) coats.push_back(*event.find("body")->find("coat")->as_int());
    return coats;
  }
  /// The ids of a stream's text.
  static std::vector<std::string> ids(const std::string& text) {
    std::vector<std::string> found;
    for (std::size_t at = 0; (at = text.find("id: ", at)) != std::string::npos; at += 4) {
      found.push_back(text.substr(at + 4, text.find('\n', at) - at - 4));
    }
    return found;
  }

  test::TempFolder folder_;
  test::Node node_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<message::EventHub> hub_;
  std::unique_ptr<store::PluginStore> plugin_store_;
  std::unique_ptr<EventsApi> api_;
  Router router_;
  int coat_ = 0;
};

TEST_F(EventsApiTest, lists_events_by_path_and_number) {
  paint("north", 2);
  paint("south", 1);
  wait_for(3);
  EXPECT_THAT(listed(""), ElementsAre(1, 2, 3));
  EXPECT_THAT(listed("?path=/walls/south/*"), ElementsAre(3));
  EXPECT_THAT(listed("?after=1&limit=1"), ElementsAre(2));
  EXPECT_THAT(ask("?after=2").body, HasSubstr(R"("path":"/walls/south/painted","kind":"/walls/{wall}/painted")"));
}

TEST_F(EventsApiTest, refuses_what_it_can_not_list) {
  EXPECT_THAT(ask("?path=walls").body, HasSubstr("a pattern such as /walls/*"));
  EXPECT_THAT(ask("?limit=0").body, HasSubstr("limit"));
  EXPECT_THAT(ask("?wall=north").body, HasSubstr("there is no such parameter"));
  EXPECT_THAT(ask("", "text/event-stream", "x").body, HasSubstr("Last-Event-ID"));
}

TEST_F(EventsApiTest, follows_what_comes) {
  paint("north", 1);
  wait_for(1);
  const auto stream = ask("?path=/walls/north/painted", "text/event-stream").events;
  ASSERT_NE(stream, nullptr);
  struct Woken {
    std::promise<void> promise;
    std::atomic<bool> once{false};
  };
  // Shared: the last waker may still be on its way when the test has ended.
  const auto woken = std::make_shared<Woken>();
  stream->notify([woken] {
    if (!woken->once.exchange(true)) woken->promise.set_value();
  });
  EXPECT_EQ(stream->take(), "");
  paint("south", 1);
  paint("north", 1);
  woken->promise.get_future().get();
  wait_for(3);
  EXPECT_THAT(ids(stream->take()), ElementsAre("3"));
  EXPECT_FALSE(stream->ended());
}

TEST_F(EventsApiTest, goes_on_after_the_last_event_that_a_reader_has) {
  paint("north", 5);
  wait_for(5);
  EXPECT_THAT(ids(ask("", "text/event-stream", "3").events->take()), ElementsAre("4", "5"));
}

TEST_F(EventsApiTest, goes_on_from_the_store_where_that_is_long_ago) {
  paint("north", 30);
  wait_for(30);
  const auto stream = ask("", "text/event-stream", "5").events;
  ASSERT_NE(stream, nullptr);
  std::vector<std::string> all;
  for (std::string text = stream->take(); !text.empty(); text = stream->take()) {
    for (const std::string& id : ids(text)) all.push_back(id);
  }
  ASSERT_EQ(all.size(), 25U);
  EXPECT_EQ(all.front(), "6");
  EXPECT_EQ(all.back(), "30");
}

TEST_F(EventsApiTest, ends_the_stream_of_a_reader_that_is_too_slow) {
  const auto stream = ask("", "text/event-stream").events;
  paint("north", 30);
  wait_for(30);
  EXPECT_EQ(stream->take(), "");
  EXPECT_TRUE(stream->ended()) << "it is to come again with the last number that it has";
}

}  // namespace
}  // namespace tenon::api
