#include <gmock/gmock.h>

#include "store/errors.h"
#include "store_api_fixture.h"

namespace tenon::api {
namespace {

using journal::DebtState;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::StartsWith;

class DebtsApiTest : public test::StoreApiTest {
 protected:
  journal::Debt& add(const std::string& key, DebtState state = DebtState::kOpen) {
    journal::Debt debt;
    debt.key = key;
    debt.run = 5;
    debt.step = 1;
    debt.chain = "demo";
    debt.flow = "a.Make";
    debt.plugin = "a";
    debt.state = state;
    debt.attempts = 2;
    debt.next_at = 1'000'000;
    debt.error = make_error("A.1", "no");
    return store_.debts.emplace_back(std::move(debt));
  }
};

TEST_F(DebtsApiTest, lists_them) {
  add("x:1").on_event = "host.reconnected:h1";
  EXPECT_EQ(print_json(get("/v1/debts")),
            R"([{"key":"x:1","run":")" + name(5) +
                R"(","step":1,"flow":"a.Make","plugin":"a","chain":"demo","state":"open","attempts":2,)" +
                R"("created":"1970-01-01T00:00:00.000Z","next_at":"1970-01-01T00:00:01.000Z",)" +
                R"("on_event":"host.reconnected:h1","error":{"code":"A.1","description":"no"}}])");
}

TEST_F(DebtsApiTest, hands_each_condition_to_the_store) {
  get("/v1/debts?state=open,paid&run=" + name(5) + "&plugin=a&chain=b&limit=7&after=k%3A1");
  const journal::DebtFilter& filter = store_.debt_filters.at(0);
  EXPECT_THAT(filter.states, ElementsAre(DebtState::kOpen, DebtState::kPaid));
  EXPECT_EQ(filter.run, 5U);
  EXPECT_EQ(filter.plugin, "a");
  EXPECT_EQ(filter.chain, "b");
  EXPECT_EQ(filter.after, "k:1");
  EXPECT_EQ(
      told(ask("GET", "/v1/debts?state=due")),
      "400 API.1012 a parameter is wrong: state: expected some of open, awaited, taken, paid, settled, found 'due'");
  EXPECT_EQ(told(ask("GET", "/v1/debts?run=5")),
            "400 API.1012 a parameter is wrong: run: expected the id of a run, found '5'");
  EXPECT_THAT(told(ask("GET", "/v1/debts?stat=open")), StartsWith("400 API.1011"));
}

TEST_F(DebtsApiTest, links_to_the_rest_of_a_long_list) {
  for (const char* key : {"x:1", "x:2", "x:3"}) add(key);
  const HttpResponse page = ask("GET", "/v1/debts?limit=2");
  EXPECT_EQ(json(page).as_array()->size(), 2U);
  EXPECT_THAT(page.headers, Contains(Pair("Link", "</v1/debts?limit=2&after=x%3A2>; rel=\"next\"")));
  EXPECT_TRUE(ask("GET", "/v1/debts?limit=3").headers.empty());
}

TEST_F(DebtsApiTest, shows_one_with_what_its_undo_sees) {
  add("x:1").data = R"([["disk","0000000000000000",{"id":7}]])";
  EXPECT_EQ(print_json(*get("/v1/debts/x:1").find("data")), R"({"disk":{"id":7}})");
  EXPECT_EQ(text(get("/v1/debts/x%3A1"), "key"), "x:1");
  EXPECT_EQ(told(ask("GET", "/v1/debts/y:1")), "404 (none) there is no debt 'y:1'");
}

TEST_F(DebtsApiTest, are_tried_and_settled_by_hand) {
  add("x:1");
  EXPECT_EQ(ask("POST", "/v1/debts/x:1/retry", R"({"why": "host is back"})").status, 202U);
  EXPECT_EQ(ask("POST", "/v1/debts/x:1/retry").status, 202U);
  EXPECT_EQ(ask("POST", "/v1/debts/x:1/settle", R"({"reason": "removed by hand"})").status, 202U);
  EXPECT_THAT(store_.debt_orders, ElementsAre("retry x:1 host is back", "retry x:1 ", "settle x:1 removed by hand"));
}

TEST_F(DebtsApiTest, are_not_settled_without_a_reason) {
  add("x:1");
  for (const char* body : {"", "{}", R"({"reason": ""})"}) {
    EXPECT_EQ(told(ask("POST", "/v1/debts/x:1/settle", body)),
              "400 JSON.1005 member missing: $.reason: why nothing is left to be undone");
  }
  EXPECT_EQ(told(ask("POST", "/v1/debts/x:1/settle", R"({"why": "x"})")), "400 JSON.1004 unknown member: $.why");
  EXPECT_TRUE(store_.debt_orders.empty());
}

TEST_F(DebtsApiTest, that_are_paid_are_tried_no_more) {
  add("x:1", DebtState::kPaid);
  EXPECT_EQ(told(ask("POST", "/v1/debts/x:1/retry")),
            "409 JOURNAL.1008 this can't be done to the debt now: x:1 is paid");
  EXPECT_EQ(told(ask("POST", "/v1/debts/y:1/retry")), "404 (none) there is no debt 'y:1'");
}

TEST_F(DebtsApiTest, need_the_store) {
  store_.away = store::store_error(store::kBusy, "locked");
  EXPECT_THAT(told(ask("GET", "/v1/debts")), StartsWith("503 STORE.1003"));
  EXPECT_THAT(told(ask("GET", "/v1/debts/x:1")), StartsWith("503 STORE.1003"));
  EXPECT_THAT(told(ask("POST", "/v1/debts/x:1/retry")), StartsWith("503 STORE.1003"));
}

}  // namespace
}  // namespace tenon::api
