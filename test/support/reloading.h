#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "plugin/generations.h"
#include "plugin/retirement.h"
#include "support/loading.h"
#include "wiring/reloader.h"

namespace tenon::test {

/// A node's folders whose contents are loaded again and again. The thread of the test is the main thread.
class ReloadingFolder {
 public:
  explicit ReloadingFolder(std::filesystem::path disabled_file = {}) {
    std::filesystem::create_directories(loading.folder.path() / "descriptors");
    std::filesystem::create_directories(loading.folder.path() / "plugins");
    loading.properties.set("tenon.plugins.trust", "any", "this test");
    wiring::ReloaderOptions options;
    options.request.descriptor_folders = {loading.folder.path() / "descriptors"};
    options.request.plugin_folders = {loading.folder.path() / "plugins"};
    options.request.library_cache = loading.folder.path() / "libraries";
    options.request.properties = &loading.properties;
    options.request.node = &loading.node;
    options.generations = &generations;
    options.disabled_file = std::move(disabled_file);
    reloader = std::make_unique<wiring::Reloader>(std::move(options));
  }
  ~ReloadingFolder() {
    if (const auto wiring = reloader->current().get()) wiring->stop();
    reloader->current().set(nullptr);
    (void)generations.retirement()->finish(std::chrono::seconds(10));
  }
  ReloadingFolder(const ReloadingFolder&) = delete;
  ReloadingFolder& operator=(const ReloadingFolder&) = delete;

  /// Installs a library as this file, as a package manager does: written beside it and renamed.
  void install(const std::filesystem::path& library, const std::string& file) {
    const std::filesystem::path to = loading.folder.path() / "plugins" / file;
    const std::filesystem::path temporary = to.string() + ".new";
    std::filesystem::copy_file(library, temporary, std::filesystem::copy_options::overwrite_existing);
    std::filesystem::rename(temporary, to);
  }

  /// A bean of the current wiring as this interface; null if there is none.
  template <class I>
  I* find(const std::string& id) const {
    const auto bean = reloader->current().get()->find_bean(id);
    return bean != nullptr ? static_cast<I*>(bean->as(I::kInterface)) : nullptr;
  }

  /// What is wrong with a reload, without this folder's path.
  [[nodiscard]] std::vector<std::string> messages(const wiring::ReloadReport& report) const {
    std::vector<std::string> lines;
    for (const auto& one : report.diagnostics.sorted()) lines.push_back(loading.relative(one.to_string()));
    return lines;
  }

  /// Lets everything go that nobody holds any more.
  bool settle() { return generations.retirement()->finish(std::chrono::seconds(10)); }

  LoadingFolder loading;
  plugin::Generations generations{std::make_shared<plugin::Retirement>()};
  std::unique_ptr<wiring::Reloader> reloader;
};

}  // namespace tenon::test
