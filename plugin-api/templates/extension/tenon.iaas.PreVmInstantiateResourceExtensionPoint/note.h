#pragma once

#include <tenon/blocking_extension.h>
#include <tenon/iaas/vm_steps.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace acme {

/// A step before a VM is made or started on its host: notes the VM, until it is gone for good.
class Note final : public tenon::BlockingReleasableExtension<tenon::iaas::PreVmInstantiateResourceExtensionPoint> {
 public:
  void check(tenon::FlowData& /*data*/) const override {
    if (std::filesystem::is_directory(root)) return;
    throw tenon::Error(tenon::make_error("ACME.1001", "the folder of the notes is missing", root));
  }
  void execute(tenon::FlowData& data) const override {
    const std::filesystem::path note = note_of(data);
    if (!(std::ofstream(note) << data.key() << std::flush)) {
      throw tenon::Error(tenon::make_error("ACME.1002", "a note can't be written", note.string()));
    }
  }
  void undo(tenon::FlowData& data) const override {
    std::ifstream note(note_of(data));
    const std::string key{std::istreambuf_iterator<char>(note), {}};
    if (key == data.key()) std::filesystem::remove(note_of(data));  // else it is another run's
  }
  void give_back(tenon::FlowData& data) const override { std::filesystem::remove(note_of(data)); }

  std::string root;

 private:
  [[nodiscard]] std::filesystem::path note_of(const tenon::FlowData& data) const {
    return std::filesystem::path(root) / data.get(tenon::iaas::kInstance).name;
  }
};

}  // namespace acme
