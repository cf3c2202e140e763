#include "wiring/chain_policy.h"

#include <tenon/described.h>

#include <algorithm>
#include <utility>

namespace tenon::wiring {
namespace {

using descriptor::PolicyDefinition;

/// Puts what is given in the place of a default.
template <class T>
void take(T& value, const std::optional<descriptor::Given<T>>& given) {
  if (given) value = given->value;
}

flow::RetryPolicy retry_policy(const PolicyDefinition& given) {
  flow::RetryPolicy retry;
  take(retry.attempts, given.retry);
  take(retry.backoff, given.backoff);
  // A first wait longer than the longest wait by default is meant as it is written.
  retry.max_backoff = std::max(retry.max_backoff, retry.backoff);
  take(retry.max_backoff, given.max_backoff);
  take(retry.jitter, given.jitter);
  take(retry.codes, given.retry_on);
  take(retry.undo_between, given.retry_undo);
  if (given.retry) retry.place = given.retry->place;
  return retry;
}

bool says_nothing(const PolicyDefinition& given) {
  return !given.timeout && !given.undo_timeout && !given.grace && !given.retry && !given.undo_retry &&
         !given.concurrency && given.when.empty();
}

}  // namespace

std::shared_ptr<const flow::StepPolicy> step_policy(const PolicyDefinition& given) {
  if (says_nothing(given)) return nullptr;
  auto policy = std::make_shared<flow::StepPolicy>();
  take(policy->timeout, given.timeout);
  take(policy->undo_timeout, given.undo_timeout);
  take(policy->grace, given.grace);
  take(policy->undo_attempts, given.undo_retry);
  policy->retry = retry_policy(given);
  if (given.concurrency) {
    Result<flow::KeyTemplate> name = flow::KeyTemplate::parse(given.concurrency->name.text);
    if (name)  // else it is reported by the binder
      policy->concurrency = {std::move(name).value(), given.concurrency->limit, given.concurrency->name.place};
  }
  for (const descriptor::ConditionDefinition& condition : given.when) {
    policy->when.push_back(
        {condition.key.text, detail::hash(condition.key.text), condition.negated, condition.key.place});
  }
  return policy;
}

std::optional<flow::ScopePolicy> scope_policy(const PolicyDefinition& given) {
  if (!given.timeout && !given.retry) return std::nullopt;
  flow::ScopePolicy policy;
  take(policy.timeout, given.timeout);
  policy.retry = retry_policy(given);
  policy.place = given.timeout ? given.timeout->place : given.retry->place;
  return policy;
}

}  // namespace tenon::wiring
