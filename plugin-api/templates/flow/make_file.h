#pragma once

#include <tenon/flow.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace acme {

inline constexpr tenon::FlowKey<std::string> kContent{"acme.content"};
inline constexpr tenon::FlowKey<std::string> kFile{"acme.file"};

/// Makes a file. It is named after the step, so that a step which is repeated after a crash finds its own file, and the
/// undo removes no other one.
class MakeFile final : public tenon::BlockingFlow {
 public:
  void check(tenon::FlowData& /*data*/) const override {
    if (std::filesystem::is_directory(root)) return;
    throw tenon::Error(tenon::make_error("ACME.1001", "the folder of the files is missing", root));
  }
  void execute(tenon::FlowData& data) const override {
    const std::filesystem::path file = file_of(data);
    if (!(std::ofstream(file) << data.get(kContent) << std::flush)) {
      throw tenon::Error(tenon::make_error("ACME.1002", "a file can't be written", file.string()));
    }
    data.set(kFile, file.string());
  }
  void undo(tenon::FlowData& data) const override { std::filesystem::remove(file_of(data)); }

  std::string root;

 private:
  [[nodiscard]] std::filesystem::path file_of(const tenon::FlowData& data) const {
    return std::filesystem::path(root) / data.key();
  }
};

}  // namespace acme
