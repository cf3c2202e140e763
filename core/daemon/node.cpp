#include "daemon/node.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>
#include <tenon/log.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "api/chain_drill.h"
#include "api/http_server.h"
#include "api/keeper_run_store.h"
#include "api/node_api.h"
#include "api/plugins_api.h"
#include "api/request_log.h"
#include "api/reserved.h"
#include "api/run_log.h"
#include "api/unix_listener.h"
#include "config/configs.h"
#include "config/tags.h"
#include "daemon/crash_guard.h"
#include "daemon/install_paths.h"
#include "daemon/node_log.h"
#include "daemon/node_store.h"
#include "daemon/report.h"
#include "daemon/settings.h"
#include "daemon/state_lock.h"
#include "flow/code_chains.h"
#include "flow/definition.h"
#include "flow/engine.h"
#include "flow/run.h"
#include "journal/journal.h"
#include "journal/recorded_transactions.h"
#include "journal/recovery.h"
#include "journal/run_keeper.h"
#include "message/dispatcher.h"
#include "message/event_hub.h"
#include "plugin/generations.h"
#include "plugin/retirement.h"
#include "store/plugin_store.h"
#include "wiring/folder_watcher.h"
#include "wiring/loader.h"
#include "wiring/reloader.h"
#include "wiring/step_finder.h"

namespace tenon::daemon {
namespace {

using namespace std::chrono_literals;

/// How often a stop that takes long says so, and how much more time it then asks systemd for.
constexpr auto kReportInterval = 10s;
/// How often it looks whether what is left only stands still.
constexpr auto kStandInterval = 200ms;
constexpr auto kServerGrace = 2s;
/// How long the end of the node waits for whoever still holds something of a plugin.
constexpr auto kRetirementPatience = 5s;

void notify(const std::string& state) { ::sd_notify(0, state.c_str()); }

/// Makes code of the node log through `services` while it lives.
class ThisNode {
 public:
  explicit ThisNode(NodeServices& services) { tenon::detail::this_node = &services; }
  ThisNode(const ThisNode&) = delete;
  ThisNode& operator=(const ThisNode&) = delete;
  ~ThisNode() { tenon::detail::this_node = nullptr; }
};

/// A flag that poll(2) sees.
class Event {
 public:
  Event() : descriptor_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  ~Event() { ::close(descriptor_); }
  void set() const { (void)::eventfd_write(descriptor_, 1); }
  void clear() const {
    eventfd_t ignored = 0;
    (void)::eventfd_read(descriptor_, &ignored);
  }
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

