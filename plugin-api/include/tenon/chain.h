#pragma once

#include <tenon/contract.h>
#include <tenon/error.h>
#include <tenon/flow.h>
#include <tenon/library.h>
#include <tenon/log.h>
#include <tenon/value.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// Chains that are built in code:
/// ```cpp
/// tenon::Result<std::uint64_t> run =
///     tenon::new_simple_flow_chain("image.fetch")
///         .then("download", [](FlowStep step) { … }, [](FlowStep step) { … })
///         .with({.timeout = 5min, .retry = {.attempts = 3, .backoff = 200ms}})
///         .then("convert", std::make_shared<Convert>())
///         .input(kImage, image)
///         .done([](const tenon::ChainData& data) { … })
///         .error([](const tenon::ErrorCode& error, const tenon::ChainData&) { … })
///         .finally([] { … })
///         .start();
/// ```
/// They are volatile: no journal knows them, and a node that ends undoes them or forgets them.
namespace tenon {

/// When a step that failed is tried again.
struct RetryOptions {
  /// How often it is tried in all.
  std::uint32_t attempts = 1;
  /// How long before the second attempt; doubled for each one after it, up to `max_backoff`.
  std::chrono::milliseconds backoff{0};
  std::chrono::milliseconds max_backoff{60'000};
  /// How much of the wait is left to chance, 0–1.
  double jitter = 0.2;
  /// Codes of errors that are worth another attempt: `KVM.1001`, or `KVM.*`. Empty: all are.
  std::vector<std::string> codes = {};
  /// Whether what a failed attempt made is undone before the next one.
  bool undo_between = true;
};

/// How one step is run. Durations of zero: no limit.
struct StepOptions {
  /// For each attempt.
  std::chrono::milliseconds timeout{0};
  /// For each call of the undo.
  std::chrono::milliseconds undo_timeout{0};
  /// How long a step that was told to end is waited for before it is undone without its answer.
  std::chrono::milliseconds grace{10'000};
  RetryOptions retry = {};
  /// How often the undo is tried, with the waits of `retry`.
  std::uint32_t undo_attempts = 1;
  /// The step holds a place under this name while it is at work, one of `concurrency_limit` in all runs. Takes values
  /// of the data: `host:{host.uuid}`. Empty: none.
  std::string concurrency = {};
  std::uint32_t concurrency_limit = 1;
  /// Keys: the step is run if each has a value that is neither `false` nor null …
  std::vector<std::string> when = {};
  /// … and none of these has.
  std::vector<std::string> unless = {};
};

/// What a run had written when it ended, each key with its latest value; of a failed run, its inputs. Used by one
/// thread at a time.
class ChainData {
 public:
  ChainData() = default;
  explicit ChainData(std::vector<std::pair<std::string, Value>> values) : values_(std::move(values)) {}

  /// As FlowData::get. The reference lives as long as these data.
  template <class T>
  const T& get(const FlowKey<T>& key) const {
    const T* value = find(key);
    if (value == nullptr) throw Error(make_error("FLOW.1007", "no value under this key", std::string(key.name)));
    return *value;
  }

  /// As `get`, but null if there is no value.
  template <class T>
  const T* find(const FlowKey<T>& key) const {
    for (auto& [name, value] : values_) {
      if (name != key.name) continue;
      return detail::typed_value<T>(value, name, [&](Value read) -> const Value& { return value = std::move(read); });
    }
    return nullptr;
  }

  [[nodiscard]] const std::vector<std::pair<std::string, Value>>& values() const noexcept { return values_; }

