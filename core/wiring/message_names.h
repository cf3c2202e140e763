#pragma once

#include <map>
#include <string>

#include "descriptor/definitions.h"
#include "descriptor/diagnostics.h"
#include "wiring/reserved.h"

namespace tenon::wiring {

/// By which routes and commands messages are reached: each leads to one message, and to nothing of the node's own.
class MessageNames {
 public:
  /// All must outlive this.
  MessageNames(const Reserved& reserved, descriptor::Diagnostics& diagnostics)
      : reserved_(reserved), diagnostics_(diagnostics) {}

  /// Takes the route and the command of a message that has a route; reports what is taken already. The path of the
  /// route is one that `route_parameters` can read.
  void take(const descriptor::MessageDefinition& message);

 private:
  void take_route(const descriptor::RouteDefinition& route);
  void take_command(const descriptor::MessageDefinition& message);

  const Reserved& reserved_;
  descriptor::Diagnostics& diagnostics_;
  std::map<std::string, descriptor::Place, std::less<>> routes_;
  std::map<std::string, descriptor::Place, std::less<>> commands_;
};

}  // namespace tenon::wiring
