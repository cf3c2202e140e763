#pragma once

#include <tenon/class_table.h>
#include <tenon/error.h>
#include <tenon/library.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plugin/generation.h"
#include "plugin/library_cache.h"
#include "plugin/retirement.h"

namespace tenon::plugin {

/// Where libraries come from if not from files, and what keeps them from being loaded: for tests.
struct LibrarySource {
  /// Plugins that are linked into this process, by name. No file of theirs is loaded.
  std::map<std::string, RegisterFunction*> linked = {};
  /// Asked before a library is loaded: what it answers, if that is not empty, stands for the dynamic linker's refusal.
  std::function<std::string(const std::string& plugin)> refuse = {};
};

/// All libraries that were loaded into this process, from the first load to the last. Any thread.
class Generations {
 public:
  /// A library that is mapped though nothing uses it: it waits for its last values, or could not be unloaded.
  struct Pinned {
    std::string name;
    std::uint32_t number = 0;
    std::filesystem::path file;
    bool waits = false;
    std::string held_by = {};
  };

  explicit Generations(std::shared_ptr<Retirement> retirement, LibrarySource source = {})
      : retirement_(std::move(retirement)), source_(std::move(source)) {}

  /// The generation that was loaded from this copy, if something still uses it; else it is loaded anew, with the next
  /// number of the plugin. Errors as Generation::load, and PLUGIN.1005.
  [[nodiscard]] Result<std::shared_ptr<Generation>> load(const std::filesystem::path& copy, const std::string& name,
                                                         NodeServices& node);
  /// Whether it is linked into this process. Then `load` needs no copy.
  [[nodiscard]] bool is_linked(const std::string& name) const { return source_.linked.count(name) != 0; }

  [[nodiscard]] const std::shared_ptr<Retirement>& retirement() const noexcept { return retirement_; }
  /// Those that something still uses, by name and number.
  [[nodiscard]] std::vector<std::shared_ptr<Generation>> live() const;
  [[nodiscard]] std::vector<Pinned> pinned() const;

 private:
  struct Loaded {
    std::string name;
    std::uint32_t number = 0;
    std::filesystem::path file;
    std::weak_ptr<Generation> generation;
  };

  [[nodiscard]] std::shared_ptr<Generation> find(const std::filesystem::path& copy, const std::string& name);
  [[nodiscard]] static Result<std::filesystem::path> unmapped(const std::filesystem::path& copy);

  const std::shared_ptr<Retirement> retirement_;
  const LibrarySource source_;
  /// Held while a library is loaded: one after the other, as the dynamic linker does it anyway.
  std::mutex loading_;
  mutable std::mutex mutex_;
  std::vector<Loaded> loaded_;
  /// Under `loading_`.
  std::map<std::string, std::uint32_t> numbers_;
};

}  // namespace tenon::plugin
