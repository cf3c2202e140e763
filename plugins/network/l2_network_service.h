#pragma once

#include <tenon/iaas/l2_messages.h>

namespace network {

class L2NetworkService final : public tenon::iaas::KindService<tenon::iaas::L2NetworkKind> {
 public:
  /// Fails with LIST.… or STORE.…
  tenon::Result<tenon::Page<tenon::iaas::L2NetworkInventory>> list(const tenon::iaas::ListL2Networks& message) const;
};

}  // namespace network
