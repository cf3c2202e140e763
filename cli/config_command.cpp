#include "config_command.h"

#include <iostream>
#include <utility>

#include "failure.h"
#include "format.h"
#include "json_access.h"
#include "terminal.h"

namespace tenon::cli {
namespace {

/// The two parts of a word, at the first `separator`.
std::pair<std::string, std::string> two_parts(const std::string& word, char separator, const char* form) {
  const std::size_t at = word.find(separator);
  if (at == std::string::npos || at == 0 || at + 1 == word.size()) {
    throw Failure(ExitStatus::kUsage, "expected " + std::string(form) + ", found '" + word + "'");
  }
  return {word.substr(0, at), word.substr(at + 1)};
}

std::string path_of(const std::string& config) {
  const auto [category, name] = two_parts(config, '.', "CATEGORY.NAME");
  return "/v1/config/" + segment(category) + "/" + segment(name);
}

std::string query_of(const std::string& resource) {
  if (resource.empty()) return {};
  const auto [kind, id] = two_parts(resource, ':', "a resource KIND:ID");
  return "?kind=" + segment(kind) + "&id=" + segment(id);
}

Json resource_of(const std::string& resource) {
  auto [kind, id] = two_parts(resource, ':', "a resource KIND:ID");
  return Json::object().add("kind", std::move(kind)).add("id", std::move(id));
}

std::string name_of(const Json& config) { return text_of(config, "category") + "." + text_of(config, "name"); }

/// `Wall:north` of the member, or nothing.
std::string resource_text(const Json& json) {
  const Json* resource = json.find("resource");
  return resource != nullptr ? text_of(*resource, "kind") + ":" + text_of(*resource, "id") : std::string();
}

/// Where a value comes from: a place, or who set it and when.
std::string origin_text(const Json& level) {
  const std::string place = text_of(level, "place");
  if (!place.empty()) return place;
  return "set by " + text_of(level, "set_by") + " at " + text_of(level, "set_at");
}

void print_changed(const Json& config, const std::string& resource, const char* verb) {
  std::cout << name_of(config) << (resource.empty() ? "" : " for " + resource) << " is " << text_of(config, "value")
            << (flag_of(config, "changed") ? std::string(" now, ") + verb : ", as it was") << '\n';
}

}  // namespace

void list_configs(const ApiClient& client, const std::string& category, bool json) {
  print_list(client.get("/v1/config" + (category.empty() ? "" : "?category=" + segment(category))), json,
             {"CONFIG", "VALUE", "SOURCE", "DEFAULT", "EXPECTED", "RESOURCES", "DESCRIPTION"},
             [](const Json& item) -> std::vector<std::string> {
               return {name_of(item),
                       text_of(item, "value"),
                       text_of(item, "source"),
                       text_of(item, "default"),
                       text_of(item, "expected"),
                       joined(list_of(item, "resources")),
                       text_of(item, "description")};
             });
}

void get_config(const ApiClient& client, const std::string& config, const std::string& resource, bool json) {
  const Json found = client.get(path_of(config) + query_of(resource));
  if (json) return print_answer(found);
  std::cout << text_of(found, "value") << '\n';
}

void set_config(const ApiClient& client, const std::string& config, const std::string& value,
                const std::string& resource, bool json) {
  Json body = Json::object().add("value", value);
  if (!resource.empty()) body.add("resource", resource_of(resource));
  const Json changed = client.put(path_of(config), body);
  if (json) return print_answer(changed);
  print_changed(changed, resource, "effective at once");
}

void reset_config(const ApiClient& client, const std::string& config, const std::string& resource, bool json) {
  const Json changed = client.remove(path_of(config) + query_of(resource));
  if (json) return print_answer(changed);
  print_changed(changed, resource, "nothing is set here any more");
}

void explain_config(const ApiClient& client, const std::string& config, const std::string& resource, bool json) {
  const Json found = client.get(path_of(config) + "/explain" + query_of(resource));
  if (json) return print_answer(found);
  const Terminal terminal = Terminal::of_stdout();
  std::cout << facts_text({{"config", name_of(found)},
                           {"value", text_of(found, "value")},
                           {"expected", text_of(found, "expected")},
                           {"description", text_of(found, "description")},
                           {"resources", joined(list_of(found, "resources"))}},
                          terminal);
  std::cout << heading_text("Levels", terminal);
  Table table({"LEVEL", "RESOURCE", "VALUE", "COUNTS", "FROM", "FLAW"});
  for (const Json& level : list_of(found, "levels")) {
    table.add({text_of(level, "level"), resource_text(level), text_of(level, "value"),
               flag_of(level, "counts") ? "yes" : "", origin_text(level), text_of(level, "flaw")});
  }
  std::cout << table.render(terminal);
}

void list_tags(const ApiClient& client, const std::string& resource, const std::string& pattern, bool json) {
  std::string query = query_of(resource);
  if (!pattern.empty()) query.append(query.empty() ? "?" : "&").append("pattern=").append(segment(pattern));
  print_list(client.get("/v1/tags" + query), json, {"RESOURCE", "TAG", "PATTERN"},
             [](const Json& item) -> std::vector<std::string> {
               return {resource_text(item), text_of(item, "tag"), text_of(item, "pattern")};
             });
}

void list_tag_patterns(const ApiClient& client, bool json) {
  print_list(client.get("/v1/tags/patterns"), json,
             {"RESOURCE", "PATTERN", "UNIQUE", "INHERENT", "DESCRIPTION", "PLACE"},
             [](const Json& item) -> std::vector<std::string> {
               return {text_of(item, "resource"),
                       text_of(item, "pattern"),
                       flag_of(item, "unique") ? "yes" : "no",
                       flag_of(item, "inherent") ? "yes" : "no",
                       text_of(item, "description"),
                       text_of(item, "place")};
             });
}

void add_tag(const ApiClient& client, const std::string& resource, const std::string& tag, bool json) {
  const Json added = client.post("/v1/tags", Json::object().add("resource", resource_of(resource)).add("tag", tag));
  if (json) return print_answer(added);
  std::cout << resource << " has the tag " << text_of(added, "tag") << '\n';
}

void remove_tag(const ApiClient& client, const std::string& resource, const std::string& tag) {
  client.remove("/v1/tags" + query_of(resource) + "&tag=" + segment(tag));
  std::cout << resource << " has the tag " << tag << " no more\n";
}

}  // namespace tenon::cli