 private:
  int descriptor_;
};

int fail(const ErrorCode& error) {
  std::cerr << "tenond: " << error.to_string() << '\n';
  return 1;
}

/// Waits until no run is in flight: as long as `grace`, then the runs are cancelled, which undoes them.
/// What stands still is left to the next start.
void wait_for_runs(flow::Engine& engine, const journal::StoreJournal& journal, std::chrono::milliseconds grace) {
  const auto deadline = std::chrono::steady_clock::now() + grace;
  auto report_at = std::chrono::steady_clock::now() + kReportInterval;
  bool cancelled = false;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (!cancelled && left <= 0ms) {
      cancelled = true;
      const std::size_t count = engine.in_flight();
      if (count > 0) log::warning("the time for runs to finish is up: they are undone", {{"runs", count}});
      engine.cancel_all();
    }
    const std::chrono::milliseconds wait = cancelled ? std::chrono::milliseconds(kStandInterval)
                                                     : std::min<std::chrono::milliseconds>(left, kStandInterval);
    if (engine.wait_idle(wait)) return;
    if (engine.only_standing(!journal.state().available)) {
      log::warning("runs that stand still are left to the next start", {{"runs", engine.in_flight()}});
      return;
    }
    if (std::chrono::steady_clock::now() < report_at) continue;
    report_at += kReportInterval;
    const std::size_t count = engine.in_flight();
    if (count > 0) {
      log::info("runs in flight delay the stop", {{"runs", count}});
      notify("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=Stopping: waiting for " + counted(count, "run"));
      continue;
    }
    for (const flow::RunState& run : engine.inspect_all()) {
      for (const flow::RunPlace& place : run.places) {
        log::warning("a flow that was given up delays the stop: it has not answered yet",
                     {{"run", flow::run_name(run.id)}, {"chain", run.chain}, {"flow", place.step_name}});
      }
    }
    notify("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=Stopping: waiting for flows that were given up");
  }
}

/// No run starts any more; those in flight finish, or are undone when their time is up or a second signal comes.
void drain(flow::Engine& engine, const journal::StoreJournal& journal, std::chrono::milliseconds grace,
           Signals& signals) {
  engine.close();
  const Event idle;
  std::thread waiter([&] {
    wait_for_runs(engine, journal, grace);
    idle.set();
  });
  std::array<pollfd, 2> watched{{{signals.descriptor(), POLLIN, 0}, {idle.descriptor(), POLLIN, 0}}};
  while ((watched[1].revents & POLLIN) == 0) {
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;  // EINTR
    if ((watched[0].revents & POLLIN) == 0) continue;
    signals.wait();
    log::warning("a second signal: runs in flight are undone now", {{"runs", engine.in_flight()}});
    engine.cancel_all();
  }
  waiter.join();
}

/// Loads anew what has changed and what operators order, and lets go what nobody uses any more, until a signal comes.
/// What it does, it does on this thread, as beans are started and stopped here.
class MainLoop {
 public:
  MainLoop(Signals& signals, const Event& wake, wiring::Reloader& reloader, plugin::Retirement& retirement,
           wiring::FolderWatcher* watcher)
      : signals_(signals), wake_(wake), reloader_(reloader), retirement_(retirement), watcher_(watcher) {}

  void run() {
    std::array<pollfd, 3> watched{{{signals_.descriptor(), POLLIN, 0},
                                   {wake_.descriptor(), POLLIN, 0},
                                   {watcher_ != nullptr ? watcher_->descriptor() : -1, POLLIN, 0}}};
    std::optional<std::chrono::milliseconds> wait = 0ms;
    while (true) {
      const int timeout = wait ? static_cast<int>(wait->count()) : -1;
      if (::poll(watched.data(), watched.size(), timeout) < 0) continue;  // EINTR
      if ((watched[0].revents & POLLIN) != 0) break;
      wake_.clear();
      reloader_.work();
      wait = look_at_files();
      const std::optional<std::chrono::milliseconds> more = retirement_.work();
      if (more && (!wait || *more < *wait)) wait = more;
    }
    signals_.wait();
  }

 private:
  /// When it is to be called again.
  std::optional<std::chrono::milliseconds> look_at_files() {
    if (watcher_ == nullptr) return std::nullopt;
    watcher_->read();
    if (watcher_->take()) {
      reload_if_changed(false);
    } else if (unsettled_ && watcher_->quiet_for() >= kSettled) {
      reload_if_changed(true);
    }
    std::optional<std::chrono::milliseconds> wait = watcher_->due_in();
    if (unsettled_) {
      const auto settled = std::max(1ms, kSettled - watcher_->quiet_for());
      wait = wait ? std::min(*wait, settled) : settled;
    }
    return wait;
  }

  /// Files that belong together come one after the other: what does not fit yet is looked at again before it is called
  /// an error.
  void reload_if_changed(bool last_time) {
    const wiring::ReloadReport report =
        reloader_.reload("files have changed", last_time ? wiring::Failure::kReported : wiring::Failure::kSilent);
    unsettled_ = !report.good && !last_time;
  }

  static constexpr std::chrono::milliseconds kSettled{1000};

