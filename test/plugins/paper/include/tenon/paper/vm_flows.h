#pragma once

#include <tenon/contract.h>
#include <tenon/flow.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The flows of the white paper's examples, as docs/flows.md shows them: each part between `[NAME]` and `[/NAME]`
/// stands there word by word.
namespace paper {

// [keys]
inline constexpr tenon::FlowKey<std::string> kVm{"vm"};
inline constexpr tenon::FlowKey<std::string> kHost{"host"};
inline constexpr tenon::FlowKey<std::string> kVolume{"volume"};
// [/keys]
inline constexpr tenon::FlowKey<std::string> kNic{"nic"};

// [flow]
/// Takes the first host.
class AllocateHost final : public tenon::NoRollbackFlow {
 public:
  void run(tenon::FlowStep step) const override {
    if (hosts.empty()) {
      std::move(step).fail(tenon::make_error("PAPER.1001", "no host can take the VM", step.get(kVm)));
      return;
    }
    step.set(kHost, hosts.front());
    std::move(step).next();
  }

  std::vector<std::string> hosts;
};
// [/flow]

// [blocking]
/// Makes the VM's disk, a file that is named after the step.
class AllocateVolume final : public tenon::BlockingFlow {
 public:
  void check(tenon::FlowData& /*data*/) const override {
    if (std::filesystem::is_directory(folder)) return;
    throw tenon::Error(tenon::make_error("PAPER.1002", "no folder for volumes", folder));
  }
  void execute(tenon::FlowData& data) const override {
    const std::filesystem::path file = file_of(data);
    std::ofstream(file) << data.get(kVm);
    data.set(kVolume, file.string());
  }
  void undo(tenon::FlowData& data) const override { std::filesystem::remove(file_of(data)); }

  std::string folder;

 private:
  [[nodiscard]] std::filesystem::path file_of(const tenon::FlowData& data) const {
    return std::filesystem::path(folder) / (data.key() + ".raw");
  }
};
// [/blocking]

// [point]
/// Prepares what a VM needs on its host before it is made there; the release side gives it back when the VM is gone.
class PreVmInstantiateResourceExtensionPoint : public tenon::ReleasableFlow {
 public:
  static constexpr std::string_view kInterface = "paper.PreVmInstantiateResourceExtensionPoint/1";
  static void contract(tenon::FlowContract& contract) { contract.reads(kVm).reads(kHost); }
};
// [/point]

/// What others ask the manager for.
class VmManager {
 public:
  static constexpr std::string_view kInterface = "paper.VmManager/1";
  virtual ~VmManager() = default;
  /// The run's id.
  virtual tenon::Result<std::uint64_t> create(const std::string& vm) = 0;
};

}  // namespace paper
