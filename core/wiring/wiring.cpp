#include "wiring/wiring.h"

namespace tenon::wiring {

Wiring::~Wiring() {
  stop();
  chains.clear();
  // They keep beans, which are to go in order.
  for (const auto& [name, listed] : listed_chains_) listed->withdraw();
  while (!beans_.empty()) beans_.pop_back();
  lists_.clear();
  listed_chains_.clear();
  while (!plugins.empty()) plugins.pop_back();
}

std::shared_ptr<const flow::Chain> Wiring::find_chain(std::string_view name) const {
  for (const auto& chain : chains) {
    if (chain->name == name) return chain;
  }
  return nullptr;
}

const PluginInfo* Wiring::find_plugin(std::string_view name) const {
  for (const PluginInfo& plugin : plugins) {
    if (plugin.name == name) return &plugin;
  }
  return nullptr;
}

const ExtensionList& Wiring::extension_list(const std::string& interface_id) const {
  static const ExtensionList kNone;
  auto found = lists_.find(interface_id);
  return found != lists_.end() ? found->second->list : kNone;
}

void Wiring::stop() noexcept {
  for (auto bean = beans_.rbegin(); bean != beans_.rend(); ++bean) (*bean)->stop();
}

}  // namespace tenon::wiring
