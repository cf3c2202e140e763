#include "wiring/resolver.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>
#include <utility>

namespace tenon::wiring {
namespace {

using descriptor::BeanDefinition;
using descriptor::ChainDefinition;
using descriptor::Descriptor;
using descriptor::Diagnostics;
using descriptor::ErrorCodeDefinition;
using descriptor::LibraryDefinition;
using descriptor::Place;
using descriptor::Text;
using descriptor::ValueNode;

std::string first_at(const Place& place) { return " (first at " + place.to_string() + ")"; }

template <class Map>
std::vector<std::string> names_of(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [name, unused] : map) names.push_back(name);
  return names;
}

/// `1` of `1.4.2`.
std::string_view major_of(std::string_view version) { return version.substr(0, version.find('.')); }

class Resolver {
 public:
  Resolver(const std::vector<Descriptor>& descriptors, const std::map<std::string, std::string>& left_out,
           Diagnostics& diagnostics)
      : descriptors_(descriptors), left_out_(left_out), diagnostics_(diagnostics) {}

  Definitions resolve() {
    for (const Descriptor& descriptor : descriptors_) collect(descriptor);
    check_drivers();
    check_references();
    check_cycles();
    order_libraries();
    std::sort(result_.errors.begin(), result_.errors.end(),
              [](const ErrorCodeDefinition* a, const ErrorCodeDefinition* b) { return a->code < b->code; });
    return std::move(result_);
  }

 private:
  void collect(const Descriptor& descriptor) {
    if (descriptor.library) {
      const LibraryDefinition& library = *descriptor.library;
      auto [known, fresh] = libraries_.try_emplace(library.name.text, &library);
      if (fresh) {
        result_.libraries.push_back({&library, std::filesystem::path(descriptor.file).parent_path().string()});
      } else {
        diagnostics_.error(library.place,
                           "plugin '" + library.name.text + "' is defined twice" + first_at(known->second->place));
      }
    }
    for (const descriptor::NamedValueDefinition& value : descriptor.values) {
      if (take_id(value.id)) result_.values.emplace(value.id.text, &value.value);
    }
    for (const BeanDefinition& bean : descriptor.beans) collect(bean);
    for (const ChainDefinition& chain : descriptor.chains) {
      if (chain.name.text.empty()) continue;
      auto [known, fresh] = chains_.try_emplace(chain.name.text, chain.place);
      if (fresh) {
        result_.chains.push_back(&chain);
      } else {
        diagnostics_.error(chain.place, "chain '" + chain.name.text + "' is defined twice" + first_at(known->second));
      }
    }
    collect_configs(descriptor);
    for (const descriptor::ServiceDefinition& service : descriptor.services) result_.services.push_back(&service);
    for (const ErrorCodeDefinition& error : descriptor.errors) {
      auto [known, fresh] = errors_.try_emplace(error.code, error.place);
      if (fresh) {
        result_.errors.push_back(&error);
      } else {
        diagnostics_.error(error.place, "error code '" + error.code + "' is defined twice" + first_at(known->second));
      }
    }
  }

  void collect_configs(const Descriptor& descriptor) {
    for (const descriptor::ConfigDefinition& config : descriptor.configs) {
      const std::string name = config.category.text + "." + config.name.text;
      auto [known, fresh] = configs_.try_emplace({config.category.text, config.name.text}, config.place);
      if (fresh) {
        result_.configs.push_back(&config);
      } else {
        diagnostics_.error(config.place, "config '" + name + "' is defined twice" + first_at(known->second));
      }
    }
    for (const descriptor::TagDefinition& tag : descriptor.tags) {
      auto [known, fresh] = tags_.try_emplace({tag.resource.text, tag.pattern.text}, tag.place);
      if (fresh) {
        result_.tags.push_back(&tag);
      } else {
        diagnostics_.error(tag.place, "tag '" + tag.pattern.text + "' of " + tag.resource.text + " is defined twice" +
                                          first_at(known->second));
      }
    }
  }

  void collect(const BeanDefinition& bean) {
    if (!take_id(bean.id)) return;
    result_.bean_index.emplace(bean.id.text, result_.beans.size());
    for (const Text& alias : bean.aliases) {
      if (alias.text != bean.id.text && take_id(alias)) {
        result_.bean_index.emplace(alias.text, result_.beans.size());
      }
    }
    result_.beans.push_back(&bean);
  }

