#include "session.h"

#include "json_text.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace ovs {
namespace {

using tenon::ErrorCode;
using tenon::Json;
using tenon::make_error;
using tenon::Result;

constexpr std::string_view kUnix = "unix:";

std::string reason(int number) { return std::error_code(number, std::generic_category()).message(); }

ErrorCode unreachable(const std::string& address, const std::string& why) {
  return make_error("OVS.1001", "the Open vSwitch database can't be reached", address + ": " + why);
}

/// An error as OVSDB writes it: an object with the members `error` and `details`, or a text.
ErrorCode refusal(const Json& error) {
  const Json* word = error.find("error");
  const Json* details = error.find("details");
  const std::string* name = (word != nullptr ? *word : error).as_string();
  const std::string* text = details != nullptr ? details->as_string() : nullptr;
  ErrorCode refused =
      make_error("OVS.1005", "the Open vSwitch database refuses a request", name != nullptr ? *name : json_text(error));
  if (text != nullptr) refused.details += ": " + *text;
  if (name != nullptr) refused.elaboration["ovsdb.error"] = *name;
  return refused;
}

/// Waits in connect() as long as the server's queue is full; a socket that does not block could not wait for that.
int connect_within(int socket, const sockaddr_un& address, std::chrono::milliseconds left) {
  timeval limit{};
  limit.tv_sec = left.count() / 1000;
  limit.tv_usec = std::max<long>(left.count() % 1000 * 1000, 1);  // 0 would be for ever
  ::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return errno;
  return ::fcntl(socket, F_SETFL, O_NONBLOCK) == 0 ? 0 : errno;
}

}  // namespace

std::chrono::milliseconds Deadline::left() const noexcept {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return std::max(left, std::chrono::milliseconds(0));
}

Descriptor::Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
Descriptor& Descriptor::operator=(Descriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

ErrorCode Session::too_late() const {
  return make_error("OVS.1002", "the Open vSwitch database did not answer in time",
                    address_ + ": nothing within " + std::to_string(deadline_.limit().count()) + " ms");
}

ErrorCode Session::closed(const std::string& why) const {
  return make_error("OVS.1003", "the Open vSwitch database closed the connection", address_ + ": " + why);
}

Result<Session> Session::open(const std::string& address, Deadline deadline) {
  if (!address.starts_with(kUnix)) return unreachable(address, "expected unix: and a path");
  const std::string path = address.substr(kUnix.size());
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof name.sun_path) return unreachable(address, reason(ENAMETOOLONG));
  std::memcpy(name.sun_path, path.data(), path.size());

  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return unreachable(address, reason(errno));
  Session session(address, deadline, std::move(socket));
  const int error = connect_within(session.socket_.get(), name, deadline.left());
  if (error == EAGAIN || error == EINTR) return session.too_late();
  if (error != 0) return unreachable(address, reason(error));
  return session;
}

Result<void> Session::wait_until_ready(short events) {
  for (;;) {
    pollfd waiting{socket_.get(), events, 0};
    const auto left = deadline_.left();
    const int ready = ::poll(&waiting, 1, static_cast<int>(left.count()));
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) return closed(reason(errno));
    if (left.count() == 0) return too_late();
  }
}

Result<void> Session::send(const Json& message) {
  const std::string text = json_text(message);
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t sent = ::send(socket_.get(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN) {
      if (auto ready = wait_until_ready(POLLOUT); !ready) return ready;
    } else if (errno != EINTR) {
      return closed(reason(errno));
    }
  }
  return {};
}

Result<void> Session::read_more() {
  std::array<char, 65536> bytes;
  for (;;) {
    // Also before a read that would not wait, or a server that never pauses would be listened to for ever.
    if (auto ready = wait_until_ready(POLLIN); !ready) return ready;
    if (deadline_.left().count() == 0) return too_late();
    const ssize_t count = ::recv(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count > 0) {
      framer_.add({bytes.data(), static_cast<std::size_t>(count)});
      return {};
    }
    if (count == 0) return closed("before it answered");
    if (errno != EAGAIN && errno != EINTR) return closed(reason(errno));
  }
}

Result<void> Session::answer(const std::string& method, const Json& request) {
  const Json* id = request.find("id");
  const Json* params = request.find("params");
  if (id == nullptr || id->is_null()) {
    const Json::Array* items = params != nullptr ? params->as_array() : nullptr;
    if (method == "update" && items != nullptr && items->size() == 2) updates_.push_back((*items)[1]);
    return {};
  }
  Json reply = Json::object();
  reply.add("id", *id);
  const bool is_echo = method == "echo" && params != nullptr;
  reply.add("result", is_echo ? *params : Json());
  reply.add("error", is_echo ? Json() : Json("unknown method"));
  return send(reply);
}

Result<Json> Session::receive() {
  for (;;) {
    auto object = framer_.next();
    if (!object) return std::move(object).error();
    if (!object.value()) {
      if (auto more = read_more(); !more) return std::move(more).error();
      continue;
    }
    auto message = parse_json(*object.value());
    if (!message) return message;
    const Json* method = message.value().find("method");
    if (method == nullptr) return message;
    if (method->as_string() == nullptr) return not_understood("a method without a name");
    if (auto answered = answer(*method->as_string(), message.value()); !answered) return std::move(answered).error();
    if (!updates_.empty()) return Json();
  }
}

Result<Json> Session::call(std::string_view method, Json params) {
  const Json id(++last_id_);
  Json request = Json::object();
  request.add("id", id).add("method", method).add("params", std::move(params));
  if (auto sent = send(request); !sent) return std::move(sent).error();
  for (;;) {
    auto message = receive();
    if (!message) return message;
    if (message.value().is_null()) continue;  // an update
    const Json* answered = message.value().find("id");
    if (answered == nullptr || *answered != id) return not_understood("an answer to what was not asked");
    if (const Json* error = message.value().find("error"); error != nullptr && !error->is_null()) {
      return refusal(*error);
    }
    const Json* result = message.value().find("result");
    if (result == nullptr) return not_understood("an answer without a result");
    return *result;
  }
}

Result<Json::Array> Session::transact(const std::string& database, Json operations) {
  const std::size_t count = operations.as_array()->size();
  Json params = Json::array();
  params.push(database);
  for (Json& operation : *operations.as_array()) params.push(std::move(operation));
  auto result = call("transact", std::move(params));
  if (!result) return std::move(result).error();
  Json::Array* results = result.value().as_array();
  if (results == nullptr) return not_understood("a transaction's result is no array");
  // One more than asked for, if all operations went well and the commit did not.
  for (std::size_t i = 0; i < results->size(); ++i) {
    if ((*results)[i].find("error") == nullptr) continue;
    ErrorCode refused = refusal((*results)[i]);
    refused.elaboration["ovsdb.operation"] = std::to_string(i + 1);
    return refused;
  }
  const bool all_are_objects =
      std::all_of(results->begin(), results->end(), [](const Json& each) { return each.as_object() != nullptr; });
  if (results->size() != count || !all_are_objects) {
    return not_understood("not one result for each of " + std::to_string(count) + " operations");
  }
  return std::move(*results);
}

Result<Json> Session::next_update() {
  while (updates_.empty()) {
    auto message = receive();
    if (!message) return message;
    if (!message.value().is_null()) return not_understood("an answer to what was not asked");
  }
  Json update = std::move(updates_.front());
  updates_.pop_front();
  return update;
}

bool is_conflict(const ErrorCode& error) {
  auto word = error.elaboration.find("ovsdb.error");
  return word != error.elaboration.end() && (word->second == "timed out" || word->second == "constraint violation");
}

}  // namespace ovs
