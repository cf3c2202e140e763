#pragma once

#include "descriptor/definitions.h"

#include <map>
#include <string>
#include <string_view>

namespace tenon::descriptor {

/// Notices what is given twice where it may stand once.
class FirstPlaces {
 public:
  /// `what` goes before the name in the error: `key 'a' was given before at …`.
  FirstPlaces(std::string_view what, Diagnostics& diagnostics) : what_(what), diagnostics_(diagnostics) {}

  /// Whether the name is new; if not, there is an error at its place. An empty name passes: its error is reported.
  [[nodiscard]] bool is_new(const Text& name) {
    if (name.text.empty()) return true;
    const auto [first, added] = places_.emplace(name.text, name.place);
    if (!added)
      diagnostics_.error(name.place, what_ + " '" + name.text + "' was given before at " + first->second.to_string());
    return added;
  }

 private:
  std::string what_;
  Diagnostics& diagnostics_;
  std::map<std::string, Place, std::less<>> places_;
};

}  // namespace tenon::descriptor
