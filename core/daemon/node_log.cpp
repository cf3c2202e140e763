#include "daemon/node_log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <utility>

#include "flow/run.h"

namespace tenon::daemon {
namespace {

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return spdlog::level::debug;
    case LogLevel::kInfo: return spdlog::level::info;
    case LogLevel::kWarning: return spdlog::level::warn;
    case LogLevel::kError: return spdlog::level::err;
  }
  return spdlog::level::info;
}

/// syslog(3).
int priority(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug: return 7;
    case LogLevel::kInfo: return 6;
    case LogLevel::kWarning: return 4;
    case LogLevel::kError: return 3;
  }
  return 6;
}

bool is_control(char letter) { return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f; }

bool needs_quotes(std::string_view value) {
  return value.empty() || std::any_of(value.begin(), value.end(), [](char letter) {
           return letter == ' ' || letter == '"' || letter == '=' || letter == '\\' || is_control(letter);
         });
}

/// No value can begin a line of its own.
void append_quoted(std::string& line, std::string_view value) {
  static constexpr char kHex[] = "0123456789abcdef";
  line += '"';
  for (const char letter : value) {
    if (letter == '"' || letter == '\\') {
      line.append({'\\', letter});
    } else if (letter == '\n') {
      line += "\\n";
    } else if (letter == '\t') {
      line += "\\t";
    } else if (is_control(letter)) {
      line.append({'\\', 'x', kHex[static_cast<unsigned char>(letter) >> 4], kHex[letter & 15]});
    } else {
      line += letter;
    }
  }
  line += '"';
}

}  // namespace

NodeLog::Write standard_error(bool for_journal) {
  const auto logger = std::make_shared<spdlog::logger>("tenond", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_level(spdlog::level::trace);
  logger->set_formatter(std::make_unique<spdlog::pattern_formatter>(
      for_journal ? "%v" : "%Y-%m-%dT%H:%M:%S.%eZ %-7l %v", spdlog::pattern_time_type::utc));
  return [logger, for_journal](LogLevel level, std::string_view library, const std::string& line) {
    std::string whole = for_journal ? "<" + std::to_string(priority(level)) + ">" : std::string();
    whole.append(library).append(": ").append(line);
    logger->log(spdlog_level(level), spdlog::string_view_t(whole.data(), whole.size()));
  };
}

void NodeLog::set_engine(const flow::Engine* engine) {
  std::lock_guard lock(mutex_);
  engine_ = engine;
}

void NodeLog::set_listener(std::function<void(std::string_view event)> listener) {
  std::lock_guard lock(mutex_);
  listener_ = std::move(listener);
}

void NodeLog::happened(std::string_view event) noexcept {
  std::lock_guard lock(mutex_);
  if (listener_) listener_(event);
}

void NodeLog::log(LogLevel level, std::string_view library, std::string_view text,
                  std::span<const LogField> fields) noexcept {
  if (!log_enabled(level)) return;
  try {
    write_(level, library, format_line(text, fields));
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): a log that can't be written has nowhere to say so
  }
}

void NodeLog::answered_twice(std::uint64_t run, std::uint32_t step) noexcept {
  const std::string name = flow::run_name(run);
  std::string flow;
  {
    std::lock_guard lock(mutex_);
    if (engine_ != nullptr) flow = engine_->describe_step(run, step);
  }
  if (flow.empty()) flow = "a flow of a run that has ended";
  const std::string index = std::to_string(step);
  const std::array<LogField, 4> fields{{{"code", "FLOW.1003"}, {"run", name}, {"step", index}, {"flow", flow}}};
  log(LogLevel::kError, "node", "a step was answered a second time, without effect", fields);
}

std::string format_line(std::string_view text, std::span<const LogField> fields) {
  std::string line(text);
  for (const LogField& field : fields) {
    line.append(" ").append(field.key).append("=");
    if (needs_quotes(field.value)) {
      append_quoted(line, field.value);
    } else {
      line += field.value;
    }
  }
  return line;
}

bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat status {};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino);
}

}  // namespace tenon::daemon