 private:
  mutable std::vector<std::pair<std::string, Value>> values_;  // JSON gives way to the object that was read from it
};

/// How a run of a chain ended.
struct ChainResult {
  std::uint64_t run = 0;
  /// Nothing if it succeeded. Its causes list each undo that failed, as FLOW.1006.
  std::optional<ErrorCode> error;
  ChainData data;
};

/// One step of a chain that was built in code.
struct CodeStep {
  std::string name;
  std::shared_ptr<const Flow> flow;
  StepOptions options;
  bool has_undo = true;
  bool has_pre_check = false;
  bool has_skip = false;
  /// Where it was added to the chain.
  std::source_location place;
  /// What it may touch. Null: any key.
  std::shared_ptr<const FlowContract> contract = {};
};

/// A chain as the builders below hand it to the node.
struct CodeChain {
  /// Keeps the library that all functions here are of.
  Pin pin = Pin::here();
  std::string name;
  /// The plugin that built it; empty for code of the node.
  std::string plugin;
  std::source_location place;
  std::vector<CodeStep> steps;
  std::vector<std::pair<std::string, Value>> input;
  /// May take values of the inputs: `host:{host.uuid}`.
  std::vector<std::string> locks;
  std::chrono::milliseconds timeout{0};
  std::function<std::optional<ErrorCode>(const FlowData&)> pre_check;
  /// Called exactly once, when the run has ended. Does not throw.
  std::function<void(ChainResult)> done;
};

/// Starts chains. Implemented by the node; any thread may call it. A run is worked on by the calling thread until a
/// flow answers later, so `done` may be called before a start returns. If a start gives an error, `done` is not called.
class ChainHost {
 public:
  /// Errors: FLOW.1011 the node is stopping, FLOW.1021 a lock or limit can't be named so, FLOW.1015 a lock can't be
  /// named from the inputs, FLOW.1025 the node runs no chains yet, or no more.
  virtual Result<std::uint64_t> start(CodeChain chain) = 0;

  /// Starts a chain that descriptors define. `done` keeps what it needs of its library by a Pin. Errors: also FLOW.1012
  /// an input is missing, FLOW.1013 the chain has no such input, FLOW.1014 there is no such chain.
  virtual Result<std::uint64_t> start_named(std::string_view chain, std::vector<std::pair<std::string, Value>> input,
                                            std::function<void(ChainResult)> done) = 0;

  /// As `start_named`, for a chain that the node gave to a bean. `chain`: as the node gave it.
  virtual Result<std::uint64_t> start_published(const void* chain, std::vector<std::pair<std::string, Value>> input,
                                                std::function<void(ChainResult)> done) = 0;

  /// Asks a run to end and to be undone. False if none of this id is in flight.
  virtual bool cancel(std::uint64_t run) = 0;

 protected:
  ~ChainHost() = default;
};

namespace detail {

/// A flow made of functions.
class FunctionFlow final : public Flow {
 public:
  using Call = std::function<void(FlowStep)>;
  FunctionFlow(Call run, Call rollback) : run_(std::move(run)), rollback_(std::move(rollback)) {}
  void run(FlowStep step) const override { run_(std::move(step)); }
  void rollback(FlowStep step) const override {
    if (rollback_) return rollback_(std::move(step));
    std::move(step).next();
  }

 private:
  Call run_;
  Call rollback_;
};

/// What a chain's author wants to be told at its end.
struct ChainHandlers {
  std::string chain;
  std::function<void(const ChainData&)> done;
  std::function<void(const ErrorCode&, const ChainData&)> error;
  std::function<void()> finally;

  void operator()(const ChainResult& result) const {
    if (result.error) {
      guarded("error", [&] {
        if (error) error(*result.error, result.data);
      });
    } else {
      guarded("done", [&] {
        if (done) done(result.data);
      });
    }
    guarded("finally", [&] {
      if (finally) finally();
    });
  }

 private:
  template <class Call>
  void guarded(std::string_view handler, const Call& call) const {
    try {
      call();
    } catch (const std::exception& e) {
      report(handler, e.what());
    } catch (...) {
      report(handler, "not a std::exception");
    }
  }
  void report(std::string_view handler, std::string_view what) const {
    log::error("a handler of a chain's end threw", {{"chain", chain}, {"handler", handler}, {"error", what}});
  }
};

/// What all builders of chains have. A builder stands for one chain: its copies do, too. Used by one thread at a time.
template <class Self>
class ChainBuilder {
 public:
  /// Adds a flow, which may be shared with other chains.
  Self& then(std::string name, std::shared_ptr<const Flow> flow,
             std::source_location place = std::source_location::current()) {
    if (flow == nullptr) flaw("step '" + name + "' has no flow");
    state_->chain.steps.push_back({std::move(name), std::move(flow), {}, true, true, true, place, {}});
    return self();
  }
  /// Adds a flow of the chain's own.
  template <std::derived_from<Flow> F>
  Self& then(std::string name, F flow, std::source_location place = std::source_location::current()) {
    return then(std::move(name), std::shared_ptr<const Flow>(std::make_shared<F>(std::move(flow))), place);
  }

