#pragma once

#include <tenon/error.h>
#include <tenon/json.h>

#include "json_framer.h"

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace ovs {

/// A moment by which something must have ended.
class Deadline {
 public:
  explicit Deadline(std::chrono::milliseconds limit) : limit_(limit), end_(std::chrono::steady_clock::now() + limit) {}
  [[nodiscard]] std::chrono::milliseconds limit() const noexcept { return limit_; }
  /// Never below 0.
  [[nodiscard]] std::chrono::milliseconds left() const noexcept;

 private:
  std::chrono::milliseconds limit_;
  std::chrono::steady_clock::time_point end_;
};

/// A descriptor that is closed when it goes out of scope. Move-only.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

/// A short conversation with an OVSDB server in JSON-RPC (RFC 7047), over its Unix socket: opened for one task, which
/// has one deadline, and closed after it. One thread. After an error other than OVS.1005 it is of no use any more.
///
/// The server's echo requests are answered whenever something is waited for.
///
/// Errors: OVS.1001 the server can't be reached, OVS.1002 it did not answer in time, OVS.1003 it closed the connection,
/// OVS.1004 it says what is not understood, OVS.1005 it refuses: its own word for why is in the elaboration
/// (`ovsdb.error`), so is the number of the operation of a transaction, from 1 (`ovsdb.operation`).
class Session {
 public:
  /// `address`: `unix:` and a path.
  [[nodiscard]] static tenon::Result<Session> open(const std::string& address, Deadline deadline);

  [[nodiscard]] const Deadline& deadline() const noexcept { return deadline_; }

  /// The result of a method.
  [[nodiscard]] tenon::Result<tenon::Json> call(std::string_view method, tenon::Json params);

  /// Does the operations, all or none, and returns their results, one for each. `operations`: an array.
  [[nodiscard]] tenon::Result<tenon::Json::Array> transact(const std::string& database, tenon::Json operations);

  /// Waits for a notification of the method `update` (RFC 7047, 4.1.6) and returns what it says of the tables. One that
  /// came while something else was waited for is returned at once.
  [[nodiscard]] tenon::Result<tenon::Json> next_update();

 private:
  Session(std::string address, Deadline deadline, Descriptor socket)
      : address_(std::move(address)), deadline_(deadline), socket_(std::move(socket)) {}

  tenon::Result<void> send(const tenon::Json& message);
  /// The next message that is an answer or an update; others are dealt with.
  tenon::Result<tenon::Json> receive();
  tenon::Result<void> answer(const std::string& method, const tenon::Json& request);
  tenon::Result<void> read_more();
  tenon::Result<void> wait_until_ready(short events);

  tenon::ErrorCode too_late() const;
  tenon::ErrorCode closed(const std::string& why) const;

  std::string address_;
  Deadline deadline_;
  Descriptor socket_;
  JsonFramer framer_;
  std::int64_t last_id_ = 0;
  std::deque<tenon::Json> updates_;
};

/// Whether a transaction failed because the database is no longer what its operations expected: to be tried again.
[[nodiscard]] bool is_conflict(const tenon::ErrorCode& error);

}  // namespace ovs
