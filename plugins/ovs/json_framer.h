#pragma once

#include <tenon/error.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace ovs {

/// Cuts a stream into the JSON objects that it is made of. OVSDB sends them one after another, with nothing between
/// (RFC 7047, section 4): one read may hold several, or a part of one. Each byte is looked at once.
class JsonFramer {
 public:
  static constexpr std::size_t kMaxBytes = std::size_t{64} << 20;
  static constexpr std::size_t kMaxDepth = 64;

  /// `max_bytes`: of one object.
  explicit JsonFramer(std::size_t max_bytes = kMaxBytes) : max_bytes_(max_bytes) {}

  void add(std::string_view bytes) { buffer_.append(bytes); }

  /// The next object, if all of it is there. Brackets are counted only: whether it is good JSON, the parser says. Error
  /// OVS.1004 if this is no stream of objects, or one is too big or nested too deep; the stream is of no use then.
  [[nodiscard]] tenon::Result<std::optional<std::string>> next();

 private:
  /// Whether this byte ends the object.
  bool ends(char byte);

  const std::size_t max_bytes_;
  std::string buffer_;
  std::size_t scanned_ = 0;
  std::size_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace ovs
