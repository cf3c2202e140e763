#include <tenon/plugin.h>
#include <tenon/sample/sample.h>

#include <chrono>
#include <cstdint>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace sample {
namespace {

void append(const std::string& file, const std::string& line) { std::ofstream(file, std::ios::app) << line << "\n"; }

/// Has a property of each type. Writes a line into `file` for each thing that happens to it; with `report`, also what
/// it was given.
class Bean : public Greeting, public tenon::Component {
 public:
  std::string greet() const override { return text; }
  void start() override {
    note("start");
    if (report) append(file, values());
    if (fail_start) throw std::runtime_error("told to fail");
  }
  void stop() override { note("stop"); }
  void init() { note("init"); }
  void destroy() { note("destroy"); }
  void set_checked(const std::string& value) {
    if (value == "bad") throw std::invalid_argument("'bad' is bad");
    text = value;
  }
  void note(const std::string& what) {
    if (!file.empty()) append(file, what + " " + text);
  }

  std::string values() const {
    std::string line = "port=" + std::to_string(port) + " flag=" + (flag ? "true" : "false") +
                       " ratio=" + std::to_string(ratio) + " timeout=" + std::to_string(timeout.count()) +
                       " size=" + std::to_string(size.bytes) + " names=";
    for (const std::string& name : names) line += name + ",";
    line += " limits=";
    for (const auto& [key, value] : limits) line += key + ":" + std::to_string(value) + ",";
    line += " friends=";
    for (const auto& greeting : friends) line += greeting->greet() + ",";
    return line + " other=" + (other ? other->greet() : "none");
  }

  std::string file;
  std::string text;
  bool report = false;
  std::uint16_t port = 0;
  bool flag = false;
  double ratio = 0;
  std::chrono::seconds timeout{0};
  tenon::Size size;
  std::vector<std::string> names;
  std::map<std::string, std::int64_t> limits;
  std::vector<tenon::Ref<Greeting>> friends;
  tenon::Ref<Greeting> other;
  bool fail_start = false;
};

// [caller]
/// Calls all extensions and names all drivers.
class Host : public tenon::Component {
 public:
  void start() override {
    std::string line = "greetings";
    greetings.for_each([&](const Greeting& greeting) { line += " " + greeting.greet(); });
    for (const std::string& type : tools.types()) line += " " + type + "=" + tools.get(type)->make();
    append(file, line);
  }
  std::string file;
  tenon::Extensions<Greeting> greetings;
  tenon::Drivers<ToolFactory> tools;
};
// [/caller]

class Tool {};

class Tools : public ToolFactory {
 public:
  std::string make() const override { return what; }
  std::string what = "tool";
};

/// Needs the only bean that greets.
class Guest {
 public:
  tenon::Ref<Greeting> host;
};

class Append : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override {
    append(data.get(kLedger).file, "run " + text);
    data.set(kText, text);
  }
  void undo(tenon::FlowData& data) const override { append(data.get(kLedger).file, "undo " + text); }
  std::string text = "append";
};

class Fail : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override {
    append(step.get(kLedger).file, "run fail");
    std::move(step).fail(tenon::make_error("SAMPLE.1001", "told to fail"));
  }
  void rollback(tenon::FlowStep step) const override {
    append(step.get(kLedger).file, "undo fail");
    std::move(step).next();
  }
};

// [extra-step]
class ExtraStep : public Extra {
 public:
  void run(tenon::FlowStep step) const override {
    append(step.get(kLedger).file, "run extra " + text);
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override {
    append(step.get(kLedger).file, "undo extra " + text);
    std::move(step).next();
  }
  std::string text;
};
// [/extra-step]

/// Has no undo, and does not say that it needs none.
class NoOp : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override { std::move(step).next(); }
};

/// Reads a small value and writes the next one.
class Count : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override {
    step.set(kCount, step.get(kCount) + 1);
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override { std::move(step).next(); }
};

class NoOpFail : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    std::move(step).fail(tenon::make_error("SAMPLE.1001", "told to fail"));
  }
};

}  // namespace
}  // namespace sample

TENON_PLUGIN("sample", "1.2.0", plugin) {
  using sample::Bean;
  plugin.bean<Bean>("sample.Bean")
      .implements<sample::Greeting>()
      .property("file", &Bean::file)
      .property("text", &Bean::text)
      .property("checked", &Bean::set_checked)
      .property("report", &Bean::report)
      .property("port", &Bean::port, {.min = 1, .max = 65535})
      .property("flag", &Bean::flag)
      .property("ratio", &Bean::ratio)
      .property("timeout", &Bean::timeout, {.min = 1, .max = 3600})
      .property("size", &Bean::size)
      .property("names", &Bean::names)
      .property("limits", &Bean::limits)
      .property("friends", &Bean::friends)
      .property("other", &Bean::other)
      .property("failStart", &Bean::fail_start)
      .method("init", &Bean::init)
      .method("destroy", &Bean::destroy);
  // [caller-declaration]
  plugin.bean<sample::Host>("sample.Host")
      .property("file", &sample::Host::file, {.required = true})
      .inject(&sample::Host::greetings)
      .inject(&sample::Host::tools);
  // [/caller-declaration]
  plugin.bean<sample::Guest>("sample.Guest").inject(&sample::Guest::host);
  plugin.bean<sample::Tools>("sample.Tools").implements<sample::ToolFactory>().property("what", &sample::Tools::what);
  plugin.resource<sample::Tool>("sample.Tool");
  plugin.flow<sample::Append>("sample.Append")
      .property("text", &sample::Append::text)
      .reads(sample::kLedger)
      .writes(sample::kText);
  plugin.flow<sample::Fail>("sample.Fail").reads(sample::kLedger);
  plugin.flow<sample::NoOp>("sample.NoOp");
  plugin.flow<sample::Count>("sample.Count").reads(sample::kCount).writes(sample::kCount);
  plugin.flow<sample::NoOpFail>("sample.NoOpFail");
  // [extra-step-declaration]
  plugin.bean<sample::ExtraStep>("sample.ExtraStep")
      .implements<sample::Extra>()
      .property("text", &sample::ExtraStep::text)
      .reads(sample::kLedger);
  // [/extra-step-declaration]
}
