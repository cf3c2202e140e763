#pragma once

#include <string>
#include <vector>

namespace tenon::wiring {

/// What the node has itself, so that no message can have it.
struct Reserved {
  /// Paths of the API, `/v1/chains`, each with what is below it.
  std::vector<std::string> paths;
  /// Commands of the command line, `plugin list`, each with what begins with its words.
  std::vector<std::string> commands;
};

}  // namespace tenon::wiring
