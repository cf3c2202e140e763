#pragma once

#include <string>

namespace tenon::plugin {

class Generations;

/// What was replaced and is not gone, each with what holds it: `bean 'x' is held by …; library of plugin 'y',
/// generation 1 is pinned by …`. Empty: nothing.
[[nodiscard]] std::string held_text(const Generations& generations);

}  // namespace tenon::plugin
