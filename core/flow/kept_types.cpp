#include "flow/kept_types.h"

#include <tenon/described.h>
#include <tenon/json.h>

#include <array>
#include <charconv>
#include <string>
#include <vector>

namespace tenon::flow {
namespace {

/// `sample::Host (3f0a…)`: two versions of a type have one name.
std::string type_words(std::string_view name, std::uint64_t id) {
  std::array<char, 16> digits{};
  char* end = std::to_chars(digits.data(), digits.data() + digits.size(), id, 16).ptr;
  const std::string number(digits.data(), end);
  return name.empty() ? "type " + number : std::string(name) + " (" + number + ")";
}

}  // namespace

Result<void> check_types(const Chain& chain, std::string_view key, std::uint64_t type_id, std::string_view type_name) {
  if (type_id == kTypeId<Json>) return {};
  for (const ChainStep& step : chain.steps) {
    if (!step.contract) continue;
    for (const std::vector<KeyEntry>* list :
         {&step.contract->reads_list, &step.contract->optional_list, &step.contract->writes_list}) {
      for (const KeyEntry& known : *list) {
        if (known.name != key || known.type_id == type_id) continue;
        return make_error("FLOW.1045", "the type of a kept value has changed",
                          "'" + std::string(key) + "' was kept as " + type_words(type_name, type_id) + "; flow '" +
                              step.name + "' knows it as " + type_words(known.type_name, known.type_id));
      }
    }
  }
  return {};
}

}  // namespace tenon::flow
