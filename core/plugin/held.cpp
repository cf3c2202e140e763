#include "plugin/held.h"

#include "plugin/generations.h"

namespace tenon::plugin {

std::string held_text(const Generations& generations) {
  std::string text;
  for (const Retirement::Waiting& left : generations.retirement()->waiting()) {
    text.append(text.empty() ? "" : "; ").append(left.name);
    if (!left.holder.empty()) text.append(" is held by ").append(left.holder);
  }
  for (const Generations::Pinned& pinned : generations.pinned()) {
    if (pinned.waits) continue;
    text.append(text.empty() ? "" : "; ").append(library_name(pinned.name, pinned.number));
    text.append(" is pinned by ").append(pinned.held_by);
  }
  return text;
}

}  // namespace tenon::plugin
