#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/generation.h"
#include "plugin/library_cache.h"
#include "wiring/loader.h"
#include "wiring/resolver.h"

namespace tenon::wiring {

/// A class, with the library that it is of.
struct ClassUse {
  const ClassEntry* entry = nullptr;
  std::shared_ptr<plugin::Generation> generation;
  explicit operator bool() const noexcept { return entry != nullptr; }
};

/// A message, with the library that declares it.
struct MessageUse {
  const MessageEntry* entry = nullptr;
  std::string plugin;
  std::shared_ptr<plugin::Generation> generation;
  explicit operator bool() const noexcept { return entry != nullptr; }
};

/// The libraries of one load, checked and loaded in order, with their classes.
class Libraries {
 public:
  /// Finds each library, makes its private copy, checks its record, then loads and registers it. What fails is reported
  /// at the `<library>` and left out.
  Libraries(const Definitions& definitions, const LoadRequest& request, descriptor::Diagnostics& diagnostics);

  /// The class named `name`, or nothing.
  [[nodiscard]] ClassUse find(std::string_view name) const;
  /// As `find`; reports a class that is not there at `name`'s place, unless its plugin could not be loaded.
  [[nodiscard]] ClassUse require(const descriptor::Text& name, std::string_view what,
                                 descriptor::Diagnostics& diagnostics) const;
  /// The message of this name, or nothing.
  [[nodiscard]] MessageUse find_message(std::string_view name) const;
  /// The names of all messages.
  [[nodiscard]] std::vector<std::string> message_names() const;
  /// Whether some library could not be loaded, so that something missing may be due to that.
  [[nodiscard]] bool incomplete() const noexcept { return !failed_.empty(); }
  /// All classes, library by library.
  [[nodiscard]] std::vector<ClassUse> all() const;

  [[nodiscard]] const std::vector<PluginInfo>& plugins() const noexcept { return plugins_; }
  [[nodiscard]] std::vector<PluginInfo>& plugins() noexcept { return plugins_; }

 private:
  bool load(const Definitions::Library& library, const LoadRequest& request, descriptor::Diagnostics& diagnostics);
  /// From its file, which `file` tells; null if it is refused.
  std::shared_ptr<plugin::Generation> load_file(const Definitions::Library& library, const LoadRequest& request,
                                                std::filesystem::path& file, descriptor::Diagnostics& diagnostics);
  bool check_classes(const descriptor::LibraryDefinition& library, const plugin::Generation& generation,
                     descriptor::Diagnostics& diagnostics) const;
  bool take_messages(const descriptor::LibraryDefinition& library,
                     const std::shared_ptr<plugin::Generation>& generation, descriptor::Diagnostics& diagnostics);

  plugin::LibraryCache cache_;
  std::vector<PluginInfo> plugins_;
  std::map<std::string, ClassUse, std::less<>> classes_;
  std::map<std::string, MessageUse, std::less<>> messages_;
  std::set<std::string, std::less<>> failed_;
};

}  // namespace tenon::wiring