  /// Here and below, an empty text is one that the reader has reported as missing: nothing more is said of it.
  bool take_id(const Text& id) {
    if (id.text.empty()) return false;
    auto [known, fresh] = ids_.try_emplace(id.text, id.place);
    if (!fresh) diagnostics_.error(id.place, "id '" + id.text + "' is used twice" + first_at(known->second));
    return fresh;
  }

  void check_drivers() {
    std::map<std::pair<std::string, std::string>, Place> drivers;
    for (const BeanDefinition* bean : result_.beans) {
      for (const descriptor::DriverDefinition& driver : bean->drivers) {
        if (driver.kind.text.empty() || driver.type.text.empty()) continue;
        auto [known, fresh] = drivers.try_emplace({driver.kind.text, driver.type.text}, driver.place);
        if (!fresh) {
          diagnostics_.error(driver.place, "driver of kind '" + driver.kind.text + "' and type '" + driver.type.text +
                                               "' is defined twice" + first_at(known->second));
        }
      }
    }
  }

  void check_id(const Text& id, const char* what) {
    if (id.text.empty() || ids_.count(id.text) != 0) return;
    diagnostics_.error(id.place, std::string(what) + " '" + id.text + "' is not defined" +
                                     descriptor::suggestion(id.text, names_of(ids_)));
  }

  void check_references() {
    for (const BeanDefinition* bean : result_.beans) {
      for (const Text& id : bean->depends_on) check_bean(id);
      for (const descriptor::PropertyDefinition& property : bean->properties) {
        for (const Text& id : references_of(property.value)) check_id(id, "bean or value");
      }
      for (const descriptor::ExtensionDefinition& extension : bean->extensions) {
        if (extension.instance_ref) check_bean(*extension.instance_ref);
      }
    }
    for (const auto& [name, value] : result_.values) {
      for (const Text& id : references_of(*value)) check_id(id, "bean or value");
    }
  }

  void check_bean(const Text& id) {
    if (result_.bean_index.count(id.text) != 0 || result_.values.count(id.text) == 0) {
      check_id(id, "bean");
    } else {
      diagnostics_.error(id.place, "'" + id.text + "' is a list or map, not a bean");
    }
  }

  /// Over beans and named values alike: a list may hold itself.
  void check_cycles() {
    struct Node {
      std::string name;
      Place place;
      std::vector<Text> needs;
    };
    std::vector<Node> nodes;
    std::map<std::string, std::size_t, std::less<>> index(result_.bean_index.begin(), result_.bean_index.end());
    for (const BeanDefinition* bean : result_.beans) {
      Node node{bean->id.text, bean->place, bean->depends_on};
      for (const descriptor::PropertyDefinition& property : bean->properties) {
        for (Text& id : references_of(property.value)) node.needs.push_back(std::move(id));
      }
      nodes.push_back(std::move(node));
    }
    for (const auto& [name, value] : result_.values) {
      index.emplace(name, nodes.size());
      nodes.push_back({name, ids_.at(name), references_of(*value)});
    }
    std::vector<std::vector<std::size_t>> edges(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      for (const Text& id : nodes[i].needs) {
        if (auto target = index.find(id.text); target != index.end()) edges[i].push_back(target->second);
      }
    }
    std::vector<std::vector<std::size_t>> cycles;
    (void)dependency_order(nodes.size(), edges, cycles);
    for (const auto& cycle : cycles) {
      std::string path;
      for (std::size_t node : cycle) path.append(path.empty() ? "" : " -> ").append(nodes[node].name);
      diagnostics_.error(nodes[cycle.front()].place, "beans depend on one another: " + path);
      for (std::size_t node : cycle) result_.values.erase(nodes[node].name);
    }
  }

  [[nodiscard]] std::string why_missing(const std::string& plugin) const {
    const auto known = left_out_.find(plugin);
    if (known != left_out_.end()) return known->second;
    return "not there" + descriptor::suggestion(plugin, names_of(libraries_));
  }

