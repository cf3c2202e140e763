#include "message/event_log.h"

#include "api/json_text.h"

namespace tenon::message {

Result<std::uint64_t> insert_event(StoreTransaction& store, std::string_view kind, const std::string& path,
                                   const std::string& body, std::int64_t at) {
  const Result<StoreRows> next = store.query("UPDATE event_sequence SET last = last + 1 WHERE id = 1 RETURNING last");
  if (!next) return next.error();
  const auto id = next->only().get<std::uint64_t>("last");
  const Result<std::uint64_t> written = store.execute(
      "INSERT INTO event (id, at, kind, path, body) VALUES ($1, $2, $3, $4, $5)", {id, at, kind, path, body});
  if (!written) return written.error();
  return id;
}

Result<std::vector<PublishedEvent>> read_events(store::Connection& connection, std::uint64_t after, std::size_t limit) {
  const Result<store::Rows> rows =
      connection.query("SELECT id, at, kind, path, body FROM event WHERE id > $1 ORDER BY id LIMIT $2",
                       {static_cast<std::int64_t>(after), static_cast<std::int64_t>(limit)});
  if (!rows) return rows.error();
  std::vector<PublishedEvent> events;
  events.reserve(rows->size());
  for (const store::Row row : *rows) {
    PublishedEvent event;
    event.id = static_cast<std::uint64_t>(row.integer(0));
    event.at = row.integer(1);
    event.kind = row.text(2);
    event.path = row.text(3);
    Result<Json> body = api::parse_json(row.text(4));
    if (!body) return body.error();
    event.body = std::move(body).value();
    events.push_back(std::move(event));
  }
  return events;
}

Result<std::uint64_t> last_event(store::Connection& connection) {
  const Result<store::Rows> rows = connection.query("SELECT last FROM event_sequence WHERE id = 1");
  if (!rows) return rows.error();
  return rows->size() == 0 ? 0 : static_cast<std::uint64_t>((*rows)[0].integer(0));
}

Result<std::uint64_t> delete_events(store::Connection& connection, std::int64_t before) {
  return connection.execute("DELETE FROM event WHERE at < $1", {before});
}

Result<std::uint64_t> read_cursor(store::Connection& connection, const std::string& listener, std::uint64_t last) {
  const Result<std::uint64_t> added =
      connection.execute("INSERT INTO event_cursor (listener, last) VALUES ($1, $2) ON CONFLICT (listener) DO NOTHING",
                         {listener, static_cast<std::int64_t>(last)});
  if (!added) return added.error();
  const Result<store::Rows> rows = connection.query("SELECT last FROM event_cursor WHERE listener = $1", {listener});
  if (!rows) return rows.error();
  return static_cast<std::uint64_t>((*rows)[0].integer(0));
}

Result<void> move_cursor(store::Connection& connection, const std::string& listener, std::uint64_t last) {
  // Another node with this listener may be further.
  const Result<std::uint64_t> moved =
      connection.execute("UPDATE event_cursor SET last = $2 WHERE listener = $1 AND last < $2",
                         {listener, static_cast<std::int64_t>(last)});
  return moved ? Result<void>() : moved.error();
}

}  // namespace tenon::message
