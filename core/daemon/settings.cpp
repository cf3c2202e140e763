#include "daemon/settings.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "config/value_rule.h"
#include "daemon/install_paths.h"
#include "descriptor/file_trust.h"
#include "plugin/property_value.h"

namespace tenon::daemon {
namespace {

using Kind = PropertyType::Kind;

struct Rule {
  std::string_view name;
  std::string fallback;
  std::string_view meaning;
  Kind kind = Kind::kString;
  std::int64_t min = INT64_MIN;
  std::int64_t max = INT64_MAX;
};

constexpr std::string_view kStore = "tenon.store";
constexpr std::int64_t kNanosecondsAMillisecond = 1'000'000;

/// All properties whose names begin with `tenon.`.
const std::vector<Rule>& rules() {
  static const std::vector<Rule> kRules = [] {
    const InstallPaths paths = find_install_paths();
    return std::vector<Rule>{
        {"tenon.descriptors", paths.descriptors, "folders of descriptors, separated by ':'"},
        {"tenon.plugins", paths.plugins, "folders of plugins, libraries with descriptors, separated by ':'"},
        {descriptor::kTrustProperty, "owner",
         "whose descriptors and libraries are taken: owner (root's and the node's user's, writable by no one else), "
         "any"},
        {"tenon.state", kStateFolder, "folder for what the node keeps; must allow execution"},
        {"tenon.socket", kSocket, "Unix socket of the API"},
        {kStore, "sqlite:${tenon.state}/tenon.db", "sqlite:FILE, or postgresql://… (any connection string of libpq)"},
        {"tenon.store.allow_unsafe", "false", "take a server that may lose what it has acknowledged", Kind::kBool},
        {"tenon.log.level", "info", "debug, info, warning or error"},
        {"tenon.stop.grace", "30s", "how long runs may go on at a stop before they are undone", Kind::kDuration, 0},
        {"tenon.run.blocking-threads", "16", "so many flows may block at once", Kind::kInteger, 1, 4096},
        {"tenon.run.kept", "1000", "so many finished runs are remembered", Kind::kInteger, 0, 1'000'000},
        {"tenon.run.retention", "720h", "how long runs stay in the store after their end; 0: for ever", Kind::kDuration,
         0},
        {"tenon.event.retention", "72h", "how long events stay in the store; 0: for ever", Kind::kDuration, 0},
        {"tenon.watch", "true", "take up changed plugins, descriptors and chains without being asked", Kind::kBool},
        {"tenon.watch.quiet", "200ms", "how long nothing must have happened to the files before", Kind::kDuration, 1},
        {"tenon.swap.patience", "10s", "how long a plugin that is stopped first may take until nobody uses it",
         Kind::kDuration, 1},
        {"tenon.api.connections", "1024", "so many connections to the API at once", Kind::kInteger, 1, 1'000'000},
    };
  }();
  return kRules;
}

constexpr std::array<std::pair<std::string_view, LogLevel>, 4> kLevels{{{"debug", LogLevel::kDebug},
                                                                        {"info", LogLevel::kInfo},
                                                                        {"warning", LogLevel::kWarning},
                                                                        {"error", LogLevel::kError}}};

const Rule& rule_of(std::string_view name) {
  return *std::find_if(rules().begin(), rules().end(), [&](const Rule& rule) { return rule.name == name; });
}

/// Reads values by the table.
class Reader {
 public:
  Reader(const descriptor::Properties& properties, descriptor::Diagnostics& diagnostics)
      : properties_(properties), diagnostics_(diagnostics) {}

  /// Whole milliseconds for a duration.
  std::int64_t number(std::string_view name) {
    const auto value = scalar(name);
    return value ? std::get<std::int64_t>(value->scalar) : 0;
  }

  bool flag(std::string_view name) {
    const auto value = scalar(name);
    return value && std::get<bool>(value->scalar);
  }

  store::Address address(std::string_view name, const std::filesystem::path& state) {
    const auto entry = properties_.find(name);
    if (!entry) return {store::Address::Engine::kSqlite, (state / "tenon.db").string()};
    Result<store::Address> address = store::parse_address(entry->value);
    if (address) return std::move(address).value();
    diagnostics_.error(entry->place, "property '" + std::string(name) + "': " + address.error().details);
    return {};
  }

  std::filesystem::path path(std::string_view name) {
    const descriptor::Properties::Entry entry = find(rule_of(name));
    if (entry.value.empty()) diagnostics_.error(entry.place, "property '" + std::string(name) + "': expected a path");
    return absolute(entry.value);
  }

  std::vector<std::filesystem::path> folders(std::string_view name) {
    const std::string value = find(rule_of(name)).value;
    std::vector<std::filesystem::path> list;
    for (std::size_t begin = 0; begin < value.size();) {
      const std::size_t end = std::min(value.find(':', begin), value.size());
      if (end > begin) list.push_back(absolute(value.substr(begin, end - begin)));
      begin = end + 1;
    }
    return list;
  }

  /// Reports a value that is none of the words.
  void check_word(std::string_view name, std::initializer_list<std::string_view> words) {
    const descriptor::Properties::Entry entry = find(rule_of(name));
    if (std::find(words.begin(), words.end(), entry.value) != words.end()) return;
    std::string expected;
    for (const std::string_view word : words) expected.append(expected.empty() ? "" : " or ").append(word);
    diagnostics_.error(entry.place,
                       "property '" + std::string(name) + "': expected " + expected + ", found '" + entry.value + "'");
  }

