#pragma once

#include <tenon/chain_host.h>
#include <tenon/error.h>
#include <tenon/flow.h>
#include <tenon/flow_chain.h>
#include <tenon/flow_traits.h>
#include <tenon/lease.h>
#include <tenon/library.h>
#include <tenon/log.h>
#include <tenon/message.h>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
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

/// What all that start runs have: the run's inputs, its handlers, its start. Stands for one run: its copies do, too.
/// Used by one thread at a time.
template <class Self>
class RunBuilder {
 public:
  /// A value that the run begins with.
  template <class T>
  Self& input(const FlowKey<T>& key, std::type_identity_t<T> value) {
    for (const auto& given : state_->chain.input) {
      if (given.first == key.name) flaw("input '" + given.first + "' is given twice");
    }
    state_->chain.input.emplace_back(std::string(key.name), Value::of<T>(std::move(value)));
    return self();
  }

  /// Starts the run on `host`; gives its id. It is worked on by this thread until a flow answers later, so the handlers
  /// may be called before this returns. If this gives an error, nothing was begun and no handler is called: FLOW.1022
  /// the chain has no steps, FLOW.1024 it is put together wrongly, FLOW.1025 it was started before, and those of
  /// ChainHost.
  Result<std::uint64_t> start(ChainHost& host) {
    if (state_->started) return make_error("FLOW.1025", "a chain can be started once", described());
    if (!state_->flaw.empty()) {
      return make_error("FLOW.1024", "a chain is put together wrongly", described() + ": " + state_->flaw);
    }
    if (self().is_void()) return make_error("FLOW.1022", "a chain without steps", described());
    state_->started = true;
    state_->chain.done = [handlers = state_->handlers](const ChainResult& result) { handlers(result); };
    return self().begin(host);
  }

  /// As above, on the node that this code belongs to. FLOW.1026 if it runs no chains.
  Result<std::uint64_t> start() {
    ChainHost* host = this_node != nullptr ? this_node->chains() : nullptr;
    if (host == nullptr) return make_error("FLOW.1026", "the node runs no chains now", described());
    return start(*host);
  }

 protected:
  struct State {
    CodeChain chain;
    ChainHandlers handlers;
    bool started = false;
    /// What is wrong with it, the first thing only.
    std::string flaw;
  };

  explicit RunBuilder(std::string name) : state_(std::make_shared<State>()) {
    state_->handlers.chain = name;
    state_->chain.name = std::move(name);
  }
  ~RunBuilder() = default;
  RunBuilder(const RunBuilder&) = default;
  RunBuilder& operator=(const RunBuilder&) = default;

  Self& self() { return static_cast<Self&>(*this); }
  CodeChain& chain() { return state_->chain; }
  ChainHandlers& handlers() { return state_->handlers; }
  void flaw(std::string what) {
    if (state_->flaw.empty()) state_->flaw = std::move(what);
  }
  /// Takes over a handler, of which there may be one of a kind.
  template <class Handler>
  Self& handle(std::string_view what, Handler& kept, Handler handler) {
    if (kept) flaw("there are two handlers '" + std::string(what) + "'");
    kept = std::move(handler);
    return self();
  }

 private:
  [[nodiscard]] std::string described() const { return "chain '" + state_->handlers.chain + "'"; }

  std::shared_ptr<State> state_;
};

/// Handlers that are given the run's data.
template <class Self>
class DataRunBuilder : public RunBuilder<Self> {
 public:
  Self& done(std::function<void(const ChainData&)> handler) {
    return this->handle("done", this->handlers().done, std::move(handler));
  }
  Self& error(std::function<void(const ErrorCode&, const ChainData&)> handler) {
    return this->handle("error", this->handlers().error, std::move(handler));
  }
  Self& finally(std::function<void()> handler) {
    return this->handle("finally", this->handlers().finally, std::move(handler));
  }

 protected:
  using RunBuilder<Self>::RunBuilder;
};

/// The part of a builder that puts a chain together. `Base`: a RunBuilder.
template <class Self, template <class> class Base>
class ChainBuilder : public Base<Self> {
 public:
  /// Adds a flow, which may be shared with other chains.
  Self& then(std::string name, std::shared_ptr<const Flow> flow, SourcePlace place = SourcePlace::caller()) {
    if (flow == nullptr) this->flaw("step '" + name + "' has no flow");
    this->chain().steps.push_back({std::move(name), std::move(flow), {}, true, true, true, place, {}, false});
    return this->self();
  }
  /// Adds a flow of the chain's own.
  template <std::derived_from<Flow> F>
  Self& then(std::string name, F flow, SourcePlace place = SourcePlace::caller()) {
    this->chain().steps.push_back({std::move(name),
                                   std::make_shared<const F>(std::move(flow)),
                                   {},
                                   has_undo<F>(),
                                   has_pre_check<F>(),
                                   has_skip<F>(),
                                   place,
                                   {},
                                   false});
    return this->self();
  }

