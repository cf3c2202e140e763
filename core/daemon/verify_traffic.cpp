#include "daemon/verify_traffic.h"

#include <tenon/message.h>

#include <array>
#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "daemon/assembly.h"
#include "daemon/node_log.h"
#include "daemon/report.h"
#include "message/errors.h"
#include "plugin/held.h"
#include "plugin/lease.h"
#include "plugin/retirement.h"

namespace tenon::daemon {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kThreads = 2;
/// How long a former library may take to go.
constexpr auto kPatience = 5s;

/// The least that a schema lets pass, as far as its type goes.
Json sample(const Json& schema) {
  const auto text = [&](std::string_view name) -> std::string {
    const Json* member = schema.find(name);
    return member != nullptr && member->as_string() != nullptr ? *member->as_string() : std::string();
  };
  if (const Json* choices = schema.find("enum"); choices != nullptr && choices->as_array() != nullptr) {
    return choices->as_array()->empty() ? Json() : choices->as_array()->front();
  }
  const std::string type = text("type");
  if (type == "string") return "x";
  if (type == "boolean") return false;
  if (type == "array") return Json::array();
  if (type == "integer" || type == "number") {
    const Json* least = schema.find("minimum");
    return least != nullptr && least->as_int() != nullptr ? *least : Json(1);
  }
  Json object = Json::object();
  const Json* required = schema.find("required");
  const Json* members = schema.find("properties");
  if (required == nullptr || members == nullptr || required->as_array() == nullptr) return object;
  for (const Json& name : *required->as_array()) {
    const Json* member = name.as_string() != nullptr ? members->find(*name.as_string()) : nullptr;
    if (member != nullptr) object.add(*name.as_string(), sample(*member));
  }
  return object;
}

/// Names of the messages that the plugin answers and that only read, of those that a sample can be made of.
std::vector<std::string> readable_messages(const message::MessageTable& table, const std::string& plugin) {
  std::vector<std::string> names;
  for (const message::HandledMessage& message : table.messages()) {
    if (message.service_plugin != plugin || !message.route || message.route->method != "GET" || message.run) continue;
    const Json json = sample(message.schema);
    if (message.entry->read(json).ok() && message.fields.check(json).ok()) names.push_back(message.name);
  }
  return names;
}

/// What two threads do meanwhile.
class Traffic {
 public:
  Traffic(Assembly& node, std::vector<std::string> messages) : node_(node), messages_(std::move(messages)) {
    for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { drive(); });
  }
  Traffic(const Traffic&) = delete;
  Traffic& operator=(const Traffic&) = delete;
  ~Traffic() { stop(); }

  void stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  [[nodiscard]] std::uint64_t calls() const noexcept { return calls_; }
  /// The first call that nobody answered as he should; empty if there is none.
  [[nodiscard]] std::string failure() const {
    const std::lock_guard lock(mutex_);
    return failure_;
  }

 private:
  void drive() {
    while (!stop_) {
      for (const std::string& name : messages_) send(name);
      look();
    }
  }

  void send(const std::string& name) {
    const std::shared_ptr<const message::MessageTable> table = node_.messages().table();
    const message::HandledMessage* message = table->find(name);
    if (message == nullptr) return note(name, "no service handles it");
    Result<Value> value = message->entry->read(sample(message->schema));
    if (!value) return;
    const auto promise = std::make_shared<std::promise<Result<Value>>>();
    std::future<Result<Value>> answer = promise->get_future();
    CallOptions options;
    options.caller = std::make_shared<const Caller>(Caller{"verify", true, {}});
    (void)node_.messages().ask(std::move(value).value(), std::move(options),
                               [promise](Result<Value> given) { promise->set_value(std::move(given)); });
    const Result<Value> given = answer.get();
    ++calls_;
    // What the service itself has to object is an answer.
    static constexpr std::array<std::string_view, 6> kUnanswered{message::kNoService, message::kDropped,
                                                                 message::kTimeout,   message::kThrew,
                                                                 message::kReplaced,  message::kQueueStuck};
    if (given) return;
    for (const std::string_view code : kUnanswered) {
      if (given.error().code == code) note(name, given.error().to_string());
    }
  }