  /// How the step that was added last is run.
  Self& with(StepOptions options) {
    if (state_->chain.steps.empty()) {
      flaw("options of a step are given before the first step");
    } else {
      state_->chain.steps.back().options = std::move(options);
    }
    return self();
  }

  /// A value that the run begins with.
  template <class T>
  Self& input(const FlowKey<T>& key, std::type_identity_t<T> value) {
    for (const auto& given : state_->chain.input) {
      if (given.first == key.name) flaw("input '" + given.first + "' is given twice");
    }
    state_->chain.input.emplace_back(std::string(key.name), Value::of<T>(std::move(value)));
    return self();
  }

  /// A name that the run holds alone, from before its first step until its end. May take values of inputs:
  /// `host:{host.uuid}`.
  Self& lock(std::string name) {
    state_->chain.locks.push_back(std::move(name));
    return self();
  }

  /// For the whole run, but for its undo. Zero: none.
  Self& timeout(std::chrono::milliseconds timeout) {
    state_->chain.timeout = timeout;
    return self();
  }

  /// Asked before each step, with the data so far: an error fails the run there, and the step is not begun, so that it
  /// is not undone either. Must not block.
  Self& pre_check(std::function<std::optional<ErrorCode>(const FlowData&)> check) {
    if (state_->chain.pre_check) flaw("there are two pre_checks");
    state_->chain.pre_check = std::move(check);
    return self();
  }

  /// A chain without steps is no error, and done at once.
  Self& allow_empty() {
    state_->allow_empty = true;
    return self();
  }

  /// Starts the chain on `host`; gives the run's id. The run is worked on by this thread until a flow answers later, so
  /// the handlers may be called before this returns. If this gives an error, nothing was begun and no handler is
  /// called: FLOW.1022 the chain has no steps, FLOW.1023 it is put together wrongly, FLOW.1024 it was started before,
  /// and those of ChainHost::start.
  Result<std::uint64_t> start(ChainHost& host) {
    State& state = *state_;
    if (state.started) {
      return make_error("FLOW.1024", "a chain can be started once", "chain '" + state.handlers.chain + "'");
    }
    if (!state.flaw.empty()) {
      return make_error("FLOW.1023", "a chain is put together wrongly",
                        "chain '" + state.chain.name + "': " + state.flaw);
    }
    if (state.chain.steps.empty() && !state.allow_empty) {
      return make_error("FLOW.1022", "a chain without steps", "chain '" + state.chain.name + "'");
    }
    state.started = true;
    state.chain.done = [handlers = state.handlers](const ChainResult& result) { handlers(result); };
    return host.start(std::move(state.chain));
  }

  /// As above, on the node that this code belongs to. FLOW.1025 if it runs no chains.
  Result<std::uint64_t> start() {
    ChainHost* host = this_node != nullptr ? this_node->chains() : nullptr;
    if (host == nullptr) {
      return make_error("FLOW.1025", "the node runs no chains now", "chain '" + state_->chain.name + "'");
    }
    return start(*host);
  }

 protected:
  struct State {
    CodeChain chain;
    ChainHandlers handlers;
    bool allow_empty = false;
    bool started = false;
    /// What is wrong with the chain, the first thing only.
    std::string flaw;
  };

  ChainBuilder(std::string name, std::source_location place) : state_(std::make_shared<State>()) {
    state_->handlers.chain = name;
    state_->chain.name = std::move(name);
    state_->chain.place = place;
    if (this_library != nullptr) state_->chain.plugin = this_library->name;
  }
  ~ChainBuilder() = default;
  ChainBuilder(const ChainBuilder&) = default;
  ChainBuilder& operator=(const ChainBuilder&) = default;

  void add(std::string name, FunctionFlow::Call run, FunctionFlow::Call rollback, std::source_location place) {
    if (!run) flaw("step '" + name + "' has no function to run");
    const bool has_undo = static_cast<bool>(rollback);
    state_->chain.steps.push_back({std::move(name),
                                   std::make_shared<FunctionFlow>(std::move(run), std::move(rollback)),
                                   {},
                                   has_undo,
                                   false,
                                   false,
                                   place,
                                   {}});
  }
  /// Takes over a handler, of which there may be one of a kind.
  template <class Handler>
  Self& handle(std::string_view what, Handler& kept, Handler handler) {
    if (kept) flaw("there are two handlers '" + std::string(what) + "'");
    kept = std::move(handler);
    return self();
  }
  ChainHandlers& handlers() { return state_->handlers; }

