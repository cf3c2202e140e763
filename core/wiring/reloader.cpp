#include "wiring/reloader.h"

#include <fcntl.h>
#include <tenon/log.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <system_error>
#include <utility>

#include "flow/definition.h"
#include "wiring/names.h"

namespace tenon::wiring {
namespace {

namespace fs = std::filesystem;

std::set<std::string> read_names(const fs::path& file) {
  std::set<std::string> names;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.front() != '#') names.insert(line);
  }
  return names;
}

/// Whole or not at all, also after a power loss.
bool write_names(const fs::path& file, const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += name + "\n";
  const fs::path temporary = file.string() + ".new";
  const int out = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0) return false;
  const bool written = ::write(out, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(out) == 0;
  ::close(out);
  std::error_code problem;
  if (written) fs::rename(temporary, file, problem);
  return written && !problem;
}

void compare_plugins(const Wiring& before, const Wiring& now, std::vector<std::string>& changes) {
  for (const PluginInfo& plugin : now.plugins) {
    const PluginInfo* old = before.find_plugin(plugin.name);
    if (old == nullptr) {
      changes.push_back("plugin '" + plugin.name + "' " + plugin.version + " added");
    } else if (old->generation != plugin.generation) {
      changes.push_back("plugin '" + plugin.name + "': generation " + std::to_string(old->generation->number()) +
                        " -> " + std::to_string(plugin.generation->number()));
    }
  }
  for (const PluginInfo& plugin : before.plugins) {
    if (now.find_plugin(plugin.name) == nullptr) changes.push_back("plugin '" + plugin.name + "' removed");
  }
}

void compare_chains(const Wiring& before, const Wiring& now, std::vector<std::string>& changes) {
  for (const auto& chain : now.chains) {
    const auto old = before.find_chain(chain->name);
    if (old == nullptr) {
      changes.push_back("chain '" + chain->name + "' added");
    } else if (flow::definition_text(*old) != flow::definition_text(*chain)) {
      changes.push_back("chain '" + chain->name + "' changed");
    }
  }
  for (const auto& chain : before.chains) {
    if (now.find_chain(chain->name) == nullptr) changes.push_back("chain '" + chain->name + "' removed");
  }
}

/// Beans that were made anew though their libraries are the same: their definitions have changed.
void compare_beans(const Wiring& before, const Wiring& now, std::vector<std::string>& changes) {
  for (const BeanInfo& info : now.bean_infos) {
    const auto bean = now.find_bean(info.id);
    const auto old = before.find_bean(info.id);
    if (old == nullptr) {
      if (before.find_plugin(info.plugin) != nullptr) changes.push_back("bean '" + info.id + "' added");
    } else if (old != bean && &old->generation() == &bean->generation()) {
      changes.push_back("bean '" + info.id + "' made anew");
    }
  }
  for (const BeanInfo& info : before.bean_infos) {
    if (now.find_bean(info.id) == nullptr && now.find_plugin(info.plugin) != nullptr) {
      changes.push_back("bean '" + info.id + "' removed");
    }
  }
}

std::vector<std::string> changes_between(const Wiring& before, const Wiring& now) {
  std::vector<std::string> changes;
  compare_plugins(before, now, changes);
  compare_beans(before, now, changes);
  compare_chains(before, now, changes);
  return changes;
}

std::string_view verb_text(PluginOrder::Verb verb) {
  switch (verb) {
    case PluginOrder::Verb::kReload: return "reload";
    case PluginOrder::Verb::kDisable: return "disable";
    case PluginOrder::Verb::kEnable: return "enable";
    case PluginOrder::Verb::kRemove: return "remove";
  }
  return "?";
}

}  // namespace

Reloader::Reloader(ReloaderOptions options) : options_(std::move(options)) {
  options_.request.generations = options_.generations;
  if (!options_.disabled_file.empty()) disabled_ = read_names(options_.disabled_file);
}

LoadRequest Reloader::request(const std::set<std::string>& disabled) const {
  LoadRequest made = options_.request;
  made.previous = current_.get();
  for (const std::string& name : disabled) made.left_out.emplace(name, "disabled");
  if (options_.quarantined) made.quarantined = options_.quarantined();
  return made;
}

LoadResult Reloader::start() {
  LoadResult result = load(request(disabled_));
  if (result.wiring) current_.set(result.wiring);
  if (result.wiring && options_.loaded) options_.loaded(result.diagnostics);
  return result;
}

ReloadReport Reloader::reload(const std::string& reason, Failure failure) {
  return load_without(disabled(), reason, failure);
}

