// What it costs to start with many plugins, to call what may be swapped, and to swap it: beside raw dlopen and a raw
// virtual call. Prints `figure NAME VALUE UNIT` lines.
#include <dlfcn.h>
#include <tenon/class_table.h>
#include <tenon/relay/relay.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "bench/figures.h"
#include "support/reloading.h"
#include "support/temp_folder.h"
#include "wiring/folder_watcher.h"

namespace {

namespace fs = std::filesystem;
using tenon::bench::figure;
using tenon::bench::median;
using Clock = std::chrono::steady_clock;

double micros(Clock::time_point from) { return std::chrono::duration<double, std::micro>(Clock::now() - from).count(); }

double percentile(std::vector<double> values, double part) {
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())))];
}

[[noreturn]] void die(const std::string& why) {
  std::fprintf(stderr, "bench: %s\n", why.c_str());
  std::exit(1);
}

/// Resident memory, kB.
double resident() {
  std::ifstream in("/proc/self/statm");
  double size = 0;
  double pages = 0;
  in >> size >> pages;
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size()) {
    text.replace(at, from.size(), to);
  }
  return text;
}

std::string name_of(int number) {
  std::string digits = std::to_string(number);
  return "plug" + std::string(4 - digits.size(), '0') + digits;
}

/// So many plugins, all of the same code but for their names.
void write_plugins(const fs::path& folder, int count) {
  fs::create_directories(folder);
  std::ifstream in(TRIVIAL_PLUGIN, std::ios::binary);
  const std::string code{std::istreambuf_iterator<char>(in), {}};
  for (int i = 0; i < count; ++i) {
    const std::string name = name_of(i);
    std::ofstream(folder / (name + ".so"), std::ios::binary) << replaced(code, "plug0000", name);
    std::ofstream(folder / (name + ".xml"))
        << "<beans xmlns=\"urn:tenon:beans\" xmlns:tenon=\"urn:tenon:plugin\">\n  <tenon:library name=\"" << name
        << "\" version=\"1.0.0\" file=\"" << name << ".so\"/>\n  <bean id=\"" << name << "\" class=\"" << name
        << ".TrivialBeanOfTheBenchmark\"/>\n</beans>\n";
  }
}

double raw_load(const fs::path& folder, int count) {
  std::vector<void*> handles;
  const auto begin = Clock::now();
  for (int i = 0; i < count; ++i) {
    void* handle = ::dlopen((folder / (name_of(i) + ".so")).c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr || ::dlsym(handle, tenon::kRegisterSymbol) == nullptr) die(::dlerror());
    handles.push_back(handle);
  }
  const double taken = micros(begin) / count;
  for (void* handle : handles) ::dlclose(handle);
  return taken;
}

double node_load(tenon::wiring::LoadRequest& request, int count, bool check_only = false) {
  request.check_only = check_only;
  const auto begin = Clock::now();
  const tenon::wiring::LoadResult result = tenon::wiring::load(request);
  const double taken = micros(begin) / count;
  if (result.diagnostics.has_errors()) die(result.diagnostics.sorted().front().to_string());
  return taken;
}

void start_of_nodes() {
  // They stay until the end: a file system may take long over new files where many were just deleted.
  std::deque<tenon::test::TempFolder> folders;
  for (const int count : {1, 10, 100, 500}) {
    const tenon::test::TempFolder& folder = folders.emplace_back();
    write_plugins(folder.path() / "plugins", count);
    tenon::test::Node node;
    tenon::descriptor::Properties properties;
    properties.set("tenon.plugins.trust", "any", "benchmark");
    tenon::wiring::LoadRequest request;
    request.plugin_folders = {folder.path() / "plugins"};
    request.properties = &properties;
    request.node = &node;
    std::vector<double> raw;
    std::vector<double> first;
    std::vector<double> later;
    std::vector<double> check;
    double memory = 0;
    const int rounds = count >= 100 ? 7 : 21;
    for (int round = 0; round <= rounds; ++round) {
      // One round warms up.
      request.library_cache = folder.path() / ("cache" + std::to_string(round));
      const double taken_raw = raw_load(folder.path() / "plugins", count);
      const double taken_first = node_load(request, count);
      const double before = resident();
      const double taken_later = node_load(request, count);
      memory = std::max(memory, resident() - before);
      const double taken_check = node_load(request, count, true);
      if (round == 0) continue;
      raw.push_back(taken_raw);
      first.push_back(taken_first);
      later.push_back(taken_later);
      check.push_back(taken_check);
    }
    const std::string name = "plugin.load." + std::to_string(count);
    figure(name + ".raw", median(raw), "us/plugin");
    figure(name + ".first", median(first), "us/plugin");
    figure(name, median(later), "us/plugin");
    figure(name + ".ratio", median(later) / median(raw), "x");
    figure(name + ".first.ratio", median(first) / median(raw), "x");
    if (count == 500) figure("check.500", median(check) * count / 1000, "ms");
  }
}