  LogLevel level(std::string_view name) {
    const descriptor::Properties::Entry entry = find(rule_of(name));
    for (const auto& [text, level] : kLevels) {
      if (entry.value == text) return level;
    }
    diagnostics_.error(entry.place, "property '" + std::string(name) +
                                        "': expected debug, info, warning or error, found '" + entry.value + "'");
    return LogLevel::kInfo;
  }

 private:
  std::optional<PropertyValue> scalar(std::string_view name) {
    const Rule& rule = rule_of(name);
    PropertyType type{.kind = rule.kind, .min = rule.min, .max = rule.max, .interface = {}, .item = {}};
    if (rule.kind == Kind::kDuration) type.tick = kNanosecondsAMillisecond;
    const descriptor::Properties::Entry entry = find(rule);
    const descriptor::ValueNode node{descriptor::ValueNode::Kind::kText, entry.place, entry.value, {}, {}};
    return plugin::read_property(
        node, type, "property '" + std::string(name) + "'", [](std::string_view) { return plugin::ReferenceTarget(); },
        diagnostics_);
  }

  descriptor::Properties::Entry find(const Rule& rule) {
    auto entry = properties_.find(rule.name);
    if (entry) return *std::move(entry);
    return {rule.fallback, descriptor::Place{"default", 0, 0}};
  }

  static std::filesystem::path absolute(const std::filesystem::path& path) {
    std::error_code problem;
    std::filesystem::path result = std::filesystem::absolute(path, problem);
    return problem ? path : result.lexically_normal();
  }

  const descriptor::Properties& properties_;
  descriptor::Diagnostics& diagnostics_;
};

void refuse_unknown(const descriptor::Properties& properties, descriptor::Diagnostics& diagnostics) {
  std::vector<std::string> known;
  for (const Rule& rule : rules()) known.emplace_back(rule.name);
  for (const std::string& name : properties.names()) {
    if (!name.starts_with("tenon.") || std::find(known.begin(), known.end(), name) != known.end()) continue;
    diagnostics.error(properties.find(name)->place,
                      "the node has no property '" + name + "'" + descriptor::suggestion(name, known));
  }
}

}  // namespace

descriptor::Properties read_properties(const Options& options, descriptor::Diagnostics& diagnostics) {
  descriptor::Properties properties;
  std::error_code ignored;
  if (options.properties) {
    properties.read_file(*options.properties, diagnostics);
  } else if (const auto installed = find_install_paths().properties; std::filesystem::exists(installed, ignored)) {
    properties.read_file(installed, diagnostics);
  }
  for (const auto& [name, value] : options.set) properties.set(name, value, "--set " + name);
  properties.check(diagnostics);
  return properties;
}

Settings read_settings(const descriptor::Properties& properties, descriptor::Diagnostics& diagnostics) {
  refuse_unknown(properties, diagnostics);
  Reader reader(properties, diagnostics);
  Settings settings;
  settings.descriptors = reader.folders("tenon.descriptors");
  settings.plugins = reader.folders("tenon.plugins");
  reader.check_word(descriptor::kTrustProperty, {"owner", "any"});  // used by who reads files
  settings.state = reader.path("tenon.state");
  settings.socket = reader.path("tenon.socket");
  settings.store = reader.address(kStore, settings.state);
  settings.allow_unsafe_store = reader.flag("tenon.store.allow_unsafe");
  settings.log_level = reader.level("tenon.log.level");
  settings.stop_grace = std::chrono::milliseconds(reader.number("tenon.stop.grace"));
  settings.blocking_threads = static_cast<std::size_t>(reader.number("tenon.run.blocking-threads"));
  settings.runs_kept = static_cast<std::size_t>(reader.number("tenon.run.kept"));
  settings.run_retention =
      std::chrono::ceil<std::chrono::hours>(std::chrono::milliseconds(reader.number("tenon.run.retention")));
  settings.event_retention =
      std::chrono::ceil<std::chrono::hours>(std::chrono::milliseconds(reader.number("tenon.event.retention")));
  settings.connections = static_cast<std::size_t>(reader.number("tenon.api.connections"));
  settings.watch = reader.flag("tenon.watch");
  settings.trust = descriptor::trust_of(properties);
  settings.swap_patience = std::chrono::milliseconds(reader.number("tenon.swap.patience"));
  settings.watch_quiet = std::chrono::milliseconds(reader.number("tenon.watch.quiet"));
  return settings;
}

std::vector<config::DeclaredProperty> declared_settings() {
  std::vector<config::DeclaredProperty> all;
  for (const Rule& rule : rules()) {
    PropertyType type{.kind = rule.kind, .min = rule.min, .max = rule.max, .interface = {}, .item = {}};
    if (rule.kind == Kind::kDuration) type.tick = kNanosecondsAMillisecond;
    all.push_back({std::string(rule.name), std::string(config::type_name(rule.kind)), plugin::describe(type),
                   rule.fallback, std::string(rule.meaning), "node", descriptor::Place{"default of the node"},
                   rule.name == kStore});
  }
  return all;
}

std::string describe_settings() {
  std::string text;
  for (const Rule& rule : rules()) {
    text.append("  ").append(rule.name).append(" = ").append(rule.fallback);
    text.append("\n      ").append(rule.meaning).append("\n");
  }
  return text;
}

}  // namespace tenon::daemon
