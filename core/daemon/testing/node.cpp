#include <tenon/testing/node.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <mutex>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "daemon/assembly.h"
#include "daemon/node_log.h"
#include "daemon/report.h"
#include "daemon/settings.h"
#include "descriptor/file_trust.h"
#include "flow/clock.h"
#include "flow/run.h"
#include "message/errors.h"
#include "plugin/held.h"
#include "plugin/retirement.h"

namespace tenon::testing {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::string_view kBadDescriptors = "TEST.1001";
constexpr std::string_view kNotStarted = "TEST.1002";
constexpr std::string_view kHeld = "TEST.1003";
constexpr std::string_view kRunsGoOn = "TEST.1004";
constexpr std::string_view kNoChain = "TEST.1005";

constexpr auto kPatience = 10s;
constexpr auto kLook = 5ms;

/// Gone with all that is in it.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "tenon-node-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

class Lines {
 public:
  void add(LogLevel level, std::string_view library, const std::string& line) {
    static constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};
    std::string whole(kNames.at(static_cast<std::size_t>(level)));
    whole.append(" ").append(library).append(": ").append(line);
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(whole));
  }
  [[nodiscard]] std::vector<std::string> all() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

/// Libraries that are refused. Asked on the thread that sets them.
using Refused = std::map<std::string, std::string>;

Result<void> result_of(const descriptor::Diagnostics& found) {
  if (!found.has_errors()) return {};
  return make_error(kBadDescriptors, "the descriptors are wrong", daemon::diagnostics_text(found));
}

ErrorCode not_started() { return make_error(kNotStarted, "the node is not started"); }

NodeRun run_of(const flow::RunResult& result) {
  NodeRun run{flow::run_name(result.id), result.error, Json::object()};
  std::map<std::string, Json> values;
  for (const flow::DataEntry& entry : result.data) values[std::string(entry.key.name)] = entry.value.json();
  for (auto& [key, value] : values) run.data.add(key, std::move(value));
  return run;
}

}  // namespace

struct Node::State {
  explicit State(Time time)
      : clock(time == Time::kVirtual ? std::make_shared<flow::VirtualClock>() : nullptr),
        log(LogLevel::kDebug, [this](LogLevel level, std::string_view library, const std::string& line) {
          lines.add(level, library, line);
        }) {
    own = folder.path() / "plugins";
    fs::create_directories(own);
    folders.push_back(own);
    const auto set = [this](const char* name, const std::string& value) { properties.set(name, value, "this test"); };
    set("tenon.state", (folder.path() / "state").string());
    set("tenon.descriptors", own.string());
    set("tenon.watch", "false");
    properties.set(std::string(descriptor::kTrustProperty), "any", "this test");
    fs::create_directories(folder.path() / "state");
  }

  /// Waits until runs have ended, or until `ends` says that what is left need not.
  [[nodiscard]] bool wait_for_runs(std::chrono::milliseconds patience, const std::function<bool()>& ends) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!node->engine().wait_idle(kLook)) {
      if (ends()) return true;
      if (std::chrono::steady_clock::now() >= deadline) return false;
      if (clock != nullptr && clock->next() != flow::Clock::TimePoint::max()) {
        clock->advance(std::max<std::chrono::nanoseconds>(clock->next() - clock->now(), 0ns));
      }
    }
    return true;
  }
  [[nodiscard]] std::string runs() {
    std::string text;
    for (const flow::RunState& run : node->engine().inspect_all(10)) {
      text.append(text.empty() ? "" : ", ").append(run.chain);
      for (const flow::RunPlace& place : run.places) text.append(" at ").append(place.step_name);
    }
    return text;
  }
  Result<void> end(daemon::Assembly::Leaving leaving) {
    const bool gone = node->end(leaving);
    const std::string what = plugin::held_text(node->generations());
    node.reset();
    settings.reset();
    if (gone && what.empty()) return {};
    return make_error(kHeld, "something of a plugin is still there", what);
  }

  const Folder folder;
  fs::path own;
  std::vector<fs::path> folders;
  descriptor::Properties properties;
  plugin::LibrarySource libraries;
  Refused refused;
  std::shared_ptr<flow::VirtualClock> clock;
  Lines lines;
  daemon::NodeLog log;
  std::optional<daemon::Settings> settings;
  std::optional<daemon::Assembly> node;
};

Node::Node(Time time) : state_(std::make_unique<State>(time)) {
  state_->libraries.refuse = [refused = &state_->refused](const std::string& plugin) {
    const auto found = refused->find(plugin);
    return found != refused->end() ? found->second : std::string();
  };
}

Node::~Node() {
  const Result<void> stopped = stop();
  if (stopped || stopped.error().code != kRunsGoOn) return;
  std::fprintf(stderr, "tenon::testing::Node: %s\n", stopped.error().to_string().c_str());
  std::abort();  // what its threads work with would be gone
}

Node& Node::folder(const fs::path& folder) {
  state_->folders.push_back(fs::absolute(folder));
  return *this;
}

Node& Node::linked(const std::string& plugin, RegisterFunction& entry) {
  state_->libraries.linked[plugin] = &entry;
  return *this;
}

Node& Node::property(const std::string& name, const std::string& value) {
  state_->properties.set(name, value, "this test");
  return *this;
}

Node& Node::write(const std::string& name, std::string_view text) {
  const fs::path file = state_->own / name;
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
  return *this;
}

Node& Node::remove(const std::string& name) {
  fs::remove(state_->own / name);
  return *this;
}

Node& Node::fail_load(const std::string& plugin, const std::string& words) {
  state_->refused[plugin] = words;
  return *this;
}

