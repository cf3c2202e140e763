#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::crash {

/// The world beside the store: what flows make, and what anybody was told. It survives each process and each loss of
/// power, as a device or a person would. A folder; any thread, any process.
class Outside {
 public:
  explicit Outside(std::filesystem::path folder);
  ~Outside();
  Outside(const Outside&) = delete;
  Outside& operator=(const Outside&) = delete;
  /// Makes the folders of an empty one.
  static void make_folders(const std::filesystem::path& folder);

  enum class Made { kNew, kOwn, kForeign };
  /// Makes an effect, in one step that is there or not: its name, and the run that it is of. kOwn: the run has made it
  /// before. kForeign: it is another run's, and stays so.
  [[nodiscard]] Made make(std::string_view effect, std::string_view run) const;
  void remove(std::string_view effect) const;
  /// All effects, and whose they are.
  [[nodiscard]] std::map<std::string, std::string> effects() const;

  /// What one run alone may have at a time.
  [[nodiscard]] Made hold(std::string_view resource, std::string_view run) const;
  void let_go(std::string_view resource, std::string_view run) const;

  /// Counts a try, from 1.
  [[nodiscard]] std::uint32_t count(std::string_view what) const;

  /// One more line of what happened; it is there when this returns.
  void tell(const std::string& line) const noexcept;
  [[nodiscard]] std::vector<std::string> told() const;

  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  [[nodiscard]] static Made link(const std::filesystem::path& file, std::string_view run);
  std::filesystem::path folder_;
  /// Of the lines; -1 if there is none.
  int lines_ = -1;
};

}  // namespace tenon::crash
