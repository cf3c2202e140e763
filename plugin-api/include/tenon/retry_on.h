#pragma once

#include <tenon/error.h>
#include <tenon/library.h>

#include <string>
#include <string_view>
#include <utility>

/// An undo that fails is owed: the node tries it again, ever more rarely. If it failed because something is away, its
/// error names the event that ends that, and whoever sees the event says so: then it is tried again at once.
/// ```cpp
/// std::move(step).fail(tenon::retry_on(std::move(error), "paint.connected:" + host));
/// tenon::happened("paint.connected:" + host);
/// ```
/// By convention an event is `PLUGIN.WHAT:OF_WHAT`.
namespace tenon {

/// `error`, with the event that makes another attempt worthwhile. One that has an event keeps it.
[[nodiscard]] inline ErrorCode retry_on(ErrorCode error, std::string event) {
  error.elaboration.emplace("retry_on", std::move(event));
  return error;
}

/// Any thread, at once. An event that nobody waits for is forgotten.
inline void happened(std::string_view event) noexcept {
  if (detail::this_node != nullptr) detail::this_node->happened(event);
}

}  // namespace tenon
