#include "run_filter.h"

#include "api_client.h"

namespace tenon::cli {

std::vector<std::pair<const char*, const std::string*>> RunFilter::members() const {
  std::vector<std::pair<const char*, const std::string*>> set;
  const auto add = [&](const char* name, const std::string& text) {
    if (!text.empty()) set.emplace_back(name, &text);
  };
  add("state", state);
  add("chain", chain);
  add("resource", resource);
  add("error", error);
  add("since", since);
  add("until", until);
  add("limit", limit);
  add("before", before);
  return set;
}

bool RunFilter::chooses() const { return !(state + chain + resource + error + since + until).empty(); }

std::string RunFilter::query() const {
  std::string text;
  for (const auto& [name, value] : members()) {
    text.append(text.empty() ? "?" : "&").append(name).append("=").append(segment(*value));
  }
  return text;
}

Json RunFilter::json() const {
  Json filter = Json::object();
  for (const auto& [name, value] : members()) filter.add(name, *value);
  return filter;
}

}  // namespace tenon::cli
