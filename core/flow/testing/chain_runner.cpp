#include <tenon/chain.h>
#include <tenon/testing/chain_runner.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <span>

#include "descriptor/diagnostics.h"
#include "flow/code_chains.h"
#include "flow/engine.h"
#include "flow/run.h"
#include "flow/testing/replayed_flow.h"
#include "flow/testing/run_trace.h"
#include "flow/testing/test_clock.h"
#include "flow/testing/traced_flow.h"
#include "flow/transactions.h"

namespace tenon::testing {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 1min;
constexpr auto kLastPatience = 10s;
/// Name of the step that makes a run go back.
constexpr const char* kEnd = "end";

/// The node of a test that has none.
class TestNode final : public NodeServices {
 public:
  explicit TestNode(ChainHost& chains) : chains_(chains) {}
  bool log_enabled(LogLevel /*level*/) const noexcept override { return true; }
  void log(LogLevel /*level*/, std::string_view /*library*/, std::string_view text,
           std::span<const LogField> fields) noexcept override {
    std::string line(text);
    for (const LogField& field : fields) line.append(" ").append(field.key).append("=").append(field.value);
    std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  void answered_twice(std::uint64_t /*run*/, std::uint32_t step) noexcept override {
    const std::string number = std::to_string(step);
    const std::array<LogField, 2> fields{{{"code", "FLOW.1003"}, {"step", number}}};
    log(LogLevel::kError, "node", "a step was answered a second time, without effect", fields);
  }
  ChainHost* chains() noexcept override { return &chains_; }
  StoreHost* store() noexcept override { return store_; }
  void set_store(StoreHost* store) noexcept { store_ = store; }
  MessageHost* messages() noexcept override { return nullptr; }
  EventHost* events() noexcept override { return nullptr; }
  TagHost* tags() noexcept override { return nullptr; }
  void take_notice(tenon::detail::LeaseMark& /*mark*/) noexcept override {}  // no library comes or goes
  void wait_at_gate(const ExtensionSlot& /*slot*/) override {}
  void happened(std::string_view event) noexcept override {
    const std::array<LogField, 1> fields{{{"event", event}}};
    log(LogLevel::kInfo, "node", "something has happened", fields);
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  ChainHost& chains_;
  StoreHost* store_ = nullptr;
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

flow::Injection::When injected(Fault fault) {
  switch (fault) {
    case Fault::kBefore: return flow::Injection::When::kBefore;
    case Fault::kAfter: return flow::Injection::When::kAfter;
    case Fault::kTimeout: return flow::Injection::When::kTimeout;
  }
  return flow::Injection::When::kBefore;
}

/// What an undo failed with, or nothing if the cause is no failed undo.
const ErrorCode* undo_failure(const ErrorCode& cause) {
  if (cause.code != "FLOW.1006") return nullptr;
  return cause.causes.empty() ? &cause : &cause.causes.front();
}

}  // namespace

struct ChainRunner::State {
  /// How the steps of one run are taken.
  struct Plan {
    /// Those before it are replayed.
    std::size_t first = 0;
    /// Those before it are not undone.
    std::size_t first_undone = 0;
    /// All are replayed, and undone.
    bool undo = false;
  };

  explicit State(std::uint64_t number) : run(number), node(chains), is_node(tenon::detail::this_node == nullptr) {
    if (is_node) tenon::detail::this_node = &node;
    code.name = "test";
  }
  ~State() {
    settle();
    if (is_node) tenon::detail::this_node = nullptr;
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  [[nodiscard]] std::size_t index(std::string_view step) const;
  void begin(const Plan& plan);
  CodeChain chain(const Plan& plan) const;
  void require_recorded() const;
  /// Waits for the end, or for a line.
  void wait(std::string_view line, std::ptrdiff_t times);
  const RunOutcome& take_outcome();
  /// Ends the engine.
  void settle();

  const std::uint64_t run;
  CodeChain code;
  std::optional<flow::Injection> injection;
  Plan plan;
  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>();
  std::shared_ptr<RunTrace> trace = std::make_shared<RunTrace>(std::vector<std::string>());
  std::optional<RunOutcome> outcome;
  /// What each step wrote in the last run, and whether it was run.
  std::vector<ReplayedFlow::Written> written;
  std::vector<bool> begun;
  bool recorded = false;
  flow::CodeChains chains;
  TestNode node;
  bool is_node;
  StoreHost* store = nullptr;
  std::optional<flow::UnrecordedTransactions> transactions;
  std::unique_ptr<flow::Engine> engine;
};

std::size_t ChainRunner::State::index(std::string_view step) const {
  std::vector<std::string> names;
  for (const CodeStep& known : code.steps) {
    if (known.name == step) return names.size();
    names.push_back(known.name);
  }
  throw Error(make_error("FLOW.1030", "the test asks for what is not there",
                         "step '" + std::string(step) + "'" + descriptor::suggestion(step, names)));
}

void ChainRunner::State::require_recorded() const {
  if (!recorded || written.size() != code.steps.size()) {
    throw Error(make_error("FLOW.1030", "the test asks for what is not there", "a run of these steps that succeeded"));
  }
}

CodeChain ChainRunner::State::chain(const Plan& wanted) const {
  CodeChain made = code;
  for (std::size_t i = 0; i < made.steps.size(); ++i) {
    CodeStep& step = made.steps[i];
    step.flow = std::make_shared<TracedFlow>(step.name, step.flow, trace);
    if (!wanted.undo && i >= wanted.first) continue;
    const bool undone = begun[i] && !step.release && i >= wanted.first_undone;
    step.flow = std::make_shared<ReplayedFlow>(undone ? step.flow : nullptr, written[i]);
    step.has_pre_check = step.has_skip = step.release = false;
    step.options.timeout = 0ms;
    step.options.concurrency.clear();
    step.options.when.clear();
    step.options.unless.clear();
  }
  if (!wanted.undo) return made;
  CodeStep end;
  end.name = kEnd;
  end.flow = std::make_shared<tenon::detail::FunctionFlow>(
      [](FlowStep step) { std::move(step).fail(make_error("FLOW.1020", "a failure made on purpose")); }, nullptr);
  made.steps.push_back(std::move(end));
  return made;
}

void ChainRunner::State::begin(const Plan& wanted) {
  settle();
  if (wanted.undo || wanted.first > 0) require_recorded();
  std::vector<std::string> names;
  for (const CodeStep& step : code.steps) names.push_back(step.name);
  names.emplace_back(kEnd);
  trace = std::make_shared<RunTrace>(std::move(names));
  clock->tell(trace);
  CodeChain made = chain(wanted);
  std::shared_ptr<const flow::Chain> assembled = flow::assemble(made).value();
  plan = wanted;
  outcome.reset();
  StoreHost* const host = store != nullptr ? store : tenon::detail::this_node->store();
  transactions.reset();
  if (host != nullptr) transactions.emplace(*host);
  engine = std::make_unique<flow::Engine>(flow::EngineOptions{.threads = 1,
                                                              .blocking_threads = 4,
                                                              .first_run = run,
                                                              .clock = clock,
                                                              .transactions = transactions ? &*transactions : nullptr});
  chains.open(*engine, [](std::string_view) { return nullptr; });
  (void)engine
      ->start({std::move(assembled), std::move(made.input), trace,
               [noted = trace](flow::RunResult result) { noted->ended(std::move(result)); },
               std::exchange(injection, std::nullopt)})
      .value();
}

void ChainRunner::State::wait(std::string_view line, std::ptrdiff_t times) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    switch (trace->wait(line, times, deadline)) {
      case RunTrace::News::kHappened: return;
      case RunTrace::News::kBackoff:
        clock->advance(std::max(trace->backoff_over() - clock->now(), flow::Clock::Duration(0)));
        break;
      case RunTrace::News::kEnded:
        if (line.empty()) return;
        // What answers late comes after the end.
        (void)engine->wait_idle(
            std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()));
        if (trace->wait(line, times, deadline) == RunTrace::News::kHappened) return;
        throw Error(
            make_error("FLOW.1031", "the test waits in vain", "'" + std::string(line) + "': the run has ended"));
      case RunTrace::News::kTooLate:
        const std::vector<std::string> lines = trace->lines();
        throw Error(make_error("FLOW.1031", "the test waits in vain",
                               (line.empty() ? "for the end" : "'" + std::string(line) + "'") + ": the run is at " +
                                   (lines.empty() ? "its start" : "'" + lines.back() + "'")));
    }
  }
}

const RunOutcome& ChainRunner::State::take_outcome() {
  if (outcome) return *outcome;
  const flow::RunResult* result = trace->result();
  if (result == nullptr) {
    throw Error(make_error("FLOW.1030", "the test asks for what is not there", "the outcome of a run"));
  }
  RunOutcome& made = outcome.emplace();
  made.trace = trace->lines();
  made.error = result->error;
  if (result->error) {
    for (const ErrorCode& cause : result->error->causes) {
      if (const ErrorCode* failure = undo_failure(cause)) made.undo_errors.push_back(*failure);
    }
  }
  if (plan.undo) {  // its own failure is no news
    made.error.reset();
    if (!made.undo_errors.empty()) made.error = made.undo_errors.front();
  } else if (result->ok()) {
    written.assign(code.steps.size(), {});
    begun.resize(code.steps.size());
    for (std::size_t i = 0; i < code.steps.size(); ++i) begun[i] = trace->begun(i) || (i < plan.first && begun[i]);
    for (const flow::DataEntry& entry : result->data) {
      if (entry.step < 0) continue;
      written[static_cast<std::size_t>(entry.step)].emplace_back(entry.key.name, entry.value);
    }
    recorded = true;
  }
  made.data = flow::chain_result(*result).data;
  return made;
}

void ChainRunner::State::settle() {
  if (!engine) return;
  engine->cancel_all();
  const auto deadline = std::chrono::steady_clock::now() + kLastPatience;
  while (!engine->wait_idle(10ms)) {
    clock->advance(1min);
    if (std::chrono::steady_clock::now() < deadline) continue;
    const std::vector<std::string> lines = trace->lines();
    std::fprintf(stderr, "ChainRunner: a flow keeps its step: the run is at '%s'\n",
                 lines.empty() ? "start" : lines.back().c_str());
    std::abort();
  }
  chains.close();
  engine.reset();
}

ChainRunner::ChainRunner(std::uint64_t run) : state_(std::make_unique<State>(run)) {}
ChainRunner::~ChainRunner() = default;

ChainRunner& ChainRunner::input(std::string key, Value value) {
  auto& inputs = state_->code.input;
  std::erase_if(inputs, [&](const auto& given) { return given.first == key; });
  inputs.emplace_back(std::move(key), std::move(value));
  return *this;
}

ChainRunner& ChainRunner::then(CodeStep step) {
  state_->code.steps.push_back(std::move(step));
  return *this;
}

ChainRunner& ChainRunner::then(std::string name, Call run, Call rollback, StepOptions options, SourcePlace place) {
  auto flow = std::make_shared<tenon::detail::FunctionFlow>(std::move(run), std::move(rollback));
  state_->code.steps.push_back(
      {std::move(name), std::move(flow), std::move(options), true, false, false, place, {}, false});
  return *this;
}

ChainRunner& ChainRunner::then_class(const ClassTable& classes, std::string_view name, StepOptions options,
                                     SourcePlace place) {
  std::vector<std::string> names;
  for (const ClassEntry& entry : classes.classes) {
    if (entry.flow == nullptr || entry.create == nullptr) continue;
    if (entry.name != name) {
      names.push_back(entry.name);
      continue;
    }
    const std::shared_ptr<void> object(entry.create(), entry.destroy);
    state_->code.steps.push_back({std::string(name), std::shared_ptr<const Flow>(object, entry.flow(object.get())),
                                  std::move(options), entry.has_undo, entry.has_pre_check, entry.has_skip, place,
                                  std::make_shared<const FlowContract>(entry.contract), false});
    return *this;
  }
  throw Error(make_error("FLOW.1030", "the test asks for what is not there",
                         "flow class '" + std::string(name) + "'" + descriptor::suggestion(name, names)));
}

ChainRunner& ChainRunner::store(StoreHost& store) {
  state_->store = &store;
  state_->node.set_store(&store);
  return *this;
}

ChainRunner& ChainRunner::timeout(std::chrono::milliseconds timeout) {
  state_->code.timeout = timeout;
  return *this;
}

ChainRunner& ChainRunner::fail_at(std::string_view step, Fault fault) {
  state_->injection = flow::Injection{state_->index(step), injected(fault)};
  return *this;
}

const RunOutcome& ChainRunner::run() {
  start();
  return wait();
}

const RunOutcome& ChainRunner::run_from(std::string_view step) {
  state_->begin({.first = state_->index(step)});
  return wait();
}

const RunOutcome& ChainRunner::undo() {
  state_->begin({.undo = true});
  return wait();
}

const RunOutcome& ChainRunner::undo_from(std::string_view step) {
  state_->begin({.first_undone = state_->index(step), .undo = true});
  return wait();
}

void ChainRunner::start() { state_->begin({}); }

void ChainRunner::advance(std::chrono::nanoseconds duration) {
  state_->clock->advance(std::chrono::duration_cast<flow::Clock::Duration>(duration));
}

void ChainRunner::cancel() {
  if (state_->engine) state_->engine->cancel(state_->run);
}

void ChainRunner::wait_for(std::string_view line, std::ptrdiff_t times) { state_->wait(line, times); }

const RunOutcome& ChainRunner::wait() {
  state_->wait({}, 1);
  return state_->take_outcome();
}

const RunOutcome& ChainRunner::outcome() const { return state_->take_outcome(); }

std::vector<std::string> ChainRunner::trace() const { return state_->trace->lines(); }

std::vector<std::string> ChainRunner::log() const { return state_->node.lines(); }

std::string ChainRunner::key(std::string_view step) const {
  return flow::run_name(state_->run) + ":" + std::to_string(state_->index(step));
}

std::string ChainRunner::class_name(std::string_view type) {
  std::string name(type);
  for (std::size_t at; (at = name.find("::")) != std::string::npos;) name.replace(at, 2, ".");
  return name;
}

}  // namespace tenon::testing
