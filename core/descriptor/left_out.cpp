#include "descriptor/left_out.h"

#include <algorithm>

namespace tenon::descriptor {
namespace {

using Names = std::set<std::string, std::less<>>;

std::string quoted(std::string_view what, std::string_view name) {
  return std::string(what) + " '" + std::string(name) + "'";
}

class LeavingOut {
 public:
  LeavingOut(const LeftOutPlugins& plugins, std::vector<Descriptor>& descriptors, Diagnostics& diagnostics)
      : given_(plugins), descriptors_(descriptors), diagnostics_(diagnostics) {
    for (const auto& [name, reason] : plugins) plugins_.insert(name);
  }

  void run() {
    find_plugins();
    take_libraries();
    while (take_beans()) {
    }
    while (take_chains()) {
    }
    take_services();
  }

 private:
  void say(const Place& place, const std::string& what) { diagnostics_.warning(place, std::string(kLeftOut) + what); }

  /// The name of the plugin that is left out and that this class or message is of, or nothing.
  [[nodiscard]] std::string_view plugin_of(std::string_view name) const {
    const std::size_t dot = name.find('.');
    const auto found = dot == std::string_view::npos ? plugins_.end() : plugins_.find(name.substr(0, dot));
    return found == plugins_.end() ? std::string_view() : std::string_view(*found);
  }
  /// Why what has this name is not there, or nothing.
  [[nodiscard]] std::string why(std::string_view what, std::string_view name) const {
    const std::string_view plugin = plugin_of(name);
    return plugin.empty() ? std::string() : quoted(what, name) + " is of " + quoted("plugin", plugin);
  }
  static std::string why(std::string_view what, std::string_view name, const Names& gone) {
    return gone.contains(name) ? quoted(what, name) + " is left out" : std::string();
  }

  void find_plugins() {
    for (const Descriptor& descriptor : descriptors_) {
      if (!descriptor.library) continue;
      const auto given = given_.find(descriptor.library->name.text);
      if (given != given_.end()) {
        say(descriptor.library->place, quoted("plugin", given->first) + " " + given->second);
      }
    }
    for (bool more = true; more;) {
      more = false;
      for (const Descriptor& descriptor : descriptors_)
        more = (descriptor.library && follows(*descriptor.library)) || more;
    }
  }
  bool follows(const LibraryDefinition& library) {
    if (plugins_.contains(library.name.text)) return false;
    const auto needed = std::ranges::find_if(
        library.requirements, [&](const RequiresDefinition& one) { return plugins_.contains(one.plugin.text); });
    if (needed == library.requirements.end()) return false;
    say(library.place, quoted("plugin", library.name.text) + " requires " + quoted("plugin", needed->plugin.text));
    plugins_.insert(library.name.text);
    return true;
  }

  void take_libraries() {
    for (Descriptor& descriptor : descriptors_) {
      if (!descriptor.library || !plugins_.contains(descriptor.library->name.text)) continue;
      descriptor.library.reset();
      for (const BeanDefinition& bean : descriptor.beans) take(bean);
      for (const NamedValueDefinition& value : descriptor.values) ids_.insert(value.id.text);
      descriptor.beans.clear();
      descriptor.values.clear();
    }
  }
  void take(const BeanDefinition& bean) {
    ids_.insert(bean.id.text);
    for (const Text& alias : bean.aliases) ids_.insert(alias.text);
  }

  [[nodiscard]] std::string why(const ValueNode& value) const {
    if (value.kind == ValueNode::Kind::kReference) return why("bean", value.text, ids_);
    for (const ValueNode& item : value.items) {
      // A list of the classes of flows is a chain.
      std::string reason = item.kind == ValueNode::Kind::kText ? why("class", item.text) : why(item);
      if (!reason.empty()) return reason;
    }
    for (const ValueNode::Entry& entry : value.entries) {
      if (std::string reason = why(entry.value); !reason.empty()) return reason;
    }
    return {};
  }
  [[nodiscard]] std::string why(const BeanDefinition& bean) const {
    if (std::string reason = why("class", bean.class_name.text); !reason.empty()) return reason;
    for (const Text& id : bean.depends_on) {
      if (std::string reason = why("bean", id.text, ids_); !reason.empty()) return reason;
    }
    for (const PropertyDefinition& property : bean.properties) {
      if (std::string reason = why(property.value); !reason.empty()) return reason;
    }
    for (const DriverDefinition& driver : bean.drivers) {
      std::string reason = driver.resource ? why("class", driver.resource->text) : std::string();
      if (!reason.empty()) return reason;
    }
    return {};
  }

