#include "message/dispatcher.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "flow/clock.h"
#include "unit/message/desk.h"

namespace tenon::message {
namespace {

using namespace std::chrono_literals;
using test::Answer;
using test::DeskRoom;
using test::Forget;
using test::Heard;
using test::LongQuestion;
using test::Question;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Question question(std::string text) { return {std::move(text), std::nullopt}; }

TEST(Messages, are_answered_by_their_handler) {
  DeskRoom room;
  room.open();
  EXPECT_EQ(call(question("you")).value().text, "to you");
}

TEST(Messages, are_answered_by_a_handler_that_blocks) {
  DeskRoom room;
  std::thread::id on;
  room.desk.on_forget = [&](const Forget& message) -> Result<NoReply> {
    on = std::this_thread::get_id();
    if (message.text == "all") throw Error(make_error("DESK.1001", "not all"));
    return NoReply{};
  };
  room.open();
  EXPECT_TRUE(call(Forget{"one"}));
  EXPECT_EQ(on, std::this_thread::get_id()) << "a caller that waits lends its thread";
  EXPECT_EQ(call(Forget{"all"}).error().code, "DESK.1001");
  Heard<NoReply> heard;
  ask(Forget{"two"}, heard.hear());
  EXPECT_TRUE(heard.wait());
  EXPECT_NE(on, std::this_thread::get_id()) << "one that does not wait must not be held up";
}

TEST(Messages, that_extend_one_are_handled_with_it) {
  DeskRoom room;
  int pages = 0;
  room.desk.on_question = [&](Call<Question> call) {
    pages = call.as<LongQuestion>() != nullptr ? call.as<LongQuestion>()->pages : 0;
    Answer answer{std::string(call.name()) + ": " + call->text};
    std::move(call).reply(std::move(answer));
  };
  room.open();
  LongQuestion message;
  message.text = "why";
  message.pages = 7;
  EXPECT_EQ(call(std::move(message)).value().text, "desk.LongQuestion: why");
  EXPECT_EQ(pages, 7);
  EXPECT_EQ(call(question("why")).value().text, "desk.Question: why");
  EXPECT_EQ(pages, 0);
}

TEST(Messages, that_nobody_handles_are_refused) {
  DeskRoom room;
  EXPECT_EQ(call(question("early")).error().code, "MESSAGE.1006") << "not open yet";
  room.dispatcher.open(std::make_shared<const MessageTable>(), {});
  EXPECT_EQ(call(question("x")).error().code, "MESSAGE.1001");
  room.dispatcher.close();
  EXPECT_EQ(call(question("late")).error().code, "MESSAGE.1006");
}

TEST(Messages, are_answered_once) {
  DeskRoom room;
  CallState* state = nullptr;
  room.desk.on_question = [&](Call<Question> call) {
    state = std::move(call).release();
    state->answer(Value::of<Answer>({"first"}));
    state->answer(Value::of<Answer>({"second"}));
    state->drop_reference();
  };
  room.open();
  Heard<Answer> heard;
  ask(question("x"), heard.hear());
  EXPECT_EQ(heard.wait().value().text, "first");
  EXPECT_EQ(heard.times(), 1);
  EXPECT_THAT(room.node.lines(), Contains(AllOf(HasSubstr("MESSAGE.1003"), HasSubstr("desk.Question"))));
}

TEST(Messages, that_are_dropped_name_their_handler) {
  DeskRoom room;
  room.desk.on_question = [](Call<Question>) {};
  room.open();
  const ErrorCode error = call(question("x")).error();
  EXPECT_EQ(error.code, "MESSAGE.1002");
  EXPECT_EQ(error.details, "message 'desk.Question', which bean 'Desk' of plugin 'desk' handles");
}

TEST(Messages, that_are_dropped_later_are_answered_then) {
  DeskRoom room;
  std::thread other;
  room.desk.on_question = [&](Call<Question> call) {
    other = std::thread([kept = std::make_shared<Call<Question>>(std::move(call))]() mutable { kept.reset(); });
  };
  room.open();
  EXPECT_EQ(call(question("x")).error().code, "MESSAGE.1002");
  other.join();
}

TEST(Messages, report_one_fault_of_a_handler_that_throws) {
  DeskRoom room;
  room.desk.on_question = [](const Call<Question>& call) {
    if (call->text == "error") throw Error(make_error("DESK.1001", "no such desk"));
    throw std::runtime_error("broken");
  };
  room.open();
  EXPECT_EQ(call(question("error")).error().code, "DESK.1001");
  const ErrorCode error = call(question("x")).error();
  EXPECT_EQ(error.code, "MESSAGE.1009");
  EXPECT_EQ(error.details, "desk.Question: bean 'Desk': broken");
}

TEST(Messages, go_by_the_answer_of_a_handler_that_throws_after_it) {
  DeskRoom room;
  room.desk.on_question = [](Call<Question> call) {
    std::move(call).reply(Answer{"good"});
    throw std::runtime_error("too late");
  };
  room.open();
  EXPECT_EQ(call(question("x")).value().text, "good");
  EXPECT_THAT(room.node.lines(), Contains(HasSubstr("too late")));
}

class Waiting : public ::testing::Test {
 protected:
  std::shared_ptr<flow::VirtualClock> clock_ = std::make_shared<flow::VirtualClock>();
  DeskRoom room_{DispatcherOptions{.threads = 2, .clock = clock_}};
  std::vector<Call<Question>> kept_;

