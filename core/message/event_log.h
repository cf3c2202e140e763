#pragma once

#include <tenon/error.h>
#include <tenon/event.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

/// The table of events: statements.
namespace tenon::message {

/// Writes an event into the transaction: its id.
[[nodiscard]] Result<std::uint64_t> insert_event(StoreTransaction& store, std::string_view kind,
                                                 const std::string& path, const std::string& body, std::int64_t at);

/// Those after this id, at most so many, in their order.
[[nodiscard]] Result<std::vector<PublishedEvent>> read_events(store::Connection& connection, std::uint64_t after,
                                                              std::size_t limit);
/// The id of the last one; 0 if there was none.
[[nodiscard]] Result<std::uint64_t> last_event(store::Connection& connection);
/// Deletes those that were published before: how many.
[[nodiscard]] Result<std::uint64_t> delete_events(store::Connection& connection, std::int64_t before);

/// How far a listener is. One that is new is noted as having heard all up to `last`.
[[nodiscard]] Result<std::uint64_t> read_cursor(store::Connection& connection, const std::string& listener,
                                                std::uint64_t last);
[[nodiscard]] Result<void> move_cursor(store::Connection& connection, const std::string& listener, std::uint64_t last);

}  // namespace tenon::message
