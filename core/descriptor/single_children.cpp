#include "descriptor/single_children.h"

#include <utility>

namespace tenon::descriptor {

std::string one_line(std::string_view text) {
  std::string line;
  for (const Text& word : split(Text{{}, std::string(text)}, " \t\r\n")) {
    line.append(line.empty() ? "" : " ").append(word.text);
  }
  return line;
}

void SingleChildren::read(pugi::xml_node child) {
  const std::string name(local_name(child.name()));
  static_cast<void>(elements_.attributes(child, rules::kText));
  static_cast<void>(elements_.children(child, rules::kText));
  const std::size_t errors = diagnostics_.errors();
  Text text = elements_.text(child);
  const auto [known, fresh] = texts_.try_emplace(name, text);
  if (!fresh) {
    diagnostics_.error(text.place, "a second <" + name + "> in <" + std::string(element_) + ">: the first is at " +
                                       known->second.place.to_string());
  } else if (text.text.empty() && diagnostics_.errors() == errors) {
    diagnostics_.error(text.place, "<" + name + "> is empty");
  }
}

std::optional<Text> SingleChildren::find(std::string_view name) const {
  const auto found = texts_.find(name);
  return found != texts_.end() ? std::optional(found->second) : std::nullopt;
}

Text SingleChildren::require(std::string_view name, bool complete) const {
  if (auto found = find(name)) return *std::move(found);
  if (complete) {
    diagnostics_.error(place_, "<" + std::string(element_) + "> needs an element <" + std::string(name) + ">");
  }
  return {place_, {}};
}

std::string SingleChildren::prose(std::string_view name) const {
  const auto found = find(name);
  return found ? one_line(found->text) : std::string();
}

}  // namespace tenon::descriptor