ReloadReport Reloader::load_without(const std::set<std::string>& disabled, const std::string& reason, Failure failure) {
  ReloadReport report;
  report.number = ++count_;
  report.reason = reason;
  report.at = std::chrono::system_clock::now();
  const auto begun = std::chrono::steady_clock::now();
  LoadResult result = load(request(disabled));
  report.diagnostics = std::move(result.diagnostics);
  report.good = result.wiring != nullptr;
  if (report.good) {
    const std::shared_ptr<Wiring> before = current_.get();
    report.changes = changes_between(*before, *result.wiring);
    current_.set(result.wiring);
    if (options_.loaded) options_.loaded(report.diagnostics);
    if (options_.published) options_.published(*result.wiring);
    StopFirst::open(*before);
  }
  report.took = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begun);
  if (report.good || failure == Failure::kReported) note(report);
  return report;
}

void Reloader::note(const ReloadReport& report) {
  if (report.good) {
    for (const std::string& change : report.changes) log::info("reloaded", {{"change", change}});
    for (const descriptor::Diagnostic& warning : report.diagnostics.sorted()) {
      log::warning("a descriptor has a flaw", {{"place", warning.place.to_string()}, {"message", warning.message}});
    }
  } else {
    for (const descriptor::Diagnostic& one : report.diagnostics.sorted()) {
      log::error("not reloaded; what was loaded before goes on",
                 {{"place", one.place.to_string()}, {"message", one.message}});
    }
  }
  const std::lock_guard lock(mutex_);
  last_ = report;
}

std::optional<ReloadReport> Reloader::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

std::set<std::string> Reloader::disabled() const {
  const std::lock_guard lock(mutex_);
  return disabled_;
}

void Reloader::set_disabled(std::set<std::string> disabled) {
  if (!options_.disabled_file.empty() && !write_names(options_.disabled_file, disabled)) {
    log::error("which plugins are disabled is not kept for the next start",
               {{"file", options_.disabled_file.string()}});
  }
  const std::lock_guard lock(mutex_);
  disabled_ = std::move(disabled);
}

void Reloader::order(PluginOrder order, Done done) {
  bool taken = false;
  {
    const std::lock_guard lock(mutex_);
    taken = !closed_;
    if (taken) orders_.push_back({std::move(order), std::move(done)});
  }
  if (!taken) return done(refused("", "the node is stopping"));
  if (options_.wake) options_.wake();
}

void Reloader::work() {
  while (true) {
    Order next;
    {
      const std::lock_guard lock(mutex_);
      if (orders_.empty()) return;
      next = std::move(orders_.front());
      orders_.pop_front();
    }
    next.done(execute(next.order));
  }
}

void Reloader::close() {
  std::deque<Order> left;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    left.swap(orders_);
  }
  for (const Order& order : left) order.done(refused("", "the node is stopping"));
}

ReloadReport Reloader::refused(const std::string& reason, const std::string& why) {
  ReloadReport report;
  report.at = std::chrono::system_clock::now();
  report.reason = reason;
  report.diagnostics.error({"plugins", 0, 0}, why);
  return report;
}

ReloadReport Reloader::execute(const PluginOrder& order) {
  const std::string reason = std::string(verb_text(order.verb)) + (order.plugin.empty() ? "" : " " + order.plugin) +
                             (order.who.empty() ? "" : ", by " + order.who);
  log::info("an operator's order", {{"order", reason}});
  if (order.verb == PluginOrder::Verb::kReload) return reload(reason);
  std::set<std::string> names = disabled();
  if (order.verb == PluginOrder::Verb::kEnable) {
    const bool lifted = options_.lift && options_.lift(order.plugin);
    if (names.erase(order.plugin) == 0 && !lifted) {
      return refused(reason, "plugin '" + order.plugin + "' is neither disabled nor in quarantine");
    }
    ReloadReport report = load_without(names, reason);
    if (report.good) set_disabled(std::move(names));
    return report;
  }
  if (order.verb == PluginOrder::Verb::kRemove) return remove(order.plugin, reason);
  if (current_.get()->find_plugin(order.plugin) == nullptr) {
    return refused(reason, "there is no plugin '" + order.plugin + "'");
  }
  names.insert(order.plugin);
  ReloadReport report = load_without(names, reason);
  if (report.good) set_disabled(std::move(names));
  return report;
}

ReloadReport Reloader::remove(const std::string& plugin, const std::string& reason) {
  const std::shared_ptr<Wiring> wiring = current_.get();
  const PluginInfo* info = wiring->find_plugin(plugin);
  if (info == nullptr) return refused(reason, "there is no plugin '" + plugin + "'");
  std::vector<fs::path> files{info->file, info->place.file};
  for (const fs::path& file : files_of_plugin(info->place.file)) files.push_back(file);
  std::set<std::string> names = disabled();
  names.insert(plugin);
  ReloadReport report = load_without(names, reason);
  if (!report.good) return report;
  for (const fs::path& file : files) {
    std::error_code problem;
    fs::remove(file, problem);
    if (!problem) continue;
    report.good = false;
    report.diagnostics.error({file.string(), 0, 0},
                             "can't be deleted: " + problem.message() + "; the plugin is disabled");
    set_disabled(names);
  }
  return report;
}

}  // namespace tenon::wiring
