#include "daemon/verify.h"

#include <tenon/class_table.h>
#include <tenon/record.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "api/json_text.h"
#include "daemon/report.h"
#include "daemon/settings.h"
#include "daemon/verify_report.h"
#include "daemon/verify_rounds.h"
#include "plugin/elf_record.h"
#include "plugin/elf_symbols.h"
#include "plugin/handshake.h"

namespace tenon::daemon {
namespace {

namespace fs = std::filesystem;

/// The only thread-local variable of the node's that a plugin may reach by the initial-exec model.
constexpr std::string_view kLeaseMark = "tenon_lease_mark";
constexpr std::string_view kMap = "link with plugin.map, as tenon_add_plugin does, and keep its link options";

/// Prints each check as it comes, or all as JSON in the end.
class Printer final : public VerifyReport {
 public:
  explicit Printer(const Options& options) : json_(options.json), quiet_(options.verify->quiet) {}

  void add(Check check) override {
    ++(check.ok ? good_ : bad_);
    if (json_) {
      list_.push(Json::object()
                     .add("name", check.name)
                     .add("ok", check.ok)
                     .add("text", check.text)
                     .add("remedy", check.remedy));
      return;
    }
    if (check.ok && quiet_) return;
    std::cout << std::left << std::setw(kWidth) << (check.ok ? "ok" : "FAILED") << std::setw(kNameWidth) << check.name
              << check.text << '\n';
    if (!check.remedy.empty()) std::cout << std::string(kWidth, ' ') << "remedy: " << check.remedy << '\n';
    std::cout.flush();
  }
  void begins(const std::string& /*phase*/) override {}

  int finish(const fs::path& file) {
    if (json_) {
      std::cout << api::print_json(Json::object().add("ok", bad_ == 0).add("checks", std::move(list_))) << '\n';
    } else if (bad_ > 0) {
      std::cerr << file.string() << ": " << counted(bad_, "check") << " of " << bad_ + good_ << " failed\n";
    } else if (!quiet_) {
      std::cout << file.filename().string() << ": keeps the rules\n";
    }
    return bad_ == 0 ? 0 : 1;
  }

 private:
  static constexpr int kWidth = 8;
  static constexpr int kNameWidth = 14;
  const bool json_;
  const bool quiet_;
  std::size_t good_ = 0;
  std::size_t bad_ = 0;
  Json list_ = Json::array();
};

/// `a, b, c and 4 more`.
std::string some(const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) text.append(i == 0 ? "" : ", ").append(names[i]);
  if (names.size() > kShown) text.append(" and ").append(std::to_string(names.size() - kShown)).append(" more");
  return text;
}

/// The plugin's name, if the library can be loaded here.
std::optional<std::string> check_record(const fs::path& file, VerifyReport& report) {
  const Result<PluginRecord> record = plugin::read_record(file);
  if (!record) {
    report.failed("record", record.error().to_string(), "write one TENON_PLUGIN(…) in one of its sources");
    return std::nullopt;
  }
  std::string name = plugin::field_text(record->name);
  const std::string version = plugin::field_text(record->version);
  std::string differences;
  for (const std::string& difference : plugin::compare_record(*record, name, version)) {
    differences.append(differences.empty() ? "" : "; ").append(difference);
  }
  if (!differences.empty()) {
    report.failed("record", "it was built for another node: " + differences,
                  "build it with the headers and the options of this one");
    return std::nullopt;
  }
  report.ok("record", name + " " + version + ", ABI " + std::to_string(record->abi_major) + "." +
                          std::to_string(record->abi_minor) + ", " + plugin::field_text(record->standard_library) +
                          ", sanitizer " + plugin::field_text(record->sanitizer));
  return name;
}

void check_symbols(const fs::path& file, VerifyReport& report) {
  const Result<plugin::LibrarySymbols> read = plugin::read_symbols(file);
  if (!read) return report.failed("symbols", read.error().to_string(), "link it anew");

  std::vector<std::string> exported = read->exported;
  if (std::erase(exported, kRegisterSymbol) == 0) {
    report.failed("exports", std::string(kRegisterSymbol) + " is not exported",
                  "write TENON_PLUGIN(…), and " + std::string(kMap));
  } else if (!exported.empty()) {
    report.failed("exports", "more than " + std::string(kRegisterSymbol) + ": " + some(exported), std::string(kMap));
  } else {
    report.ok("exports", kRegisterSymbol);
  }

  if (read->unique.empty()) {
    report.ok("unique", "no STB_GNU_UNIQUE symbol");
  } else {
    report.failed("unique", "STB_GNU_UNIQUE, with which dlclose leaves a library mapped: " + some(read->unique),
                  "compile with -fno-gnu-unique, also what is linked into it, and " + std::string(kMap));
  }

  std::vector<std::string> initial_exec = read->initial_exec;
  std::erase(initial_exec, kLeaseMark);
  if (initial_exec.empty()) {
    report.ok("thread-local", "no variable of the initial-exec model of its own");
  } else {
    report.failed("thread-local", "of the initial-exec model: " + some(initial_exec),
                  "compile without -ftls-model=initial-exec, also what is linked into it");
  }
}

/// A folder that goes with the verification.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "tenon-verify-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), "cannot make the folder " + pattern);
    }
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

/// Not those of the installed node, unless they are asked for: what a plugin is does not depend on it, nor on who may
/// change its files now.
descriptor::Properties given_properties(const Options& options, descriptor::Diagnostics& problems) {
  descriptor::Properties properties;
  properties.set(std::string(descriptor::kTrustProperty), "any", "this check");
  if (options.properties) properties.read_file(*options.properties, problems);
  for (const auto& [name, value] : options.set) properties.set(name, value, "--set " + name);
  properties.check(problems);
  return properties;
}

}  // namespace

int verify(const Options& options) {
  const VerifyOptions& asked = *options.verify;
  descriptor::Diagnostics problems;
  const descriptor::Properties properties = given_properties(options, problems);
  Settings settings = read_settings(properties, problems);
  if (problems.has_errors()) {
    std::cerr << diagnostics_text(problems);
    return 1;
  }

  Printer report(options);
  const std::optional<std::string> name = check_record(asked.file, report);
  if (name || plugin::read_symbols(asked.file).ok()) check_symbols(asked.file, report);
  if (name) {
    const TemporaryFolder folder;
    settings.state = folder.path();
    settings.store = {store::Address::Engine::kSqlite, (folder.path() / "tenon.db").string()};
    run_apart(report, [&](VerifyReport& told) {
      verify_rounds({*name, asked.file, asked.descriptor, asked.rounds, settings, properties}, told);
    });
  }
  return report.finish(asked.file);
}

}  // namespace tenon::daemon
