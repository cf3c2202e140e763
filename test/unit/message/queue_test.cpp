#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "unit/message/desk.h"

namespace tenon::message {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::DeskRoom;
using test::Heard;
using test::Question;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Questions of one topic queue.
class Queue : public ::testing::Test {
 protected:
  explicit Queue(std::uint32_t parallelism = 1) {
    room_.message("desk.Question").queue = QueueRule{flow::KeyTemplate::parse("topic:{topic}").value(), parallelism};
    room_.desk.on_question = [this](Call<Question> call) {
      const std::lock_guard lock(mutex_);
      begun_.push_back(call->text);
      kept_.push_back(std::move(call));
      changed_.notify_all();
    };
    room_.open();
  }
  ~Queue() override {
    const std::lock_guard lock(mutex_);
    kept_.clear();
  }

  static Question about(const std::string& topic, const std::string& text) { return {text, topic}; }
  /// Waits until so many have begun: their texts.
  std::vector<std::string> begun(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return begun_.size() >= count; });
    return begun_;
  }
  void answer_oldest() {
    std::unique_lock lock(mutex_);
    Call<Question> call = std::move(kept_.front());
    kept_.pop_front();
    lock.unlock();
    std::move(call).reply(Answer{"done"});
  }

  std::shared_ptr<flow::VirtualClock> clock_ = std::make_shared<flow::VirtualClock>();
  DeskRoom room_{DispatcherOptions{.threads = 2, .clock = clock_}};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> begun_;
  std::deque<Call<Question>> kept_;
};

TEST_F(Queue, lets_one_of_a_key_in_at_a_time_in_the_order_of_arrival) {
  Heard<Answer> one;
  Heard<Answer> two;
  Heard<Answer> three;
  ask(about("a", "a1"), one.hear());
  ask(about("a", "a2"), two.hear());
  ask(about("a", "a3"), three.hear());
  EXPECT_THAT(begun(1), ::testing::ElementsAre("a1"));
  answer_oldest();
  EXPECT_TRUE(one.wait());
  EXPECT_THAT(begun(2), ::testing::ElementsAre("a1", "a2"));
  answer_oldest();
  EXPECT_TRUE(two.wait());
  EXPECT_THAT(begun(3), ::testing::ElementsAre("a1", "a2", "a3"));
  answer_oldest();
  EXPECT_TRUE(three.wait());
}

TEST_F(Queue, does_not_hold_up_other_keys) {
  Heard<Answer> one;
  Heard<Answer> two;
  ask(about("a", "a1"), one.hear());
  ask(about("b", "b1"), two.hear());
  EXPECT_THAT(begun(2), ::testing::ElementsAre("a1", "b1"));
}

TEST_F(Queue, names_the_holder_when_it_is_stuck) {
  Heard<Answer> one;
  Heard<Answer> two;
  ask(about("a", "a1"), one.hear(), {.timeout = 1h});
  ask(about("a", "a2"), two.hear(), {.timeout = 1s});
  ASSERT_EQ(room_.dispatcher.pending().size(), 2U);
  EXPECT_TRUE(room_.dispatcher.pending()[1].waits);
  EXPECT_EQ(room_.dispatcher.pending()[1].key, "topic:a");
  clock_->advance(1s);
  const ErrorCode error = two.wait().error();
  EXPECT_EQ(error.code, "MESSAGE.1011");
  EXPECT_THAT(error.details, HasSubstr("key 'topic:a'"));
  EXPECT_THAT(error.details, HasSubstr("held by message 'desk.Question', which bean 'Desk' of plugin 'desk' handles, "
                                       "for 1000 ms"));
  answer_oldest();
  EXPECT_TRUE(one.wait());
  EXPECT_THAT(begun(1), ::testing::ElementsAre("a1")) << "who has given up is not handled";
  EXPECT_THAT(room_.dispatcher.pending(), IsEmpty());
}

TEST_F(Queue, is_held_by_a_handler_until_it_answers_however_late) {
  Heard<Answer> one;
  Heard<Answer> two;
  ask(about("a", "a1"), one.hear(), {.timeout = 1s});
  clock_->advance(1s);
  EXPECT_EQ(one.wait().error().code, "MESSAGE.1004");
  ask(about("a", "a2"), two.hear(), {.timeout = 1h});
  EXPECT_THAT(begun(1), ::testing::ElementsAre("a1"));
  answer_oldest();
  EXPECT_THAT(begun(2), ::testing::ElementsAre("a1", "a2"));
  answer_oldest();
  EXPECT_TRUE(two.wait());
}

TEST_F(Queue, refuses_a_message_without_the_key) {
  Heard<Answer> one;
  ask(Question{"x", std::nullopt}, one.hear());
  EXPECT_EQ(one.wait().error().code, "FLOW.1015");
}

class WideQueue : public Queue {
 protected:
  WideQueue() : Queue(2) {}
};

TEST_F(WideQueue, lets_so_many_in_at_once) {
  Heard<Answer> one;
  Heard<Answer> two;
  Heard<Answer> three;
  ask(about("a", "a1"), one.hear());
  ask(about("a", "a2"), two.hear());
  ask(about("a", "a3"), three.hear());
  EXPECT_THAT(begun(2), ::testing::ElementsAre("a1", "a2"));
  answer_oldest();
  EXPECT_THAT(begun(3), ::testing::ElementsAre("a1", "a2", "a3"));
}

}  // namespace
}  // namespace tenon::message
