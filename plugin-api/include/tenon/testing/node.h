#pragma once

#include <tenon/class_table.h>
#include <tenon/error.h>
#include <tenon/interface.h>
#include <tenon/json.h>
#include <tenon/library.h>
#include <tenon/message.h>
#include <tenon/value.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Of a plugin that is linked into the test itself.
extern "C" [[gnu::visibility("default")]] void tenon_plugin_register(tenon::Registration* registration);

namespace tenon::testing {

/// How a run of a chain ended.
struct NodeRun {
  std::string id;
  /// Why it failed.
  std::optional<ErrorCode> error;
  /// What was written, by key; of a failed run, the inputs.
  Json data = Json::object();

  [[nodiscard]] bool ok() const noexcept { return !error.has_value(); }
};

/// Which time runs see.
enum class Time : std::uint8_t {
  kReal,
  kVirtual,  ///< It stands still until `advance` is called: steps time out and are retried when the test says so.
};

/// A whole node in the test's own process, with plugins that are loaded from libraries, or the one that is linked into
/// the test: the same code as tenond, but for its server. Everything it keeps is in a temporary folder, in a store of
/// its own (SQLite). Link Tenon::testing_node.
/// ```cpp
/// tenon::testing::Node node;
/// node.linked("acme", tenon_plugin_register).folder(ACME_FOLDER);
/// ASSERT_TRUE(node.start().ok());
/// const auto answer = node.call(acme::Greet{"world"});
/// EXPECT_TRUE(node.stop().ok());
/// ```
/// The thread that makes it is the node's main thread: all but `call`, `ask`, `run`, `begin` and `log` is called there.
/// One at a time in a process.
class [[gnu::visibility("default")]] Node {
 public:
  explicit Node(Time time = Time::kReal);
  /// Stops it.
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// A folder of descriptors, with their `chains/`, `services/`, `errors/`, `config/`, `tags/` and `schema/`, and of
  /// libraries. A library may lie in another folder than its descriptor. Before `start`.
  Node& folder(const std::filesystem::path& folder);
  /// The plugin of this name is the one that is linked into the test: its descriptor is read, its library is not
  /// looked for. Before `start`.
  Node& linked(const std::string& plugin, RegisterFunction& entry);
  /// Before `start`.
  Node& property(const std::string& name, const std::string& value);
  /// Writes a file into a folder of descriptors that is the node's own: `acme.xml`, `chains/more.xml`. After `start`,
  /// `reload` takes it up.
  Node& write(const std::string& name, std::string_view text);
  /// Removes it.
  Node& remove(const std::string& name);
  /// From now on the plugin's library is refused as by dlopen(3), with these words; empty: no longer. A library that is
  /// loaded stays so.
  Node& fail_load(const std::string& plugin, const std::string& words = "injected");

  /// TEST.1001 lists all that is wrong with the descriptors, a line each; others are of the store.
  [[nodiscard]] Result<void> start();
  /// Looks at all files again, as a node does when they have changed. If something is wrong (TEST.1001), what was
  /// loaded goes on.
  [[nodiscard]] Result<void> reload();
  /// Waits until everything is gone that reloads have replaced; else TEST.1003 names what is held, and by what.
  [[nodiscard]] Result<void> settle(std::chrono::milliseconds patience = std::chrono::seconds(10));
  /// Waits for runs, as long as `tenon.stop.grace` (else they are undone), stops beans, unloads libraries. TEST.1003 if
  /// something of a plugin is still held, so that its library can't be unloaded; TEST.1004 if runs do not end: then the
  /// node is not stopped.
  [[nodiscard]] Result<void> stop();
  /// Stops it as `kill -9` would stop a node, as far as the store is concerned: runs in flight are left as they are,
  /// and the next `start` takes them up. Flows that are under way must come to their end (TEST.1004). A future of such
  /// a run has a broken promise.
  [[nodiscard]] Result<void> abandon();

  /// Sends a message and waits for the answer; of one that a run answers, for the end of the run. As an administrator.
  template <Message M>
  [[nodiscard]] Result<typename M::Reply> call(M message) {
    const auto promise = std::make_shared<std::promise<Result<Value>>>();
    std::future<Result<Value>> answer = promise->get_future();
    ask_value(Value::of<M>(std::move(message)),
              [promise](Result<Value> given) { promise->set_value(std::move(given)); });
    return tenon::detail::read_reply<typename M::Reply>(answer.get());
  }
  /// The same with what the API would be given: fields are checked by the descriptors' rules, too.
  [[nodiscard]] Result<Json> call(std::string_view message, const Json& fields) { return ask(message, fields).get(); }
  /// The same without waiting.
  [[nodiscard]] std::future<Result<Json>> ask(std::string_view message, const Json& fields);
  /// Starts a chain and waits for its end; TEST.1005 if there is no such chain.
  [[nodiscard]] NodeRun run(std::string_view chain, const Json& input = Json::object()) {
    return begin(chain, input).get();
  }
  /// The same without waiting.
  [[nodiscard]] std::future<NodeRun> begin(std::string_view chain, const Json& input = Json::object());

  /// The bean of this id, if it implements `I`; else null. Valid until the next reload or stop.
  template <Interface I>
  [[nodiscard]] I* bean(const std::string& id) const {
    return static_cast<I*>(find_bean(id, I::kInterface));
  }

  /// Lets the time of runs pass, which is virtual.
  void advance(std::chrono::nanoseconds duration);
  /// Waits until a run wants to be called within this time, as it waits for its next attempt, or its time will be up;
  /// false if none does so within ten seconds of real time.
  [[nodiscard]] bool wait_for_timer(std::chrono::nanoseconds within) const;

  /// The lines of the log so far: `LEVEL LIBRARY: TEXT key=value …`.
  [[nodiscard]] std::vector<std::string> log() const;
  /// Where it keeps things; gone with it.
  [[nodiscard]] const std::filesystem::path& state() const noexcept;

 private:
  struct State;
  void ask_value(Value message, std::function<void(Result<Value>)> done);
  [[nodiscard]] void* find_bean(const std::string& id, std::string_view interface) const;

  std::unique_ptr<State> state_;
};

}  // namespace tenon::testing
