#include "api/properties_api.h"

#include <optional>
#include <utility>
#include <vector>

#include "api/problem.h"
#include "api/reply.h"
#include "descriptor/diagnostics.h"

namespace tenon::api {
namespace {

using config::PropertyView;

Json property_json(const PropertyView& view) {
  Json json = Json::object().add("name", view.name).add("value", view.value ? Json(*view.value) : Json());
  json.add("source", view.levels.empty() ? Json() : Json(view.levels.back().source));
  if (view.declared == nullptr) return json;
  json.add("default", view.declared->default_text ? Json(*view.declared->default_text) : Json())
      .add("type", view.declared->type)
      .add("expected", view.declared->expected)
      .add("description", view.declared->description)
      .add("declared_by", view.declared->owner)
      .add("place", view.declared->place.to_string());
  return json;
}

Json levels_json(const PropertyView& view) {
  Json levels = Json::array();
  for (const PropertyView::Level& level : view.levels) {
    levels.push(Json::object()
                    .add("level", level.is_default ? "default" : "set")
                    .add("value", level.value)
                    .add("source", level.source)
                    .add("counts", &level == &view.levels.back()));
  }
  return levels;
}

}  // namespace

void PropertiesApi::add_routes(Router& router) const {
  using Parameters = std::vector<std::string>;
  router.add("GET", "/v1/properties", "List the properties", [this](const HttpRequest&, const Parameters&) {
    Json list = Json::array();
    for (const PropertyView& view : wiring_.get()->properties->list()) list.push(property_json(view));
    return reply(list);
  });
  router.add("GET", "/v1/properties/{name}", "Show one property and where its value comes from",
             [this](const HttpRequest&, const Parameters& p) { return show(p[0]); });
}

HttpResponse PropertiesApi::show(const std::string& name) const {
  const std::shared_ptr<const config::PropertyTable> properties = wiring_.get()->properties;
  if (const std::optional<PropertyView> view = properties->find(name)) {
    return reply(property_json(*view).add("levels", levels_json(*view)));
  }
  std::vector<std::string> names;
  for (const PropertyView& view : properties->list()) names.push_back(view.name);
  return problem(404, "there is no property '" + name + "'" + descriptor::suggestion(name, names));
}

}  // namespace tenon::api
