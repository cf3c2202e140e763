#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wiring/binder.h"
#include "wiring/message_names.h"

namespace tenon::wiring {

/// The part of `bind` that is about messages: finds who handles and who intercepts each, and checks what descriptors
/// say of it against its type.
class MessageBinder {
 public:
  /// Gives the index of the bean with this id or alias, or null.
  using FindBean = std::function<const std::size_t*(std::string_view id)>;

  /// All must outlive this. What it finds goes into `plan`, which has all beans and chains.
  MessageBinder(const Definitions& definitions, const Libraries& libraries, Plan& plan, const Reserved& reserved,
                descriptor::Diagnostics& diagnostics, FindBean find_bean);

  void add_messages();

 private:
  using Message = descriptor::MessageDefinition;

  void add(const descriptor::ServiceDefinition& service, const Message& message);
  [[nodiscard]] std::optional<std::size_t> bean(const descriptor::Text& id, std::string_view what);
  [[nodiscard]] bool bind_handler(const descriptor::Text& service, MessagePlan& plan);
  [[nodiscard]] std::optional<InterceptorPlan> interceptor(const descriptor::InterceptorDefinition& definition);
  void check_run(const MessagePlan& plan);
  void check_fields(const MessagePlan& plan);
  void check_field(const descriptor::FieldDefinition& field, const Json& schema);
  void check_queue(const MessagePlan& plan);
  void check_route(const MessagePlan& plan);
  /// Reports a member that the message does not have.
  void require_member(const descriptor::Text& name, std::string_view member, const MessagePlan& plan);

  const Definitions& definitions_;
  const Libraries& libraries_;
  Plan& plan_;
  descriptor::Diagnostics& diagnostics_;
  FindBean find_bean_;
  std::map<std::string, descriptor::Place, std::less<>> messages_;
  MessageNames names_;
};

/// The parameters of a route's path: `wall` of `/v1/walls/{wall}`; nothing if it is not a path of such a form.
[[nodiscard]] std::optional<std::vector<std::string>> route_parameters(std::string_view path);

}  // namespace tenon::wiring
