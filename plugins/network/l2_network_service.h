#pragma once

#include <tenon/iaas/l2_messages.h>

namespace network {

using L2NetworkService = tenon::iaas::KindService<tenon::iaas::L2NetworkKind>;

}  // namespace network
