#include "api/wiring_json.h"

#include <string>
#include <utility>
#include <vector>

#include "api/run_record.h"
#include "plugin/property_value.h"

namespace tenon::api {
namespace {

Json texts(const std::vector<std::string>& list) {
  Json json = Json::array();
  for (const std::string& text : list) json.push(text);
  return json;
}

Json summary(const wiring::PluginInfo& plugin, Json classes) {
  return Json::object()
      .add("name", plugin.name)
      .add("version", plugin.version)
      .add("state", "active")
      .add("generation", plugin.generation->number())
      .add("file", plugin.file.string())
      .add("loaded", timestamp(plugin.loaded))
      .add("requires", texts(plugin.requirements))
      .add("classes", std::move(classes))
      .add("pins", plugin.generation->pins());
}

Json keys(const std::vector<KeyEntry>& entries) {
  Json json = Json::array();
  for (const KeyEntry& entry : entries) {
    json.push(Json::object().add("key", entry.name).add("type", entry.type_name));
  }
  return json;
}

std::string_view kind_name(ClassEntry::Kind kind) {
  switch (kind) {
    case ClassEntry::Kind::kBean: return "bean";
    case ClassEntry::Kind::kFlow: return "flow";
    case ClassEntry::Kind::kResource: return "resource";
  }
  return "?";
}

Json class_json(const ClassEntry& entry) {
  Json interfaces = Json::array();
  for (const InterfaceEntry& interface : entry.interfaces) interfaces.push(interface.id);
  Json properties = Json::array();
  for (const PropertyEntry& property : entry.properties) {
    Json json = Json::object()
                    .add("name", property.name)
                    .add("type", plugin::describe(property.type))
                    .add("required", property.required);
    if (!property.description.empty()) json.add("description", property.description);
    properties.push(std::move(json));
  }
  Json json = Json::object()
                  .add("name", entry.name)
                  .add("kind", kind_name(entry.kind))
                  .add("interfaces", std::move(interfaces))
                  .add("properties", std::move(properties));
  if (entry.flow != nullptr) {
    json.add("has_undo", entry.has_undo)
        .add("reads", keys(entry.contract.reads_list))
        .add("writes", keys(entry.contract.writes_list))
        .add("optional", keys(entry.contract.optional_list));
  }
  return json;
}

}  // namespace

Json plugins_json(const wiring::Wiring& wiring) {
  Json list = Json::array();
  for (const wiring::PluginInfo& plugin : wiring.plugins) {
    list.push(summary(plugin, std::uint64_t{plugin.generation->classes().classes.size()}));
  }
  return list;
}

Json plugin_json(const wiring::Wiring& wiring, const wiring::PluginInfo& plugin) {
  Json classes = Json::array();
  for (const ClassEntry& entry : plugin.generation->classes().classes) classes.push(class_json(entry));
  Json json = summary(plugin, std::move(classes));
  json.add("place", plugin.place.to_string());
  Json beans = Json::array();
  for (const wiring::BeanInfo& bean : wiring.bean_infos) {
    if (bean.plugin != plugin.name) continue;
    beans.push(Json::object().add("id", bean.id).add("class", bean.class_name).add("place", bean.place.to_string()));
  }
  json.add("beans", std::move(beans));
  return json;
}

Json drivers_json(const wiring::Wiring& wiring) {
  Json list = Json::array();
  for (const wiring::DriverInfo& driver : wiring.drivers) {
    Json json = Json::object().add("kind", driver.kind).add("type", driver.type).add("bean", driver.bean);
    if (!driver.resource.empty()) json.add("resource", driver.resource);
    list.push(std::move(json).add("plugin", driver.plugin).add("place", driver.place.to_string()));
  }
  return list;
}

Json extensions_json(const wiring::Wiring& wiring) {
  Json list = Json::array();
  for (const wiring::ExtensionInfo& extension : wiring.extensions) {
    list.push(Json::object()
                  .add("interface", extension.interface)
                  .add("order", extension.order)
                  .add("bean", extension.bean)
                  .add("plugin", extension.plugin)
                  .add("place", extension.place.to_string()));
  }
  return list;
}

}  // namespace tenon::api
