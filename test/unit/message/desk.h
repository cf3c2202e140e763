#pragma once

#include <tenon/interceptor.h>
#include <tenon/plugin.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "message/dispatcher.h"
#include "message/table.h"
#include "support/node.h"

namespace tenon::test {

struct Answer {
  std::string text;
  friend bool operator==(const Answer&, const Answer&) = default;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (text))

struct Question {
  static constexpr std::string_view kMessage = "desk.Question";
  using Reply = Answer;
  std::string text;
  std::optional<std::string> topic;
};
BOOST_DESCRIBE_STRUCT(Question, (), (text, topic))

/// Has more in it.
struct LongQuestion : Question {
  static constexpr std::string_view kMessage = "desk.LongQuestion";
  using Extends = Question;
  int pages = 1;
};
BOOST_DESCRIBE_STRUCT(LongQuestion, (Question), (pages))

struct Forget {
  static constexpr std::string_view kMessage = "desk.Forget";
  using Reply = NoReply;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Forget, (), (text))

/// Handles questions as the test says.
class Desk {
 public:
  void ask(Call<Question> call) { on_question(std::move(call)); }
  Result<NoReply> forget(const Forget& message) { return on_forget(message); }

  std::function<void(Call<Question>)> on_question = [](Call<Question> call) {
    Answer answer{"to " + call->text};
    std::move(call).reply(std::move(answer));
  };
  std::function<Result<NoReply>(const Forget&)> on_forget = [](const Forget&) { return NoReply{}; };
};

class LambdaInterceptor final : public MessageInterceptor {
 public:
  using Function = std::function<Verdict(InterceptedMessage&)>;
  explicit LambdaInterceptor(Function function) : function_(std::move(function)) {}
  Verdict intercept(InterceptedMessage& message) override { return function_(message); }

 private:
  Function function_;
};

/// A dispatcher with one desk, whose messages the test may change before it is opened.
class DeskRoom {
 public:
  explicit DeskRoom(message::DispatcherOptions options = {}) : dispatcher(std::move(options)) {
    PluginBuilder plugin(classes_);
    plugin.message<Question>();
    plugin.message<LongQuestion>();
    plugin.message<Forget>();
    plugin.bean<Desk>("desk.Desk").handles(&Desk::ask).handles(&Desk::forget);
    add("desk.Question", 0);
    add("desk.LongQuestion", 0);
    add("desk.Forget", 1);
    node.set_messages(&dispatcher);
  }
  ~DeskRoom() { dispatcher.close(); }

  message::HandledMessage& message(std::string_view name) {
    for (auto& one : messages_) {
      if (one.name == name) return one;
    }
    throw std::out_of_range(std::string(name));
  }
  void intercept(std::string_view name, LambdaInterceptor::Function function) {
    interceptors_.push_back(std::make_unique<LambdaInterceptor>(std::move(function)));
    message::InterceptorUse use;
    use.bean = "Interceptor" + std::to_string(interceptors_.size());
    use.interceptor = interceptors_.back().get();
    message(name).interceptors.push_back(std::move(use));
  }
  void open(message::Dispatcher::StartRun start = {}) {
    dispatcher.open(std::make_shared<const message::MessageTable>(messages_), std::move(start));
  }

  Node node;
  Desk desk;
  message::Dispatcher dispatcher;

 private:
  void add(std::string name, std::size_t handler) {
    message::HandledMessage handled;
    handled.name = std::move(name);
    for (const MessageEntry& entry : classes_.messages) {
      if (entry.name == handled.name) handled.entry = &entry;
    }
    handled.plugin = "desk";
    handled.service = "Desk";
    handled.service_plugin = "desk";
    handled.handler = &classes_.classes[0].handlers[handler];
    handled.blocks = handled.handler->blocks;
    handled.object = &desk;
    handled.timeout = std::chrono::seconds(30);
    messages_.push_back(std::move(handled));
  }

  ClassTable classes_;
  std::vector<message::HandledMessage> messages_;
  std::vector<std::unique_ptr<LambdaInterceptor>> interceptors_;
};

/// A call's answer, when it comes: also after this is gone.
template <class Reply>
class Heard {
 public:
  std::function<void(Result<Reply>)> hear() {
    return [state = state_](Result<Reply> answer) {
      ++state->times;
      state->answer.set_value(std::move(answer));
    };
  }
  Result<Reply> wait() { return state_->answer.get_future().get(); }
  [[nodiscard]] int times() const { return state_->times; }

 private:
  struct State {
    std::atomic<int> times{0};
    std::promise<Result<Reply>> answer;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace tenon::test