Result<void> Node::start() {
  State& state = *state_;
  if (state.node) return make_error(kNotStarted, "the node is started already", "stop it before");
  std::string folders;
  for (const fs::path& folder : state.folders) folders.append(folders.empty() ? "" : ":").append(folder.string());
  state.properties.set("tenon.plugins", folders, "this test");
  descriptor::Diagnostics problems;
  state.settings = daemon::read_settings(state.properties, problems);
  if (problems.has_errors()) return result_of(problems);
  daemon::AssemblyOptions options{.settings = &*state.settings, .properties = &state.properties, .log = &state.log};
  options.libraries = state.libraries;
  options.clock = state.clock;
  options.threads = 2;
  state.node.emplace(std::move(options));
  Result<void> started = state.node->open();
  if (started) started = result_of(state.node->load());
  if (started) started = state.node->begin();
  if (!started) state.node.reset();
  return started;
}

Result<void> Node::reload() {
  if (!state_->node) return not_started();
  const wiring::ReloadReport report = state_->node->reloader().reload("the test");
  (void)state_->node->generations().retirement()->work();
  return result_of(report.diagnostics);
}

Result<void> Node::settle(std::chrono::milliseconds patience) {
  if (!state_->node) return not_started();
  const bool gone = state_->node->generations().retirement()->finish(patience);
  const std::string what = plugin::held_text(state_->node->generations());
  if (gone && what.empty()) return {};
  return make_error(kHeld, "something of a plugin is still there", what);
}

Result<void> Node::stop() {
  State& state = *state_;
  if (!state.node) return {};
  flow::Engine& engine = state.node->engine();
  state.node->reloader().close();
  engine.close();
  const auto stands = [&] { return engine.only_standing(false); };
  if (!state.wait_for_runs(state.settings->stop_grace, stands)) {
    engine.cancel_all();
    if (!state.wait_for_runs(kPatience, stands)) {
      return make_error(kRunsGoOn, "the node can't stop: runs do not end", state.runs());
    }
  }
  return state.end(daemon::Assembly::Leaving::kInOrder);
}

Result<void> Node::abandon() {
  State& state = *state_;
  if (!state.node) return not_started();
  flow::Engine& engine = state.node->engine();
  state.node->reloader().close();
  engine.close();
  state.node->journal().close();
  if (!state.wait_for_runs(kPatience, [&] { return engine.only_standing(true); })) {
    return make_error(kRunsGoOn, "the node can't stop: flows do not end", state.runs());
  }
  return state.end(daemon::Assembly::Leaving::kAbandoned);
}

/// As an administrator; `done` is called once.
void Node::ask_value(Value message, std::function<void(Result<Value>)> done) {
  if (!state_->node) return done(not_started());
  CallOptions options;
  options.caller = std::make_shared<const Caller>(Caller{"test", true, {}});
  (void)state_->node->messages().ask(std::move(message), std::move(options), std::move(done));
}

std::future<Result<Json>> Node::ask(std::string_view message, const Json& fields) {
  const auto promise = std::make_shared<std::promise<Result<Json>>>();
  std::future<Result<Json>> answer = promise->get_future();
  const auto refuse = [&](ErrorCode error) {
    promise->set_value(std::move(error));
    return std::move(answer);
  };
  if (!state_->node) return refuse(not_started());
  const std::shared_ptr<const message::MessageTable> table = state_->node->messages().table();
  const message::HandledMessage* handled = table->find(message);
  if (handled == nullptr) {
    return refuse(
        make_error(std::string(message::kNoService), "no service handles this message", std::string(message)));
  }
  Result<Value> read = handled->entry->read(fields);
  if (!read) return refuse(read.error());
  if (Result<void> fits = handled->fields.check(fields); !fits) return refuse(fits.error());
  ask_value(std::move(read).value(), [promise](const Result<Value>& value) {
    promise->set_value(value ? Result<Json>(value->json()) : value.error());
  });
  return answer;
}

std::future<NodeRun> Node::begin(std::string_view chain, const Json& input) {
  const auto promise = std::make_shared<std::promise<NodeRun>>();
  std::future<NodeRun> end = promise->get_future();
  const auto refuse = [&](ErrorCode error) {
    promise->set_value({{}, std::move(error), Json::object()});
    return std::move(end);
  };
  if (!state_->node) return refuse(not_started());
  flow::RunRequest request;
  request.chain = state_->node->reloader().current().get()->find_chain(chain);
  if (request.chain == nullptr) return refuse(make_error(kNoChain, "there is no such chain", std::string(chain)));
  if (const Json::Object* members = input.as_object()) {
    for (const auto& [key, value] : *members) request.input.emplace_back(key, Value::of(value));
  }
  request.done = [promise](const flow::RunResult& result) { promise->set_value(run_of(result)); };
  const auto record = state_->node->runs().start(state_->node->engine(), std::move(request));
  return record ? std::move(end) : refuse(record.error());
}

void* Node::find_bean(const std::string& id, std::string_view interface) const {
  if (!state_->node) return nullptr;
  const auto bean = state_->node->reloader().current().get()->find_bean(id);
  return bean != nullptr ? bean->as(interface) : nullptr;
}

void Node::advance(std::chrono::nanoseconds duration) {
  if (state_->clock == nullptr) throw std::logic_error("the time of this node is real");
  state_->clock->advance(duration);
}

bool Node::wait_for_timer(std::chrono::nanoseconds within) const {
  if (state_->clock == nullptr) throw std::logic_error("the time of this node is real");
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (state_->clock->next() > state_->clock->now() + within) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kLook);
  }
  return true;
}

std::vector<std::string> Node::log() const { return state_->lines.all(); }

const fs::path& Node::state() const noexcept { return state_->folder.path(); }

}  // namespace tenon::testing