/// Resident memory that one plugin of 500 takes, loaded and started.
void memory_of_plugins() {
  const tenon::test::TempFolder folder;
  write_plugins(folder.path() / "plugins", 500);
  tenon::test::Node node;
  tenon::descriptor::Properties properties;
  properties.set("tenon.plugins.trust", "any", "benchmark");
  tenon::wiring::LoadRequest request;
  request.plugin_folders = {folder.path() / "plugins"};
  request.library_cache = folder.path() / "cache";
  request.properties = &properties;
  request.node = &node;
  const double before = resident();
  const tenon::wiring::LoadResult result = tenon::wiring::load(request);
  figure("plugin.memory", (resident() - before) / 500, "kB/plugin");
}

/// A caller and so many voices.
struct Relay {
  explicit Relay(int voices) {
    folder.install(fs::path(TEST_PLUGINS) / "caller.so", "caller.so");
    folder.install(fs::path(TEST_PLUGINS) / "voice_100.so", "voice.so");
    folder.loading.beans("caller.xml",
                         "<tenon:library name=\"caller\" version=\"1.0.0\" file=\"caller.so\"/>"
                         "<bean id=\"Caller\" class=\"caller.Caller\"/>");
    std::string xml = "<tenon:library name=\"voice\" version=\"1.0.0\" file=\"voice.so\"/>";
    for (int i = 0; i < voices; ++i) {
      xml +=
          "<bean id=\"Voice" + std::to_string(i) +
          "\" class=\"voice.Voice\"><tenon:plugin><tenon:extension interface=\"relay.Voice\"/></tenon:plugin></bean>";
    }
    xml +=
        "<bean id=\"Lines\" class=\"voice.Lines\"><tenon:plugin>"
        "<tenon:driver kind=\"Line\" type=\"Relay\"/></tenon:plugin></bean>";
    folder.loading.beans("voice.xml", xml);
    const tenon::wiring::LoadResult result = folder.reloader->start();
    if (!result.wiring) die(result.diagnostics.sorted().front().to_string());
    caller = folder.find<relay::Caller>("Caller");
  }

  tenon::test::ReloadingFolder folder;
  relay::Caller* caller = nullptr;
};

double on_threads(int threads, const std::function<void()>& work) {
  std::vector<std::thread> all;
  const auto begin = Clock::now();
  for (int i = 0; i < threads; ++i) all.emplace_back(work);
  for (std::thread& thread : all) thread.join();
  return micros(begin) * 1000;
}

void calls() {
  constexpr std::uint64_t kTimes = 2'000'000;
  for (const int voices : {1, 10}) {
    Relay relay(voices);
    (void)relay.caller->call_raw(1);
    std::map<int, double> leased;
    for (const int threads : {1, 2}) {
      std::vector<double> raw_times;
      std::vector<double> times;
      for (int round = 0; round < 11; ++round) {
        raw_times.push_back(on_threads(threads, [&] { (void)relay.caller->call_raw(kTimes / voices); }));
        times.push_back(on_threads(threads, [&] { (void)relay.caller->call_voices(kTimes / voices); }));
      }
      const std::string name =
          "extension.call." + std::to_string(voices) + (threads > 1 ? ".threads" + std::to_string(threads) : "");
      const double count = static_cast<double>(kTimes);
      figure(name + ".raw", median(raw_times) / count, "ns/call");
      figure(name, median(times) / count, "ns/call");
      figure(name + ".ratio", median(times) / median(raw_times), "x");
      leased[threads] = median(times);
    }
  }
}

std::size_t mappings() {
  std::ifstream in("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(in, line);) {
    if (line.find("voice.so") != std::string::npos && line.find(" r-xp ") != std::string::npos) ++count;
  }
  return count;
}

