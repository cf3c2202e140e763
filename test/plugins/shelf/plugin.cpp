#include <tenon/plugin.h>
#include <tenon/resource_probe.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

/// Flows that put files on a shelf, and a probe that tells what lies there.
namespace shelf {
namespace {

inline constexpr tenon::FlowKey<std::string> kShelf{"shelf"};

/// Puts a file there; its undo takes it away.
class Put : public tenon::Flow {
 public:
  void run(tenon::FlowStep step) const override {
    std::ofstream(file(step)).close();
    std::move(step).next();
  }
  void rollback(tenon::FlowStep step) const override {
    std::filesystem::remove(file(step));
    std::move(step).next();
  }

 protected:
  virtual std::string name() const { return "put"; }

 private:
  std::string file(const tenon::FlowStep& step) const { return step.get(kShelf) + "/" + name(); }
};

/// Its undo leaves the file there.
class Forget : public Put {
 public:
  void rollback(tenon::FlowStep step) const override { std::move(step).next(); }

 protected:
  std::string name() const override { return "forgotten"; }
};

/// Its undo fails.
class Stick : public Put {
 public:
  void rollback(tenon::FlowStep step) const override {
    std::move(step).fail(tenon::make_error("SHELF.1001", "it is stuck"));
  }

 protected:
  std::string name() const override { return "stuck"; }
};

/// Lists the files of a folder.
class Probe : public tenon::ResourceProbe {
 public:
  std::string name() const override { return "shelf"; }
  tenon::Result<std::vector<std::string>> list() const override {
    std::error_code problem;
    std::vector<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder, problem)) {
      files.push_back("file " + entry.path().filename().string());
    }
    if (problem) return tenon::make_error("SHELF.1002", "the shelf is gone", problem.message());
    std::sort(files.begin(), files.end());
    return files;
  }
  std::string folder;
};

}  // namespace
}  // namespace shelf

TENON_PLUGIN("shelf", "1.0.0", plugin) {
  plugin.flow<shelf::Put>("shelf.Put").reads(shelf::kShelf);
  plugin.flow<shelf::Forget>("shelf.Forget").reads(shelf::kShelf);
  plugin.flow<shelf::Stick>("shelf.Stick").reads(shelf::kShelf);
  plugin.bean<shelf::Probe>("shelf.Probe")
      .implements<tenon::ResourceProbe>()
      .property("folder", &shelf::Probe::folder, {.required = true});
}