  Signals& signals_;
  const Event& wake_;
  wiring::Reloader& reloader_;
  plugin::Retirement& retirement_;
  wiring::FolderWatcher* const watcher_;
  bool unsettled_ = false;
};

std::vector<message::ListenerUse> listeners_of(const wiring::Wiring& wiring) {
  std::vector<message::ListenerUse> uses;
  for (const ExtensionEntry& entry : wiring.extension_list(std::string(EventListener::kInterface))) {
    uses.push_back({static_cast<EventListener*>(entry.object), std::string(entry.bean), wiring.find_bean(entry.bean)});
  }
  return uses;
}

/// What a node is made of, once it is made.
struct Parts {
  const Settings& settings;
  NodeStore& store;
  flow::Engine& engine;
  journal::StoreJournal& journal;
  journal::RunKeeper& keeper;
  api::RunLog& runs;
  message::Dispatcher& messages;
  message::EventHub& events;
  wiring::Reloader& reloader;
  plugin::Generations& generations;
  CrashGuard& crashes;
};

/// Serves until a signal comes and all runs have ended.
void serve(const Parts& parts, api::UnixListener listener, const Event& wake, Signals& signals) {
  const Settings& settings = parts.settings;
  api::KeeperRunStore run_store(parts.store.store(), parts.journal, parts.keeper);
  api::RequestLog requests(parts.store.store(), parts.store.node());
  const wiring::Current& wiring = parts.reloader.current();
  api::NodeApi api(kVersion, wiring, parts.engine, parts.runs, parts.messages, &run_store, &parts.events, &requests,
                   &parts.reloader, &parts.generations);
  api.set_store([&parts] { return parts.store.status(); });
  api.set_crashes([&parts] { return parts.crashes.status(); });
  api.set_quarantined([&parts] {
    std::vector<std::string> names;
    for (const plugin::Quarantine::Entry& entry : parts.crashes.quarantine().list()) names.push_back(entry.plugin);
    return names;
  });
  parts.reloader.set_published([&](const wiring::Wiring& published) {
    parts.messages.set_table(published.messages);
    api.rewire();
    parts.events.set_listeners(listeners_of(published));
    parts.keeper.plugins_changed();
  });
  parts.reloader.set_holder(
      [&parts](const plugin::Generation& library) { return api::runs_holding(parts.engine, library); });
  std::optional<wiring::FolderWatcher> watcher;
  if (settings.watch) {
    std::vector<std::filesystem::path> folders = settings.descriptors;
    folders.insert(folders.end(), settings.plugins.begin(), settings.plugins.end());
    watcher.emplace(wiring::WatchOptions{.folders = std::move(folders), .quiet = settings.watch_quiet});
  }
  api::HttpLimits limits;
  limits.connections = settings.connections;
  api::HttpServer server(
      std::move(listener), [&](const api::HttpRequest& request) { return api.handle(request); }, limits);
  {
    const std::shared_ptr<const wiring::Wiring> first = wiring.get();
    log::info("node started", {{"version", kVersion},
                               {"socket", settings.socket.string()},
                               {"plugins", first->plugins.size()},
                               {"chains", first->chains.size()}});
    notify("READY=1\nSTATUS=Running: " + counted(first->plugins.size(), "plugin") + ", " +
           counted(first->chains.size(), "chain"));
  }

  MainLoop(signals, wake, parts.reloader, *parts.generations.retirement(), watcher ? &*watcher : nullptr).run();
  log::info("node is stopping", {{"runs", parts.engine.in_flight()}});
  notify("STOPPING=1\nSTATUS=Stopping");
  parts.reloader.close();
  api.set_stopping();
  drain(parts.engine, parts.journal, settings.stop_grace, signals);
  server.stop(kServerGrace);
  parts.reloader.set_published({});
  parts.reloader.set_holder({});
}

journal::JournalOptions journal_options(std::int64_t node) {
  journal::JournalOptions options;
  options.node = node;
  options.definition_text = flow::definition_text;
  options.fenced = [] {
    log::error("another node has taken over the runs of this one, which ends at once");
    std::_Exit(1);
  };
  options.availability = [](const std::string& reason) {
    if (reason.empty()) {
      log::info("the journal is written again");
    } else {
      log::error("the journal can't be written; runs wait", {{"reason", reason}});
    }
  };
  return options;
}

journal::KeeperOptions keeper_options(std::int64_t node, const Settings& settings, const flow::StepResolver& flows,
                                      api::RunLog& runs) {
  journal::KeeperOptions options;
  options.retention.keep = settings.run_retention;
  options.node = node;
  options.chain = [&flows](std::string_view text) { return flow::chain_from_definition(text, flows); };
  options.observer = [&runs](std::uint64_t run, const flow::Chain& chain) { return runs.take_up(run, chain); };
  options.ended = [&runs](const flow::RunResult& result) { runs.taken_up_ended(result); };
  return options;
}

/// Other nodes can change a config on PostgreSQL only.
std::shared_ptr<config::Configs> make_configs(const store::Store& store, StoreHost& host) {
  constexpr auto kPoll = 500ms;
  auto configs = std::make_shared<config::Configs>(
      config::ConfigsOptions{.store = &host, .poll = store.engine() == "sqlite" ? 0ms : kPoll});
  configs->set_listener([](const config::ConfigChange& change) {
    const bool set = change.kind == config::ConfigChange::Kind::kSet;
    log::info(set ? "config set" : "config reset", {{"config", config::full_name(change.category, change.name)},
                                                    {"resource", change.resource ? to_string(*change.resource) : "all"},
                                                    {"before", change.before.value_or("")},
                                                    {"now", change.now.value_or("")},
                                                    {"by", change.by}});
  });
  return configs;
}

/// Runs that are left in good order are not counted as interrupted.
void leave_runs(store::Store& store, std::int64_t node) {
  const Result<std::unique_ptr<store::Connection>> connection = store.connect();
  const Result<void> left = connection ? journal::release_runs(**connection, node) : connection.error();
  if (!left) log::warning("runs that are left count as interrupted", {{"error", left.error().to_string()}});
}

}  // namespace

