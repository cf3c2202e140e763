#pragma once

#include <string_view>

/// Codes of what goes wrong on a message's way. MESSAGE.1007 and 1008 are of tenon/message.h and tenon/interceptor.h.
namespace tenon::message {

inline constexpr std::string_view kNoService = "MESSAGE.1001";
inline constexpr std::string_view kDropped = "MESSAGE.1002";
inline constexpr std::string_view kAnsweredTwice = "MESSAGE.1003";
inline constexpr std::string_view kTimeout = "MESSAGE.1004";
inline constexpr std::string_view kCancelled = "MESSAGE.1005";
inline constexpr std::string_view kStopping = "MESSAGE.1006";
inline constexpr std::string_view kThrew = "MESSAGE.1009";
/// A field does not fit what its descriptor says.
inline constexpr std::string_view kBadField = "MESSAGE.1010";
/// The time was up before the calls in front of it, with the same key, had been answered.
inline constexpr std::string_view kQueueStuck = "MESSAGE.1011";
/// The plugin that handles it is being replaced, and that takes long.
inline constexpr std::string_view kReplaced = "MESSAGE.1014";
/// Its role is not the caller's.
inline constexpr std::string_view kForbidden = "MESSAGE.1012";

}  // namespace tenon::message
