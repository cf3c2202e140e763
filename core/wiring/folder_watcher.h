#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::wiring {

struct WatchOptions {
  /// Those that the loader searches; their folders `chains/`, `services/`, `errors/`, `config/`, `tags/` and `schema/`
  /// are watched with them. They need not be there yet.
  std::vector<std::filesystem::path> folders;
  /// So long nothing must have happened before something is said of it.
  std::chrono::milliseconds quiet{200};
  /// A file that somebody has begun to write and does not go on with counts as whole after this.
  std::chrono::milliseconds abandoned{5000};
};

/// Tells that files in folders have changed, once they are whole. By inotify(7); what it loses by an overflow of its
/// queue counts as a change. One thread.
class FolderWatcher {
 public:
  /// Throws std::system_error if there is no inotify.
  explicit FolderWatcher(WatchOptions options);
  ~FolderWatcher();
  FolderWatcher(const FolderWatcher&) = delete;
  FolderWatcher& operator=(const FolderWatcher&) = delete;

  /// Becomes readable when there is something for `read`.
  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  /// Takes in what has happened. Does not block.
  void read();
  /// In how long `take` is worth asking; nothing if there is nothing to wait for.
  [[nodiscard]] std::optional<std::chrono::milliseconds> due_in() const;
  /// Whether something has changed and all is quiet and whole now: then it is forgotten.
  [[nodiscard]] bool take();
  /// How long nothing has happened.
  [[nodiscard]] std::chrono::milliseconds quiet_for() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  void watch_all();
  void watch(const std::filesystem::path& folder, std::uint32_t events);
  void take_in(int watch, std::uint32_t events, std::string_view name);
  /// When it is due, unless something more happens.
  [[nodiscard]] Time due() const;

  const WatchOptions options_;
  /// Those that are wanted, with the folders below.
  std::set<std::filesystem::path> wanted_;
  int descriptor_ = -1;
  std::map<int, std::filesystem::path> watches_;
  bool pending_ = false;
  Time last_ = Time::min();
  /// Files that are being written, with the time at which that was last seen.
  std::map<std::filesystem::path, Time> written_;
};

}  // namespace tenon::wiring
