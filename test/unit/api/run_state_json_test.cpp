#include "api/run_state_json.h"

#include <gtest/gtest.h>

#include "api/json_text.h"
#include "flow/run.h"

namespace tenon::api {
namespace {

using namespace std::chrono_literals;

flow::RunState waiting_run() {
  flow::RunState state;
  state.id = 5;
  state.cancelled = true;
  state.locks = {"vm:1"};
  flow::RunPlace lock;
  lock.step = 2;
  lock.step_name = "b";
  lock.direction = flow::Direction::kUndo;
  lock.attempt = 3;
  lock.waiting = flow::Waiting::kConcurrency;
  lock.what = "host:1";
  lock.holders = {7, 9};
  lock.waited = 1500ms;
  flow::RunPlace busy;
  busy.step = 4;
  busy.step_name = "d";
  state.places = {lock, busy};
  return state;
}

TEST(RunStateJson, tells_where_a_run_is_and_who_holds_what_it_waits_for) {
  Json run = Json::object();
  add_state(run, waiting_run());
  EXPECT_EQ(print_json(run),
            R"({"cancelled":true,"locks":["vm:1"],"places":[{"step":2,"name":"b","direction":"undo","attempt":3,)"
            R"("waiting":"concurrency","what":"host:1","holders":[")" +
                flow::run_name(7) + R"(",")" + flow::run_name(9) +
                R"("],"waited_ms":1500.0},{"step":4,"name":"d","direction":"forward"}]})");
}

TEST(RunStateJson, names_the_holders_for_one_step) {
  EXPECT_EQ(holders_json(waiting_run(), 2).as_array()->size(), 2U);
  EXPECT_TRUE(holders_json(waiting_run(), 4).as_array()->empty());
  EXPECT_TRUE(holders_json(waiting_run(), 9).as_array()->empty());
}

}  // namespace
}  // namespace tenon::api