  /// How the step that was added last is run.
  Self& with(StepOptions options) {
    if (this->chain().steps.empty()) {
      this->flaw("options of a step are given before the first step");
    } else {
      this->chain().steps.back().options = std::move(options);
    }
    return this->self();
  }

  /// A name that the run holds alone, from before its first step until its end. May take values of inputs:
  /// `host:{host.uuid}`.
  Self& lock(std::string name) {
    this->chain().locks.push_back(std::move(name));
    return this->self();
  }

  /// For the whole run, but for its undo. Zero: none.
  Self& timeout(std::chrono::milliseconds timeout) {
    this->chain().timeout = timeout;
    return this->self();
  }

  /// Asked before each step, with the data so far: an error fails the run there, and the step is not begun, so that it
  /// is not undone either. Must not block.
  Self& pre_check(std::function<std::optional<ErrorCode>(const FlowData&)> check) {
    if (this->chain().pre_check) this->flaw("there are two pre_checks");
    this->chain().pre_check = std::move(check);
    return this->self();
  }

  /// A chain without steps is no error, and done at once.
  Self& allow_empty() {
    this->chain().allow_empty = true;
    return this->self();
  }

 protected:
  ChainBuilder(std::string name, SourcePlace place) : Base<Self>(std::move(name)) {
    this->chain().place = place;
    if (this_library != nullptr) this->chain().plugin = this_library->name;
  }
  ~ChainBuilder() = default;
  ChainBuilder(const ChainBuilder&) = default;
  ChainBuilder& operator=(const ChainBuilder&) = default;

  Self& add(std::string name, FunctionFlow::Call run, FunctionFlow::Call rollback, SourcePlace place) {
    if (!run) this->flaw("step '" + name + "' has no function to run");
    const bool has_undo = static_cast<bool>(rollback);
    auto flow = std::make_shared<const FunctionFlow>(std::move(run), std::move(rollback));
    this->chain().steps.push_back({std::move(name), std::move(flow), {}, has_undo, false, false, place, {}, false});
    return this->self();
  }

 private:
  friend class RunBuilder<Self>;
  [[nodiscard]] bool is_void() { return this->chain().steps.empty() && !this->chain().allow_empty; }
  Result<std::uint64_t> begin(ChainHost& host) { return host.start(std::move(this->chain())); }
};

}  // namespace detail

/// A chain of functions and flows, which share the run's data. Made by `new_simple_flow_chain`.
///
/// When the run has ended, `done` or `error` is called exactly once, then `finally` exactly once, on the thread that
/// ended it, also if the one before has thrown; what they throw is logged.
class SimpleFlowChain final : public detail::ChainBuilder<SimpleFlowChain, detail::DataRunBuilder> {
 public:
  using Call = std::function<void(FlowStep)>;
  explicit SimpleFlowChain(std::string name, SourcePlace place = SourcePlace::caller())
      : ChainBuilder(std::move(name), place) {}

  using ChainBuilder::then;
  /// Adds a step of functions, under the rules of Flow::run and Flow::rollback. They are called for this run alone.
  SimpleFlowChain& then(std::string name, Call run, Call rollback = {}, SourcePlace place = SourcePlace::caller()) {
    return add(std::move(name), std::move(run), std::move(rollback), place);
  }
};

[[nodiscard]] inline SimpleFlowChain new_simple_flow_chain(std::string name,
                                                           SourcePlace place = SourcePlace::caller()) {
  return SimpleFlowChain(std::move(name), place);
}

/// A chain whose functions share one object, beside the run's data. Made by `new_share_flow_chain`.
///
/// Steps follow one another, so the object needs no lock. It lives until the run has ended and each step has answered.
/// What a failed attempt changed in it stays changed, unlike the run's data. A step that is undone without its answer,
/// as its time and its grace are up, must not touch the object any more: `cancelled()` tells it.
template <class Shared>
class ShareFlowChain final : public detail::ChainBuilder<ShareFlowChain<Shared>, detail::RunBuilder> {
  using Base = detail::ChainBuilder<ShareFlowChain<Shared>, detail::RunBuilder>;

