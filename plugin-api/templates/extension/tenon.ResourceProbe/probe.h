#pragma once

#include <tenon/error.h>
#include <tenon/resource_probe.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

namespace acme {

/// Tells what there is, for drills of chains: here, which files are in a folder.
class Probe final : public tenon::ResourceProbe {
 public:
  std::string name() const override { return "acme files in " + root; }
  tenon::Result<std::vector<std::string>> list() const override {
    std::vector<std::string> found;
    std::error_code missing;
    for (const auto& entry : std::filesystem::directory_iterator(root, missing)) {
      found.push_back("file " + entry.path().filename().string());
    }
    std::sort(found.begin(), found.end());
    return found;
  }

  std::string root;
};

}  // namespace acme
