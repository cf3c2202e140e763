#include "wiring/message_builder.h"

#include <tenon/message.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "wiring/message_binder.h"

namespace tenon::wiring {
namespace {

constexpr std::chrono::milliseconds kDefaultTimeout{30'000};
constexpr std::size_t kOperator = 1;
constexpr std::array<const char*, 3> kRoles{"reader", "operator", "admin"};
constexpr unsigned kNoContent = 204;
constexpr unsigned kOk = 200;

bool is_upper(char c) { return std::isupper(static_cast<unsigned char>(c)) != 0; }
char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

class MessageBuilder {
 public:
  MessageBuilder(const Plan& plan, const std::vector<std::shared_ptr<plugin::Bean>>& beans, const Wiring& wiring)
      : plan_(plan), beans_(beans), wiring_(wiring) {
    for (const MessagePlan& message : plan.messages) {
      entries_.emplace(message.use.entry->name, message.use.entry);
      definitions_.emplace(message.use.entry->name, message.definition);
    }
  }

  message::HandledMessage make(const MessagePlan& plan) const {
    const descriptor::MessageDefinition& definition = *plan.definition;
    message::HandledMessage handled;
    handled.name = definition.name.text;
    handled.entry = plan.use.entry;
    handled.plugin = plan.use.plugin;
    handled.keep.push_back(plan.use.generation);
    handled.description = definition.description;
    handled.role = kRoles.at(definition.role ? definition.role->value : kOperator);
    handled.command = definition.command ? definition.command->text : default_command(handled.name);
    handled.place = definition.place;
    add_interceptors(plan, handled);
    if (plan.handler != nullptr) {
      const auto& bean = beans_[plan.bean];
      handled.service = bean->id();
      handled.service_plugin = bean->generation().name();
      handled.handler = plan.handler;
      handled.object = bean->object();
      handled.keep.push_back(bean);
      handled.blocks = handled.blocks || plan.handler->blocks;
      handled.timeout = kDefaultTimeout;
      add_gate(bean->generation().name(), handled);
    } else {
      handled.service = plan.service->id.text;
      handled.run = run_rule(*definition.run);
    }
    if (definition.timeout) handled.timeout = definition.timeout->value;
    if (definition.queue) {
      handled.queue = message::QueueRule{flow::KeyTemplate::parse(definition.queue->key.text).value(),
                                         definition.queue->parallelism};
    }
    if (definition.route) {
      const bool silent = plan.use.entry->reply_type_id == kTypeId<NoReply>;
      handled.route = message::Route{definition.route->method.text, definition.route->path.text,
                                     definition.route->status.value_or(silent ? kNoContent : kOk)};
    }
    handled.fields = field_rules(*plan.use.entry);
    return handled;
  }

 private:
  /// Of a plugin that can't stand beside its successor.
  void add_gate(const std::string& plugin, message::HandledMessage& handled) const {
    const auto found = wiring_.gates.find(plugin);
    if (found == wiring_.gates.end()) return;
    if (std::find(handled.gates.begin(), handled.gates.end(), found->second) == handled.gates.end()) {
      handled.gates.push_back(found->second);
    }
  }

  void add_interceptors(const MessagePlan& plan, message::HandledMessage& handled) const {
    for (const ExtensionPlan& extension : plan_.extensions) {
      if (extension.interface->id != MessageInterceptor::kInterface) continue;
      message::InterceptorUse use = interceptor(extension.bean, *extension.interface);
      use.order = extension.order;
      use.place = extension.place;
      if (is_meant(use.interceptor->messages(), *plan.use.entry)) add(std::move(use), extension.bean, handled);
    }
    for (const InterceptorPlan& named : plan.interceptors) {
      message::InterceptorUse use = interceptor(named.bean, *named.interface);
      if (named.definition->position) {
        use.position = static_cast<InterceptorPosition>(named.definition->position->value);
      }
      use.order = named.definition->order;
      use.place = named.definition->bean.place;
      use.source =
          named.of_service ? message::InterceptorUse::Source::kService : message::InterceptorUse::Source::kMessage;
      add(std::move(use), named.bean, handled);
    }
    message::sort_interceptors(handled.interceptors);
  }

  message::InterceptorUse interceptor(std::size_t index, const InterfaceEntry& interface) const {
    message::InterceptorUse use;
    use.bean = beans_[index]->id();
    use.interceptor = static_cast<MessageInterceptor*>(interface.cast(beans_[index]->object()));
    use.position = use.interceptor->position();
    return use;
  }

  void add(message::InterceptorUse use, std::size_t bean, message::HandledMessage& handled) const {
    handled.blocks = handled.blocks || use.interceptor->may_block();
    handled.keep.push_back(beans_[bean]);
    add_gate(beans_[bean]->generation().name(), handled);
    handled.interceptors.push_back(std::move(use));
  }

  /// Whether an interceptor for messages of these names, or for all if there are none, is for this one.
  bool is_meant(const std::vector<std::string>& names, const MessageEntry& message) const {
    if (names.empty()) return true;
    for (const MessageEntry* entry = &message; entry != nullptr;) {
      if (std::find(names.begin(), names.end(), entry->name) != names.end()) return true;
      const auto extended = entries_.find(entry->extends);
      entry = extended != entries_.end() ? extended->second : nullptr;
    }
    return false;
  }

  message::RunRule run_rule(const descriptor::RunDefinition& definition) const {
    message::RunRule rule;
    rule.chain = wiring_.find_chain(definition.chain.text);
    for (const auto& input : definition.inputs) {
      rule.inputs.push_back({input.key.text, input.field ? input.field->text : "", input.as ? input.as->text : ""});
    }
    if (definition.reply) rule.reply = definition.reply->text;
    return rule;
  }

  /// Those of the message, and those of the messages that it extends for fields of which it says nothing itself.
  message::FieldRules field_rules(const MessageEntry& message) const {
    std::vector<message::FieldRule> rules;
    for (const MessageEntry* entry = &message; entry != nullptr;) {
      if (const auto definition = definitions_.find(entry->name); definition != definitions_.end()) {
        for (const descriptor::FieldDefinition& field : definition->second->fields) {
          const bool is_known = std::any_of(
              rules.begin(), rules.end(), [&](const message::FieldRule& rule) { return rule.path == field.name.text; });
          if (!is_known) rules.push_back(field_rule(field));
        }
      }
      const auto extended = entries_.find(entry->extends);
      entry = extended != entries_.end() ? extended->second : nullptr;
    }
    return message::FieldRules(std::move(rules));
  }

  static message::FieldRule field_rule(const descriptor::FieldDefinition& field) {
    message::FieldRule rule;
    rule.path = field.name.text;
    rule.description = field.description;
    rule.required = field.required;
    rule.min = field.min;
    rule.max = field.max;
    if (field.min_length) rule.min_length = *field.min_length;
    if (field.max_length) rule.max_length = *field.max_length;
    if (field.pattern) rule.pattern = field.pattern->text;
    for (const descriptor::Text& one : field.one_of) rule.one_of.push_back(one.text);
    rule.place = field.place;
    return rule;
  }

  const Plan& plan_;
  const std::vector<std::shared_ptr<plugin::Bean>>& beans_;
  const Wiring& wiring_;
  std::map<std::string, const MessageEntry*> entries_;
  std::map<std::string, const descriptor::MessageDefinition*> definitions_;
};

}  // namespace

std::vector<message::HandledMessage> make_messages(const Plan& plan,
                                                   const std::vector<std::shared_ptr<plugin::Bean>>& beans,
                                                   const Wiring& wiring) {
  const MessageBuilder builder(plan, beans, wiring);
  std::vector<message::HandledMessage> messages;
  for (const MessagePlan& message : plan.messages) messages.push_back(builder.make(message));
  return messages;
}

std::string default_command(std::string_view message) {
  const std::string_view name = message.substr(message.rfind('.') + 1);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < name.size(); ++i) {
    // A word begins at a capital after a small letter or a digit, and before a small letter: `L2`, `Network`.
    const bool begins =
        i == 0 ||
        (is_upper(name[i]) && (!is_upper(name[i - 1]) || (i + 1 < name.size() && !is_upper(name[i + 1]) &&
                                                          std::isdigit(static_cast<unsigned char>(name[i + 1])) == 0)));
    if (begins) words.emplace_back();
    words.back().push_back(lower(name[i]));
  }
  if (words.empty()) return {};
  std::string noun;
  for (std::size_t i = 1; i < words.size(); ++i) noun.append(noun.empty() ? "" : "-").append(words[i]);
  return noun.empty() ? words[0] : noun + " " + words[0];
}

}  // namespace tenon::wiring
