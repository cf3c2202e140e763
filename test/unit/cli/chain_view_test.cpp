#include "chain_view.h"

#include <gmock/gmock.h>

#include "api/json_text.h"
#include "chain_words.h"

namespace tenon::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Json parsed(std::string_view text) { return api::parse_json(text).value(); }

Json chain() {
  return parsed(R"({"name":"demo","place":"/etc/d/c.xml:2:3","extends":"base",
    "inputs":[{"key":"box","place":"/etc/d/c.xml:3:5"}],"locks":[{"key":"box:{box.id}"}],"recovery":"rollback",
    "policy":{"timeout_ms":600000},
    "steps":[
      {"index":0,"name":"a.Find","plugin":"a","has_undo":true,"has_pre_check":true,"place":"/etc/d/c.xml:5:5",
       "origin":"/usr/p/a.xml:3:3","reads":[{"key":"box","type":"Box"}],"optional":[{"key":"hint","type":"Hint"}],
       "writes":[{"key":"room","type":"Room"}],
       "policy":{"timeout_ms":10000,"grace_ms":10000,"retry":{"attempts":3,"backoff_ms":200,"undo_between":true},
                 "concurrency":"room:{room.id}","limit":10,"when":[{"key":"k","negated":false}]}},
      {"index":1,"name":"net/b.One","plugin":"b","has_undo":false,"place":"/etc/d/n.xml:5:5","origin":"/usr/p/b.xml:3:3"},
      {"index":2,"name":"net/b.Two","plugin":"b","has_undo":true,"place":"/etc/d/n.xml:6:5","origin":"/usr/p/b.xml:3:3"},
      {"index":3,"name":"net/b.Three","plugin":"b","has_undo":true,"place":"/etc/d/n.xml:7:5","origin":"/usr/p/b.xml:3:3"},
      {"index":4,"name":"x.Extra/1[Bean]","interface":"x.Extra/1","plugin":"b","has_undo":true,
       "place":"/etc/d/c.xml:9:5","origin":"/usr/p/b.xml:8:3"}],
    "tree":[{"step":0},
      {"scope":"net","place":"/etc/d/c.xml:7:5","policy":{"timeout_ms":1500},"steps":[
        {"parallel":{"limit":2,"place":"/etc/d/n.xml:4:3","branches":[[{"step":1},{"step":2}],[{"step":3}]]}}]},
      {"extensions":"x.Extra/1","side":"run","place":"/etc/d/c.xml:9:5","steps":[{"step":4}]}]})");
}

Terminal utf8() {
  Terminal terminal;
  terminal.utf8 = true;
  return terminal;
}

TEST(ChainView, shows_what_the_chain_asks_for) {
  EXPECT_THAT(chain_text(chain(), utf8()), StartsWith("chain       demo\n"
                                                      "extends     base\n"
                                                      "inputs      box\n"
                                                      "locks       box:{box.id}\n"
                                                      "policies    timeout 10 min\n"
                                                      "recovery    rollback\n"
                                                      "descriptor  /etc/d/c.xml:2:3\n"));
}

TEST(ChainView, indents_steps_below_what_they_belong_to) {
  Json plain = chain();
  for (auto& [name, member] : *plain.as_object()) {
    if (name != "steps") continue;
    for (Json& step : *member.as_array()) {
      std::erase_if(*step.as_object(), [](const auto& m) {
        return m.first == "policy" || m.first == "reads" || m.first == "optional" || m.first == "writes" ||
               m.first == "has_pre_check";
      });
    }
  }
  EXPECT_THAT(chain_text(plain, utf8()), HasSubstr("\nSteps\n"
                                                   "#  FLOW         PLUGIN  UNDO  FROM\n"
                                                   "1  a.Find       a       yes   c.xml:5:5 a.xml:3:3\n"
                                                   "   chain net · timeout 1500 ms  c.xml:7:5\n"
                                                   "   └ parallel · 2 at once  n.xml:4:3\n"
                                                   "     ├ branch\n"
                                                   "2    │ ├ b.One  b       no    n.xml:5:5 b.xml:3:3\n"
                                                   "3    │ └ b.Two  b       yes   n.xml:6:5 b.xml:3:3\n"
                                                   "4    └ b.Three  b       yes   n.xml:7:5 b.xml:3:3\n"
                                                   "   extensions of x.Extra/1  c.xml:9:5\n"
                                                   "5  └ Bean       b       yes   c.xml:9:5 b.xml:8:3\n"));
}

