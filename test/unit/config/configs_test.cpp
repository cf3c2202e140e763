#include "config/configs.h"

#include <tenon/config_event.h>
#include <tenon/event.h>

#include <future>
#include <thread>

#include "config/errors.h"
#include "unit/config/config_fixture.h"

namespace tenon::config {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const ResourceRef kWall{"Wall", "north"};
const ResourceRef kRoom{"Room", "attic"};

std::int64_t number(const ConfigValue* value) { return std::get<std::int64_t>(value->data); }
std::string word(const ConfigValue& value) { return std::to_string(number(&value)); }

class Configured : public ConfigStoreTest {
 protected:
  std::unique_ptr<Configs> open(std::chrono::milliseconds poll = 0ms, const std::string& default_text = "30") {
    auto configs = std::make_unique<Configs>(ConfigsOptions{host_.get(), poll});
    configs->set_parents(
        [](const ResourceRef& resource) { return resource.kind == "Wall" ? std::optional(kRoom) : std::nullopt; });
    configs->set_listener([this](const ConfigChange& change) {
      ear_.hear(std::string(change.kind == ConfigChange::Kind::kSet ? "set " : "reset ") +
                full_name(change.category, change.name) + " " +
                (change.resource ? to_string(*change.resource) + " " : "") + change.before.value_or("-") + " -> " +
                change.now.value_or("-") + " by " + change.by);
    });
    const Result<void> opened = configs->define({spec("wall", "look", default_text), spec("wall", "paint", "7")});
    EXPECT_TRUE(opened) << opened.error().to_string();
    return configs;
  }
  static std::int64_t look(const Configs& configs) { return number(configs.find_slot("wall", "look")->value.load()); }
  static std::int64_t look_of(const Configs& configs, const ResourceRef& resource) {
    return number(configs.find_slot("wall", "look")->value_for(resource));
  }

  Ear ear_;
};
TENON_BOTH_ENGINES(Configured);

TEST_P(Configured, have_their_defaults_until_somebody_sets_them) {
  const auto configs = open();
  EXPECT_EQ(look(*configs), 30);
  ASSERT_TRUE(configs->set("wall", "look", "60", {}, "ada").value());
  EXPECT_EQ(look(*configs), 60);
  EXPECT_EQ(look(*open()), 60) << "after another start";
  ASSERT_TRUE(configs->reset("wall", "look", {}, "ada").value());
  EXPECT_EQ(look(*configs), 30);
  EXPECT_EQ(look(*open()), 30);
}

/// Keeps what is published, if its transaction is.
class Events final : public EventHost {
 public:
  Result<void> publish(StoreTransaction& store, std::string_view kind, const std::string& path,
                       const Json& body) override {
    EXPECT_EQ(kind, ConfigChanged::kEvent);
    const auto kept = store.execute("INSERT INTO heard (line) VALUES ($1)", {path + " " + line(body)});
    return kept ? Result<void>() : kept.error();
  }

