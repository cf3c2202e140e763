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

#include "api/http_server.h"
#include "api/keeper_run_store.h"
#include "api/node_api.h"
#include "api/plugins_api.h"
#include "api/request_log.h"
#include "api/unix_listener.h"
#include "daemon/assembly.h"
#include "daemon/crash_guard.h"
#include "daemon/install_paths.h"
#include "daemon/node_log.h"
#include "daemon/node_store.h"
#include "daemon/report.h"
#include "daemon/settings.h"
#include "daemon/state_lock.h"
#include "flow/engine.h"
#include "flow/run.h"
#include "journal/journal.h"
#include "plugin/generations.h"
#include "plugin/retirement.h"
#include "wiring/folder_watcher.h"
#include "wiring/reloader.h"

namespace tenon::daemon {
namespace {

using namespace std::chrono_literals;

/// How often a stop that takes long says so, and how much more time it then asks systemd for.
constexpr auto kReportInterval = 10s;
/// How often it looks whether what is left only stands still.
constexpr auto kStandInterval = 200ms;
constexpr auto kServerGrace = 2s;

void notify(const std::string& state) { ::sd_notify(0, state.c_str()); }

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

/// Serves until a signal comes and all runs have ended.
void serve(Assembly& node, CrashGuard& crashes, const Settings& settings, api::UnixListener listener, const Event& wake,
           Signals& signals) {
  wiring::Reloader& reloader = node.reloader();
  const wiring::Current& wiring = reloader.current();
  api::KeeperRunStore run_store(node.store().store(), node.journal(), node.keeper());
  api::RequestLog requests(node.store().store(), node.store().node());
  api::NodeApi api(kVersion, wiring, node.engine(), node.runs(), node.messages(), &run_store, &node.events(), &requests,
                   &reloader, &node.generations());
  api.set_store([&node] { return node.store().status(); });
  api.set_crashes([&crashes] { return crashes.status(); });
  api.set_quarantined([&crashes] {
    std::vector<std::string> names;
    for (const plugin::Quarantine::Entry& entry : crashes.quarantine().list()) names.push_back(entry.plugin);
    return names;
  });
  node.set_published([&api](const wiring::Wiring&) { api.rewire(); });
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

  MainLoop(signals, wake, reloader, *node.generations().retirement(), watcher ? &*watcher : nullptr).run();
  log::info("node is stopping", {{"runs", node.engine().in_flight()}});
  notify("STOPPING=1\nSTATUS=Stopping");
  reloader.close();
  api.set_stopping();
  drain(node.engine(), node.journal(), settings.stop_grace, signals);
  server.stop(kServerGrace);
  node.set_published({});
}

void log_flaws(const descriptor::Diagnostics& found) {
  for (const descriptor::Diagnostic& warning : found.sorted()) {
    log::warning(CrashGuard::is_note(warning) ? "the quarantine has a consequence" : "a descriptor has a flaw",
                 {{"place", warning.place.to_string()}, {"message", warning.message}});
  }
}

}  // namespace

int run_node(const Options& options, Signals& signals) {
  descriptor::Diagnostics problems;
  const descriptor::Properties properties = read_properties(options, problems);
  const Settings settings = read_settings(properties, problems);
  if (problems.has_errors()) {
    std::cerr << diagnostics_text(problems);
    return 1;
  }
  NodeLog log(settings.log_level, standard_error(stderr_is_journal()));
  const Result<StateLock> lock = StateLock::take(settings.state);
  if (!lock) return fail(lock.error());
  const Event wake;
  std::optional<CrashGuard> crashes;
  AssemblyOptions parts{.settings = &settings, .properties = &properties, .log = &log};
  parts.wake = [&wake] { wake.set(); };
  parts.reloading.quarantined = [&crashes] { return crashes->quarantined(); };
  parts.reloading.loaded = [&crashes](const descriptor::Diagnostics& found) { crashes->note(found); };
  parts.reloading.lift = [&crashes](const std::string& plugin) {
    const Result<bool> lifted = crashes->quarantine().lift(plugin);
    if (!lifted) log::error("the quarantine is not lifted", {{"error", lifted.error().to_string()}});
    return lifted && *lifted;
  };
  Assembly node(std::move(parts));
  crashes.emplace(settings.state);  // when there is a log
  if (const Result<void> opened = node.open(); !opened) return fail(opened.error());
  Result<api::UnixListener> listener = api::UnixListener::open(settings.socket);
  if (!listener) return fail(listener.error());
  const descriptor::Diagnostics found = node.load();
  if (found.has_errors()) {
    std::cerr << diagnostics_text(found);
    return 1;
  }
  log_flaws(found);
  if (const Result<void> begun = node.begin(); !begun) return fail(begun.error());
  serve(node, *crashes, settings, std::move(listener).value(), wake, signals);
  (void)node.end();
  log::info("node stopped");
  return 0;
}

}  // namespace tenon::daemon
