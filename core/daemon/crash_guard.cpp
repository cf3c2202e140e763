#include "daemon/crash_guard.h"

#include <tenon/log.h>

#include <set>
#include <string_view>
#include <utility>

#include "api/run_record.h"

namespace tenon::daemon {

CrashGuard::CrashGuard(const std::filesystem::path& state)
    : files_(state / "crashes"), quarantine_(state / "quarantine") {
  take_up();
  std::set<std::string> told;
  for (plugin::CrashRecord& record : files_.list()) {
    if (told.insert(record.plugin).second) last_.push_back(std::move(record));
  }
  for (const plugin::Quarantine::Entry& entry : quarantine_.list()) {
    log::error("a plugin is in quarantine: it is not loaded until an operator enables it",
               {{"plugin", entry.plugin}, {"since", api::timestamp(entry.since)}});
  }
  Result<CrashHandler> handler = CrashHandler::install(files_.current());
  if (handler) {
    handler_.emplace(std::move(handler).value());
  } else {
    log::warning("a crash of this node will not be told of", {{"error", handler.error().to_string()}});
  }
}

void CrashGuard::take_up() {
  const std::optional<plugin::CrashRecord> crash = files_.take_up();
  if (!crash) return;
  const auto known = [](const std::string& text) { return text.empty() ? "unknown" : text; };
  log::error("the node has crashed", {{"time", api::timestamp(crash->time)},
                                      {"signal", crash->signal},
                                      {"reason", known(crash->reason)},
                                      {"plugin", known(crash->plugin)},
                                      {"flow", known(crash->flow)},
                                      {"run", known(crash->run)},
                                      {"report", crash->file.string()}});
  if (crash->plugin.empty()) return;
  if (const Result<bool> counted = quarantine_.record_crash(crash->plugin, crash->time); !counted) {
    log::warning("a crash is not remembered", {{"error", counted.error().to_string()}});
  }
}

descriptor::LeftOutPlugins CrashGuard::quarantined() const {
  descriptor::LeftOutPlugins plugins;
  for (const plugin::Quarantine::Entry& entry : quarantine_.list()) {
    plugins.emplace(entry.plugin, "is in quarantine: the node has crashed in it");
  }
  return plugins;
}

bool CrashGuard::is_note(const descriptor::Diagnostic& diagnostic) {
  return diagnostic.message.starts_with(descriptor::kLeftOut);
}

void CrashGuard::note(const descriptor::Diagnostics& diagnostics) {
  std::vector<std::string> left_out;
  for (const descriptor::Diagnostic& one : diagnostics.sorted()) {
    if (!is_note(one)) continue;
    left_out.push_back(one.message.substr(descriptor::kLeftOut.size()) + " (" + one.place.to_string() + ")");
  }
  const std::lock_guard lock(mutex_);
  left_out_ = std::move(left_out);
}

Json CrashGuard::status() const {
  Json crashes = Json::array();
  for (const plugin::CrashRecord& record : last_) {
    crashes.push(Json::object()
                     .add("plugin", record.plugin)
                     .add("time", api::timestamp(record.time))
                     .add("signal", record.signal)
                     .add("reason", record.reason)
                     .add("flow", record.flow)
                     .add("run", record.run)
                     .add("report", record.file.string()));
  }
  Json quarantined = Json::array();
  for (const plugin::Quarantine::Entry& entry : quarantine_.list()) {
    quarantined.push(Json::object().add("plugin", entry.plugin).add("since", api::timestamp(entry.since)));
  }
  Json left_out = Json::array();
  const std::lock_guard lock(mutex_);
  for (const std::string& one : left_out_) left_out.push(one);
  return Json::object()
      .add("crashes", std::move(crashes))
      .add("quarantine", std::move(quarantined))
      .add("left_out", std::move(left_out));
}

}  // namespace tenon::daemon
