#pragma once

#include <filesystem>
#include <string>

#include "daemon/settings.h"
#include "descriptor/diagnostics.h"

namespace tenon::daemon {

/// A folder of descriptors and one of libraries, as they would be if a plugin were installed: that of its library and
/// its descriptor with what lies beside it and, if it needs other plugins, all that the settings' folders have. A
/// descriptor of another plugin beside it counts if that is installed.
class Stage {
 public:
  /// Below `folder`, an empty one. May throw std::filesystem::filesystem_error.
  Stage(const std::filesystem::path& folder, const std::filesystem::path& library,
        const std::filesystem::path& descriptor, const Settings& settings);

  [[nodiscard]] const std::filesystem::path& descriptors() const noexcept { return descriptors_; }
  [[nodiscard]] const std::filesystem::path& libraries() const noexcept { return libraries_; }
  /// The name in the descriptor's `<library>`; empty if it has none.
  [[nodiscard]] const std::string& plugin() const noexcept { return plugin_; }
  /// Whether other plugins are there, too.
  [[nodiscard]] bool others() const noexcept { return others_; }
  /// A text in which the folders of the stage are called by what they stand for.
  [[nodiscard]] std::string original(std::string text) const;
  /// The errors among these, so; a line each.
  [[nodiscard]] std::string errors_text(const descriptor::Diagnostics& diagnostics) const;

 private:
  std::filesystem::path descriptors_;
  std::filesystem::path libraries_;
  std::filesystem::path from_;
  std::filesystem::path library_folder_;
  std::string plugin_;
  bool others_ = false;
};

}  // namespace tenon::daemon