TEST(ChainView, shows_policies_and_keys_of_a_step_in_few_words) {
  const std::string text = chain_text(chain(), utf8());
  EXPECT_THAT(text, HasSubstr("  pre-check · timeout 10 s · retry 3, 200 ms · ≤10 of room:{room.id} · when k  "));
  EXPECT_THAT(text, HasSubstr("  box, hint? → room  "));
  EXPECT_THAT(chain_text(chain(), Terminal{}), HasSubstr(", <=10 of room:{room.id}, when k  box, hint? -> room  "));
}

TEST(ChainView, names_the_files_of_short_places) {
  EXPECT_THAT(chain_text(chain(), utf8()), EndsWith("\nFiles\n"
                                                    "NAME   PATH\n"
                                                    "a.xml  /usr/p/a.xml\n"
                                                    "b.xml  /usr/p/b.xml\n"
                                                    "c.xml  /etc/d/c.xml\n"
                                                    "n.xml  /etc/d/n.xml\n"));
}

TEST(ChainView, keeps_to_the_width_of_a_terminal) {
  Terminal terminal = utf8();
  terminal.live = true;
  terminal.width = 90;
  const std::string text = chain_text(chain(), terminal);
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    EXPECT_LE(display_width(text.substr(begin, end - begin)), 89U) << text;
  }
  EXPECT_THAT(text, HasSubstr("room:{room.id}"));  // nothing is cut, but wrapped
  EXPECT_THAT(text, HasSubstr("when k"));
  EXPECT_THAT(text, HasSubstr("→ room"));
}

TEST(PolicyText, tells_all_policies) {
  const Json part = parsed(R"({"policy":{"undo_timeout_ms":60000,"grace_ms":3000,"undo_attempts":4,
    "retry":{"attempts":2,"codes":["A.1","B.*"],"undo_between":false},
    "when":[{"key":"a","negated":true},{"key":"b","negated":false}]}})");
  EXPECT_EQ(policy_text(part, Signs::of(true)),
            "undo timeout 1 min · grace 3 s · retry 2 on A.1, B.*, no undo between · undo retry 4 · when not a and b");
  EXPECT_EQ(policy_text(parsed(R"({"name":"a"})"), Signs::of(true)), "");
}

TEST(ShortPlaces, keep_files_of_one_name_apart) {
  const ShortPlaces places(parsed(R"({"place":"/a/b/x.xml:1:2","steps":[{"place":"/a/c/x.xml:3:4","origin":"y"}]})"));
  EXPECT_EQ(places.of("/a/b/x.xml:1:2"), "b/x.xml:1:2");
  EXPECT_EQ(places.of("/a/c/x.xml:3:4"), "c/x.xml:3:4");
  EXPECT_EQ(places.of("y"), "y");
}

TEST(ShortName, is_the_bean_of_an_extension_and_leaves_the_sub_chain_out) {
  EXPECT_EQ(short_name(parsed(R"({"name":"net/in/a.Flow"})"), inner_prefix("net/", "in")), "a.Flow");
  EXPECT_EQ(short_name(parsed(R"({"name":"net/in/a.Flow"})"), inner_prefix("net/", "net/in")), "a.Flow");
  EXPECT_EQ(short_name(parsed(R"({"name":"net/i.I/1[Bean]","interface":"i.I/1"})"), "net/"), "Bean");
  EXPECT_EQ(short_name(parsed(R"({"name":"a.Flow"})"), "net/"), "a.Flow");
}

}  // namespace
}  // namespace tenon::cli