  void order_libraries() {
    std::vector<Definitions::Library>& all = result_.libraries;
    std::vector<std::vector<std::size_t>> edges(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      for (const descriptor::RequiresDefinition& needed : all[i].definition->requirements) {
        auto known = libraries_.find(needed.plugin.text);
        if (needed.plugin.text.empty()) continue;
        if (known == libraries_.end()) {
          diagnostics_.error(needed.place, "plugin '" + all[i].definition->name.text + "' requires plugin '" +
                                               needed.plugin.text + "', which is " + why_missing(needed.plugin.text));
          continue;
        }
        const std::string& found = known->second->version.text;
        if (needed.version && !needed.version->text.empty() && !found.empty() &&
            major_of(needed.version->text) != major_of(found)) {
          diagnostics_.error(needed.place, "plugin '" + all[i].definition->name.text + "' requires version " +
                                               needed.version->text + " of plugin '" + needed.plugin.text +
                                               "', found " + found);
        }
        for (std::size_t j = 0; j < all.size(); ++j) {
          if (all[j].definition == known->second) edges[i].push_back(j);
        }
      }
    }
    std::vector<std::vector<std::size_t>> cycles;
    const std::vector<std::size_t> order = dependency_order(all.size(), edges, cycles);
    for (const auto& cycle : cycles) {
      std::string path;
      for (std::size_t node : cycle) path.append(path.empty() ? "" : " -> ").append(all[node].definition->name.text);
      diagnostics_.error(all[cycle.front()].definition->place, "plugins require one another: " + path);
    }
    std::vector<Definitions::Library> sorted;
    for (std::size_t node : order) sorted.push_back(all[node]);
    all = std::move(sorted);
  }

  const std::vector<Descriptor>& descriptors_;
  const std::map<std::string, std::string>& left_out_;
  Diagnostics& diagnostics_;
  Definitions result_;
  std::map<std::string, const LibraryDefinition*, std::less<>> libraries_;
  std::map<std::string, Place, std::less<>> chains_;
  std::map<std::string, Place, std::less<>> errors_;
  std::map<std::string, Place, std::less<>> ids_;
  std::map<std::pair<std::string, std::string>, Place> configs_;
  std::map<std::pair<std::string, std::string>, Place> tags_;
};

}  // namespace

const BeanDefinition* Definitions::find_bean(std::string_view id) const {
  auto found = bean_index.find(id);
  return found != bean_index.end() ? beans[found->second] : nullptr;
}

std::vector<Text> references_of(const ValueNode& node) {
  std::vector<Text> references;
  std::function<void(const ValueNode&)> walk = [&](const ValueNode& value) {
    if (value.kind == ValueNode::Kind::kReference) references.push_back({value.place, value.text});
    for (const ValueNode& item : value.items) walk(item);
    for (const auto& [key, item] : value.entries) walk(item);
  };
  walk(node);
  return references;
}

Definitions resolve(const std::vector<Descriptor>& descriptors, const std::map<std::string, std::string>& left_out,
                    Diagnostics& diagnostics) {
  return Resolver(descriptors, left_out, diagnostics).resolve();
}

std::vector<std::size_t> dependency_order(std::size_t count, const std::vector<std::vector<std::size_t>>& depends_on,
                                          std::vector<std::vector<std::size_t>>& cycles) {
  enum class Mark { kNew, kOpen, kDone };
  struct Frame {
    std::size_t node;
    std::size_t next = 0;
  };
  std::vector<Mark> marks(count, Mark::kNew);
  std::vector<std::size_t> order;
  for (std::size_t root = 0; root < count; ++root) {
    if (marks[root] != Mark::kNew) continue;
    std::vector<Frame> path{{root}};  // a depth-first walk without recursion: a chain of beans may be long
    marks[root] = Mark::kOpen;
    while (!path.empty()) {
      Frame& frame = path.back();
      if (frame.next == depends_on[frame.node].size()) {
        marks[frame.node] = Mark::kDone;
        order.push_back(frame.node);
        path.pop_back();
        continue;
      }
      const std::size_t target = depends_on[frame.node][frame.next++];
      if (marks[target] == Mark::kNew) {
        marks[target] = Mark::kOpen;
        path.push_back({target});
      } else if (marks[target] == Mark::kOpen) {
        auto begin = std::find_if(path.begin(), path.end(), [&](const Frame& f) { return f.node == target; });
        std::vector<std::size_t> cycle;
        for (auto step = begin; step != path.end(); ++step) cycle.push_back(step->node);
        cycle.push_back(target);
        cycles.push_back(std::move(cycle));
      }
    }
  }
  return order;
}

}  // namespace tenon::wiring
