#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "plugin/lease.h"
#include "plugin/retirement.h"

namespace {

using namespace std::chrono_literals;
using tenon::plugin::Grace;
using tenon::plugin::NodeLease;
using tenon::plugin::Retiree;
using tenon::plugin::Retirement;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(GraceTest, is_over_at_once_if_nobody_holds_a_lease) {
  { const NodeLease lease; }
  EXPECT_TRUE(Grace().over());
}

TEST(GraceTest, waits_for_leases_that_were_there_and_for_no_later_ones) {
  std::atomic<int> step{0};
  std::thread holder([&] {
    {
      const NodeLease outer;
      const NodeLease inner;
      step = 1;
      while (step != 2) std::this_thread::yield();
    }
    const NodeLease later;
    step = 3;
    while (step != 4) std::this_thread::yield();
  });
  while (step != 1) std::this_thread::yield();
  Grace grace;
  EXPECT_FALSE(grace.over());
  EXPECT_THAT(grace.holder(), HasSubstr("a call on thread "));
  step = 2;
  while (step != 3) std::this_thread::yield();
  EXPECT_TRUE(grace.over());
  EXPECT_FALSE(Grace().over());
  step = 4;
  holder.join();
  EXPECT_TRUE(Grace().over()) << "the thread is gone";
}

/// What is published is never seen after a grace: the fast lease against membarrier, on real processors.
TEST(GraceTest, nobody_sees_what_was_taken_away_when_it_is_over) {
  struct Thing {
    std::atomic<bool> good{true};
  };
  std::vector<std::unique_ptr<Thing>> all;
  all.push_back(std::make_unique<Thing>());
  std::atomic<Thing*> current{all.back().get()};
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> bad{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const NodeLease lease;
        const Thing* thing = current.load(std::memory_order_acquire);
        if (!thing->good.load(std::memory_order_relaxed)) ++bad;
      }
    });
  }
  for (int i = 0; i < 2000; ++i) {
    all.push_back(std::make_unique<Thing>());
    Thing* old = current.exchange(all.back().get());
    Grace grace;
    while (!grace.over()) std::this_thread::yield();
    old->good = false;
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(bad, 0U);
}

class Item final : public Retiree {
 public:
  Item(std::string name, std::vector<std::string>& gone, std::atomic<int>& held)
      : name_(std::move(name)), gone_(gone), held_(held) {}
  std::string holder() const override { return held_ > 0 ? std::to_string(held_) + " users" : ""; }
  void go() noexcept override { gone_.push_back(name_); }
  std::string name() const override { return name_; }

 private:
  std::string name_;
  std::vector<std::string>& gone_;
  std::atomic<int>& held_;
};

TEST(RetirementTest, ends_what_nobody_holds_in_order_and_names_who_holds_the_rest) {
  auto retirement = std::make_shared<Retirement>();
  std::vector<std::string> gone;
  std::atomic<int> free{0};
  std::atomic<int> held{2};
  retirement->add(std::make_unique<Item>("a", gone, free));
  retirement->add(std::make_unique<Item>("b", gone, held));
  retirement->add(std::make_unique<Item>("c", gone, free));
  EXPECT_TRUE(retirement->work().has_value());
  EXPECT_THAT(gone, ElementsAre("a", "c"));
  ASSERT_EQ(retirement->waiting().size(), 1U);
  EXPECT_EQ(retirement->waiting().front().holder, "2 users");
  held = 0;
  EXPECT_TRUE(retirement->finish(10s));
  EXPECT_THAT(gone, ElementsAre("a", "c", "b"));
  EXPECT_THAT(retirement->waiting(), IsEmpty());
}

TEST(RetirementTest, waits_for_leases) {
  int wakes = 0;
  auto retirement = std::make_shared<Retirement>([&] { ++wakes; });
  std::vector<std::string> gone;
  std::atomic<int> free{0};
  {
    const NodeLease lease;
    retirement->add(std::make_unique<Item>("a", gone, free));
    EXPECT_EQ(wakes, 1);
    EXPECT_TRUE(retirement->work().has_value());
    EXPECT_THAT(retirement->waiting().front().holder, HasSubstr("a call on thread "));
  }
  EXPECT_FALSE(retirement->work().has_value());
  EXPECT_THAT(gone, ElementsAre("a"));
}

}  // namespace
