#include "plugin/crash_files.h"

#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <ctime>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace tenon::plugin {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestReport = std::size_t{256} * 1024;
constexpr const char* kTimeFormat = "%Y-%m-%dT%H:%M:%SZ";

std::string read(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(kLongestReport, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

std::optional<CrashRecord> read_crash(const fs::path& file) {
  std::optional<CrashRecord> record = parse_crash(read(file));
  if (record) record->file = file;
  return record;
}

/// `20260102T030405Z-NAME.crash`, with letters that any file system takes.
std::string name_of(const CrashRecord& record) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(record.time);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  char time[32];
  std::strftime(time, sizeof time, "%Y%m%dT%H%M%SZ", &parts);
  std::string name = record.plugin.empty() ? "node" : record.plugin.substr(0, 100);
  for (char& letter : name) {
    if (std::isalnum(static_cast<unsigned char>(letter)) == 0 && letter != '-' && letter != '_') letter = '_';
  }
  return std::string(time) + "-" + name + ".crash";
}

}  // namespace

std::optional<CrashRecord> parse_crash(std::string_view text) {
  CrashRecord record;
  const std::pair<std::string_view, std::string*> fields[]{
      {"signal", &record.signal}, {"reason", &record.reason}, {"address", &record.address},
      {"thread", &record.thread}, {"plugin", &record.plugin}, {"run", &record.run},
      {"chain", &record.chain},   {"flow", &record.flow},     {"direction", &record.direction}};
  while (!text.empty() && !text.starts_with("stack:")) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    const std::string_view name = line.substr(0, colon);
    const std::string value(line.substr(colon + 2));
    if (name == "time") {
      std::tm parts{};
      if (::strptime(value.c_str(), kTimeFormat, &parts) != nullptr) {
        record.time = std::chrono::system_clock::from_time_t(::timegm(&parts));
      }
    } else if (name == "generation") {
      std::from_chars(value.data(), value.data() + value.size(), record.generation);
    }
    for (const auto& [known, field] : fields) {
      if (name == known && field->empty()) *field = value;
    }
  }
  return record.signal.empty() ? std::nullopt : std::optional(std::move(record));
}

CrashFiles::CrashFiles(fs::path folder) : folder_(std::move(folder)) {}

fs::path CrashFiles::current() const { return folder_ / "current"; }

std::vector<fs::path> CrashFiles::kept() const {
  std::vector<fs::path> files;
  std::error_code problem;
  for (fs::directory_iterator entry(folder_, problem), end; !problem && entry != end; entry.increment(problem)) {
    if (entry->path().extension() == ".crash") files.push_back(entry->path());
  }
  std::sort(files.rbegin(), files.rend());
  return files;
}

std::optional<CrashRecord> CrashFiles::take_up() {
  std::error_code problem;
  if (fs::create_directories(folder_, problem)) fs::permissions(folder_, fs::perms::owner_all, problem);
  std::optional<CrashRecord> record = read_crash(current());
  if (record) {
    record->file = folder_ / name_of(*record);
    // Two in one second.
    for (int i = 2; fs::exists(record->file, problem); ++i) {
      record->file = folder_ / (fs::path(name_of(*record)).stem().string() + "-" + std::to_string(i) + ".crash");
    }
    fs::rename(current(), record->file, problem);
    if (problem) record->file = current();
  }
  const std::vector<fs::path> files = kept();
  for (std::size_t i = kKept; i < files.size(); ++i) fs::remove(files[i], problem);
  return record;
}

std::vector<CrashRecord> CrashFiles::list() const {
  std::vector<CrashRecord> records;
  for (const fs::path& file : kept()) {
    if (std::optional<CrashRecord> record = read_crash(file)) records.push_back(*std::move(record));
  }
  return records;
}

}  // namespace tenon::plugin
