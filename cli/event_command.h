#pragma once

#include <string>

#include "api_client.h"

namespace tenon::cli {

/// Which events are meant; what is empty is not said.
struct EventFilter {
  /// A pattern: `/vms/*/created`, `/hosts/**`.
  std::string path;
  /// The id of the last one that is known.
  std::string after;
  std::string limit;

  /// What follows `/v1/events`.
  [[nodiscard]] std::string query() const;
};

void list_events(const ApiClient& client, const EventFilter& filter, bool json);

/// Prints a line for each event, until the node goes away: Failure kUnreachable. A stream that the node ends is taken
/// up again after the last event.
void watch_events(const ApiClient& client, EventFilter filter, bool json);

}  // namespace tenon::cli
