#include "api/chain_json.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tenon::api {
namespace {

using std::chrono::milliseconds;

void add_place(Json& json, std::string_view name, const descriptor::Place& place) {
  if (!place.file.empty()) json.add(name, place.to_string());
}

void add_time(Json& json, std::string_view name, milliseconds time) {
  if (time.count() > 0) json.add(name, std::int64_t{time.count()});
}

Json retry_json(const flow::RetryPolicy& retry) {
  Json json = Json::object();
  json.add("attempts", retry.attempts);
  add_time(json, "backoff_ms", retry.backoff);
  if (retry.backoff.count() > 0) {
    add_time(json, "max_backoff_ms", retry.max_backoff);
    json.add("jitter", retry.jitter);
  }
  if (!retry.codes.empty()) {
    Json codes = Json::array();
    for (const std::string& code : retry.codes) codes.push(code);
    json.add("codes", std::move(codes));
  }
  json.add("undo_between", retry.undo_between);
  add_place(json, "place", retry.place);
  return json;
}

/// Nothing but null if it asks for nothing.
Json scope_policy_json(const flow::ScopePolicy& policy) {
  Json json;
  if (policy.timeout.count() > 0) json.add("timeout_ms", std::int64_t{policy.timeout.count()});
  if (policy.retry.attempts > 1) json.add("retry", retry_json(policy.retry));
  return json;
}

Json step_policy_json(const flow::StepPolicy& policy) {
  Json json;
  add_time(json, "timeout_ms", policy.timeout);
  add_time(json, "undo_timeout_ms", policy.undo_timeout);
  const bool told_to_end = policy.timeout.count() > 0 || policy.undo_timeout.count() > 0;
  if (told_to_end || policy.grace != flow::StepPolicy().grace) json.add("grace_ms", std::int64_t{policy.grace.count()});
  // The undo waits between its attempts as the flow does.
  if (policy.retry.attempts > 1 || policy.undo_attempts > 1) json.add("retry", retry_json(policy.retry));
  if (policy.undo_attempts > 1) json.add("undo_attempts", policy.undo_attempts);
  if (policy.concurrency)
    json.add("concurrency", policy.concurrency->key.text()).add("limit", policy.concurrency->limit);
  if (!policy.when.empty()) {
    Json when = Json::array();
    for (const flow::Condition& condition : policy.when) {
      when.push(Json::object().add("key", condition.key).add("negated", condition.negated));
    }
    json.add("when", std::move(when));
  }
  return json;
}

void add_policy(Json& json, Json policy) {
  if (!policy.is_null()) json.add("policy", std::move(policy));
}

Json keys_json(const std::vector<KeyEntry>& entries) {
  Json json = Json::array();
  for (const KeyEntry& entry : entries) {
    json.push(Json::object().add("key", entry.name).add("type", entry.type_name));
  }
  return json;
}

std::string_view side_name(flow::StepSide side) { return side == flow::StepSide::kRelease ? "release" : "run"; }

Json step_json(const flow::ChainStep& step, std::size_t index) {
  Json json = Json::object();
  json.add("index", std::uint64_t{index})
      .add("name", step.name)
      .add("plugin", step.plugin)
      .add("side", side_name(step.side))
      .add("has_undo", step.has_undo)
      .add("has_pre_check", step.has_pre_check);
  if (!step.interface.empty()) json.add("interface", step.interface);
  add_place(json, "place", step.place);
  add_place(json, "origin", step.origin);
  if (step.contract) {
    json.add("reads", keys_json(step.contract->reads_list))
        .add("optional", keys_json(step.contract->optional_list))
        .add("writes", keys_json(step.contract->writes_list));
  }
  if (step.policy) add_policy(json, step_policy_json(*step.policy));
  return json;
}

/// Reads the structure of a chain from its ops.
class TreeReader {
 public:
  explicit TreeReader(const flow::Chain& chain) : chain_(chain) {}

  [[nodiscard]] Json nodes(flow::OpRange range) const {
    Json list = Json::array();
    for (std::uint32_t at = range.begin; at < range.end;) {
      const flow::Op& op = chain_.ops[at];
      switch (op.kind) {
        case flow::Op::Kind::kStep: at = add_steps(list, at, range.end); break;
        case flow::Op::Kind::kOpen: {
          const flow::Scope& scope = chain_.scopes[op.index];
          list.push(scope_node(scope));
          at = scope.ops.end + 1;  // its kClose
          break;
        }
        case flow::Op::Kind::kParallel: {
          const flow::Parallel& parallel = chain_.parallels[op.index];
          list.push(parallel_node(parallel));
          at = parallel.branches.empty() ? at + 1 : parallel.branches.back().end;
          break;
        }
        case flow::Op::Kind::kCheck:
        case flow::Op::Kind::kClose: ++at; break;
      }
    }
    return list;
  }

