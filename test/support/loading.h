#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "descriptor/properties.h"
#include "support/node.h"
#include "support/temp_folder.h"
#include "wiring/loader.h"

namespace tenon::test {

/// A node's folders in a temporary place: descriptors are written by the test, libraries are copied from the test
/// plugins of the build.
class LoadingFolder {
 public:
  /// A descriptor below `descriptors/`.
  void descriptor(const std::string& name, std::string_view xml) { folder.write("descriptors/" + name, xml); }
  /// One with `<beans>` around it, on the first line, so that places count from `xml`.
  void beans(const std::string& name, const std::string& xml) {
    descriptor(name, "<beans xmlns:tenon=\"urn:tenon:plugin\">" + xml + "</beans>");
  }
  /// Makes a library of the test plugins available to descriptors.
  std::filesystem::path library(const std::filesystem::path& file) {
    std::filesystem::create_directories(folder.path() / "plugins");
    std::filesystem::copy_file(file, folder.path() / "plugins" / file.filename());
    return folder.path() / "plugins" / file.filename();
  }

  wiring::LoadResult load(bool check_only = false) {
    std::filesystem::create_directories(folder.path() / "descriptors");
    std::filesystem::create_directories(folder.path() / "plugins");
    if (!trust.empty()) properties.set("tenon.plugins.trust", trust, "this test");
    wiring::LoadRequest request;
    request.descriptor_folders = {folder.path() / "descriptors"};
    request.plugin_folders = {folder.path() / "plugins"};
    request.library_cache = folder.path() / "libraries";
    request.properties = &properties;
    request.node = &node;
    request.configs = configs;
    request.reserved = reserved;
    request.quarantined = quarantined;
    request.check_only = check_only;
    return wiring::load(request);
  }

  /// The messages of a load, without this folder's path.
  std::vector<std::string> messages(const wiring::LoadResult& result) const {
    std::vector<std::string> lines;
    for (const descriptor::Diagnostic& diagnostic : result.diagnostics.sorted()) {
      lines.push_back(relative(diagnostic.to_string()));
    }
    return lines;
  }
  [[nodiscard]] std::string relative(std::string line) const {
    const std::string prefix = folder.path().string() + "/";
    for (const std::string& part : {prefix + "descriptors/", prefix}) {
      for (std::size_t at; (at = line.find(part)) != std::string::npos;) line.erase(at, part.size());
    }
    return line;
  }

  TempFolder folder;
  Node node;
  descriptor::Properties properties;
  /// Whose files are taken; anyone's, so that no test depends on who built it, and with which umask.
  std::string trust = "any";
  /// Of the next load.
  wiring::Reserved reserved;
  /// Of the next load.
  descriptor::LeftOutPlugins quarantined;
  /// Of the next load; null: all have their defaults.
  std::shared_ptr<config::Configs> configs;
};

}  // namespace tenon::test
