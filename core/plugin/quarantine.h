#pragma once

#include <tenon/error.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::plugin {

/// The plugins that are not loaded because the node has crashed in them again and again: so often within so long a
/// time, until an operator says otherwise. Kept in a file of the state folder, with the crashes that count still, so
/// that a node that is started again and again comes up at last. Any thread may call.
class Quarantine {
 public:
  using Time = std::chrono::system_clock::time_point;
  static constexpr std::size_t kCrashes = 3;
  static constexpr std::chrono::minutes kWindow{10};

  struct Entry {
    std::string plugin;
    /// When the last crash put it here.
    Time since;
  };

  /// Reads the file, if there is one. A line of it that is none is passed over.
  explicit Quarantine(std::filesystem::path file);

  /// Counts a crash in this plugin; whether it is in quarantine now. Errors: PLUGIN.1014 the file can't be written; the
  /// crash counts all the same, while this lives.
  [[nodiscard]] Result<bool> record_crash(std::string_view plugin, Time at);
  [[nodiscard]] bool is_quarantined(std::string_view plugin) const;
  /// Sorted by name.
  [[nodiscard]] std::vector<Entry> list() const;
  /// Lets the plugin be loaded again, and forgets its crashes; whether it was in quarantine. Nothing is loaded by this.
  /// Errors: PLUGIN.1014, and then nothing has changed.
  [[nodiscard]] Result<bool> lift(std::string_view plugin);

 private:
  struct Known {
    /// Those within the window.
    std::vector<Time> crashes;
    std::optional<Time> since;
  };
  using Plugins = std::map<std::string, Known, std::less<>>;

  [[nodiscard]] Result<void> save(const Plugins& plugins) const;

  const std::filesystem::path file_;
  mutable std::mutex mutex_;
  Plugins plugins_;
};

}  // namespace tenon::plugin
