#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tenon::plugin {

/// Notes that the private copy `file` is about to be loaded as this generation of this plugin, for reports of crashes,
/// which may come as soon as code of it runs. Any thread. What is noted stays for the process's life: where a library
/// is mapped is asked from the kernel when it matters, so that nothing is to be taken back.
void note_library(const std::filesystem::path& file, std::string_view plugin, std::uint32_t generation);

struct LibraryNote {
  std::string_view plugin;
  std::uint32_t generation = 0;
  explicit operator bool() const noexcept { return !plugin.empty(); }
};

/// What was noted of a file. Async-signal-safe.
[[nodiscard]] LibraryNote find_library(std::string_view file) noexcept;

}  // namespace tenon::plugin