  bool take_beans() {
    const std::size_t before = ids_.size();
    for (Descriptor& descriptor : descriptors_) {
      std::erase_if(descriptor.beans, [&](const BeanDefinition& bean) {
        const std::string reason = why(bean);
        if (reason.empty()) return false;
        say(bean.place, quoted("bean", bean.id.text) + ": " + reason);
        take(bean);
        return true;
      });
      std::erase_if(descriptor.values, [&](const NamedValueDefinition& value) {
        const std::string reason = why(value.value);
        if (reason.empty()) return false;
        say(value.id.place, quoted("value", value.id.text) + ": " + reason);
        ids_.insert(value.id.text);
        return true;
      });
      for (BeanDefinition& bean : descriptor.beans) {
        std::erase_if(bean.extensions, [&](const ExtensionDefinition& extension) {
          const bool gone = extension.instance_ref && ids_.contains(extension.instance_ref->text);
          if (gone) say(extension.place, "extension: " + why("bean", extension.instance_ref->text, ids_));
          return gone;
        });
      }
    }
    return ids_.size() > before;
  }

  [[nodiscard]] std::string why(const std::vector<StepDefinition>& steps) const {
    for (const StepDefinition& step : steps) {
      std::string reason;
      if (step.kind == StepDefinition::Kind::kFlow) reason = why("flow", step.name.text);
      if (step.kind == StepDefinition::Kind::kChain) reason = why("chain", step.name.text, chains_);
      if (reason.empty()) reason = why(step.steps);
      if (!reason.empty()) return reason;
    }
    return {};
  }
  [[nodiscard]] std::string why(const ChainDefinition& chain) const {
    if (chain.extends) {
      if (std::string reason = why("chain", chain.extends->text, chains_); !reason.empty()) return reason;
    }
    for (const EditDefinition& edit : chain.edits) {
      std::string reason = edit.with ? why("flow", edit.with->text) : std::string();
      if (reason.empty() && edit.with) reason = why("chain", edit.with->text, chains_);
      if (reason.empty()) reason = why(edit.steps);
      if (!reason.empty()) return reason;
    }
    return why(chain.steps);
  }
  bool take_chains() {
    const std::size_t before = chains_.size();
    for (Descriptor& descriptor : descriptors_) {
      std::erase_if(descriptor.chains, [&](const ChainDefinition& chain) {
        const std::string reason = why(chain);
        if (reason.empty()) return false;
        say(chain.place, quoted("chain", chain.name.text) + ": " + reason);
        chains_.insert(chain.name.text);
        return true;
      });
    }
    return chains_.size() > before;
  }

  [[nodiscard]] std::string why(const std::vector<InterceptorDefinition>& interceptors) const {
    for (const InterceptorDefinition& one : interceptors) {
      if (std::string reason = why("interceptor", one.bean.text, ids_); !reason.empty()) return reason;
    }
    return {};
  }
  [[nodiscard]] std::string why(const MessageDefinition& message) const {
    std::string reason = why("message", message.name.text);
    if (reason.empty() && message.service) reason = why("service", message.service->text, ids_);
    if (reason.empty() && message.run) reason = why("chain", message.run->chain.text, chains_);
    return reason.empty() ? why(message.interceptors) : reason;
  }
  void take_services() {
    for (Descriptor& descriptor : descriptors_) {
      std::erase_if(descriptor.services, [&](ServiceDefinition& service) {
        std::string reason = why("bean", service.id.text, ids_);
        if (reason.empty()) reason = why(service.interceptors);
        if (!reason.empty()) say(service.place, quoted("service", service.id.text) + ": " + reason);
        std::erase_if(service.messages, [&](const MessageDefinition& message) {
          const std::string its = why(message);
          if (!its.empty() && reason.empty()) say(message.place, quoted("message", message.name.text) + ": " + its);
          return !its.empty();
        });
        return !reason.empty();
      });
    }
  }

  const LeftOutPlugins& given_;
  /// Those, and those that require one of them.
  Names plugins_;
  std::vector<Descriptor>& descriptors_;
  Diagnostics& diagnostics_;
  /// Of beans and values.
  Names ids_;
  Names chains_;
};

}  // namespace

void leave_out(const LeftOutPlugins& plugins, std::vector<Descriptor>& descriptors, Diagnostics& diagnostics) {
  if (!plugins.empty()) LeavingOut(plugins, descriptors, diagnostics).run();
}

}  // namespace tenon::descriptor
