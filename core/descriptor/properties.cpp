#include "descriptor/properties.h"

#include "descriptor/source_text.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace tenon::descriptor {
namespace {

/// References within defaults and values, one in the other.
constexpr std::size_t kDeepestReference = 64;
/// Values that double at each level would fill the memory; texts of nothing would take for ever.
constexpr std::size_t kMostReferences = 10'000;
/// Of all values, when they are checked.
constexpr std::size_t kMostReferencesInAll = 200'000;
/// Among more names than these, none is suggested for a wrong one.
constexpr std::size_t kMostSuggested = 10'000;
constexpr std::size_t kLongestText = std::size_t{1024} * 1024;

bool is_property_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](unsigned char letter) {
    return letter < 0x80 && (std::isalnum(letter) != 0 || letter == '.' || letter == '-' || letter == '_');
  });
}

/// The offset of the brace that closes the one before `begin`, or npos.
std::size_t closing_brace(std::string_view text, std::size_t begin) {
  std::size_t open = 1;
  for (std::size_t at = begin; at < text.size(); ++at) {
    if (text[at] == '{') ++open;
    if (text[at] == '}' && --open == 0) return at;
  }
  return std::string_view::npos;
}

}  // namespace

/// Replaces the references of one text, and those of the values that they lead to.
class Properties::Expansion {
 public:
  explicit Expansion(const Properties& properties) : properties_(properties) {}

  /// Nothing if something is wrong: then `problem` says what.
  std::optional<std::string> text(std::string_view text);
  /// The value of a property, its references replaced.
  std::optional<std::string> value(std::string_view name, const Entry& entry);

  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] std::size_t references() const noexcept { return references_; }
  /// The property whose value must change; empty if the text itself must.
  [[nodiscard]] const std::string& culprit() const noexcept { return culprit_; }
  /// Whether the problem tells of the culprit already.
  [[nodiscard]] bool names_culprit() const noexcept { return names_culprit_; }
  /// What the text's author should know, though it can be replaced.
  [[nodiscard]] const std::vector<std::string>& remarks() const noexcept { return remarks_; }

 private:
  std::optional<std::string> reference(std::string_view body);
  std::nullopt_t fail(std::string problem);
  std::nullopt_t fail_for_limit(std::string problem);
  std::nullopt_t fail_for_cycle(std::string_view name);

  const Properties& properties_;
  std::vector<std::string> path_;
  std::size_t depth_ = 0;
  std::size_t references_ = 0;
  std::string problem_;
  std::string culprit_;
  bool names_culprit_ = false;
  std::vector<std::string> remarks_;
};

std::nullopt_t Properties::Expansion::fail(std::string problem) {
  problem_ = std::move(problem);
  if (!path_.empty()) culprit_ = path_.back();
  return std::nullopt;
}

/// Each value by itself may be harmless; what was asked for is too much.
std::nullopt_t Properties::Expansion::fail_for_limit(std::string problem) {
  problem_ = std::move(problem);
  if (!path_.empty()) culprit_ = path_.front();
  return std::nullopt;
}

std::nullopt_t Properties::Expansion::fail_for_cycle(std::string_view name) {
  std::vector<std::string> cycle(std::ranges::find(path_, name), path_.end());
  // Always told from the same member, so that one cycle reads the same wherever it is met.
  std::rotate(cycle.begin(), std::ranges::min_element(cycle), cycle.end());
  std::string steps;
  for (const std::string& step : cycle) steps += step + " -> ";
  problem_ = "property '" + cycle.front() + "' refers to itself: " + steps + cycle.front();
  culprit_ = cycle.front();
  names_culprit_ = true;
  return std::nullopt;
}

std::optional<std::string> Properties::Expansion::text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t dollar = std::min(text.find('$'), text.size());
    result += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.starts_with("$${")) {
      result += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const std::size_t end = closing_brace(text, 2);
      if (end == std::string_view::npos) return fail("'${' is not closed by '}'");
      const auto replaced = reference(text.substr(2, end - 2));
      if (!replaced) return std::nullopt;
      result += *replaced;
      if (result.size() > kLongestText) return fail_for_limit("the properties in this text make it longer than 1 MiB");
      text.remove_prefix(end + 1);
    } else if (!text.empty()) {
      result += '$';
      text.remove_prefix(1);
    }
  }
  return result;
}

std::optional<std::string> Properties::Expansion::reference(std::string_view body) {
  const std::size_t colon = body.find(':');
  const std::string_view name = body.substr(0, colon);
  if (!is_property_name(name)) return fail("'" + std::string(name) + "' is not the name of a property");
  if (++references_ > kMostReferences) return fail_for_limit("this text refers to more than 10000 properties");
  if (depth_ == kDeepestReference) return fail_for_limit("properties refer to each other more than 64 deep");
  if (properties_.uses_ != nullptr) properties_.uses_->emplace(name);
  const auto declared = properties_.defaults_.find(name);
  const bool is_declared = declared != properties_.defaults_.end();
  if (is_declared && path_.empty() && colon != std::string_view::npos &&
      body.substr(colon + 1) != declared->second.value) {
    remarks_.push_back("the default in '${" + std::string(body) + "}' is not the declared one, '" +
                       declared->second.value + "' (" + declared->second.place.to_string() + ")");
  }
  if (const auto entry = properties_.find_as_written(name)) return value(name, *entry);
  if (colon == std::string_view::npos) {
    if (is_declared) return value(name, declared->second);
    return fail("property '" + std::string(name) + "' is not set and has no default" +
                suggestion(name, properties_.known_names()));
  }
  ++depth_;
  auto fallback = text(body.substr(colon + 1));
  --depth_;
  return fallback;
}

