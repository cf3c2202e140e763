#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <version>

/// The record that every plugin carries in the ELF section `.tenon.plugin`. The node reads it from the file, before any
/// code of the plugin runs, and refuses a library that was built for something else.
///
/// Rules of change: a change of any layout or vtable in plugin-api raises `kAbiMajor`; an addition at the end of an
/// interface or a new header raises `kAbiMinor`. A node loads a plugin of its own major version whose minor version is
/// not above its own. The fields up to `record_size` never move.
namespace tenon {

inline constexpr std::uint16_t kAbiMajor = 5;
inline constexpr std::uint16_t kAbiMinor = 0;
inline constexpr std::string_view kRecordSection = ".tenon.plugin";
inline constexpr std::string_view kRecordMagic{"TENON\r\n\0", 8};

/// Pointer-free: it is read as bytes, from a file that may be hostile. Texts are padded with zeros.
struct PluginRecord {
  std::array<char, 8> magic;
  std::uint32_t record_size;
  std::uint16_t abi_major;
  std::uint16_t abi_minor;
  std::array<char, 64> name;
  std::array<char, 32> version;
  /// Standard library and its ABI: `libstdc++/cxx11`.
  std::array<char, 32> standard_library;
  /// `release`, or `debug` for _GLIBCXX_DEBUG, which changes the layout of containers.
  std::array<char, 16> containers;
  /// `none`, `address`, `thread` or another sanitizer of the build.
  std::array<char, 16> sanitizer;
};
static_assert(sizeof(PluginRecord) == 176);

namespace detail {

template <std::size_t N>
consteval std::array<char, N> padded(std::string_view text) {
  if (text.size() >= N) throw "text too long for the plugin record";  // fails the compilation
  std::array<char, N> field{};
  std::copy(text.begin(), text.end(), field.begin());
  return field;
}

consteval std::string_view standard_library() {
#if defined(__GLIBCXX__)
#if _GLIBCXX_USE_CXX11_ABI
  return "libstdc++/cxx11";
#else
  return "libstdc++/cxx98";
#endif
#elif defined(_LIBCPP_VERSION)
  return "libc++";
#else
  return "unknown";
#endif
}

consteval std::string_view containers() {
#ifdef _GLIBCXX_DEBUG
  return "debug";
#else
  return "release";
#endif
}

consteval std::string_view sanitizer() {
#if defined(__SANITIZE_ADDRESS__)
  return "address";
#elif defined(__SANITIZE_THREAD__)
  return "thread";
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
  return "address";
#elif __has_feature(thread_sanitizer)
  return "thread";
#else
  return "none";
#endif
#else
  return "none";
#endif
}

}  // namespace detail

/// The record of a library compiled here and now. Name and version must fit their fields (63 and 31 characters).
consteval PluginRecord make_record(std::string_view name, std::string_view version) {
  PluginRecord record{};
  std::copy(kRecordMagic.begin(), kRecordMagic.end(), record.magic.begin());
  record.record_size = sizeof(PluginRecord);
  record.abi_major = kAbiMajor;
  record.abi_minor = kAbiMinor;
  record.name = detail::padded<64>(name);
  record.version = detail::padded<32>(version);
  record.standard_library = detail::padded<32>(detail::standard_library());
  record.containers = detail::padded<16>(detail::containers());
  record.sanitizer = detail::padded<16>(detail::sanitizer());
  return record;
}

}  // namespace tenon
