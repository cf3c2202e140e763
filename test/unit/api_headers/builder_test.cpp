#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <tenon/plugin.h>

#include <string>

namespace {

struct Face {
  static constexpr std::string_view kInterface = "test.Face/2";
  virtual ~Face() = default;
};
struct Other {
  virtual ~Other() = default;
  int padding = 0;
};
struct Thing : Other, Face, tenon::Component {
  std::string text;
};

struct Plain : tenon::Flow {
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
};
struct Undoing : Plain {
  void rollback(tenon::FlowStep step) const override { std::move(step).next(); }
};
struct Blocking : tenon::BlockingFlow {
  void execute(tenon::FlowData&) const override {}
};
struct BlockingUndoing : Blocking {
  void undo(tenon::FlowData&) const override {}
};
struct Nothing : tenon::NoRollbackFlow {
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
};

struct BlockingNothing : tenon::NoRollbackBlockingFlow {
  void execute(tenon::FlowData&) const override {}
};
struct BlockingChecking : BlockingNothing {
  void check(tenon::FlowData&) const override {}
};
struct Point : tenon::Flow {
  static constexpr std::string_view kInterface = "test.Point/1";
};
struct NothingExtension : tenon::NoRollbackExtension<Point> {
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
};
struct BlockingNothingExtension : tenon::NoRollbackBlockingExtension<Point> {
  void execute(tenon::FlowData&) const override {}
};
struct BlockingCheckingExtension : BlockingNothingExtension {
  void check(tenon::FlowData&) const override {}
};

template <class T>
bool has_pre_check() {
  tenon::ClassTable table;
  tenon::PluginBuilder(table).flow<T>("test.Flow");
  return table.classes.at(0).has_pre_check;
}
template <class T>
bool has_undo() {
  tenon::ClassTable table;
  tenon::PluginBuilder(table).flow<T>("test.Flow");
  return table.classes.at(0).has_undo;
}

TEST(PluginBuilder, casts_to_an_interface_that_is_not_the_first_base) {
  tenon::ClassTable table;
  tenon::PluginBuilder(table).bean<Thing>("test.Thing").implements<Face>();
  const tenon::ClassEntry& entry = table.classes.at(0);
  Thing thing;
  EXPECT_EQ(entry.interfaces.at(0).cast(&thing), static_cast<Face*>(&thing));
  EXPECT_EQ(entry.component(&thing), static_cast<tenon::Component*>(&thing));
}

TEST(PluginBuilder, knows_which_flows_have_no_undo) {
  EXPECT_FALSE(has_undo<Plain>());
  EXPECT_TRUE(has_undo<Undoing>());
  EXPECT_FALSE(has_undo<Blocking>());
  EXPECT_TRUE(has_undo<BlockingUndoing>());
  EXPECT_TRUE(has_undo<Nothing>()) << "a flow that says it needs none is not one that lacks it";
  EXPECT_TRUE(has_undo<BlockingNothing>());
  EXPECT_TRUE(has_undo<NothingExtension>());
  EXPECT_TRUE(has_undo<BlockingNothingExtension>());
}

TEST(PluginBuilder, knows_which_flows_without_an_undo_have_a_check) {
  EXPECT_FALSE(has_pre_check<BlockingNothing>());
  EXPECT_TRUE(has_pre_check<BlockingChecking>());
  EXPECT_FALSE(has_pre_check<BlockingNothingExtension>());
  EXPECT_TRUE(has_pre_check<BlockingCheckingExtension>());
}

TEST(Interface, matches_with_and_without_a_version) {
  EXPECT_TRUE(tenon::interface_matches("a.B/2", "a.B"));
  EXPECT_TRUE(tenon::interface_matches("a.B/2", "a.B/2"));
  EXPECT_FALSE(tenon::interface_matches("a.B/2", "a.B/1"));
  EXPECT_FALSE(tenon::interface_matches("a.B/2", "a.BC"));
}

}  // namespace