int run_node(const Options& options, Signals& signals) {
  descriptor::Diagnostics problems;
  descriptor::Properties properties = read_properties(options, problems);
  const Settings settings = read_settings(properties, problems);
  if (problems.has_errors()) {
    std::cerr << diagnostics_text(problems);
    return 1;
  }
  NodeLog log(settings.log_level, stderr_is_journal());
  flow::CodeChains chains;
  log.set_chains(chains);
  message::Dispatcher messages;
  log.set_messages(messages);
  const ThisNode this_node(log);
  const Result<StateLock> lock = StateLock::take(settings.state);
  if (!lock) return fail(lock.error());
  CrashGuard crashes(settings.state);
  crashes.apply(properties);
  const Result<std::unique_ptr<NodeStore>> store = NodeStore::open(settings);
  if (!store) return fail(store.error());
  message::EventHubOptions event_options;
  event_options.retention = settings.event_retention;
  message::EventHub events((*store)->store(), event_options);
  log.set_events(events);
  store::PluginStoreOptions store_options;
  store_options.committed = [&events] { events.committed(); };
  store::PluginStore plugin_store((*store)->store(), store_options);
  log.set_store(plugin_store);
  config::CurrentTags tags;
  log.set_tags(tags);
  Result<api::UnixListener> listener = api::UnixListener::open(settings.socket);
  if (!listener) return fail(listener.error());

  // Gone after everything that may drop what it is to end.
  const Event wake;
  plugin::Generations generations(std::make_shared<plugin::Retirement>([&wake] { wake.set(); }));
  wiring::ReloaderOptions reloading;
  wiring::LoadRequest& request = reloading.request;
  request.descriptor_folders = settings.descriptors;
  request.plugin_folders = settings.plugins;
  request.library_cache = settings.state / "libraries";
  request.properties = &properties;
  request.node = &log;
  request.configs = make_configs((*store)->store(), plugin_store);
  request.tags = &tags;
  request.node_properties = declared_settings();
  request.reserved = api::reserved_names();
  request.prepare = [&](const std::vector<wiring::PluginInfo>&) { return (*store)->migrate(settings); };
  reloading.generations = &generations;
  reloading.disabled_file = settings.state / "disabled-plugins";
  reloading.wake = [&wake] { wake.set(); };
  reloading.lift = [&](const std::string& plugin) {
    const Result<bool> lifted = crashes.quarantine().lift(plugin);
    if (!lifted) log::error("the quarantine is not lifted", {{"error", lifted.error().to_string()}});
    crashes.apply(properties);
    return lifted && *lifted;
  };
  reloading.loaded = [&crashes](const descriptor::Diagnostics& found) { crashes.note(found); };
  const std::shared_ptr<config::Configs> configs = request.configs;
  wiring::Reloader reloader(std::move(reloading));
  {
    const wiring::LoadResult result = reloader.start();
    if (!result.wiring) {
      std::cerr << diagnostics_text(result.diagnostics);
      generations.retirement()->finish(kRetirementPatience);
      return 1;
    }
    for (const descriptor::Diagnostic& warning : result.diagnostics.sorted()) {
      log::warning(CrashGuard::is_note(warning) ? "the quarantine has a consequence" : "a descriptor has a flaw",
                   {{"place", warning.place.to_string()}, {"message", warning.message}});
    }
  }
  const wiring::Current& wiring = reloader.current();
  {
    // Gone before beans stop: a thread of the engine may be on its way out of a flow's code when its run has ended.
    const std::int64_t node = (*store)->node();
    journal::RecordedTransactions transactions((*store)->store(), plugin_store, node);
    journal::StoreJournal journal((*store)->store(), journal_options(node));
    api::RunLog runs(settings.runs_kept);
    flow::Engine engine({.threads = 0,
                         .blocking_threads = settings.blocking_threads,
                         .last_run = (*store)->last_run(),
                         .journal = &journal,
                         .transactions = &transactions});
    log.set_engine(&engine);
    const wiring::StepFinder flows_of_plugins(wiring);
    const api::DrillSteps flows(flows_of_plugins);
    journal::RunKeeper keeper((*store)->store(), engine, keeper_options(node, settings, flows, runs));
    if (const Result<std::size_t> taken_up = keeper.take_up(); !taken_up) {
      engine.close();
      journal.close();
      engine.drop_standing();
      log.set_engine(nullptr);
      return fail(taken_up.error());
    }
    log.set_listener([&keeper](std::string_view event) { keeper.event(std::string(event)); });
    const auto start_run = [&](flow::RunRequest run) -> Result<std::uint64_t> {
      const auto record = runs.start(engine, std::move(run));
      return record ? Result<std::uint64_t>((*record)->id()) : record.error();
    };
    chains.open(
        engine, [&](std::string_view name) { return wiring.get()->find_chain(name); }, start_run);
    messages.open(wiring.get()->messages, start_run);
    events.set_listeners(listeners_of(*wiring.get()));
    serve({settings, **store, engine, journal, keeper, runs, messages, events, reloader, generations, crashes},
          std::move(listener).value(), wake, signals);
    events.stop();
    messages.close();
    chains.close();
    log.set_listener(nullptr);
    keeper.stop();
    transactions.stop();
    journal.close();
    engine.drop_standing();
    log.set_engine(nullptr);
    leave_runs((*store)->store(), node);
  }
  wiring.get()->stop();
  wiring.set(nullptr);
  configs->set_parents(nullptr);
  if (!generations.retirement()->finish(kRetirementPatience)) {
    for (const plugin::Retirement::Waiting& left : generations.retirement()->waiting()) {
      log::warning("something is still held at the end of the node", {{"what", left.name}, {"held_by", left.holder}});
    }
  }
  log::info("node stopped");
  return 0;
}

}  // namespace tenon::daemon
