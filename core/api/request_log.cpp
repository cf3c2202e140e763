#include "api/request_log.h"

#include <openssl/sha.h>
#include <tenon/log.h>

#include <algorithm>
#include <array>
#include <utility>

#include "journal/pending.h"

namespace tenon::api {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};
constexpr std::size_t kLongestKey = 255;
constexpr std::int64_t kKept = std::int64_t{24} * 3600 * 1'000'000;
constexpr std::int64_t kSweepInterval = std::int64_t{3600} * 1'000'000;
constexpr unsigned kServerError = 500;

std::string hash_of(const HttpRequest& request) {
  const std::string text = request.method + " " + request.target + "\n" + request.body;
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  ::SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string hex;
  for (const unsigned char byte : digest) {
    hex.push_back(kDigits[byte >> 4U]);
    hex.push_back(kDigits[byte & 15U]);
  }
  return hex;
}

/// The run that was begun for the request, if one is recorded.
Result<std::optional<std::uint64_t>> recorded_run(store::Connection& connection, const std::string& key) {
  const Result<store::Rows> run = connection.query("SELECT run FROM run_key WHERE key = $1", {key});
  if (!run) return run.error();
  if (run->size() == 0) return std::optional<std::uint64_t>();
  return std::optional(static_cast<std::uint64_t>((*run)[0].integer(0)));
}

HttpResponse replayed(const store::Row& row) {
  HttpResponse response;
  response.status = static_cast<unsigned>(row.integer(2));
  if (!row.is_null(3)) response.content_type = row.text(3);
  if (!row.is_null(4)) response.headers.emplace_back("Location", row.text(4));
  if (!row.is_null(5)) response.body = row.text(5);
  response.headers.emplace_back("Idempotent-Replayed", "true");
  return response;
}

}  // namespace

bool RequestLog::is_key(std::string_view key) {
  return !key.empty() && key.size() <= kLongestKey &&
         std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Result<RequestLog::Begun> RequestLog::begin(const std::string& caller, const HttpRequest& request) {
  const Result<store::ConnectionPool::Lease> lease = pool_.take(kPatience);
  if (!lease) return lease.error();
  store::Connection& connection = **lease;
  const std::string& key = request.idempotency_key;
  const std::string hash = hash_of(request);
  const std::int64_t now = journal::microseconds_now();
  forget_old(connection, now);
  const Result<std::uint64_t> added = connection.execute(
      "INSERT INTO api_request (caller, key, request, node, started) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (caller, "
      "key) DO NOTHING",
      {caller, key, hash, node_, now});
  if (!added) return added.error();
  if (*added != 1) return look(connection, caller, key, hash);
  // An answer that was not kept, as it came too late for its caller, may have been that of a run.
  const Result<std::optional<std::uint64_t>> run = recorded_run(connection, run_key(caller, key));
  if (!run) return run.error();
  return Begun{std::nullopt, *run};
}

Result<RequestLog::Begun> RequestLog::look(store::Connection& connection, const std::string& caller,
                                           const std::string& key, const std::string& request) {
  const Result<store::Rows> rows = connection.query(
      "SELECT request, node, status, content_type, location, body FROM api_request WHERE caller = $1 AND key = $2",
      {caller, key});
  if (!rows) return rows.error();
  const ErrorCode in_use = make_error(kKeyInUse, "a request with this key is under way", "key '" + key + "'");
  if (rows->size() == 0) return in_use;  // it has just failed: the key is free again
  const store::Row row = (*rows)[0];
  if (row.text(0) != request) {
    return make_error(kKeyReused, "the key was used for another request", "key '" + key + "'");
  }
  if (!row.is_null(2)) return Begun{replayed(row), std::nullopt};
  if (row.integer(1) == node_) return in_use;
  // Its process has ended before it could answer. Who takes it over goes on; a run of it is recorded, or never was.
  const Result<std::uint64_t> taken = connection.execute(
      "UPDATE api_request SET node = $3 WHERE caller = $1 AND key = $2 AND status IS NULL AND node = $4",
      {caller, key, node_, row.integer(1)});
  if (!taken) return taken.error();
  if (*taken == 0) return in_use;
  const Result<std::optional<std::uint64_t>> run = recorded_run(connection, run_key(caller, key));
  if (!run) return run.error();
  return Begun{std::nullopt, *run};
}

void RequestLog::end(const std::string& caller, const std::string& key, const HttpResponse& answer) {
  const Result<store::ConnectionPool::Lease> lease = pool_.take(kPatience);
  Result<std::uint64_t> written = std::uint64_t{0};
  if (!lease) {
    written = lease.error();
  } else if (answer.status >= kServerError) {
    written = (*lease)->execute("DELETE FROM api_request WHERE caller = $1 AND key = $2", {caller, key});
  } else {
    store::Parameter location;
    for (const auto& [name, value] : answer.headers) {
      if (name == "Location") location = value;
    }
    written = (*lease)->execute(
        "UPDATE api_request SET status = $3, content_type = $4, location = $5, body = $6 WHERE caller = $1 AND key = "
        "$2",
        {caller, key, static_cast<std::int64_t>(answer.status), answer.content_type, location, answer.body});
  }
  if (written) return;
  log::warning("the answer to a request with a key can't be kept",
               {{"key", key}, {"error", written.error().to_string()}});
}

void RequestLog::forget_old(store::Connection& connection, std::int64_t now) {
  std::int64_t swept = swept_.load();
  if (now - swept < kSweepInterval || !swept_.compare_exchange_strong(swept, now)) return;
  (void)connection.execute("DELETE FROM api_request WHERE started < $1", {now - kKept});
}

}  // namespace tenon::api
