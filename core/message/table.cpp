#include "message/table.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace tenon::message {

std::string HandledMessage::described() const {
  std::string text = "message '" + name + "', which ";
  if (run) return text + "chain '" + run->chain->name + "' answers";
  return text + "bean '" + service + "' of plugin '" + service_plugin + "' handles";
}

MessageTable::MessageTable(std::vector<HandledMessage> messages) : messages_(std::move(messages)) {
  std::sort(messages_.begin(), messages_.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (HandledMessage& message : messages_) {
    message.schema = message.entry->schema();
    by_type_.emplace(message.entry->type_id, &message);
  }
}

const HandledMessage* MessageTable::find(std::uint64_t type) const noexcept {
  const auto found = by_type_.find(type);
  return found != by_type_.end() ? found->second : nullptr;
}

const HandledMessage* MessageTable::find(std::string_view name) const noexcept {
  const auto found = std::lower_bound(messages_.begin(), messages_.end(), name,
                                      [](const HandledMessage& a, std::string_view b) { return a.name < b; });
  return found != messages_.end() && found->name == name ? &*found : nullptr;
}

void sort_interceptors(std::vector<InterceptorUse>& interceptors) {
  std::stable_sort(interceptors.begin(), interceptors.end(), [](const InterceptorUse& a, const InterceptorUse& b) {
    return std::tuple(a.position, -std::int64_t{a.order}, a.source) <
           std::tuple(b.position, -std::int64_t{b.order}, b.source);
  });
}

std::string_view position_name(InterceptorPosition position) noexcept {
  switch (position) {
    case InterceptorPosition::kSystem: return "SYSTEM";
    case InterceptorPosition::kFront: return "FRONT";
    case InterceptorPosition::kDefault: return "DEFAULT";
    case InterceptorPosition::kEnd: return "END";
  }
  return "?";
}

}  // namespace tenon::message