std::optional<std::string> Properties::Expansion::value(std::string_view name, const Entry& entry) {
  if (std::ranges::find(path_, name) != path_.end()) return fail_for_cycle(name);
  path_.emplace_back(name);
  ++depth_;
  auto result = text(entry.value);
  --depth_;
  path_.pop_back();
  return result;
}

void Properties::read_file(const std::filesystem::path& file, Diagnostics& diagnostics) {
  const auto text = read_regular_file(file, Place{file.string()}, "cannot read", diagnostics);
  if (text) read_text(file.string(), *text, diagnostics);
}

void Properties::read_text(std::string_view file, std::string_view text, Diagnostics& diagnostics) {
  const SourceText source(file, text);
  if (!source.check(diagnostics)) return;
  std::map<std::string, Entry, std::less<>> read;
  for (std::size_t begin = 0; begin < source.text().size() && !diagnostics.full();) {
    const std::size_t end = std::min(source.text().find('\n', begin), source.text().size());
    const std::string_view line = trimmed(source.text().substr(begin, end - begin));
    begin = end + 1;
    if (line.empty() || line.front() == '#') continue;
    const Place place = source.place(static_cast<std::size_t>(line.data() - source.text().data()));
    const std::size_t equals = line.find('=');
    const std::string name(trimmed(line.substr(0, equals)));
    if (equals == std::string_view::npos || name.empty()) {
      diagnostics.error(place, "expected 'name = value'");
    } else if (!is_property_name(name)) {
      diagnostics.error(place, "'" + name + "' is not a name: letters, digits, '.', '-' and '_' make names");
    } else if (const auto before = read.find(name); before != read.end()) {
      diagnostics.error(place, "property '" + name + "' was set before at " + before->second.place.to_string());
    } else {
      read.emplace(name, Entry{std::string(trimmed(line.substr(equals + 1))), place});
    }
  }
  for (auto& [name, entry] : read) entries_[name].push_back(std::move(entry));
}

void Properties::set(std::string name, std::string value, std::string origin) {
  entries_[std::move(name)].push_back({std::move(value), Place{std::move(origin)}});
}

void Properties::declare(std::string name, std::string default_value, Place place) {
  defaults_.insert_or_assign(std::move(name), Entry{std::move(default_value), std::move(place)});
}

std::string Properties::environment_name(std::string_view name) {
  std::string variable = "TENON_";
  for (const unsigned char letter : name)
    variable += letter == '.' || letter == '-' ? '_' : static_cast<char>(std::toupper(letter));
  return variable;
}

std::vector<Properties::Entry> Properties::levels(std::string_view name) const {
  std::vector<Entry> all;
  if (const auto found = entries_.find(name); found != entries_.end()) all = found->second;
  const std::string variable = environment_name(name);
  if (const char* value = std::getenv(variable.c_str()); value != nullptr)
    all.push_back({value, Place{"environment variable " + variable}});
  return all;
}

std::optional<Properties::Entry> Properties::find_as_written(std::string_view name) const {
  if (!is_property_name(name)) return std::nullopt;
  const std::string variable = environment_name(name);
  if (const char* value = std::getenv(variable.c_str()); value != nullptr)
    return Entry{value, Place{"environment variable " + variable}};
  const auto found = entries_.find(name);
  return found == entries_.end() ? std::nullopt : std::optional(found->second.back());
}

std::optional<Properties::Entry> Properties::find(std::string_view name) const {
  auto entry = find_as_written(name);
  if (!entry) return std::nullopt;
  if (auto value = Expansion(*this).value(name, *entry)) entry->value = *std::move(value);
  return entry;
}

std::string Properties::get(std::string_view name, std::string_view fallback) const {
  auto entry = find(name);
  return entry ? std::move(entry->value) : std::string(fallback);
}

std::vector<std::string> Properties::names() const {
  std::vector<std::string> names;
  names.reserve(entries_.size());
  for (const auto& [name, entry] : entries_) names.push_back(name);
  return names;
}

std::vector<std::string> Properties::known_names() const {
  if (entries_.size() + defaults_.size() > kMostSuggested) return {};
  std::vector<std::string> all = names();
  for (const auto& [name, entry] : defaults_) all.push_back(name);
  return all;
}

void Properties::check(Diagnostics& diagnostics) const {
  std::size_t references = 0;
  for (const std::string& name : names()) {
    const auto entry = find_as_written(name);
    Expansion expansion(*this);
    const bool good = expansion.value(name, *entry).has_value();
    references += expansion.references();
    if (diagnostics.full()) return;
    if (references > kMostReferencesInAll) {
      diagnostics.error(entry->place, "the properties up to this one refer to each other more than 200000 times");
      return;
    }
    if (good) continue;
    // The culprit is checked in its turn; what refers to it would only repeat its error.
    if (expansion.culprit() == name || !entries_.contains(expansion.culprit()))
      diagnostics.error(entry->place, expansion.problem());
  }
}

std::string Properties::substitute(std::string_view text, const Place& place, Diagnostics& diagnostics) const {
  if (text.find('$') == std::string_view::npos) return std::string(text);
  Expansion expansion(*this);
  auto result = expansion.text(text);
  for (const std::string& remark : expansion.remarks()) diagnostics.warning(place, remark);
  if (result) return *std::move(result);
  std::string message = expansion.problem();
  if (const auto entry = find_as_written(expansion.culprit()); entry && !expansion.names_culprit())
    message += " (in the value of '" + expansion.culprit() + "': " + entry->place.to_string() + ")";
  diagnostics.error(place, std::move(message));
  return std::string(text);
}

}  // namespace tenon::descriptor