  void keep_questions() {
    room_.desk.on_question = [this](Call<Question> call) { kept_.push_back(std::move(call)); };
  }
};

TEST_F(Waiting, ends_when_the_time_is_up_and_names_the_handler) {
  keep_questions();
  room_.open();
  Heard<Answer> heard;
  ask(question("x"), heard.hear());
  clock_->advance(29s);
  EXPECT_EQ(heard.times(), 0);
  EXPECT_FALSE(kept_[0].cancelled());
  clock_->advance(1s);
  ASSERT_EQ(heard.times(), 1);
  const ErrorCode error = heard.wait().error();
  EXPECT_EQ(error.code, "MESSAGE.1004");
  EXPECT_EQ(error.details, "message 'desk.Question', which bean 'Desk' of plugin 'desk' handles, after 30000 ms");
  EXPECT_TRUE(kept_[0].cancelled());
  EXPECT_THAT(room_.node.lines(), Contains(AllOf(HasSubstr("has not answered in time"), HasSubstr("handler=Desk"))));
  std::move(kept_[0]).reply(Answer{"late"});
  EXPECT_EQ(heard.times(), 1);
}

TEST_F(Waiting, takes_as_long_as_the_caller_says) {
  keep_questions();
  room_.open();
  Heard<Answer> heard;
  ask(question("x"), heard.hear(), {.timeout = 50ms});
  clock_->advance(50ms);
  EXPECT_EQ(heard.wait().error().code, "MESSAGE.1004");
  kept_.clear();
}

TEST_F(Waiting, ends_when_the_caller_cancels) {
  keep_questions();
  room_.open();
  Heard<Answer> heard;
  const PendingCall pending = ask(question("x"), heard.hear());
  pending.cancel();
  EXPECT_EQ(heard.wait().error().code, "MESSAGE.1005");
  EXPECT_TRUE(kept_[0].cancelled());
  std::move(kept_[0]).reply(Answer{"late"});
  pending.cancel();
  EXPECT_EQ(heard.times(), 1);
}

TEST_F(Waiting, ends_when_the_node_stops) {
  keep_questions();
  room_.open();
  Heard<Answer> heard;
  ask(question("x"), heard.hear());
  ASSERT_EQ(room_.dispatcher.pending().size(), 1U);
  EXPECT_EQ(room_.dispatcher.pending()[0].message, "desk.Question");
  room_.dispatcher.close();
  EXPECT_EQ(heard.wait().error().code, "MESSAGE.1006");
  kept_.clear();
  EXPECT_THAT(room_.dispatcher.pending(), IsEmpty());
}

TEST_F(Waiting, is_over_when_an_answer_comes_from_another_thread) {
  std::thread other;
  room_.desk.on_question = [&](Call<Question> call) {
    other = std::thread(
        [kept = std::make_shared<Call<Question>>(std::move(call))] { std::move(*kept).reply(Answer{"from afar"}); });
  };
  room_.open();
  EXPECT_EQ(call(question("x")).value().text, "from afar");
  other.join();
}

TEST(Interceptors, are_asked_in_order_and_may_change_the_message) {
  DeskRoom room;
  std::vector<std::string> asked;
  room.intercept("desk.Question", [&](InterceptedMessage& message) {
    asked.push_back("first " + message.as<Question>()->text);
    message.change(question("changed"));
    return go_on();
  });
  room.intercept("desk.Question", [&](InterceptedMessage& message) {
    asked.push_back("second " + message.as<Question>()->text);
    return go_on();
  });
  room.open();
  EXPECT_EQ(call(question("x")).value().text, "to changed");
  EXPECT_THAT(asked, ElementsAre("first x", "second changed"));
}

TEST(Interceptors, may_refuse_or_answer) {
  DeskRoom room;
  int handled = 0;
  room.desk.on_question = [&](Call<Question> call) {
    ++handled;
    std::move(call).reply(Answer{"handled"});
  };
  room.intercept("desk.Question", [](InterceptedMessage& message) -> Verdict {
    if (message.as<Question>()->text == "no") return refuse(make_error("DESK.1002", "closed"));
    if (message.as<Question>()->text == "throw") throw Error(make_error("DESK.1003", "fell over"));
    if (message.as<Question>()->text == "break") throw std::runtime_error("broken");
    if (message.as<Question>()->text == "known") return answer_with(Answer{"from the counter"});
    return go_on();
  });
  room.open();
  EXPECT_EQ(call(question("no")).error().code, "DESK.1002");
  EXPECT_EQ(call(question("throw")).error().code, "DESK.1003");
  EXPECT_EQ(call(question("break")).error().details, "desk.Question: interceptor 'Interceptor1': broken");
  EXPECT_EQ(call(question("known")).value().text, "from the counter");
  EXPECT_EQ(handled, 0);
  EXPECT_EQ(call(question("x")).value().text, "handled");
}

TEST(Interceptors, can_not_make_another_type_of_a_message) {
  DeskRoom room;
  room.intercept("desk.Question", [](InterceptedMessage& message) -> Verdict {
    message.change(LongQuestion{});
    return go_on();
  });
  room.open();
  EXPECT_EQ(call(question("x")).error().code, "MESSAGE.1008");
}

TEST(Interceptors, are_sorted_by_position_order_source_and_declaration) {
  using Source = InterceptorUse::Source;
  using Position = InterceptorPosition;
  std::vector<InterceptorUse> uses;
  const auto add = [&](const char* name, Position position, int order, Source source) {
    uses.push_back({name, nullptr, position, order, source, {}});
  };
  add("end", Position::kEnd, 100, Source::kGlobal);
  add("own", Position::kDefault, 0, Source::kMessage);
  add("service", Position::kDefault, 0, Source::kService);
  add("first global", Position::kDefault, 0, Source::kGlobal);
  add("second global", Position::kDefault, 0, Source::kGlobal);
  add("ordered own", Position::kDefault, 5, Source::kMessage);
  add("front", Position::kFront, -1, Source::kMessage);
  add("system", Position::kSystem, INT_MIN, Source::kMessage);
  sort_interceptors(uses);
  std::vector<std::string> names;
  for (const InterceptorUse& use : uses) names.push_back(use.bean);
  EXPECT_THAT(names,
              ElementsAre("system", "front", "ordered own", "first global", "second global", "service", "own", "end"));
}

TEST(Callers, are_told_a_reply_that_derives_from_theirs) {
  DeskRoom room;
  room.desk.on_question = [](Call<Question> call) {
    std::move(call).reply(Value::of<Json>(Json::object().add("text", "more").add("pages", 3)));
  };
  room.open();
  EXPECT_EQ(call(question("x")).value().text, "more");
}

TEST(Callers, are_known_to_handlers) {
  DeskRoom room;
  std::string seen;
  room.desk.on_question = [&](Call<Question> call) {
    seen = call.caller().user + " " + std::string(call.key());
    std::move(call).reply(Answer{});
  };
  room.open();
  CallOptions options;
  options.caller = std::make_shared<const Caller>(Caller{"ada", false, "r1"});
  options.key = "k1";
  EXPECT_TRUE(call(question("x"), options));
  EXPECT_EQ(seen, "ada k1");
}

TEST(Messages, are_answered_by_many_threads_at_once) {
  DeskRoom room;
  room.desk.on_forget = [](const Forget&) { return NoReply{}; };
  room.open();
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        if (call(question("x")).value().text == "to x") ++good;
        Heard<NoReply> heard;
        ask(Forget{"x"}, heard.hear());
        if (heard.wait()) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 4000);
}

}  // namespace
}  // namespace tenon::message
