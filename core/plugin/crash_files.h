#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin {

/// What a process died of, as its crash handler wrote it down. A text that is not known is empty.
struct CrashRecord {
  std::chrono::system_clock::time_point time;
  std::string signal;
  std::string reason;
  std::string address;
  std::string thread;
  std::string plugin;
  std::uint32_t generation = 0;
  std::string run;
  std::string chain;
  std::string flow;
  /// `run`, `undo` or `check`.
  std::string direction;
  /// All that was written.
  std::filesystem::path file;
};

/// Reads `name: value` lines up to the stack. Nothing if there is no signal in it.
[[nodiscard]] std::optional<CrashRecord> parse_crash(std::string_view text);

/// The crash files of a node, in a folder of its state folder: one that the process that runs would write, and the
/// latest ones of those before. Not thread-safe but for `list`.
class CrashFiles {
 public:
  static constexpr std::size_t kKept = 20;

  explicit CrashFiles(std::filesystem::path folder);

  /// Where a crash of this process is to be written.
  [[nodiscard]] std::filesystem::path current() const;
  /// What the last process died of, if it left a report, which gets a name of its own: `TIME-PLUGIN.crash`. Makes the
  /// folder if it is not there. Older reports than the latest kKept are removed.
  [[nodiscard]] std::optional<CrashRecord> take_up();
  /// Those that were taken up, the latest first.
  [[nodiscard]] std::vector<CrashRecord> list() const;

 private:
  [[nodiscard]] std::vector<std::filesystem::path> kept() const;
  const std::filesystem::path folder_;
};

}  // namespace tenon::plugin
