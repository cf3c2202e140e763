#include "wiring/step_finder.h"

#include <algorithm>
#include <string>

#include "wiring/step_maker.h"

namespace tenon::wiring {
namespace {

ErrorCode no_flow(const flow::ChainStep& step, std::string details) {
  ErrorCode error = make_error("FLOW.1044", "a flow is missing", std::move(details));
  error.elaboration.emplace("step", step.name);
  error.elaboration.emplace("plugin", step.plugin);
  error.elaboration.emplace("class", step.class_name);
  if (!step.bean.empty()) error.elaboration.emplace("bean", step.bean);
  return error;
}

void take(const Wiring& wiring, flow::ChainStep& step, const std::shared_ptr<plugin::Bean>& bean) {
  describe_flow(step, bean->entry());
  step.keep = bean;
  const auto info = std::find_if(wiring.bean_infos.begin(), wiring.bean_infos.end(),
                                 [&](const BeanInfo& known) { return known.id == bean->id(); });
  step.origin = info != wiring.bean_infos.end() ? info->place : wiring.find_plugin(step.plugin)->place;
}

Result<void> resolve_flow(Wiring& wiring, flow::ChainStep& step) {
  const Result<std::shared_ptr<plugin::Bean>> bean = wiring.find_flow(step.class_name);
  if (!bean) return no_flow(step, bean.error().details);
  take(wiring, step, *bean);
  const ClassEntry& entry = (*bean)->entry();
  step.flow = entry.flow((*bean)->object());
  step.contract = std::make_shared<const FlowContract>(entry.contract);
  return {};
}

Result<void> resolve_extension(const Wiring& wiring, flow::ChainStep& step) {
  const std::string words = "bean '" + step.bean + "' of plugin '" + step.plugin + "'";
  const std::shared_ptr<plugin::Bean> bean = wiring.find_bean(step.bean);
  if (!bean) return no_flow(step, "there is no " + words + ", an extension of " + step.interface);
  const ClassEntry& entry = bean->entry();
  if (entry.name != step.class_name)
    return no_flow(step, words + " is of class '" + entry.name + "' now, it was of '" + step.class_name + "'");
  const auto interface =
      std::find_if(entry.interfaces.begin(), entry.interfaces.end(),
                   [&](const InterfaceEntry& known) { return known.id == step.interface && known.flow != nullptr; });
  if (interface == entry.interfaces.end())
    return no_flow(step, words + " does not implement " + step.interface + " any more");
  if (step.side == flow::StepSide::kRelease && !interface->releasable)
    return no_flow(step, words + " has no release any more");
  take(wiring, step, bean);
  step.flow = interface->flow(bean->object());
  step.contract = std::make_shared<const FlowContract>(extension_contract(*interface, entry));
  step.interface_contract = std::make_shared<const FlowContract>(interface->contract);
  return {};
}

}  // namespace

Result<void> StepFinder::resolve(flow::ChainStep& step) const {
  const std::shared_ptr<Wiring> wiring = wiring_.get();
  const PluginInfo* plugin = wiring->find_plugin(step.plugin);
  if (plugin == nullptr || plugin->generation->find_class(step.class_name) == nullptr) {
    return no_flow(step, "flow class '" + step.class_name + "' of plugin '" + step.plugin + "' is not registered" +
                             (plugin == nullptr ? ": the plugin is not loaded" : ""));
  }
  return step.interface.empty() ? resolve_flow(*wiring, step) : resolve_extension(*wiring, step);
}

}  // namespace tenon::wiring
