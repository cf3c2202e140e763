#pragma once

#include <tenon/flow.h>
#include <tenon/transactional_flow.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is noted of hosts as tags.
namespace compute {

/// `7.2.11` of what `qemu-img --version` prints, or nothing.
[[nodiscard]] std::optional<std::string> qemu_img_version(std::string_view printed);

/// The tags of the host that a run is about, as they were when it began.
inline constexpr tenon::FlowKey<std::vector<std::string>> kHostTags{"host_tags"};

/// Finds the tags of a host. Reads kHost, writes kHostTags. Makes nothing.
class FindHostTags final : public tenon::NoRollbackBlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
};

/// Notes the version of the host's qemu-img as the tag `qemu-img::version::{version}`. Reads kHost and kHostTags. Only
/// of the machine that the node runs on; another host, and one without a qemu-img that works, has no such tag, which is
/// logged. The undo gives the host the tag of kHostTags.
class TagHost final : public tenon::BlockingFlow {
 public:
  void execute(tenon::FlowData& data) const override;
  void undo(tenon::FlowData& data) const override;

  /// Properties `qemu_img` and `qemu_img_limit`.
  std::string qemu_img = "qemu-img";
  std::chrono::seconds qemu_img_limit{120};
};

/// Takes all tags of a host away, whoever set them. Reads kHost and kHostTags. The undo sets those of kHostTags again.
class ForgetHostTags final : public tenon::TransactionalFlow {
 public:
  void execute(tenon::FlowData& data, tenon::StoreTransaction& store) const override;
  void undo(tenon::FlowData& data, tenon::StoreTransaction& store) const override;
};

}  // namespace compute
