#include "daemon/verify_rounds.h"

#include <malloc.h>
#include <tenon/library.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "api/reserved.h"
#include "daemon/node_log.h"
#include "daemon/node_store.h"
#include "daemon/report.h"
#include "daemon/verify_stage.h"
#include "daemon/verify_traffic.h"
#include "plugin/elf_symbols.h"
#include "plugin/generation.h"
#include "plugin/library_cache.h"
#include "store/migrations.h"
#include "store/plugin_store.h"
#include "store/store.h"
#include "wiring/loader.h"

namespace tenon::daemon {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using GenerationPtr = std::shared_ptr<plugin::Generation>;

/// For what ends soon after the call that ends it: a thread that was joined, a library that goes when nobody is in it.
constexpr auto kPatience = 2s;
/// A round with all plugins that are installed takes so many times as long.
constexpr std::uint32_t kRoundsForOthers = 10;
/// More than this, and so much more a round, is a leak.
constexpr std::size_t kHeapSlack = 16 << 10;
constexpr std::size_t kHeapARound = 8;
constexpr std::size_t kRssSlack = 1 << 20;
constexpr std::size_t kRssARound = 256;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

template <class Condition>
bool becomes(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

std::size_t threads() {
  const fs::directory_iterator tasks("/proc/self/task");
  return static_cast<std::size_t>(std::distance(begin(tasks), end(tasks)));
}

/// `1.5 MiB`, `12 KiB`.
std::string size_text(std::size_t bytes) {
  if (bytes >= std::size_t{10} << 20) return std::to_string(bytes >> 20) + " MiB";
  return bytes >= 10 << 10 ? std::to_string(bytes >> 10) + " KiB" : std::to_string(bytes) + " B";
}

struct Memory {
  std::size_t heap = 0;
  std::size_t resident = 0;

  static Memory now() {
    ::malloc_trim(0);
    Memory memory;
    memory.heap = ::mallinfo2().uordblks;
    std::size_t size = 0;
    std::ifstream("/proc/self/statm") >> size >> memory.resident;
    memory.resident *= static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    return memory;
  }
};

std::size_t growth(std::size_t before, std::size_t after) { return after > before ? after - before : 0; }

/// What one kind of round leaves behind.
class Levels {
 public:
  Levels(std::string kind, std::uint32_t rounds) : kind_(std::move(kind)), rounds_(rounds) {}

  /// After each round, counted from 1.
  void note(std::uint32_t round) {
    if (round == warm()) begin_ = Memory::now();
    if (round == rounds_) end_ = Memory::now();
  }
  void report(VerifyReport& report) const {
    if (!end_ || rounds_ <= warm()) return;
    if (kSanitized) return report.ok("memory", kind_ + ": not measured in a build with sanitizers");
    const std::size_t count = rounds_ - warm();
    const std::size_t heap = growth(begin_.heap, end_->heap);
    const std::size_t resident = growth(begin_.resident, end_->resident);
    const std::string text = kind_ + ": from round " + std::to_string(warm()) + " to " + std::to_string(rounds_) +
                             " the heap grew by " + size_text(heap) + ", what is resident by " + size_text(resident);
    if (heap > kHeapSlack + kHeapARound * count || resident > kRssSlack + kRssARound * count) {
      report.failed("memory", text + ": about " + size_text(std::max(heap, resident) / count) + " a round",
                    "give back in stop() and in destructors what start() and constructors take; a build with "
                    "-fsanitize=address names the place");
    } else {
      report.ok("memory", text);
    }
  }

 private:
  /// By then all is there that the first rounds make for good.
  [[nodiscard]] std::uint32_t warm() const { return std::max(1U, rounds_ / 10); }

  std::string kind_;
  std::uint32_t rounds_;
  Memory begin_;
  std::optional<Memory> end_;
};

/// Why a library may be mapped after dlclose, by what its file says.
std::string suspects(const fs::path& file) {
  const Result<plugin::LibrarySymbols> symbols = plugin::read_symbols(file);
  if (!symbols) return {};
  if (!symbols->unique.empty()) return ", by the STB_GNU_UNIQUE symbol " + symbols->unique.front();
  for (const std::string& name : symbols->imported) {
    if (name.starts_with("__cxa_thread_atexit")) {
      return ", by a thread_local variable with a destructor (it imports " + name + ")";
    }
  }
  return {};
}

class Rounds {
 public:
  Rounds(const RoundsRequest& request, VerifyReport& report)
      : request_(request), report_(report), cache_(request.settings.state / "libraries") {
    tenon::detail::this_node = &log_;
  }
  Rounds(const Rounds&) = delete;
  Rounds& operator=(const Rounds&) = delete;
  ~Rounds() { tenon::detail::this_node = nullptr; }

  void run() {
    if (!load_once() || !without_beans()) return;
    if (request_.descriptor.empty() || !open_stage() || !check_descriptor() || request_.rounds == 0) return;
    if (with_beans()) with_traffic();
  }

 private:
  [[nodiscard]] Result<GenerationPtr> load() {
    const Result<fs::path> copy = cache_.copy_of(request_.library);
    if (!copy) return copy.error();
    copy_ = *copy;
    return plugin::Generation::load(copy_, request_.name, ++number_, log_);
  }

  /// Makes and destroys one object of each class: what can be done with a library alone.
  static void use(const plugin::Generation& generation) {
    for (const ClassEntry& entry : generation.classes().classes) {
      if (entry.create != nullptr) entry.destroy(entry.create());
    }
  }

  /// Whether the library is gone, and nothing of it left that would run into nothing.
  bool let_go(GenerationPtr generation, const std::string& where) {
    if (!becomes([&] { return generation->pins() == 0; })) {
      report_.failed("pins",
                     where + ": " + counted(static_cast<std::size_t>(generation->pins()), "pin") +
                         " on the library after its beans are gone",
                     "let go of values, callbacks and Owned objects when stop() is called");
      return false;
    }
    generation.reset();
    if (becomes([&] { return !plugin::is_mapped(copy_); })) return true;
    report_.failed("unload", where + ": the library stays mapped after dlclose" + suspects(copy_),
                   "have no thread_local variable with a destructor and no STB_GNU_UNIQUE symbol in it, nor in what is "
                   "linked into it; load nothing with RTLD_NODELETE");
    return false;
  }

  /// Whether there are as many threads as before the library came. Called while it is still loaded.
  bool threads_are_back(const std::string& where) {
    if (becomes([&] { return threads() <= threads_; })) return true;
    report_.failed("threads",
                   where + ": " + std::to_string(threads() - threads_) + " more than before, after all beans stopped",
                   "join the plugin's threads in stop(), also those of its libraries");
    return false;
  }

  bool load_once() {
    report_.begins("the load of the library");
    Result<GenerationPtr> generation = load();
    if (!generation) {
      report_.failed("load", generation.error().to_string(), "link it with all that it needs: -Wl,-z,defs tells");
      return false;
    }
    const ClassTable& classes = (*generation)->classes();
    report_.ok("load", std::to_string(classes.classes.size()) +
                           (classes.classes.size() == 1 ? " class, " : " classes, ") +
                           counted(classes.messages.size(), "message"));
    report_.begins("the first unload");
    return let_go(std::move(*generation), "round 1");
  }

  bool without_beans() {
    threads_ = threads();
    if (request_.rounds == 0) return true;
    Levels levels("without beans", request_.rounds);
    for (std::uint32_t round = 1; round <= request_.rounds; ++round) {
      const std::string where = "round " + std::to_string(round) + " without beans";
      report_.begins(where);
      Result<GenerationPtr> generation = load();
      if (!generation) {
        report_.failed("load", where + ": " + generation.error().to_string(), "");
        return false;
      }
      use(**generation);
      if (!threads_are_back(where)) return keep(*generation);
      if (!let_go(std::move(*generation), where)) return false;
      levels.note(round);
    }
    report_.ok("unload", counted(request_.rounds, "round") + " without beans: gone after each dlclose");
    levels.report(report_);
    return true;
  }

  /// Its code must not go, as it may be running.
  bool keep(GenerationPtr generation) {
    new GenerationPtr(std::move(generation));
    return false;
  }

  bool open_stage() {
    report_.begins("the store");
    stage_.emplace(request_.settings.state / "stage", request_.library, request_.descriptor, request_.settings);
    Settings settings = request_.settings;
    settings.descriptors = {stage_->descriptors()};
    settings.plugins = {stage_->libraries()};
    if (const Result<void> opened = open_store(settings); !opened) {
      report_.failed("schema", stage_->original(opened.error().to_string()), "mend the plugin's migrations");
      return false;
    }
    plugin_store_ = std::make_unique<store::PluginStore>(*store_);
    log_.set_store(*plugin_store_);
    threads_ = threads();
    return true;
  }

  /// As a node opens it, but without the thread that looks after it, which would be taken for a plugin's.
  Result<void> open_store(const Settings& settings) {
    const Result<std::vector<store::MigrationSet>> sets = find_migrations(settings);
    if (!sets) return sets.error();
    Result<std::unique_ptr<store::Store>> opened = store::open_store(settings.store, {});
    if (!opened) return std::move(opened).error();
    store_ = std::move(*opened);
    const Result<std::unique_ptr<store::Connection>> connection = store_->connect();
    if (!connection) return connection.error();
    const Result<std::vector<store::MigrationState>> applied = store::migrate(**connection, *sets);
    return applied ? Result<void>() : Result<void>(applied.error());
  }

  wiring::LoadResult load_wiring(bool check_only) {
    wiring::LoadRequest load;
    load.descriptor_folders = {stage_->descriptors()};
    load.plugin_folders = {stage_->libraries()};
    load.library_cache = request_.settings.state / "libraries";
    load.properties = &request_.properties;
    load.node = &log_;
    load.node_properties = declared_settings();
    load.reserved = api::reserved_names();
    load.check_only = check_only;
    return wiring::load(load);
  }

  bool check_descriptor() {
    report_.begins("the check of the descriptor");
    if (stage_->plugin() != request_.name) {
      report_.failed("descriptor",
                     request_.descriptor.string() + ": its <library> is named '" + stage_->plugin() + "', expected '" +
                         request_.name + "'",
                     "give the <library> the name that TENON_PLUGIN has");
      return false;
    }
    const wiring::LoadResult result = load_wiring(true);
    if (result.diagnostics.has_errors()) {
      report_.failed("descriptor", stage_->errors_text(result.diagnostics), "");
      return false;
    }
    report_.ok("descriptor", counted(result.counts.beans, "bean") + ", " + counted(result.counts.drivers, "driver") +
                                 ", " + counted(result.counts.extensions, "extension") + ", " +
                                 counted(result.counts.messages, "message") +
                                 (stage_->others() ? ", with those of the plugins that are installed" : ""));
    return true;
  }

  bool with_beans() {
    const std::uint32_t rounds = stage_->others() ? std::max(1U, request_.rounds / kRoundsForOthers) : request_.rounds;
    Levels levels("with beans", rounds);
    for (std::uint32_t round = 1; round <= rounds; ++round) {
      const std::string where = "round " + std::to_string(round) + " with beans";
      if (!round_with_beans(where)) return false;
      levels.note(round);
    }
    report_.ok("beans", counted(rounds, "round") + " of start and stop: gone after each dlclose");
    report_.ok("threads", std::to_string(threads()) + ", as before");
    levels.report(report_);
    return true;
  }

  void with_traffic() {
    Settings settings = request_.settings;
    settings.state /= "node";
    fs::create_directories(settings.state);
    settings.store = {store::Address::Engine::kSqlite, (settings.state / "tenon.db").string()};
    settings.descriptors = {stage_->descriptors()};
    settings.plugins = {stage_->libraries()};
    const std::uint32_t swaps = std::max(1U, request_.rounds / (stage_->others() ? 10 * kRoundsForOthers : 10));
    verify_traffic({request_.name, request_.library, *stage_, swaps, std::move(settings), request_.properties},
                   report_);
  }

  bool round_with_beans(const std::string& where) {
    report_.begins(where + ", the start of its beans");
    wiring::LoadResult result = load_wiring(false);
    if (!result.wiring) {
      report_.failed("beans", where + ": " + stage_->errors_text(result.diagnostics), "");
      return false;
    }
    const wiring::PluginInfo* plugin = result.wiring->find_plugin(request_.name);
    GenerationPtr generation = plugin->generation;
    copy_ = generation->file();
    use(*generation);
    report_.begins(where + ", the stop of its beans");
    result.wiring->stop();
    report_.begins(where + ", the end of its beans");
    result = {};
    report_.begins(where + ", the unload");
    if (!threads_are_back(where)) return keep(std::move(generation));
    return let_go(std::move(generation), where);
  }

  const RoundsRequest& request_;
  VerifyReport& report_;
  NodeLog log_{LogLevel::kWarning, standard_error(false)};
  plugin::LibraryCache cache_;
  fs::path copy_;
  std::uint32_t number_ = 0;
  /// So many there were before the library.
  std::size_t threads_ = 0;
  std::optional<Stage> stage_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<store::PluginStore> plugin_store_;
};

}  // namespace

void verify_rounds(const RoundsRequest& request, VerifyReport& report) { Rounds(request, report).run(); }

}  // namespace tenon::daemon
