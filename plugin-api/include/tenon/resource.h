#pragma once

#include <tenon/message.h>

namespace tenon {

/// What a driver makes of one record, to answer the messages about it: the service of a kind finds the record that a
/// message is about, asks the factory of its type for this object, and gives it the message.
/// ```cpp
/// void PaintedWall::handle(tenon::AnyCall call) {
///   if (call.as<GetWall>() != nullptr) {
///     return tenon::answer<GetWall>(std::move(call), [&](const GetWall&) { return inventory(); });
///   }
///   Wall::handle(std::move(call));  // the class of the kind answers what this type has nothing to say to
/// }
/// ```
class Resource {
 public:
  virtual ~Resource() = default;

  /// Answers the call, now or later; may block. The class of a kind refuses what it does not know with MESSAGE.1013. A
  /// resource that answers later keeps what it needs: the object goes when this returns.
  virtual void handle(AnyCall call) = 0;
};

/// MESSAGE.1013: what `what` (`L2 network 'blue' of type Openvswitch`) is has no answer to this message.
[[nodiscard]] inline ErrorCode not_for(const AnyCall& call, std::string_view what) {
  return make_error("MESSAGE.1013", "a resource does not know the message",
                    std::string(call.name()) + ", sent to " + std::string(what));
}

}  // namespace tenon