 public:
  using Call = std::function<void(FlowStep, Shared&)>;
  ShareFlowChain(std::string name, Shared shared, SourcePlace place = SourcePlace::caller())
      : Base(std::move(name), place), shared_(std::make_shared<Shared>(std::move(shared))) {}

  using Base::then;
  ShareFlowChain& then(std::string name, Call run, Call rollback = {}, SourcePlace place = SourcePlace::caller()) {
    return this->add(std::move(name), bound(std::move(run)), bound(std::move(rollback)), place);
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
[[nodiscard]] ShareFlowChain<Shared> new_share_flow_chain(std::string name, Shared shared,
                                                          SourcePlace place = SourcePlace::caller()) {
  return ShareFlowChain<Shared>(std::move(name), std::move(shared), place);
}

/// A run of a chain that descriptors define. Made by `new_chain_run`. Its handlers are called as a SimpleFlowChain's.
class ChainRun final : public detail::DataRunBuilder<ChainRun> {
 public:
  explicit ChainRun(std::string chain) : DataRunBuilder(std::move(chain)) {}
  explicit ChainRun(const FlowChain& chain) : DataRunBuilder("in a property"), listed_(chain) {}

  /// Called once the run is recorded, before its first step; not if it ends before it could be. On any thread; must not
  /// block or throw.
  ChainRun& accepted(std::function<void(std::uint64_t run)> handler) {
    return handle("accepted", accepted_, std::move(handler));
  }
  /// RunHandlers::start_key.
  ChainRun& start_key(std::string key) {
    start_key_ = std::move(key);
    return *this;
  }

 private:
  friend class detail::RunBuilder<ChainRun>;
  [[nodiscard]] bool is_void() const { return listed_ && listed_->empty(); }
  Result<std::uint64_t> begin(ChainHost& host) {
    // The functions of this library, with it.
    RunHandlers told;
    told.start_key = std::move(start_key_);
    told.done = [pin = chain().pin, call = std::move(chain().done)](ChainResult result) { call(std::move(result)); };
    if (accepted_) {
      told.accepted = [pin = chain().pin, call = std::move(accepted_)](std::uint64_t run) { call(run); };
    }
    if (listed_) {
      const Lease lease;  // the node may be about to publish another one
      return host.start_published(listed_->chain(), std::move(chain().input), std::move(told));
    }
    return host.start_named(chain().name, std::move(chain().input), std::move(told));
  }

  std::optional<FlowChain> listed_;
  std::function<void(std::uint64_t)> accepted_;
  std::string start_key_;
};

/// A run of the chain of this name.
[[nodiscard]] inline ChainRun new_chain_run(std::string chain) { return ChainRun(std::move(chain)); }
/// A run of the chain that a bean's descriptor lists. FLOW.1022 if it lists nothing.
[[nodiscard]] inline ChainRun new_chain_run(const FlowChain& chain) { return ChainRun(chain); }

/// Answers a call by a run, which the caller hears of when it is recorded, and whose end is the answer: `reply` makes
/// it of what the run has written. `run` has inputs and no handlers yet.
/// ```cpp
/// tenon::answer_by_run(std::move(call), std::move(tenon::new_chain_run("wall.paint").input(kWall, wall)),
///                      [](const tenon::ChainData& data) { return data.get(kInventory); });
/// ```
template <Message M, class MakeReply>
void answer_by_run(Call<M> call, ChainRun run, MakeReply reply) {
  struct Kept {
    explicit Kept(CallState* taken) : state(taken) {}
    Kept(const Kept&) = delete;
    Kept& operator=(const Kept&) = delete;
    ~Kept() { state->drop_reference(); }
    CallState* state;
  };
  const auto kept = std::make_shared<Kept>(std::move(call).release());
  const Result<std::uint64_t> started =
      run.start_key(std::string(kept->state->key()))
          .accepted([kept](std::uint64_t id) { kept->state->started(id); })
          .done([kept, reply = std::move(reply)](const ChainData& data) {
            try {
              kept->state->answer(Value::of<typename M::Reply>(reply(data)));
            } catch (const Error& e) {
              kept->state->answer(e.error());
            }
          })
          .error([kept](const ErrorCode& error, const ChainData&) { kept->state->answer(error); })
          .start();
  if (!started) kept->state->answer(started.error());
}

}  // namespace tenon
