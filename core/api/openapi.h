#pragma once

#include <tenon/json.h>

#include <string>
#include <vector>

#include "api/router.h"
#include "message/table.h"

/// The node's API as an OpenAPI 3.1 document: what other programs, and the command line, know it by.
namespace tenon::api {

/// All routes: the node's own, as the router has them, then those of messages, sorted by name. The same wiring gives
/// the same text.
///
/// An operation of a message has its name as `operationId`, and besides what OpenAPI defines: `x-tenon-command`, the
/// words by which the command line has it; `x-tenon-role`, `x-tenon-service`, `x-tenon-plugin`; `x-tenon-run`, the
/// chain whose run answers it; `x-tenon-timeout-ms`, after which the node gives up. A parameter of the path whose name
/// is not that of its field, because another route has named it first, has the field as `x-tenon-field`.
[[nodiscard]] Json openapi_json(const std::string& version, const std::vector<Router::Description>& own,
                                const message::MessageTable& messages);

/// One message that has a route, as an operation. `parameters`: what its path calls them, in order.
[[nodiscard]] Json message_operation(const message::HandledMessage& message,
                                     const std::vector<std::string>& parameters);

}  // namespace tenon::api
