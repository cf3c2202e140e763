#pragma once

#include <tenon/error.h>
#include <tenon/library.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "api/chain_drill.h"
#include "api/run_log.h"
#include "config/configs.h"
#include "config/tags.h"
#include "daemon/node_log.h"
#include "daemon/node_store.h"
#include "daemon/settings.h"
#include "flow/clock.h"
#include "flow/code_chains.h"
#include "flow/engine.h"
#include "journal/journal.h"
#include "journal/recorded_transactions.h"
#include "journal/run_keeper.h"
#include "message/dispatcher.h"
#include "message/event_hub.h"
#include "plugin/generations.h"
#include "store/plugin_store.h"
#include "wiring/loader.h"
#include "wiring/reloader.h"
#include "wiring/step_finder.h"

namespace tenon::daemon {

struct AssemblyOptions {
  /// Both outlive the assembly, and so does `log`.
  const Settings* settings = nullptr;
  const descriptor::Properties* properties = nullptr;
  NodeLog* log = nullptr;
  /// The main thread is to call `Reloader::work` and `Retirement::work`. Any thread; must not block.
  std::function<void()> wake = {};
  /// What plugins are loaded from and what is left out of them; the rest is the assembly's to fill in.
  wiring::ReloaderOptions reloading = {};
  plugin::LibrarySource libraries = {};
  /// Of runs; null: real time.
  std::shared_ptr<flow::Clock> clock = {};
  /// That continue runs; 0: one a processor.
  std::size_t threads = 0;
};

/// The parts of a node, put together in order and taken apart in reverse: store, plugins, runs. While it lives it is
/// the node of code that is linked with it. Used by the node's main thread; its parts by any.
class Assembly {
 public:
  explicit Assembly(AssemblyOptions options);
  /// Takes apart what was put together.
  ~Assembly();
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  /// Opens the store. First.
  [[nodiscard]] Result<void> open();
  /// Loads and starts the plugins. Second; with errors, nothing is left of them.
  [[nodiscard]] descriptor::Diagnostics load();
  /// Takes up the runs of the process before, and takes runs and messages from now on. Third.
  [[nodiscard]] Result<void> begin();
  /// How runs are left that stand still: as interrupted only if they are abandoned.
  enum class Leaving : std::uint8_t { kInOrder, kAbandoned };
  /// No run or message is taken any more, and none may be under way: what stands still is left to the next start. Then
  /// beans are stopped and libraries unloaded; whether all of them could be. Twice is once.
  bool end(Leaving leaving = Leaving::kInOrder);

  [[nodiscard]] NodeStore& store() const noexcept { return *store_; }
  [[nodiscard]] plugin::Generations& generations() noexcept { return generations_; }
  [[nodiscard]] wiring::Reloader& reloader() noexcept { return *reloader_; }
  [[nodiscard]] message::Dispatcher& messages() noexcept { return messages_; }
  [[nodiscard]] message::EventHub& events() noexcept { return *events_; }
  /// From `begin` to `end`.
  [[nodiscard]] flow::Engine& engine() noexcept { return runs_->engine; }
  [[nodiscard]] journal::StoreJournal& journal() noexcept { return runs_->journal; }
  [[nodiscard]] journal::RunKeeper& keeper() noexcept { return runs_->keeper; }
  [[nodiscard]] api::RunLog& runs() noexcept { return runs_->log; }
  /// Who else is told of a wiring that is published from now on.
  void set_published(std::function<void(const wiring::Wiring& wiring)> published) { published_ = std::move(published); }

 private:
  /// What works on runs. Gone before beans stop: a thread of the engine may be on its way out of a flow's code when its
  /// run has ended.
  struct Runs {
    Runs(Assembly& assembly, const wiring::Current& wiring);
    std::int64_t node;
    journal::RecordedTransactions transactions;
    journal::StoreJournal journal;
    api::RunLog log;
    flow::Engine engine;
    wiring::StepFinder flows_of_plugins;
    api::DrillSteps flows;
    journal::RunKeeper keeper;
  };

  Result<std::uint64_t> start_run(flow::RunRequest request);
  void publish(const wiring::Wiring& wiring);
  void end_runs();
  bool end_plugins();

  const AssemblyOptions options_;
  NodeLog& log_;
  flow::CodeChains chains_;
  message::Dispatcher messages_;
  config::CurrentTags tags_;
  std::unique_ptr<NodeStore> store_;
  std::optional<message::EventHub> events_;
  std::optional<store::PluginStore> plugin_store_;
  /// Gone after everything that may drop what it is to end.
  plugin::Generations generations_;
  std::shared_ptr<config::Configs> configs_;
  std::optional<wiring::Reloader> reloader_;
  std::optional<Runs> runs_;
  std::function<void(const wiring::Wiring& wiring)> published_;
};

}  // namespace tenon::daemon
