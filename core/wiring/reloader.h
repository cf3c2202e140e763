#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "descriptor/diagnostics.h"
#include "plugin/generations.h"
#include "wiring/current.h"
#include "wiring/loader.h"

namespace tenon::wiring {

/// What operators may ask of plugins.
struct PluginOrder {
  enum class Verb : std::uint8_t {
    kReload,   ///< looks at all files again
    kDisable,  ///< leaves the plugin out, also of later starts
    kEnable,   ///< takes it back
    kRemove,   ///< leaves it out, and deletes its library and its descriptors
  };
  Verb verb = Verb::kReload;
  /// Of all but kReload.
  std::string plugin = {};
  /// Who asks, for the log.
  std::string who = {};
};

/// How a reload ended.
struct ReloadReport {
  /// Counts from 1.
  std::uint64_t number = 0;
  std::chrono::system_clock::time_point at;
  std::chrono::microseconds took{0};
  /// `files have changed`, or what an operator asked.
  std::string reason;
  /// The new wiring is published; else the old one stays, for what the diagnostics say.
  bool good = false;
  descriptor::Diagnostics diagnostics;
  /// `plugin 'x': generation 1 -> 2`, `chain 'y' added`, …; empty if nothing is different.
  std::vector<std::string> changes;
};

/// Whether a reload that fails is logged, and is the last one that is told of.
enum class Failure : std::uint8_t { kReported, kSilent };

struct ReloaderOptions {
  /// `previous`, `left_out` and `quarantined` are the reloader's.
  LoadRequest request;
  plugin::Generations* generations = nullptr;
  /// Keeps which plugins are disabled, a name a line; empty: it is not kept.
  std::filesystem::path disabled_file = {};
  /// Called when there is an order, on any thread; must not block.
  std::function<void()> wake = {};
  /// Called when the next wiring is current and published. [main thread]
  std::function<void(const Wiring& wiring)> published = {};
  /// What is in quarantine now: asked before each load. [main thread]
  std::function<descriptor::LeftOutPlugins()> quarantined = {};
  /// Takes a plugin out of quarantine (plugin/quarantine.h); whether it was there. [main thread]
  std::function<bool(const std::string& plugin)> lift = {};
  /// Hears what a load found that succeeded. [main thread]
  std::function<void(const descriptor::Diagnostics& found)> loaded = {};
};

/// Makes the next wiring out of changed files and puts it in the place of the current one: what is new is started, then
/// published; what nobody uses any more goes through the retirement. If anything is wrong, the current one stays.
///
/// All but `order`, `current`, `last` and `disabled` on the node's main thread, which starts and stops beans.
class Reloader {
 public:
  using Done = std::function<void(const ReloadReport& report)>;

  explicit Reloader(ReloaderOptions options);
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  /// The first load. Its wiring is null if it failed.
  [[nodiscard]] LoadResult start();
  /// After a successful start. Any thread.
  [[nodiscard]] const Current& current() const noexcept { return current_; }
  /// Who is told of what is published from now on.
  void set_published(std::function<void(const Wiring& wiring)> published) { options_.published = std::move(published); }

  /// Who tells which runs hold what is to be replaced (SwapGate).
  void set_holder(std::function<std::string(const plugin::Generation& library)> holder) {
    options_.request.gate.holder = std::move(holder);
  }

  /// How long a plugin that is stopped first may take until nobody uses it (SwapGate).
  void set_swap_patience(std::chrono::milliseconds patience) { options_.request.gate.patience = patience; }

  /// Loads anew, at once.
  ReloadReport reload(const std::string& reason, Failure failure = Failure::kReported);
  /// Has it done by `work`; `done` is called there, also if it is never done as the node stops. Any thread.
  void order(PluginOrder order, Done done);
  /// Does what was ordered.
  void work();
  /// Orders that are not done yet are refused, and so are later ones.
  void close();

  /// The last reload, and the last one that failed if none has succeeded since. Any thread.
  [[nodiscard]] std::optional<ReloadReport> last() const;
  [[nodiscard]] std::set<std::string> disabled() const;

 private:
  struct Order {
    PluginOrder order;
    Done done;
  };

  /// The wiring without these plugins in the place of the current one.
  ReloadReport load_without(const std::set<std::string>& disabled, const std::string& reason,
                            Failure failure = Failure::kReported);
  ReloadReport execute(const PluginOrder& order);
  ReloadReport remove(const std::string& plugin, const std::string& reason);
  ReloadReport refused(const std::string& reason, const std::string& why);
  void set_disabled(std::set<std::string> disabled);
  void note(const ReloadReport& report);
  [[nodiscard]] LoadRequest request(const std::set<std::string>& disabled) const;

  ReloaderOptions options_;
  Current current_{nullptr};
  std::uint64_t count_ = 0;
  mutable std::mutex mutex_;
  bool closed_ = false;
  std::deque<Order> orders_;
  std::optional<ReloadReport> last_;
  std::set<std::string> disabled_;
};

}  // namespace tenon::wiring
