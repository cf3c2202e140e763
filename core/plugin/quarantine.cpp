#include "plugin/quarantine.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

namespace tenon::plugin {
namespace {

constexpr std::string_view kCrash = "crash";
constexpr std::string_view kQuarantined = "quarantined";

std::int64_t seconds(Quarantine::Time time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

}  // namespace

// A line is `crash SECONDS PLUGIN` or `quarantined SECONDS PLUGIN`, the seconds since 1970.
Quarantine::Quarantine(std::filesystem::path file) : file_(std::move(file)) {
  std::ifstream in(file_);
  for (std::string text; std::getline(in, text);) {
    std::istringstream line(text);
    std::string kind;
    std::string plugin;
    std::int64_t when = 0;
    if (!(line >> kind >> when >> std::ws) || !std::getline(line, plugin) || plugin.empty()) continue;
    const Time time{std::chrono::seconds(when)};
    if (kind == kCrash) plugins_[plugin].crashes.push_back(time);
    if (kind == kQuarantined) plugins_[plugin].since = time;
  }
}

Result<bool> Quarantine::record_crash(std::string_view plugin, Time at) {
  const std::lock_guard lock(mutex_);
  Known& known = plugins_[std::string(plugin)];
  std::erase_if(known.crashes, [&](Time time) { return time < at - kWindow; });
  known.crashes.push_back(at);
  if (known.crashes.size() >= kCrashes && !known.since) known.since = at;
  const bool quarantined = known.since.has_value();
  if (Result<void> saved = save(plugins_); !saved) return std::move(saved).error();
  return quarantined;
}

bool Quarantine::is_quarantined(std::string_view plugin) const {
  const std::lock_guard lock(mutex_);
  const auto found = plugins_.find(plugin);
  return found != plugins_.end() && found->second.since;
}

std::vector<Quarantine::Entry> Quarantine::list() const {
  const std::lock_guard lock(mutex_);
  std::vector<Entry> all;
  for (const auto& [name, known] : plugins_) {
    if (known.since) all.push_back({name, *known.since});
  }
  return all;
}

Result<bool> Quarantine::lift(std::string_view plugin) {
  const std::lock_guard lock(mutex_);
  const auto found = plugins_.find(plugin);
  if (found == plugins_.end()) return false;
  const bool quarantined = found->second.since.has_value();
  Plugins left = plugins_;
  left.erase(found->first);
  if (Result<void> saved = save(left); !saved) return std::move(saved).error();
  plugins_ = std::move(left);
  return quarantined;
}

Result<void> Quarantine::save(const Plugins& plugins) const {
  std::string text;
  const auto add = [&](std::string_view kind, Time time, const std::string& plugin) {
    text.append(kind).append(" ").append(std::to_string(seconds(time))).append(" ").append(plugin).append("\n");
  };
  for (const auto& [name, known] : plugins) {
    for (const Time time : known.crashes) add(kCrash, time, name);
    if (known.since) add(kQuarantined, *known.since, name);
  }
  // Written under another name, synced and renamed: the old file or the new one is there, whole.
  const std::string temporary = file_.string() + ".new";
  const int out = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  const bool written = out >= 0 && ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       ::fsync(out) == 0 && ::rename(temporary.c_str(), file_.c_str()) == 0;
  const int problem = errno;
  if (out >= 0) ::close(out);
  if (written) return {};
  ::unlink(temporary.c_str());
  return make_error("PLUGIN.1014", "the quarantine of plugins can't be kept",
                    file_.string() + ": " + std::strerror(problem));
}

}  // namespace tenon::plugin