void swaps(int count) {
  Relay relay(1);
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> failed{0};
  std::atomic<std::uint64_t> made{0};
  std::vector<std::thread> callers;
  for (int i = 0; i < 2; ++i) {
    callers.emplace_back([&] {
      while (!stop) {
        failed += relay.caller->call_voices(1000) + relay.caller->call_lines(100);
        made += 1100;
      }
    });
  }
  std::vector<double> times;
  double early = 0;
  for (int i = 0; i < count; ++i) {
    relay.folder.install(fs::path(TEST_PLUGINS) / (i % 2 == 0 ? "voice_200.so" : "voice_100.so"), "voice.so");
    const auto begin = Clock::now();
    if (!relay.folder.reloader->reload("bench").good) die("a swap failed");
    times.push_back(micros(begin) / 1000);
    (void)relay.folder.generations.retirement()->work();
    if (i == count / 4) early = resident();
  }
  stop = true;
  for (std::thread& caller : callers) caller.join();
  const bool gone = relay.folder.settle();
  figure("swap.calls", static_cast<double>(made.load()), "calls");
  figure("swap.failed_calls", static_cast<double>(failed.load()), "calls");
  figure("swap.median", median(times), "ms");
  figure("swap.p99", percentile(times, 0.99), "ms");
  figure("swap.mappings_left", gone ? static_cast<double>(mappings()) : -1, "mappings");
  figure("swap.memory_growth", (resident() - early) / (count * 0.75), "kB/swap");
}

/// From the rename of a file to what it says being in force, but for the time in which all must be quiet.
class Watched {
 public:
  Watched() : relay_(1) {
    watcher_.emplace(tenon::wiring::WatchOptions{.folders = {relay_.folder.loading.folder.path() / "descriptors",
                                                             relay_.folder.loading.folder.path() / "plugins"},
                                                 .quiet = kQuiet});
  }
  Relay& relay() { return relay_; }
  double until_done(const std::function<void()>& change) {
    change();
    const auto begin = Clock::now();
    while (!watcher_->take()) {
      watcher_->read();
      std::this_thread::sleep_for(std::min(std::chrono::milliseconds(1), watcher_->due_in().value_or(kQuiet)));
    }
    if (!relay_.folder.reloader->reload("bench").good) die("a change was refused");
    const double taken = micros(begin) / 1000 - static_cast<double>(kQuiet.count());
    (void)relay_.folder.settle();
    return taken;
  }

 private:
  static constexpr std::chrono::milliseconds kQuiet{20};
  Relay relay_;
  std::optional<tenon::wiring::FolderWatcher> watcher_;
};

void changes_of_files() {
  std::vector<double> drops;
  std::vector<double> edits;
  Watched watched;
  const fs::path plugins = watched.relay().folder.loading.folder.path() / "plugins";
  const fs::path spare = watched.relay().folder.loading.folder.path() / "spare";
  write_plugins(spare, 1);
  fs::copy_file(fs::path(TEST_PLUGINS) / "sample.so", plugins / "sample.so");
  watched.relay().folder.loading.beans("sample.xml",
                                       "<tenon:library name=\"sample\" version=\"1.2.0\" file=\"sample.so\"/>");
  fs::create_directories(watched.relay().folder.loading.folder.path() / "descriptors/chains");
  for (int i = 0; i < 50; ++i) {
    drops.push_back(watched.until_done([&] {
      fs::copy_file(spare / "plug0000.so", plugins / "plug0000.so");
      fs::copy_file(spare / "plug0000.xml", plugins / "plug0000.xml");
    }));
    (void)watched.until_done([&] {
      fs::remove(plugins / "plug0000.xml");
      fs::remove(plugins / "plug0000.so");
    });
    edits.push_back(watched.until_done([&] {
      watched.relay().folder.loading.descriptor(
          "chains/a.xml",
          "<chains xmlns=\"urn:tenon:chains\"><chain name=\"a\"><input key=\"ledger\"/>"
          "<flow class=\"sample.Append\" timeout=\"" +
              std::to_string(i + 1) + "s\"/></chain></chains>");
    }));
  }
  figure("drop.active", median(drops), "ms");
  figure("drop.active.p99", percentile(drops, 0.99), "ms");
  figure("edit.effective", median(edits), "ms");
  figure("edit.effective.p99", percentile(edits, 0.99), "ms");
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 2000;
  start_of_nodes();
  if (count == 0) return 0;
  memory_of_plugins();
  calls();
  swaps(count);
  changes_of_files();
}
