#include "config/property_table.h"

#include <algorithm>
#include <set>

namespace tenon::config {
namespace {

constexpr const char* kNotShown = "(not shown)";

}  // namespace

PropertyTable::PropertyTable(std::vector<DeclaredProperty> declared, descriptor::Properties values)
    : declared_(std::move(declared)), values_(std::move(values)) {
  std::sort(declared_.begin(), declared_.end(),
            [](const DeclaredProperty& a, const DeclaredProperty& b) { return a.name < b.name; });
}

std::vector<PropertyView> PropertyTable::list() const {
  std::set<std::string> names;
  for (const DeclaredProperty& property : declared_) names.insert(property.name);
  for (std::string& name : values_.names()) names.insert(std::move(name));
  std::vector<PropertyView> all;
  for (const std::string& name : names) all.push_back(view(name));
  return all;
}

std::optional<PropertyView> PropertyTable::find(std::string_view name) const {
  PropertyView found = view(std::string(name));
  if (found.declared == nullptr && found.levels.empty()) return std::nullopt;
  return found;
}

PropertyView PropertyTable::view(std::string name) const {
  PropertyView view;
  view.name = std::move(name);
  const auto declared = std::find_if(declared_.begin(), declared_.end(),
                                     [&](const DeclaredProperty& property) { return property.name == view.name; });
  if (declared != declared_.end()) view.declared = &*declared;
  if (view.declared != nullptr && view.declared->default_text) {
    view.levels.push_back({*view.declared->default_text, view.declared->place.to_string(), true});
    descriptor::Diagnostics ignored;  // reported by the load
    view.value = values_.substitute(*view.declared->default_text, view.declared->place, ignored);
  }
  for (const auto& entry : values_.levels(view.name)) {
    view.levels.push_back({entry.value, entry.place.to_string(), false});
  }
  if (const auto entry = values_.find(view.name)) view.value = entry->value;
  if (view.declared == nullptr || !view.declared->secret) return view;
  for (PropertyView::Level& level : view.levels) {
    if (level.is_default) continue;
    level.value = kNotShown;
    view.value = kNotShown;
  }
  return view;
}

}  // namespace tenon::config
