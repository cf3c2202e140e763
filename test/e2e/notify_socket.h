#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace tenon::test {

/// What systemd listens on, for one service.
class NotifySocket {
 public:
  explicit NotifySocket(const std::filesystem::path& path);
  ~NotifySocket();
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  /// The next message; throws when patience is at its end.
  std::string receive();
  /// Takes messages until one has this line.
  void wait_for(std::string_view line);

 private:
  std::filesystem::path path_;
  int descriptor_;
};

}  // namespace tenon::test
