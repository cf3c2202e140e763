#pragma once

#include <tenon/described.h>

#include <optional>
#include <string>
#include <string_view>

namespace tenon {

/// Published in the transaction in which a user sets or resets a config.
struct ConfigChanged {
  static constexpr std::string_view kEvent = "/configs/{category}/{name}/changed";
  std::string category;
  std::string name;
  /// `KIND:ID`. Left out: the global value.
  std::optional<std::string> resource;
  /// Left out: nothing was set.
  std::optional<std::string> before;
  /// Left out: nothing is set any more; what counts is more general, in the end the default.
  std::optional<std::string> now;
  std::string by;
};
BOOST_DESCRIBE_STRUCT(ConfigChanged, (), (category, name, resource, before, now, by))

}  // namespace tenon