 private:
  Self& self() { return static_cast<Self&>(*this); }
  void flaw(std::string what) {
    if (state_->flaw.empty()) state_->flaw = std::move(what);
  }

  std::shared_ptr<State> state_;
};

}  // namespace detail

/// A chain of functions and flows, which share the run's data. Made by `new_simple_flow_chain`.
///
/// When the run has ended, `done` or `error` is called exactly once, then `finally` exactly once, on the thread that
/// ended it, also if the one before has thrown; what they throw is logged.
class SimpleFlowChain : public detail::ChainBuilder<SimpleFlowChain> {
 public:
  using Call = std::function<void(FlowStep)>;
  explicit SimpleFlowChain(std::string name, std::source_location place = std::source_location::current())
      : ChainBuilder(std::move(name), place) {}

  using ChainBuilder::then;
  /// Adds a step of functions, under the rules of Flow::run and Flow::rollback. They are called for this run alone.
  SimpleFlowChain& then(std::string name, Call run, Call rollback = {},
                        std::source_location place = std::source_location::current()) {
    add(std::move(name), std::move(run), std::move(rollback), place);
    return *this;
  }

  SimpleFlowChain& done(std::function<void(const ChainData&)> handler) {
    return handle("done", handlers().done, std::move(handler));
  }
  SimpleFlowChain& error(std::function<void(const ErrorCode&, const ChainData&)> handler) {
    return handle("error", handlers().error, std::move(handler));
  }
  SimpleFlowChain& finally(std::function<void()> handler) {
    return handle("finally", handlers().finally, std::move(handler));
  }
};

[[nodiscard]] inline SimpleFlowChain new_simple_flow_chain(
    std::string name, std::source_location place = std::source_location::current()) {
  return SimpleFlowChain(std::move(name), place);
}

/// A chain whose functions share one object, beside the run's data. Made by `new_share_flow_chain`.
///
/// Steps follow one another, so the object needs no lock. It lives until the run has ended and each step has answered.
/// What a failed attempt changed in it stays changed, unlike the run's data. A step that is undone without its answer,
/// as its time and its grace are up, must not touch the object any more: `cancelled()` tells it.
template <class Shared>
class ShareFlowChain : public detail::ChainBuilder<ShareFlowChain<Shared>> {
  using Base = detail::ChainBuilder<ShareFlowChain<Shared>>;

 public:
  using Call = std::function<void(FlowStep, Shared&)>;
  ShareFlowChain(std::string name, Shared shared, std::source_location place = std::source_location::current())
      : Base(std::move(name), place), shared_(std::make_shared<Shared>(std::move(shared))) {}

  using Base::then;
  ShareFlowChain& then(std::string name, Call run, Call rollback = {},
                       std::source_location place = std::source_location::current()) {
    this->add(std::move(name), bound(std::move(run)), bound(std::move(rollback)), place);
    return *this;
  }

  ShareFlowChain& done(std::function<void(Shared&)> handler) {
    return this->handle("done", this->handlers().done,
                        {[shared = shared_, handler = std::move(handler)](const ChainData&) { handler(*shared); }});
  }
  ShareFlowChain& error(std::function<void(const ErrorCode&, Shared&)> handler) {
    return this->handle("error", this->handlers().error,
                        {[shared = shared_, handler = std::move(handler)](const ErrorCode& error, const ChainData&) {
                          handler(error, *shared);
                        }});
  }
  ShareFlowChain& finally(std::function<void(Shared&)> handler) {
    return this->handle("finally", this->handlers().finally,
                        {[shared = shared_, handler = std::move(handler)] { handler(*shared); }});
  }

 private:
  detail::FunctionFlow::Call bound(Call call) const {
    if (!call) return {};
    return [shared = shared_, call = std::move(call)](FlowStep step) { call(std::move(step), *shared); };
  }
  std::shared_ptr<Shared> shared_;
};

template <class Shared>
[[nodiscard]] ShareFlowChain<Shared> new_share_flow_chain(
    std::string name, Shared shared, std::source_location place = std::source_location::current()) {
  return ShareFlowChain<Shared>(std::move(name), std::move(shared), place);
}

}  // namespace tenon
