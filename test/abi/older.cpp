#include <tenon/plugin.h>

#include <string>
#include <string_view>
#include <utility>

// Built with the headers of earlier minor versions, and loaded by the node of this one. Uses what a plugin may have had
// since the first of them.
namespace older {

class Greeting {
 public:
  static constexpr std::string_view kInterface = "older.Greeting/1";
  virtual ~Greeting() = default;
  virtual std::string greet() const = 0;
};

class Polite final : public Greeting {
 public:
  std::string greet() const override { return text; }
  std::string text;
};

class Host final : public tenon::Component {
 public:
  void start() override {
    std::string all;
    greetings.for_each([&](const Greeting& greeting) { all += greeting.greet(); });
    if (all != "hello") throw tenon::Error(tenon::make_error("OLDER.1001", "nobody greets", all));
    tenon::log::info("greeted", {{"text", all}});
  }
  tenon::Extensions<Greeting> greetings;
};

inline constexpr tenon::FlowKey<std::string> kText{"older.text"};

class Say final : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    step.set(kText, std::string("said"));
    std::move(step).next();
  }
};

}  // namespace older

TENON_PLUGIN("older", "1.0.0", plugin) {
  plugin.bean<older::Polite>("older.Polite").implements<older::Greeting>().property("text", &older::Polite::text);
  plugin.bean<older::Host>("older.Host").inject(&older::Host::greetings);
  plugin.flow<older::Say>("older.Say").writes(older::kText);
}
