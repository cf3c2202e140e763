#include "api/tags_api.h"

#include <tenon/described.h>
#include <tenon/log.h>
#include <tenon/store.h>

#include <optional>
#include <utility>

#include "api/config_api.h"
#include "api/problem.h"
#include "api/query.h"
#include "api/reply.h"

namespace tenon::api {
namespace {

Json tag_json(const Tag& tag) {
  Json tokens = Json::object();
  for (const auto& [name, value] : tag.tokens) tokens.add(name, value);
  return Json::object()
      .add("resource", resource_json(tag.resource))
      .add("tag", tag.text)
      .add("pattern", tag.pattern)
      .add("tokens", std::move(tokens));
}

struct AddBody {
  std::optional<ResourceRef> resource;
  std::string tag;
};

Result<AddBody> read_add_body(const std::string& text) {
  const Result<Json> json = read_object(text);
  if (!json) return json.error();
  AddBody body;
  for (const auto& [name, member] : *json->as_object()) {
    if (name == "tag") {
      if (member.as_string() == nullptr) return detail::mismatch("$.tag", "string", member);
      body.tag = *member.as_string();
    } else if (name == "resource") {
      Result<ResourceRef> resource = read_resource(member, "$.resource");
      if (!resource) return resource.error();
      body.resource = std::move(resource).value();
    } else {
      return make_error("JSON.1004", "unknown member", "$." + name + " (there are: resource, tag)");
    }
  }
  if (!body.resource) return make_error("JSON.1005", "member missing", "$.resource");
  if (body.tag.empty()) return make_error("JSON.1005", "member missing", "$.tag");
  return body;
}

/// The texts of these parameters, in this order; empty for those that are not there.
Result<std::vector<std::string>> read_parameters(const HttpRequest& request, const std::vector<std::string>& names) {
  const Result<QueryParameters> query = read_query(request.target);
  if (!query) return query.error();
  std::vector<std::string> values(names.size());
  for (const auto& [name, value] : *query) {
    std::size_t index = 0;
    while (index < names.size() && names[index] != name) ++index;
    if (index == names.size()) return unknown_parameter(name, names);
    values[index] = value;
  }
  return values;
}

}  // namespace

void TagsApi::add_routes(Router& router) const {
  using Parameters = std::vector<std::string>;
  router.add("GET", "/v1/tags", "List the tags of resources",
             [this](const HttpRequest& request, const Parameters&) { return list(request); });
  router.add("GET", "/v1/tags/patterns", "List the patterns of tags",
             [this](const HttpRequest&, const Parameters&) { return patterns(); });
  router.add("POST", "/v1/tags", "Give a resource a tag",
             [this](const HttpRequest& request, const Parameters&) { return add(request); });
  router.add("DELETE", "/v1/tags", "Take a tag off a resource",
             [this](const HttpRequest& request, const Parameters&) { return remove(request); });
}

HttpResponse TagsApi::list(const HttpRequest& request) const {
  const Result<std::vector<std::string>> query = read_parameters(request, {"kind", "id", "pattern"});
  if (!query) return failure(query.error());
  return reply_later([tags = wiring_.get()->tags, query = TagQuery{(*query)[0], (*query)[1], (*query)[2]}] {
    const Result<std::vector<Tag>> found =
        tenon::read([&](StoreTransaction& store) { return tags->find(store, query); });
    if (!found) return failure(found.error());
    Json list = Json::array();
    for (const Tag& tag : *found) list.push(tag_json(tag));
    return reply(list);
  });
}

HttpResponse TagsApi::patterns() const {
  Json list = Json::array();
  const std::shared_ptr<config::Tags> tags = wiring_.get()->tags;
  for (const config::TagSpec& spec : tags->specs()) {
    list.push(Json::object()
                  .add("resource", spec.kind)
                  .add("pattern", spec.pattern)
                  .add("unique", spec.unique)
                  .add("inherent", spec.inherent)
                  .add("description", spec.description)
                  .add("place", spec.place.to_string()));
  }
  return reply(list);
}

HttpResponse TagsApi::add(const HttpRequest& request) const {
  if (!is_json(request.content_type)) return problem(415, "expected application/json, found " + request.content_type);
  Result<AddBody> body = read_add_body(request.body);
  if (!body) return failure(body.error());
  return reply_later([tags = wiring_.get()->tags, body = std::move(body).value(), peer = request.peer] {
    const std::string user = user_name(peer);
    const Result<Tag> tag = tenon::transaction(
        [&](StoreTransaction& store) { return tags->set_by_user(store, *body.resource, body.tag, user); });
    if (!tag) return failure(tag.error());
    log::info("tag set", {{"resource", to_string(tag->resource)}, {"tag", tag->text}, {"by", user}});
    return reply(tag_json(*tag), 201);
  });
}

HttpResponse TagsApi::remove(const HttpRequest& request) const {
  const Result<std::vector<std::string>> query = read_parameters(request, {"kind", "id", "tag"});
  if (!query) return failure(query.error());
  for (std::size_t i = 0; i < query->size(); ++i) {
    static constexpr const char* kNames[] = {"kind", "id", "tag"};
    if ((*query)[i].empty()) return failure(bad_parameter(kNames[i], "a text", ""));
  }
  return reply_later([tags = wiring_.get()->tags, resource = ResourceRef{(*query)[0], (*query)[1]}, text = (*query)[2],
                      peer = request.peer] {
    const Result<bool> removed =
        tenon::transaction([&](StoreTransaction& store) { return tags->remove_by_user(store, resource, text); });
    if (!removed) return failure(removed.error());
    if (!*removed) return no_such("tag of " + to_string(resource), text);
    log::info("tag removed", {{"resource", to_string(resource)}, {"tag", text}, {"by", user_name(peer)}});
    HttpResponse response;
    response.status = 204;
    return response;
  });
}

}  // namespace tenon::api