  /// What a call through an extension list or a driver table does before it enters the plugin.
  void look() {
    const std::shared_ptr<const wiring::Wiring> wiring = node_.reloader().current().get();
    wiring->slots()->for_each([this](const std::string&, ExtensionSlot& slot) {
      const plugin::NodeLease lease;
      const ExtensionList* list = tenon::detail::look(&slot);
      if (list == nullptr) return;
      for (const ExtensionEntry& entry : *list) seen_ += entry.bean.size();
    });
    ++calls_;
  }

  void note(const std::string& name, const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (failure_.empty()) failure_ = "message '" + name + "': " + what;
  }

  Assembly& node_;
  const std::vector<std::string> messages_;
  std::atomic<bool> stop_{false};
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> seen_{0};
  mutable std::mutex mutex_;
  std::string failure_;
  std::vector<std::thread> threads_;
};

/// The library, and the same with another content: what stands behind its end nobody reads.
class Variants {
 public:
  Variants(const fs::path& library, fs::path installed) : installed_(std::move(installed)) {
    std::ifstream in(library, std::ios::binary);
    content_.assign(std::istreambuf_iterator<char>(in), {});
  }
  /// Put in its place as an installation does it.
  void install(std::uint32_t number) const {
    const fs::path temporary = installed_.string() + ".new";
    std::ofstream(temporary, std::ios::binary) << content_ << std::string(number % 2, '\n');
    fs::permissions(temporary, fs::perms::owner_all);
    fs::rename(temporary, installed_);
  }

 private:
  fs::path installed_;
  std::string content_;
};

bool swap(Assembly& node, const TrafficRequest& request, VerifyReport& report) {
  const Variants variants(request.library, request.stage.libraries() / request.library.filename());
  for (std::uint32_t i = 1; i <= request.swaps; ++i) {
    const std::string where = "swap " + std::to_string(i) + " under traffic";
    report.begins(where);
    variants.install(i);
    const wiring::ReloadReport reloaded = node.reloader().reload("verify");
    if (!reloaded.good) {
      report.failed("swap", where + ": " + request.stage.errors_text(reloaded.diagnostics), "");
      return false;
    }
    if (node.generations().retirement()->finish(kPatience) && node.generations().pinned().empty()) continue;
    report.failed("drain", where + ": " + plugin::held_text(node.generations()),
                  "let go of what is held when stop() is called, and give back Owned objects that others made");
    return false;
  }
  return true;
}

}  // namespace

void verify_traffic(const TrafficRequest& request, VerifyReport& report) {
  report.begins("the start of a node");
  NodeLog log(LogLevel::kWarning, standard_error(false));
  Assembly node({.settings = &request.settings, .properties = &request.properties, .log = &log});
  Result<void> started = node.open();
  if (started) {
    const descriptor::Diagnostics found = node.load();
    if (found.has_errors()) started = make_error("", "", request.stage.errors_text(found));
  }
  if (started) started = node.begin();
  if (!started) {
    report.failed("node", request.stage.original(started.error().details), "");
    return;
  }
  const std::vector<std::string> messages = readable_messages(*node.reloader().current().get()->messages, request.name);
  Traffic traffic(node, messages);
  const bool swapped = swap(node, request, report);
  report.begins("the end of the traffic");
  traffic.stop();
  node.engine().close();
  const std::string sent =
      messages.empty() ? "looks at its extensions; it has no message that only reads"
                       : "calls of " + descriptor::counted(messages.size(), "message") + " and looks at its extensions";
  if (const std::string failure = traffic.failure(); !failure.empty()) {
    report.failed("traffic", failure, "answer each call once, also while stop() is waited for");
  } else if (swapped) {
    report.ok("swaps", descriptor::counted(request.swaps, "swap") + " under traffic (" +
                           std::to_string(traffic.calls()) + " " + sent + "): each former library went");
  }
  report.begins("the end of a node");
  if (!node.end() && swapped) {
    report.failed("drain", "at the end of the node: " + plugin::held_text(node.generations()),
                  "let go of it when stop() is called");
  }
}

}  // namespace tenon::daemon
