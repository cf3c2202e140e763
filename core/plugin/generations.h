#pragma once

#include <tenon/error.h>
#include <tenon/library.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "plugin/generation.h"
#include "plugin/library_cache.h"
#include "plugin/retirement.h"

namespace tenon::plugin {

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

  explicit Generations(std::shared_ptr<Retirement> retirement) : retirement_(std::move(retirement)) {}

  /// The generation that was loaded from this copy, if something still uses it; else it is loaded anew, with the next
  /// number of the plugin. Errors as Generation::load, and PLUGIN.1005.
  [[nodiscard]] Result<std::shared_ptr<Generation>> load(const std::filesystem::path& copy, const std::string& name,
                                                         NodeServices& node);

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

  const std::shared_ptr<Retirement> retirement_;
  mutable std::mutex mutex_;
  std::vector<Loaded> loaded_;
  std::map<std::string, std::uint32_t> numbers_;
};

}  // namespace tenon::plugin
