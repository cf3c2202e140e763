#include "format.h"

#include <gmock/gmock.h>

#include "api_client.h"

namespace tenon::cli {
namespace {

TEST(Duration, is_told_as_people_do) {
  EXPECT_EQ(duration_text(0.04), "<0.1 ms");
  EXPECT_EQ(duration_text(0.4), "0.4 ms");
  EXPECT_EQ(duration_text(12.3), "12 ms");
  EXPECT_EQ(duration_text(999.4), "999 ms");
  EXPECT_EQ(duration_text(999.6), "1.0 s");
  EXPECT_EQ(duration_text(3240), "3.2 s");
  EXPECT_EQ(duration_text(59'940), "60 s");
  EXPECT_EQ(duration_text(60'000), "1 min");
  EXPECT_EQ(duration_text(125'000), "2 min 5 s");
  EXPECT_EQ(duration_text(11'520'000), "3 h 12 min");
  EXPECT_EQ(duration_text(183'600'000), "2 d 3 h");
}

TEST(Table, aligns_columns_by_what_is_seen) {
  Table table({"NAME", "COUNT"});
  table.add({"é", "1"});
  table.add({"longer", ""});
  EXPECT_EQ(table.render(Terminal{}), "NAME    COUNT\né       1\nlonger  -\n");
}

TEST(Table, lets_no_text_steer_the_terminal) {
  Table table({"A"});
  table.add({"\x1b[31mred"});
  EXPECT_EQ(table.render(Terminal{}), "A\n?[31mred\n");
}

TEST(Table, is_coloured_on_a_terminal_only) {
  Table table({"A"});
  Terminal terminal;
  terminal.colours = true;
  EXPECT_EQ(table.render(terminal), "\x1b[1mA\x1b[0m\n");
}

TEST(ErrorText, tells_causes_and_undos_that_failed) {
  const Json facts = Json::object().add("flow", "b").add("place", "c.xml:3:5");
  const Json cause = Json::object().add("code", "X.2").add("description", "disk full");
  const Json undo = Json::object()
                        .add("code", "FLOW.1006")
                        .add("description", "an undo failed")
                        .add("details", "a")
                        .add("causes", Json::array().push(cause));
  const Json error = Json::object()
                         .add("code", "X.1")
                         .add("description", "no room")
                         .add("details", "on host 1")
                         .add("elaboration", facts)
                         .add("causes", Json::array().push(cause).push(undo));
  EXPECT_EQ(error_text(error),
            "X.1: no room: on host 1\n"
            "  in flow b (c.xml:3:5)\n"
            "  caused by: X.2: disk full\n"
            "  undo failed: FLOW.1006: an undo failed: a\n"
            "    caused by: X.2: disk full");
}

TEST(Segment, is_encoded) { EXPECT_EQ(segment("vm.create/a b%é"), "vm.create%2Fa%20b%25%C3%A9"); }

}  // namespace
}  // namespace tenon::cli
