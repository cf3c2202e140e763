#include "api/config_api.h"

#include <tenon/described.h>

#include <chrono>
#include <optional>
#include <utility>

#include "api/query.h"
#include "api/reply.h"
#include "api/run_record.h"
#include "config/errors.h"

namespace tenon::api {
namespace {

using config::ConfigLevel;
using config::ConfigView;

std::string time_text(std::int64_t microseconds) {
  return timestamp(std::chrono::system_clock::time_point(std::chrono::microseconds(microseconds)));
}

/// `default`, `global` or `resource`.
const char* level_name(const ConfigView& view, const ConfigLevel& level) {
  if (level.resource) return "resource";
  return &level == view.levels.data() ? "default" : "global";
}

/// Adds where a value comes from.
void add_source(Json& json, const ConfigView& view, const ConfigLevel& level) {
  if (level.resource) json.add("resource", resource_json(*level.resource));
  if (&level == view.levels.data()) {
    json.add("place", view.spec->default_place.to_string());
  } else {
    json.add("set_by", level.by).add("set_at", time_text(level.at));
  }
}

Json config_json(const ConfigView& view) {
  const ConfigLevel& counting = view.counting();
  Json kinds = Json::array();
  for (const std::string& kind : view.spec->resources) kinds.push(kind);
  Json json = Json::object()
                  .add("category", view.spec->category)
                  .add("name", view.spec->name)
                  .add("value", counting.value)
                  .add("source", level_name(view, counting))
                  .add("default", view.spec->default_text)
                  .add("type", config::type_name(view.spec->rule.kind()))
                  .add("expected", view.spec->rule.expected())
                  .add("description", view.spec->description)
                  .add("resources", std::move(kinds));
  add_source(json, view, counting);
  return json;
}

Json levels_json(const ConfigView& view) {
  Json levels = Json::array();
  for (const ConfigLevel& level : view.levels) {
    Json json = Json::object().add("level", level_name(view, level)).add("value", level.value);
    json.add("counts", level.counts);
    add_source(json, view, level);
    if (!level.flaw.empty()) json.add("flaw", level.flaw);
    levels.push(std::move(json));
  }
  return levels;
}

struct SetBody {
  std::string value;
  std::optional<ResourceRef> resource;
};

Result<SetBody> read_set_body(const std::string& text) {
  const Result<Json> json = read_object(text);
  if (!json) return json.error();
  SetBody body;
  bool has_value = false;
  for (const auto& [name, member] : *json->as_object()) {
    if (name == "value") {
      if (member.as_string() == nullptr) return detail::mismatch("$.value", "string", member);
      body.value = *member.as_string();
      has_value = true;
    } else if (name == "resource") {
      Result<ResourceRef> resource = read_resource(member, "$.resource");
      if (!resource) return resource.error();
      body.resource = std::move(resource).value();
    } else {
      return make_error("JSON.1004", "unknown member", "$." + name + " (there are: value, resource)");
    }
  }
  if (!has_value) return make_error("JSON.1005", "member missing", "$.value");
  return body;
}

/// What extensions throw on the way to the parents of a resource is the answer.
template <class Work>
HttpResponse guarded(const Work& work) {
  try {
    return work();
  } catch (const Error& e) {
    return failure(e.error());
  }
}

HttpResponse forbidden(uid_t user) {
  return failure(make_error(config::kForbidden, "the caller may not change configs",
                            "they are changed by administrators, and not by " + user_name(user)),
                 403, "root and the user that the node runs as may");
}

}  // namespace

Json resource_json(const ResourceRef& resource) {
  return Json::object().add("kind", resource.kind).add("id", resource.id);
}

Result<std::optional<ResourceRef>> read_resource(const HttpRequest& request) {
  const Result<QueryParameters> query = read_query(request.target);
  if (!query) return query.error();
  ResourceRef resource;
  for (const auto& [name, value] : *query) {
    if (name != "kind" && name != "id") return unknown_parameter(name, {"kind", "id"});
    if (value.empty()) return bad_parameter(name, "a text", value);
    (name == "kind" ? resource.kind : resource.id) = value;
  }
  if (query->empty()) return std::optional<ResourceRef>();
  if (resource.kind.empty()) return bad_parameter("kind", "the kind of the resource", "");
  if (resource.id.empty()) return bad_parameter("id", "the id of the resource", "");
  return std::optional(std::move(resource));
}

Result<ResourceRef> read_resource(const Json& json, const std::string& path) {
  if (json.as_object() == nullptr) return detail::mismatch(path, "object", json);
  ResourceRef resource;
  for (const auto& [name, member] : *json.as_object()) {
    const std::string at = path + "." + name;
    if (name != "kind" && name != "id") return make_error("JSON.1004", "unknown member", at + " (there are: kind, id)");
    if (member.as_string() == nullptr) return detail::mismatch(at, "string", member);
    (name == "kind" ? resource.kind : resource.id) = *member.as_string();
  }
  if (resource.kind.empty()) return make_error("JSON.1005", "member missing", path + ".kind");
  if (resource.id.empty()) return make_error("JSON.1005", "member missing", path + ".id");
  return resource;
}

void ConfigApi::add_routes(Router& router) const {
  constexpr const char* kOne = "/v1/config/{category}/{name}";
  router.add("GET", "/v1/config", "List the global configs",
             [this](const HttpRequest& request, const Parameters&) { return list(request); });
  router.add("GET", kOne, "Show one config and its value",
             [this](const HttpRequest& request, const Parameters& p) { return show(request, p, false); });
  router.add("GET", std::string(kOne) + "/explain", "Tell where the value of a config comes from",
             [this](const HttpRequest& request, const Parameters& p) { return show(request, p, true); });
  router.add("PUT", kOne, "Set a config, for all or for one resource",
             [this](const HttpRequest& request, const Parameters& p) { return set(request, p); });
  router.add("DELETE", kOne, "Take a config back to its default",
             [this](const HttpRequest& request, const Parameters& p) { return reset(request, p); });
}

HttpResponse ConfigApi::list(const HttpRequest& request) const {
  const Result<QueryParameters> query = read_query(request.target);
  if (!query) return failure(query.error());
  std::optional<std::string> category;
  for (const auto& [name, value] : *query) {
    if (name != "category") return failure(unknown_parameter(name, {"category"}));
    category = value;
  }
  Json all = Json::array();
  for (const ConfigView& view : configs_->list()) {
    if (!category || view.spec->category == *category) all.push(config_json(view));
  }
  return reply(all);
}

HttpResponse ConfigApi::show(const HttpRequest& request, const Parameters& names, bool explain) const {
  Result<std::optional<ResourceRef>> resource = read_resource(request);
  if (!resource) return failure(resource.error());
  return reply_later([configs = configs_, names, resource = std::move(resource).value(), explain] {
    return guarded([&] {
      const Result<ConfigView> view = configs->explain(names[0], names[1], resource);
      if (!view) return failure(view.error());
      Json json = config_json(*view);
      if (explain) json.add("levels", levels_json(*view));
      return reply(json);
    });
  });
}

HttpResponse ConfigApi::set(const HttpRequest& request, const Parameters& names) const {
  if (!is_administrator(request.peer)) return forbidden(request.peer);
  if (!is_json(request.content_type)) {
    return failure(make_error("JSON.1001", "value of the wrong type",
                              "the body: expected application/json, found " + request.content_type),
                   415, {});
  }
  Result<SetBody> body = read_set_body(request.body);
  if (!body) return failure(body.error());
  return reply_later([configs = configs_, names, body = std::move(body).value(), peer = request.peer] {
    return guarded([&] {
      const Result<bool> done = configs->set(names[0], names[1], body.value, body.resource, user_name(peer));
      if (!done) return failure(done.error());
      const Result<ConfigView> view = configs->explain(names[0], names[1], body.resource);
      return view ? reply(config_json(*view).add("changed", *done)) : failure(view.error());
    });
  });
}

HttpResponse ConfigApi::reset(const HttpRequest& request, const Parameters& names) const {
  if (!is_administrator(request.peer)) return forbidden(request.peer);
  Result<std::optional<ResourceRef>> resource = read_resource(request);
  if (!resource) return failure(resource.error());
  return reply_later([configs = configs_, names, resource = std::move(resource).value(), peer = request.peer] {
    return guarded([&] {
      const Result<bool> done = configs->reset(names[0], names[1], resource, user_name(peer));
      if (!done) return failure(done.error());
      const Result<ConfigView> view = configs->explain(names[0], names[1], resource);
      return view ? reply(config_json(*view).add("changed", *done)) : failure(view.error());
    });
  });
}

}  // namespace tenon::api
