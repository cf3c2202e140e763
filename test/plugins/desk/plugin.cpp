#include <tenon/chain.h>
#include <tenon/plugin.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// A desk that answers messages, in each of the ways that there are, and interceptors before it.
namespace desk {
namespace {

struct Answer {
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Answer, (), (text))

enum class Mood { calm, angry };
BOOST_DESCRIBE_ENUM(Mood, calm, angry)

struct Nested {
  std::int32_t depth = 0;
};
BOOST_DESCRIBE_STRUCT(Nested, (), (depth))

// [message]
struct Question {
  static constexpr std::string_view kMessage = "desk.Question";
  using Reply = Answer;
  std::string topic;
  std::string text;
  std::uint16_t pages = 1;
  std::optional<bool> loud;
  Mood mood = Mood::calm;
  std::vector<std::string> tags;
  std::optional<Nested> nested;
};
BOOST_DESCRIBE_STRUCT(Question, (), (topic, text, pages, loud, mood, tags, nested))
// [/message]

// [extends]
struct SignedQuestion : Question {
  static constexpr std::string_view kMessage = "desk.SignedQuestion";
  using Extends = Question;
  std::string name;
};
BOOST_DESCRIBE_STRUCT(SignedQuestion, (Question), (name))
// [/extends]

struct Read {
  static constexpr std::string_view kMessage = "desk.Read";
  using Reply = Answer;
  std::string topic;
  std::optional<std::int64_t> page;
  std::vector<std::string> tags;
  bool loud = false;
};
BOOST_DESCRIBE_STRUCT(Read, (), (topic, page, tags, loud))

struct Clear {
  static constexpr std::string_view kMessage = "desk.Clear";
  using Reply = tenon::NoReply;
  std::string topic;
};
BOOST_DESCRIBE_STRUCT(Clear, (), (topic))

/// Is never answered.
struct Ignore {
  static constexpr std::string_view kMessage = "desk.Ignore";
  using Reply = tenon::NoReply;
};
BOOST_DESCRIBE_STRUCT(Ignore, (), ())

struct Copy {
  static constexpr std::string_view kMessage = "desk.Copy";
  using Reply = Answer;
  std::string text;
};
BOOST_DESCRIBE_STRUCT(Copy, (), (text))

/// Handled by nobody's own function.
struct Other {
  static constexpr std::string_view kMessage = "desk.Other";
  using Reply = Answer;
};
BOOST_DESCRIBE_STRUCT(Other, (), ())

inline constexpr tenon::FlowKey<std::string> kText{"text"};
inline constexpr tenon::FlowKey<Answer> kCopy{"copy"};

class Desk final : public tenon::Component {
 public:
  void stop() override {
    const std::lock_guard lock(mutex_);
    ignored_.clear();
  }
  // [handlers]
  void ask(tenon::Call<Question> call) {
    std::string text = call->text + " on " + call->topic;
    if (const auto* by = call.as<SignedQuestion>()) text += " by " + by->name;
    std::move(call).reply(Answer{std::move(text)});
  }
  tenon::Result<Answer> read(const Read& message, const tenon::Caller& caller) {
    std::string text = message.topic + " read by " + caller.user;
    if (message.page) text += " from page " + std::to_string(*message.page);
    for (const std::string& tag : message.tags) text += " #" + tag;
    return Answer{text + (message.loud ? "!" : "")};
  }
  tenon::Result<tenon::NoReply> clear(const Clear& message) {
    if (message.topic == "all") return tenon::make_error("DESK.1001", "that is too much");
    return tenon::NoReply{};
  }
  // [/handlers]
  void ignore(tenon::Call<Ignore> call) {
    const std::lock_guard lock(mutex_);
    ignored_.push_back(std::move(call));
  }
  void rest(tenon::AnyCall call) {
    std::string text = "what is " + std::string(call.name()) + "?";
    std::move(call).reply(tenon::Value::of<Answer>({std::move(text)}));
  }

 private:
  std::mutex mutex_;
  std::vector<tenon::Call<Ignore>> ignored_;
};

class MakeCopy final : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    if (step.get(kText) == "secret") return std::move(step).fail(tenon::make_error("DESK.1002", "not to be copied"));
    step.set(kCopy, Answer{"copy of " + step.get(kText)});
    std::move(step).next();
  }
};

// [interceptor]
/// Marks the questions that pass it with its word.
class Stamp final : public tenon::MessageInterceptor {
 public:
  std::string word = "stamp";
  tenon::Verdict intercept(tenon::InterceptedMessage& message) override {
    const auto* question = message.as<Question>();
    if (question == nullptr || message.name() != Question::kMessage) return tenon::go_on();
    if (question->text == "refuse " + word) return tenon::refuse(tenon::make_error("DESK.1003", "refused by " + word));
    Question changed = *question;
    changed.text += " " + word;
    message.change(std::move(changed));
    return tenon::go_on();
  }
  tenon::InterceptorPosition position() const noexcept override {
    return word == "front" ? tenon::InterceptorPosition::kFront : tenon::InterceptorPosition::kDefault;
  }
};
// [/interceptor]

}  // namespace
}  // namespace desk

TENON_PLUGIN("desk", "1.0.0", plugin) {
  using namespace desk;
  // [declaration]
  plugin.message<Question>();
  plugin.message<SignedQuestion>();
  plugin.message<Read>();
  plugin.message<Clear>();
  plugin.message<Ignore>();
  plugin.message<Copy>();
  plugin.message<Other>();
  plugin.bean<Desk>("desk.Desk").handles(&Desk::ask).handles(&Desk::read).handles(&Desk::clear).handles(&Desk::ignore);
  plugin.bean<Desk>("desk.OpenDesk").handles(&Desk::ask).handles(&Desk::rest);
  plugin.bean<Stamp>("desk.Stamp").implements<tenon::MessageInterceptor>().property("word", &Stamp::word);
  // [/declaration]
  plugin.flow<MakeCopy>("desk.MakeCopy").reads(kText).writes(kCopy);
}
