#pragma once

#include <tenon/class_table.h>
#include <tenon/interceptor.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "descriptor/definitions.h"
#include "flow/chain.h"
#include "flow/key_template.h"
#include "message/field_rules.h"
#include "message/service_gate.h"

namespace tenon::message {

/// An interceptor of one message.
struct InterceptorUse {
  enum class Source : std::uint8_t { kGlobal, kService, kMessage };
  std::string bean;
  MessageInterceptor* interceptor = nullptr;
  InterceptorPosition position = InterceptorPosition::kDefault;
  int order = 0;
  Source source = Source::kGlobal;
  descriptor::Place place;
};

/// Where the API has a message.
struct Route {
  std::string method;
  /// `/v1/walls/{wall}`: what stands in braces is a field of the message.
  std::string path;
  /// Of an answer that is no run.
  unsigned status = 200;
};

/// One input of the run that a message starts.
struct RunInput {
  std::string key;
  /// The field whose value it is; empty: the whole message …
  std::string field;
  /// … or those of its members that the message of this name, which it extends, has.
  std::string as;
};

/// A message that is answered by a run of a chain.
struct RunRule {
  std::shared_ptr<const flow::Chain> chain;
  std::vector<RunInput> inputs;
  /// The key whose value is the reply; empty: there is none but that it is done.
  std::string reply;
};

/// Calls whose messages have the same key are handled in the order of their arrival, so many at a time.
struct QueueRule {
  flow::KeyTemplate key;
  std::uint32_t parallelism = 1;
};

/// One message as the descriptors and the libraries have it.
struct HandledMessage {
  std::string name;
  const MessageEntry* entry = nullptr;
  /// Of its type, as `entry` makes it; the table sees to it.
  Json schema;
  /// The plugin that declares it, and the one whose bean handles it.
  std::string plugin;
  std::string service_plugin;
  /// The bean that handles it.
  std::string service;
  std::string description;
  /// Who may send it from outside: `reader`, `operator` or `admin`.
  std::string role;
  /// The words by which the command line has it: `wall paint`; empty: none.
  std::string command;
  descriptor::Place place;
  /// In the order in which they are asked.
  std::vector<InterceptorUse> interceptors;
  /// Null if a run answers it.
  const HandlerEntry* handler = nullptr;
  void* object = nullptr;
  std::optional<RunRule> run;
  /// Whether the handler or an interceptor may block.
  bool blocks = false;
  std::chrono::milliseconds timeout{};
  std::optional<QueueRule> queue;
  std::optional<Route> route;
  FieldRules fields;
  /// Of the plugins among those that handle and intercept it which can't stand beside their successors.
  ServiceGates gates;
  /// The beans, with their libraries.
  std::vector<std::shared_ptr<const void>> keep;

  /// `message 'paint.PaintWall', which bean 'Painter' handles`: for errors.
  [[nodiscard]] std::string described() const;
};

/// All messages that can be sent. Immutable.
class MessageTable {
 public:
  MessageTable() = default;
  /// Their names and types differ.
  explicit MessageTable(std::vector<HandledMessage> messages);
  MessageTable(const MessageTable&) = delete;
  MessageTable& operator=(const MessageTable&) = delete;

  /// Null if there is none.
  [[nodiscard]] const HandledMessage* find(std::uint64_t type) const noexcept;
  [[nodiscard]] const HandledMessage* find(std::string_view name) const noexcept;
  /// Sorted by name.
  [[nodiscard]] const std::vector<HandledMessage>& messages() const noexcept { return messages_; }

 private:
  std::vector<HandledMessage> messages_;
  std::unordered_map<std::uint64_t, const HandledMessage*> by_type_;
};

/// Sorts as they are asked: position; `order`, highest first; source; then as they stand.
void sort_interceptors(std::vector<InterceptorUse>& interceptors);

[[nodiscard]] std::string_view position_name(InterceptorPosition position) noexcept;

}  // namespace tenon::message
