#include "flow/code_chains.h"

#include <algorithm>
#include <exception>
#include <optional>

#include "flow/chain_assembler.h"
#include "flow/key_template.h"

namespace tenon::flow {
namespace {

using Input = std::vector<std::pair<std::string, Value>>;

descriptor::Place place_of(const SourcePlace& place) { return {place.file, place.line, 0}; }

/// A flow with its library, which goes last: its destructor is code of it.
struct KeptFlow {
  Pin pin;
  std::shared_ptr<const Flow> flow;
};

/// Functions of a library, with it.
struct KeptFunctions {
  Pin pin;
  std::function<std::optional<ErrorCode>(const FlowData&)> pre_check;
  std::function<void(ChainResult)> done;

  std::optional<ErrorCode> check(const FlowData& data) const {
    try {
      return pre_check(data);
    } catch (const Error& e) {
      return e.error();
    } catch (const std::exception& e) {
      return make_error("FLOW.1001", "flow threw an exception", e.what());
    } catch (...) {
      return make_error("FLOW.1001", "flow threw an exception", "not a std::exception");
    }
  }
};

std::vector<Condition> conditions(const StepOptions& options, const descriptor::Place& place) {
  std::vector<Condition> all;
  for (const std::string& key : options.when) all.push_back({key, tenon::detail::hash(key), false, place});
  for (const std::string& key : options.unless) all.push_back({key, tenon::detail::hash(key), true, place});
  return all;
}

Result<StepPolicy> policy_of(const StepOptions& options, const descriptor::Place& place) {
  StepPolicy policy;
  policy.timeout = options.timeout;
  policy.undo_timeout = options.undo_timeout;
  policy.grace = options.grace;
  const RetryOptions& retry = options.retry;
  policy.retry = {std::max(retry.attempts, 1U), retry.backoff, retry.max_backoff, retry.jitter, retry.codes,
                  retry.undo_between,           place};
  policy.undo_attempts = std::max(options.undo_attempts, 1U);
  policy.when = conditions(options, place);
  if (!options.concurrency.empty()) {
    Result<KeyTemplate> key = KeyTemplate::parse(options.concurrency);
    if (!key) return std::move(key).error();
    policy.concurrency = ConcurrencyPolicy{std::move(key).value(), std::max(options.concurrency_limit, 1U), place};
  }
  return policy;
}

ErrorCode stopped(std::string_view chain) {
  return make_error("FLOW.1026", "the node runs no chains now", "chain '" + std::string(chain) + "'");
}

}  // namespace

Result<std::shared_ptr<const Chain>> assemble(const CodeChain& code) {
  const descriptor::Place place = place_of(code.place);
  ChainAssembler chain(code.name, place);
  for (const auto& given : code.input) chain.input({given.first, place});
  for (const std::string& lock : code.locks) {
    Result<KeyTemplate> key = KeyTemplate::parse(lock);
    if (!key) return std::move(key).error();
    chain.lock({std::move(key).value(), place});
  }
  if (code.timeout.count() > 0) {
    ScopePolicy whole;
    whole.timeout = code.timeout;
    whole.place = place;
    chain.policy(std::move(whole));
  }
  for (const CodeStep& given : code.steps) {
    ChainStep step;
    step.name = given.name;
    step.flow = given.flow.get();
    step.keep = std::make_shared<const KeptFlow>(KeptFlow{code.pin, given.flow});
    step.plugin = code.plugin;
    step.side = given.release ? StepSide::kRelease : StepSide::kRun;
    step.has_undo = given.has_undo;
    step.has_pre_check = given.has_pre_check;
    step.has_skip = given.has_skip;
    step.place = place_of(given.place);
    step.origin = step.place;
    step.contract = given.contract;
    Result<StepPolicy> policy = policy_of(given.options, step.place);
    if (!policy) return std::move(policy).error();
    step.policy = std::make_shared<const StepPolicy>(std::move(policy).value());
    chain.step(std::move(step));
  }
  return chain.make_volatile().make();
}

ChainResult chain_result(RunResult result) {
  Input latest;
  for (DataEntry& entry : result.data) {
    const auto known = std::find_if(latest.begin(), latest.end(), [&](auto& v) { return v.first == entry.key.name; });
    if (known != latest.end()) {
      known->second = std::move(entry.value);
    } else {
      latest.emplace_back(std::string(entry.key.name), std::move(entry.value));
    }
  }
  return {result.id, std::move(result.error), ChainData(std::move(latest))};
}

class CodeChains::Entry {
 public:
  explicit Entry(CodeChains& chains) : chains_(chains) {
    std::lock_guard lock(chains_.mutex_);
    engine_ = chains_.engine_;
    find_ = chains_.find_;
    start_ = chains_.start_;
    if (engine_ != nullptr) ++chains_.inside_;
  }
  ~Entry() {
    if (engine_ == nullptr) return;
    std::lock_guard lock(chains_.mutex_);
    if (--chains_.inside_ == 0) chains_.left_.notify_all();
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;

  explicit operator bool() const noexcept { return engine_ != nullptr; }
  Engine* operator->() const noexcept { return engine_; }
  [[nodiscard]] std::shared_ptr<const Chain> find(std::string_view name) const { return (*find_)(name); }
  [[nodiscard]] Result<std::uint64_t> start(RunRequest request) const {
    return *start_ ? (*start_)(std::move(request)) : engine_->start(std::move(request));
  }

 private:
  CodeChains& chains_;
  Engine* engine_ = nullptr;
  std::shared_ptr<const Find> find_;
  std::shared_ptr<const Start> start_;
};

void CodeChains::open(Engine& engine, Find find, Start start) {
  std::lock_guard lock(mutex_);
  engine_ = &engine;
  find_ = std::make_shared<const Find>(std::move(find));
  start_ = std::make_shared<const Start>(std::move(start));
}

void CodeChains::close() {
  std::unique_lock lock(mutex_);
  engine_ = nullptr;
  find_.reset();
  start_.reset();
  left_.wait(lock, [&] { return inside_ == 0; });
}

Result<std::uint64_t> CodeChains::start(CodeChain code) {
  const Entry engine(*this);
  if (!engine) return stopped(code.name);
  Result<std::shared_ptr<const Chain>> chain = assemble(code);
  if (!chain) return std::move(chain).error();
  auto kept = std::make_shared<const KeptFunctions>(
      KeptFunctions{std::move(code.pin), std::move(code.pre_check), std::move(code.done)});
  RunRequest request{std::move(chain).value(), std::move(code.input), {}, [kept](RunResult result) {
                       if (kept->done) kept->done(chain_result(std::move(result)));
                     }};
  if (kept->pre_check) request.before_step = [kept](const FlowData& data) { return kept->check(data); };
  return engine->start(std::move(request));
}

Result<std::uint64_t> CodeChains::start_named(std::string_view chain, Input input, RunHandlers handlers) {
  const Entry engine(*this);
  if (!engine) return stopped(chain);
  const std::shared_ptr<const Chain> found = engine.find(chain);
  if (!found) return make_error("FLOW.1014", "no such chain", "'" + std::string(chain) + "'");
  return start_published(&found, std::move(input), std::move(handlers));
}

Result<std::uint64_t> CodeChains::start_published(const void* chain, Input input, RunHandlers handlers) {
  if (chain == nullptr) return make_error("FLOW.1014", "no such chain", "a bean's, which has none");
  const auto& published = *static_cast<const std::shared_ptr<const Chain>*>(chain);
  const Entry engine(*this);
  if (!engine) return stopped(published->name);
  RunRequest request;
  request.chain = published;
  request.input = std::move(input);
  request.accepted = std::move(handlers.accepted);
  request.start_key = std::move(handlers.start_key);
  request.done = [done = std::move(handlers.done)](RunResult result) {
    if (done) done(chain_result(std::move(result)));
  };
  return engine.start(std::move(request));
}

bool CodeChains::cancel(std::uint64_t run) {
  const Entry engine(*this);
  return engine && engine->cancel(run);
}

}  // namespace tenon::flow
