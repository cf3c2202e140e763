#pragma once

#include <string_view>

namespace tenon::config {

/// There is no such config; the details suggest one.
inline constexpr std::string_view kNoSuchConfig = "CONFIG.1001";
/// A value does not fit; the details say what was expected and found.
inline constexpr std::string_view kBadValue = "CONFIG.1002";
/// The config can't have a value for a resource of this kind.
inline constexpr std::string_view kNotForResource = "CONFIG.1003";
/// There is no store that a value could be kept in.
inline constexpr std::string_view kNoStore = "CONFIG.1004";
/// Resources belong to one another in a circle.
inline constexpr std::string_view kParentsInCircle = "CONFIG.1005";

/// No pattern for this kind of resource fits the tag.
inline constexpr std::string_view kForbidden = "CONFIG.1006";
inline constexpr std::string_view kNoSuchTag = "TAG.1001";
/// A token's value does not fit; the details say what was expected and found.
inline constexpr std::string_view kBadToken = "TAG.1002";
/// No descriptor declares the pattern.
inline constexpr std::string_view kNoSuchPattern = "TAG.1003";
/// An inherent tag, which users can't take away.
inline constexpr std::string_view kInherent = "TAG.1004";
/// Another transaction has just set the resource's other tag of a unique pattern.
inline constexpr std::string_view kTakenAtOnce = "TAG.1005";
/// There are no tags here.
inline constexpr std::string_view kNoTags = "TAG.1006";

}  // namespace tenon::config
