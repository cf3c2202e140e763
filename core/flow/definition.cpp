#include "flow/definition.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <chrono>
#include <cstdint>

#include "flow/definition_words.h"

namespace tenon::flow {
namespace {

namespace words = definition_words;

/// Writes each member always, and in one order. Defaults are written as well: those of a later version may differ.
class Writer {
 public:
  explicit Writer(const Chain& chain) : chain_(chain) {}

  std::string text() {
    json_.StartObject();
    number(words::kFormat, words::kFormatNumber);
    string("name", chain_.name);
    string("recovery", words::kRecoveries.at(static_cast<std::size_t>(chain_.recovery)));
    array("inputs", chain_.inputs, [&](const ChainInput& input) { value(input.key); });
    flag("open_inputs", chain_.open_inputs);
    array("locks", chain_.locks, [&](const LockPolicy& lock) { value(lock.key.text()); });
    array("steps", chain_.steps, [&](const ChainStep& given) { step(given); });
    array("scopes", chain_.scopes, [&](const Scope& given) { scope(given); });
    array("parallels", chain_.parallels, [&](const Parallel& parallel) { json_.Uint(parallel.limit); });
    name("ops");
    json_.StartArray();
    ops({0, static_cast<std::uint32_t>(chain_.ops.size())});
    json_.EndArray();
    json_.EndObject();
    return {buffer_.GetString(), buffer_.GetSize()};
  }

 private:
  void name(std::string_view name) { json_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
  void value(std::string_view text) { json_.String(text.data(), static_cast<rapidjson::SizeType>(text.size())); }
  void string(std::string_view member, std::string_view text) {
    name(member);
    value(text);
  }
  void number(std::string_view member, std::uint32_t number) {
    name(member);
    json_.Uint(number);
  }
  void flag(std::string_view member, bool flag) {
    name(member);
    json_.Bool(flag);
  }
  void duration(std::string_view member, std::chrono::milliseconds duration) {
    name(member);
    json_.Int64(duration.count());
  }
  template <class List, class Write>
  void array(std::string_view member, const List& list, const Write& write) {
    name(member);
    json_.StartArray();
    for (const auto& element : list) write(element);
    json_.EndArray();
  }

  void step(const ChainStep& step) {
    json_.StartObject();
    string("name", step.name);
    string("plugin", step.plugin);
    string("class", step.class_name);
    if (!step.interface.empty()) {
      string("interface", step.interface);
      string("bean", step.bean);
    }
    string("side", words::kSides.at(static_cast<std::size_t>(step.side)));
    if (step.policy) {
      name("policy");
      policy(*step.policy);
    }
    json_.EndObject();
  }

  void policy(const StepPolicy& policy) {
    json_.StartObject();
    duration("timeout_ms", policy.timeout);
    duration("undo_timeout_ms", policy.undo_timeout);
    duration("grace_ms", policy.grace);
    retry(policy.retry);
    number("undo_attempts", policy.undo_attempts);
    if (policy.concurrency) {
      name("concurrency");
      json_.StartObject();
      string("key", policy.concurrency->key.text());
      number("limit", policy.concurrency->limit);
      json_.EndObject();
    }
    array("when", policy.when, [&](const Condition& condition) {
      json_.StartObject();
      string("key", condition.key);
      flag("negated", condition.negated);
      json_.EndObject();
    });
    json_.EndObject();
  }

  void retry(const RetryPolicy& retry) {
    name("retry");
    json_.StartObject();
    number("attempts", retry.attempts);
    duration("backoff_ms", retry.backoff);
    duration("max_backoff_ms", retry.max_backoff);
    name("jitter");
    json_.Double(retry.jitter);
    array("codes", retry.codes, [&](const std::string& code) { value(code); });
    flag("undo_between", retry.undo_between);
    json_.EndObject();
  }

  void scope(const Scope& scope) {
    json_.StartObject();
    string("name", scope.name);
    duration("timeout_ms", scope.policy.timeout);
    retry(scope.policy.retry);
    json_.EndObject();
  }

  void ops(OpRange range) {
    for (std::uint32_t at = range.begin; at < range.end;) {
      const Op op = chain_.ops[at++];
      switch (op.kind) {
        case Op::Kind::kStep: word(words::kStep, op.index); break;
        case Op::Kind::kCheck: word(words::kCheck, op.index); break;
        case Op::Kind::kOpen: word(words::kScope, op.index); break;
        case Op::Kind::kClose: value(words::kEnd); break;
        case Op::Kind::kParallel:
          word(words::kParallel, op.index);
          for (const OpRange& branch : chain_.parallels[op.index].branches) {
            value(words::kBranch);
            ops(branch);
            value(words::kEnd);
            at = branch.end;
          }
          value(words::kEnd);
          break;
      }
    }
  }
  void word(std::string_view word, std::uint32_t index) {
    value(std::string(word).append(" ").append(std::to_string(index)));
  }

  const Chain& chain_;
  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> json_{buffer_};
};

}  // namespace

std::string definition_text(const Chain& chain) { return Writer(chain).text(); }

}  // namespace tenon::flow
