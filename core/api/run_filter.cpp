#include "api/run_filter.h"

#include <tenon/described.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "api/run_log.h"

namespace tenon::api {
namespace {

using journal::RunPhase;

const std::vector<std::string>& filter_names() {
  static const std::vector<std::string> kNames{"state", "chain", "resource", "error",
                                               "since", "until", "limit",    "before"};
  return kNames;
}

std::string state_names() {
  std::string names;
  for (const RunPhase phase : {RunPhase::kRunning, RunPhase::kUndoing, RunPhase::kPaused, RunPhase::kParked,
                               RunPhase::kSucceeded, RunPhase::kFailed}) {
    names.append(names.empty() ? "" : ", ").append(journal::phase_name(phase));
  }
  return names;
}

Result<void> read_states(std::string_view text, std::vector<RunPhase>& phases) {
  while (true) {
    const std::string_view name = text.substr(0, text.find(','));
    const std::optional<RunPhase> phase = journal::phase_of_name(name);
    if (!phase) return bad_parameter("state", "some of " + state_names(), name);
    phases.push_back(*phase);
    if (name.size() == text.size()) return {};
    text.remove_prefix(name.size() + 1);
  }
}

Result<void> read_text(std::string_view name, const std::string& text, std::string& into) {
  if (text.empty()) return bad_parameter(name, "a name", text);
  into = text;
  return {};
}

template <class Number>
Result<void> keep(Result<Number> number, auto& into) {
  if (!number) return std::move(number).error();
  into = *number;
  return {};
}

Result<void> read_one(const std::string& name, const std::string& text, std::int64_t now, journal::RunFilter& filter) {
  if (name == "state") return read_states(text, filter.phases);
  if (name == "chain") return read_text(name, text, filter.chain);
  if (name == "resource") return read_text(name, text, filter.resource);
  if (name == "error") return read_text(name, text, filter.error_code);
  if (name == "since") return keep(read_moment(name, text, now), filter.from);
  if (name == "until") return keep(read_moment(name, text, now), filter.until);
  if (name == "limit") return keep(read_count(name, text, 1, kMostListed), filter.limit);
  if (name == "before") return keep(read_run_id(name, text), filter.before);
  return unknown_parameter(name, filter_names());
}

/// The pattern, or what begins as it does before a `*` in its end.
bool fits(std::string_view pattern, std::string_view text) {
  if (!pattern.ends_with('*')) return pattern == text;
  pattern.remove_suffix(1);
  return text.starts_with(pattern);
}

std::string text_of(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  return member != nullptr && member->as_string() != nullptr ? *member->as_string() : std::string();
}

}  // namespace

Result<journal::RunFilter> read_run_filter(const QueryParameters& parameters, std::int64_t now) {
  journal::RunFilter filter;
  for (const auto& [name, text] : parameters) {
    if (Result<void> read = read_one(name, text, now, filter); !read) return std::move(read).error();
  }
  if (filter.from && filter.until && *filter.from > *filter.until) {
    return make_error(kBadParameter, "a parameter is wrong", "since is later than until");
  }
  return filter;
}

Result<QueryParameters> filter_parameters(const Json& filter) {
  if (filter.as_object() == nullptr) return detail::mismatch("$.filter", "object", filter);
  QueryParameters parameters;
  for (const auto& [name, value] : *filter.as_object()) {
    const std::string path = "$.filter." + name;
    if (const std::int64_t* number = value.as_int(); number != nullptr && name == "limit") {
      parameters.emplace_back(name, std::to_string(*number));
    } else if (const std::string* text = value.as_string()) {
      parameters.emplace_back(name, *text);
    } else if (const Json::Array* list = value.as_array(); list != nullptr && name == "state") {
      for (const Json& item : *list) {
        if (item.as_string() == nullptr) return detail::mismatch(path, "list of strings", item);
        parameters.emplace_back(name, *item.as_string());
      }
    } else {
      return detail::mismatch(path, "string", value);
    }
  }
  return parameters;
}

Result<std::uint64_t> read_run_id(std::string_view parameter, const std::string& name) {
  const std::optional<std::uint64_t> id = parse_run_name(name);
  if (!id) return bad_parameter(parameter, "the id of a run", name);
  return *id;
}

bool matches(const journal::RunFilter& filter, std::uint64_t id, const Json& summary,
             const std::vector<std::string>& locks) {
  if (filter.before != 0 && id >= filter.before) return false;
  if (!filter.chain.empty() && text_of(summary, "chain") != filter.chain) return false;
  const std::string state = text_of(summary, "state");
  if (!filter.phases.empty() && std::none_of(filter.phases.begin(), filter.phases.end(),
                                             [&](RunPhase phase) { return journal::phase_name(phase) == state; })) {
    return false;
  }
  if (!filter.resource.empty() &&
      std::none_of(locks.begin(), locks.end(), [&](const std::string& lock) { return fits(filter.resource, lock); })) {
    return false;
  }
  const std::string error = text_of(summary, "error");
  if (!filter.error_code.empty() && !fits(filter.error_code, error.substr(0, error.find(':')))) return false;
  const Result<std::int64_t> started = read_moment("started", text_of(summary, "started"), 0);
  return (!filter.from || (started && *started >= *filter.from)) &&
         (!filter.until || (started && *started < *filter.until));
}

}  // namespace tenon::api