 private:
  static std::string line(const Json& body) {
    const ConfigChanged event = from_json<ConfigChanged>(body).value();
    return event.resource.value_or("all") + " " + event.before.value_or("-") + " -> " + event.now.value_or("-") +
           " by " + event.by;
  }
};

TEST_P(Configured, are_announced_in_the_transaction_that_changes_them) {
  make("CREATE TABLE heard (line text PRIMARY KEY)");
  test::Node node;
  Events events;
  node.set_events(&events);
  const auto configs = open();
  ASSERT_TRUE(configs->set("wall", "look", "60", {}, "ada").value());
  ASSERT_FALSE(configs->set("wall", "look", "60", {}, "bob").value());
  ASSERT_FALSE(configs->set("wall", "look", "6000", {}, "bob").ok());
  ASSERT_TRUE(configs->set("wall", "look", "61", kWall, "bob").value());
  ASSERT_TRUE(configs->reset("wall", "look", {}, "cy").value());
  EXPECT_THAT(rows("SELECT line FROM heard"),
              ::testing::UnorderedElementsAre("/configs/wall/look/changed all - -> 60 by ada",
                                              "/configs/wall/look/changed Wall:north - -> 61 by bob",
                                              "/configs/wall/look/changed all 60 -> - by cy"));
  make("DROP TABLE heard");
  EXPECT_FALSE(configs->set("wall", "look", "62", {}, "ada").ok()) << "it can't be announced";
  EXPECT_EQ(look(*configs), 30);
}

TEST_P(Configured, follow_a_new_default_only_where_nobody_set_a_value) {
  ASSERT_TRUE(open()->set("wall", "paint", "7", {}, "ada").value()) << "the default itself, but said by somebody";
  const auto changed = open(0ms, "45");
  EXPECT_EQ(look(*changed), 45);
  EXPECT_THAT(rows("SELECT name, value, changed_by FROM config_value"), ElementsAre("paint 7 ada"));
}

TEST_P(Configured, refuse_what_does_not_fit_and_change_nothing) {
  const auto configs = open();
  const auto refused = [&](std::string_view name, std::string_view value, const std::optional<ResourceRef>& resource) {
    const Result<bool> set = configs->set("wall", name, value, resource, "ada");
    return set ? std::string("(taken)") : set.error().code + ": " + set.error().details;
  };
  EXPECT_EQ(refused("look", "101", {}), "CONFIG.1002: wall.look: expected an integer from 1 to 100, found '101'");
  EXPECT_EQ(refused("look", "often", kWall),
            "CONFIG.1002: wall.look: expected an integer from 1 to 100, found 'often'");
  EXPECT_EQ(refused("lok", "1", {}), "CONFIG.1001: 'wall.lok' (did you mean 'wall.look'?)");
  EXPECT_EQ(refused("look", "1", ResourceRef{"Wal", "x"}),
            "CONFIG.1003: wall.look: expected a resource of the kind Wall, Room, found Wal x (did you mean 'Wall'?)");
  EXPECT_EQ(look(*configs), 30);
  EXPECT_THAT(rows("SELECT value FROM config_value UNION ALL SELECT value FROM resource_config"), IsEmpty());
  EXPECT_THAT(rows("SELECT who FROM config_audit"), IsEmpty());
  configs->flush();
  EXPECT_THAT(ear_.heard(), IsEmpty());
}

TEST_P(Configured, are_audited_and_announced_each_for_what_it_was) {
  const auto configs = open();
  ASSERT_TRUE(configs->set("wall", "look", "60", {}, "ada").value());
  ASSERT_TRUE(configs->set("wall", "look", "70", kWall, "bob").value());
  EXPECT_FALSE(configs->set("wall", "look", "60", {}, "bob").value()) << "it is so already";
  ASSERT_TRUE(configs->reset("wall", "look", {}, "bob").value());
  EXPECT_FALSE(configs->reset("wall", "look", {}, "bob").value());
  ASSERT_TRUE(configs->reset("wall", "look", kWall, "ada").value());
  configs->flush();
  EXPECT_THAT(ear_.heard(), ElementsAre("set wall.look - -> 60 by ada", "set wall.look Wall north - -> 70 by bob",
                                        "reset wall.look 60 -> - by bob", "reset wall.look Wall north 70 -> - by ada"));
  EXPECT_THAT(rows("SELECT kind, who, category, name, resource_kind, resource_id, old_value, new_value FROM "
                   "config_audit ORDER BY revision"),
              ElementsAre("set ada wall look NULL NULL NULL 60", "set bob wall look Wall north NULL 70",
                          "reset bob wall look NULL NULL 60 NULL", "reset ada wall look Wall north 70 NULL"));
}

TEST_P(Configured, tell_of_new_values_after_they_count) {
  const auto configs = open();
  const ConfigSlot* slot = configs->find_slot("wall", "look");
  Ear ear;
  const std::uint64_t subscription =
      configs->subscribe(slot, slot->value.load(), [&](const ConfigValue& before, const ConfigValue& now) {
        ear.hear(word(before) + " -> " + word(now) + ", read as " + word(*slot->value.load()));
      });
  ASSERT_TRUE(configs->set("wall", "look", "60", {}, "ada").value());
  configs->flush();
  ASSERT_TRUE(configs->set("wall", "look", "5", kWall, "ada").value());
  ASSERT_TRUE(configs->set("wall", "paint", "8", {}, "ada").value());
  ASSERT_TRUE(configs->reset("wall", "look", {}, "ada").value());
  configs->flush();
  configs->unsubscribe(subscription);
  ASSERT_TRUE(configs->set("wall", "look", "61", {}, "ada").value());
  configs->flush();
  EXPECT_THAT(ear.heard(), ElementsAre("30 -> 60, read as 60", "60 -> 30, read as 30"));
}

TEST_P(Configured, tell_who_listens_of_what_changed_since_it_looked) {
  const auto configs = open();
  const ConfigSlot* slot = configs->find_slot("wall", "look");
  const ConfigValue* seen = slot->value.load();
  ASSERT_TRUE(configs->set("wall", "look", "60", {}, "ada").value());
  Ear ear;
  (void)configs->subscribe(slot, seen, [&](const ConfigValue& before, const ConfigValue& now) {
    ear.hear(word(before) + " -> " + word(now));
  });
  configs->flush();
  EXPECT_THAT(ear.heard(), ElementsAre("30 -> 60"));
}

TEST_P(Configured, have_values_of_resources_before_those_of_their_parents) {
  const auto configs = open();
  ASSERT_TRUE(configs->set("wall", "look", "60", {}, "ada").value());
  EXPECT_EQ(look_of(*configs, kWall), 60);
  ASSERT_TRUE(configs->set("wall", "look", "50", kRoom, "ada").value());
  EXPECT_EQ(look_of(*configs, kWall), 50);
  EXPECT_EQ(look_of(*configs, {"Room", "cellar"}), 60);
  ASSERT_TRUE(configs->set("wall", "look", "40", kWall, "ada").value());
  EXPECT_EQ(look_of(*configs, kWall), 40);
  EXPECT_EQ(look_of(*configs, {"Wall", "south"}), 50);
  EXPECT_EQ(look(*configs), 60);
  EXPECT_EQ(look_of(*open(), kWall), 40) << "after another start";
  ASSERT_TRUE(configs->reset("wall", "look", kWall, "ada").value());
  EXPECT_EQ(look_of(*configs, kWall), 50);
}

TEST_P(Configured, are_read_from_memory) {
  const auto configs = open();
  ASSERT_TRUE(configs->set("wall", "look", "50", kRoom, "ada").value());
  make("DROP TABLE resource_config; DROP TABLE config_value");
  EXPECT_EQ(look_of(*configs, kWall), 50);
  EXPECT_EQ(configs->explain("wall", "look", kWall).value().counting().value, "50");
}

TEST_P(Configured, do_not_change_without_their_line_in_the_audit) {
  const auto configs = open();
  make("DROP TABLE config_audit");
  EXPECT_FALSE(configs->set("wall", "look", "60", {}, "ada"));
  EXPECT_EQ(look(*configs), 30);
  EXPECT_THAT(rows("SELECT value FROM config_value"), IsEmpty());
}

TEST_P(Configured, pass_over_a_kept_value_of_a_kind_that_may_have_none_any_more) {
  make(
      "INSERT INTO resource_config (category, name, resource_kind, resource_id, value, changed_by, changed_at) "
      "VALUES ('wall', 'look', 'House', 'home', '50', 'ada', 1)");
  const auto configs = open();
  const ResourceRef house{"House", "home"};
  EXPECT_EQ(look_of(*configs, house), 30);
  EXPECT_THAT(configs->explain("wall", "look", house).value().levels.back().flaw, HasSubstr("of this kind"));
  EXPECT_TRUE(configs->reset("wall", "look", house, "ada").value());
}

TEST_P(Configured, explain_which_value_counts) {
  const auto configs = open();
  ASSERT_TRUE(configs->set("wall", "look", "60", {}, "ada").value());
  ASSERT_TRUE(configs->set("wall", "look", "50", kRoom, "bob").value());
  ASSERT_TRUE(configs->set("wall", "look", "1", {{"Wall", "south"}}, "eve").value());
  const auto levels = [&](const std::optional<ResourceRef>& resource) {
    std::vector<std::string> lines;
    const ConfigView view = configs->explain("wall", "look", resource).value();
    for (const ConfigLevel& level : view.levels) {
      lines.push_back((level.resource ? to_string(*level.resource) + " " : "") + level.value + " " + level.by +
                      (level.counts ? "!" : ""));
    }
    return lines;
  };
  EXPECT_THAT(levels(kWall), ElementsAre("30 ", "60 ada", "Room attic 50 bob!"));
  EXPECT_THAT(levels({}), ElementsAre("30 ", "60 ada!", "Room attic 50 bob", "Wall south 1 eve"));
}

TEST_P(Configured, pass_over_a_kept_value_that_does_not_fit_any_more) {
  make(
      "INSERT INTO config_value (category, name, value, changed_by, changed_at) VALUES ('wall', 'look', '500', 'ada', "
      "1)");
  const auto configs = open();
  EXPECT_EQ(look(*configs), 30);
  const ConfigView view = configs->explain("wall", "look").value();
  EXPECT_EQ(view.counting().value, "30");
  EXPECT_EQ(view.levels[1].flaw, "expected an integer from 1 to 100, found '500'");
  EXPECT_THAT(node_.lines(), Contains(HasSubstr("config=wall.look why=expected an integer")));
}

TEST_P(Configured, leave_alone_what_is_kept_of_configs_that_are_away) {
  make("INSERT INTO config_value (category, name, value, changed_by, changed_at) VALUES ('gone', 'x', '5', 'ada', 1)");
  const auto configs = open();
  ASSERT_TRUE(configs->set("wall", "look", "60", {}, "ada").value());
  EXPECT_THAT(rows("SELECT category, value FROM config_value ORDER BY category"), ElementsAre("gone 5", "wall 60"));
}

TEST_P(Configured, lose_no_change_when_many_are_made_at_once) {
  const auto configs = open();
  std::vector<std::thread> threads;
  for (int i = 1; i <= 4; ++i) {
    threads.emplace_back([&, i] {
      for (int j = 0; j < 10; ++j) {
        EXPECT_TRUE(configs->set("wall", "look", std::to_string(i * 10 + j), {}, "t"));
        (void)look(*configs);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  configs->flush();
  EXPECT_THAT(rows("SELECT value FROM config_value"), ElementsAre(std::to_string(look(*configs))));
  EXPECT_EQ(ear_.heard().size(), rows("SELECT who FROM config_audit").size());
}

TEST_P(Configured, change_on_other_nodes_within_a_second) {
  const auto here = open();
  const auto there = open(10ms);
  const ConfigSlot* slot = there->find_slot("wall", "look");
  std::promise<std::string> heard;
  (void)there->subscribe(slot, slot->value.load(), [&](const ConfigValue& before, const ConfigValue& now) {
    heard.set_value(word(before) + " -> " + word(now));
  });
  ASSERT_TRUE(here->set("wall", "look", "60", {}, "ada").value());
  std::future<std::string> told = heard.get_future();
  ASSERT_EQ(told.wait_for(1s), std::future_status::ready);
  EXPECT_EQ(told.get(), "30 -> 60");
  EXPECT_EQ(look(*there), 60);
}

TEST(Configs, without_a_store_have_their_defaults) {
  Configs configs;
  ASSERT_TRUE(configs.define({spec("wall", "look", "30")}));
  EXPECT_EQ(number(configs.find_slot("wall", "look")->value.load()), 30);
  EXPECT_EQ(configs.set("wall", "look", "31", {}, "ada").error().code, kNoStore);
}

TEST_P(Configured, say_so_if_resources_belong_to_one_another) {
  const auto configs = open();
  configs->set_parents([](const ResourceRef& resource) { return std::optional(resource == kWall ? kRoom : kWall); });
  ASSERT_TRUE(configs->set("wall", "look", "1", {{"Wall", "south"}}, "eve").value());
  try {
    (void)look_of(*configs, kWall);
    FAIL() << "it walks in a circle";
  } catch (const Error& e) {
    EXPECT_EQ(e.error().code, kParentsInCircle);
    EXPECT_EQ(e.error().details, "Wall north -> Room attic -> Wall north");
  }
}

}  // namespace
}  // namespace tenon::config
