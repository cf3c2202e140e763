#pragma once

#include <memory>
#include <vector>

#include "message/table.h"
#include "wiring/binder.h"
#include "wiring/wiring.h"

namespace tenon::wiring {

/// The messages of the plan, with the beans that were made; the chains of the wiring are there already.
[[nodiscard]] std::vector<message::HandledMessage> make_messages(
    const Plan& plan, const std::vector<std::shared_ptr<plugin::Bean>>& beans, const Wiring& wiring);

/// The words by which the command line has a message that names none: `l2-network create` of `network.CreateL2Network`.
[[nodiscard]] std::string default_command(std::string_view message);

}  // namespace tenon::wiring
