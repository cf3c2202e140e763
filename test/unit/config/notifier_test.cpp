#include "config/notifier.h"

#include <future>
#include <stdexcept>

#include "unit/config/config_fixture.h"

namespace tenon::config {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class Slot final : public ConfigSlot {
 public:
  const ConfigValue* value_for(const ResourceRef& /*resource*/) const override { return value.load(); }
};

const ConfigValue kOne{std::int64_t{1}};
const ConfigValue kTwo{std::int64_t{2}};

TEST(Notifier, waits_at_the_end_of_a_subscription_for_the_call_under_way) {
  Notifier notifier;
  Slot slot;
  std::promise<void> begun;
  std::promise<void> may_end;
  std::atomic<bool> ended{false};
  const std::uint64_t subscription = notifier.subscribe(&slot, [&](const ConfigValue&, const ConfigValue&) {
    begun.set_value();
    may_end.get_future().wait();
    ended = true;
  });
  notifier.post(&slot, &kOne, &kTwo);
  begun.get_future().wait();
  std::thread ends([&] {
    notifier.unsubscribe(subscription);
    EXPECT_TRUE(ended);
  });
  may_end.set_value();
  ends.join();
}

TEST(Notifier, lets_a_call_end_its_own_subscription) {
  Notifier notifier;
  Slot slot;
  std::uint64_t subscription = 0;
  int calls = 0;
  subscription = notifier.subscribe(&slot, [&](const ConfigValue&, const ConfigValue&) {
    ++calls;
    notifier.unsubscribe(subscription);
  });
  notifier.post(&slot, &kOne, &kTwo);
  notifier.post(&slot, &kTwo, &kOne);
  notifier.flush();
  EXPECT_EQ(calls, 1);
}

TEST(Notifier, tells_the_others_though_one_throws) {
  test::Node node;
  Notifier notifier;
  Slot slot;
  Ear ear;
  (void)notifier.subscribe(&slot, [](const ConfigValue&, const ConfigValue&) { throw std::runtime_error("no paint"); });
  (void)notifier.subscribe(&slot, [&](const ConfigValue&, const ConfigValue&) { ear.hear("second"); });
  notifier.post(&slot, &kOne, &kTwo);
  notifier.flush();
  EXPECT_THAT(ear.heard(), ElementsAre("second"));
  EXPECT_THAT(node.lines(), Contains(HasSubstr("no paint")));
}

}  // namespace
}  // namespace tenon::config