 private:
  /// Steps made of the extensions of one point stand together.
  std::uint32_t add_steps(Json& list, std::uint32_t at, std::uint32_t end) const {
    const flow::ChainStep& first = chain_.steps[chain_.ops[at].index];
    if (first.interface.empty()) {
      list.push(step_node(at));
      return at + 1;
    }
    Json steps = Json::array();
    for (; at < end && chain_.ops[at].kind == flow::Op::Kind::kStep; ++at) {
      const flow::ChainStep& step = chain_.steps[chain_.ops[at].index];
      if (step.interface != first.interface || step.place != first.place || step.side != first.side) break;
      steps.push(step_node(at));
    }
    Json node = Json::object().add("extensions", first.interface).add("side", side_name(first.side));
    add_place(node, "place", first.place);
    list.push(std::move(node).add("steps", std::move(steps)));
    return at;
  }

  [[nodiscard]] Json step_node(std::uint32_t at) const {
    return Json::object().add("step", std::uint64_t{chain_.ops[at].index});
  }

  [[nodiscard]] Json scope_node(const flow::Scope& scope) const {
    Json node = Json::object().add("scope", scope.name);
    add_place(node, "place", scope.place);
    add_policy(node, scope_policy_json(scope.policy));
    node.add("steps", nodes(scope.ops));
    return node;
  }

  [[nodiscard]] Json parallel_node(const flow::Parallel& parallel) const {
    Json body = Json::object();
    if (parallel.limit > 0) body.add("limit", parallel.limit);
    add_place(body, "place", parallel.place);
    Json branches = Json::array();
    for (const flow::OpRange& branch : parallel.branches) branches.push(nodes(branch));
    body.add("branches", std::move(branches));
    return Json::object().add("parallel", std::move(body));
  }

  const flow::Chain& chain_;
};

/// The scope of the whole chain, or null if it has no policies.
const flow::Scope* whole(const flow::Chain& chain) {
  if (chain.ops.empty() || chain.ops.front().kind != flow::Op::Kind::kOpen) return nullptr;
  const flow::Scope& scope = chain.scopes[chain.ops.front().index];
  return scope.name.empty() && scope.ops.end + 1 == chain.ops.size() ? &scope : nullptr;
}

}  // namespace

Json chains_json(const wiring::Wiring& wiring) {
  Json list = Json::array();
  for (const auto& chain : wiring.chains) {
    Json inputs = Json::array();
    for (const flow::ChainInput& input : chain->inputs) inputs.push(input.key);
    list.push(Json::object()
                  .add("name", chain->name)
                  .add("inputs", std::move(inputs))
                  .add("steps", std::uint64_t{chain->steps.size()})
                  .add("place", chain->place.to_string()));
  }
  return list;
}

Json chain_json(const flow::Chain& chain) {
  Json json = Json::object();
  json.add("name", chain.name).add("place", chain.place.to_string());
  if (!chain.extends.empty()) json.add("extends", chain.extends);
  Json inputs = Json::array();
  for (const flow::ChainInput& input : chain.inputs) {
    Json item = Json::object().add("key", input.key);
    add_place(item, "place", input.place);
    inputs.push(std::move(item));
  }
  Json locks = Json::array();
  for (const flow::LockPolicy& lock : chain.locks) {
    Json item = Json::object().add("key", lock.key.text());
    add_place(item, "place", lock.place);
    locks.push(std::move(item));
  }
  json.add("inputs", std::move(inputs))
      .add("locks", std::move(locks))
      .add("recovery", chain.recovery == flow::Recovery::kResume ? "resume" : "rollback");
  const flow::Scope* scope = whole(chain);
  if (scope != nullptr) add_policy(json, scope_policy_json(scope->policy));

  Json steps = Json::array();
  for (std::size_t index = 0; index < chain.steps.size(); ++index) steps.push(step_json(chain.steps[index], index));
  const flow::OpRange ops =
      scope != nullptr ? scope->ops : flow::OpRange{0, static_cast<std::uint32_t>(chain.ops.size())};
  return std::move(json).add("steps", std::move(steps)).add("tree", TreeReader(chain).nodes(ops));
}

}  // namespace tenon::api
