#pragma once

#include <tenon/error.h>
#include <tenon/value.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace tenon {

class Flow;
class FlowData;
class StoreTransaction;

/// A key of the data that the flows of one run share. Keys of one name must have one type.
/// ```cpp
/// inline constexpr tenon::FlowKey<Host> kHost{"host"};
/// ```
template <class T>
struct FlowKey {
  using value_type = T;
  std::string_view name;
  std::uint64_t hash;

  template <std::size_t N>
  consteval explicit FlowKey(const char (&text)[N]) : name(text, N - 1), hash(detail::hash({text, N - 1})) {}
};

/// A key without its type, as the node sees it.
struct KeyRef {
  std::string_view name;
  std::uint64_t hash;
};

/// Which step an answer belongs to.
struct StepTicket {
  std::uint64_t run = 0;
  std::uint32_t step = 0;
  std::uint32_t attempt = 0;
};

class FlowStep;
/// Work that may block, done for `flow` on a thread of the node's bounded pool. It answers the step.
using BlockingWork = void (*)(const Flow& flow, FlowStep step);
/// Work on the store, done for `flow` on a thread of that pool. It throws if it fails, and may be called more than
/// once: the node answers the step when the transaction is durable.
using TransactionalWork = void (*)(const Flow& flow, FlowData& data, StoreTransaction& transaction);

/// The node's side of a step. Flows use FlowStep.
class StepHost {
 public:
  /// Throws Error FLOW.1016 if the flow did not declare that it reads the key.
  virtual const Value* find(const StepTicket& ticket, const KeyRef& key) = 0;
  virtual void set(const StepTicket& ticket, const KeyRef& key, Value value) = 0;
  /// Replaces the JSON form of a value by the object read from it.
  virtual const Value* adopt(const StepTicket& ticket, const KeyRef& key, Value value) = 0;
  virtual void next(const StepTicket& ticket) noexcept = 0;
  virtual void fail(const StepTicket& ticket, ErrorCode error) noexcept = 0;
  virtual void dropped(const StepTicket& ticket) noexcept = 0;
  virtual void skip_rest(const StepTicket& ticket) noexcept = 0;
  virtual void block(const StepTicket& ticket, BlockingWork work, const Flow& flow) noexcept = 0;
  virtual void progress(const StepTicket& ticket, int percent, std::string_view what) noexcept = 0;
  virtual bool cancelled(const StepTicket& ticket) const noexcept = 0;
  virtual std::string key(const StepTicket& ticket) const = 0;
  virtual void transact(const StepTicket& ticket, TransactionalWork work, const Flow& flow) noexcept = 0;

 protected:
  ~StepHost() = default;
};

namespace detail {

/// The object that `value` holds. If it holds the JSON form of one, the object is read from it and given to `adopt`,
/// which puts it in the value's place. Throws Error FLOW.1008 if it is neither.
template <class T, class Adopt>
const T* typed_value(const Value& value, std::string_view key, [[maybe_unused]] const Adopt& adopt) {
  if (const T* object = value.as<T>()) return object;
  if constexpr (is_travelling<T>()) {
    if (const Json* json = value.as<Json>()) {
      Result<T> read = from_json<T>(*json, "$." + std::string(key));
      if (!read) {
        ErrorCode error = make_error("FLOW.1008", "value of another type", std::string(key));
        error.causes.push_back(std::move(read).error());
        throw Error(std::move(error));
      }
      return adopt(Value::of<T>(std::move(read).value())).template as<T>();
    }
  }
  throw Error(make_error(
      "FLOW.1008", "value of another type",
      std::string(key) + " is " + std::string(value.type_name()) + ", read as " + std::string(type_name<T>())));
}

}  // namespace detail

/// What a flow may read and write while it works on a step. Used by one thread at a time: whoever holds the step.
class FlowData {
 public:
  FlowData(const FlowData&) = delete;
  FlowData& operator=(const FlowData&) = delete;

  /// The value under `key`. Throws Error FLOW.1007 if there is none, FLOW.1008 if it is of another type or its JSON
  /// can't be read as `T`, FLOW.1016 if the flow's contract does not name the key. The reference lives until the step
  /// is answered.
  template <class T>
  const T& get(const FlowKey<T>& key) const {
    const T* value = find(key);
    if (value == nullptr) throw Error(make_error("FLOW.1007", "no value under this key", std::string(key.name)));
    return *value;
  }

  /// As `get`, but null if there is no value.
  template <class T>
  const T* find(const FlowKey<T>& key) const {
    const KeyRef ref{key.name, key.hash};
    const Value* value = host_->find(ticket_, ref);
    if (value == nullptr) return nullptr;
    return detail::typed_value<T>(
        *value, key.name, [&](Value read) -> const Value& { return *host_->adopt(ticket_, ref, std::move(read)); });
  }

  /// Writes a value for the flows that follow. It counts once the step answers `next()`; if the step fails it is
  /// forgotten. Throws Error FLOW.1009 in a check, a rollback or a release, which have nobody to write for, FLOW.1016
  /// if the flow's contract does not say that it writes the key.
  template <class T>
  void set(const FlowKey<T>& key, std::type_identity_t<T> value) {
    host_->set(ticket_, KeyRef{key.name, key.hash}, Value::of<T>(std::move(value)));
  }

  /// `RUN:STEP`, the same each time this step is run or rolled back: name by it what the flow makes outside, so that
  /// a repeated run finds its own work and the rollback finds what to remove.
  [[nodiscard]] std::string key() const { return host_->key(ticket_); }

  /// Whether this step is to end: the caller cancelled the run, the step's or the chain's time is up, or a parallel
  /// branch has failed. A long flow asks now and then and fails itself; what it answers then is not gone on with. If it
  /// has not answered when its grace is over, it is undone while it may be at work, and once more when it answers.
  /// Always false in a rollback, which is not to be cut short.
  [[nodiscard]] bool cancelled() const noexcept { return host_->cancelled(ticket_); }

  /// Tells how far this flow is, 0–100. Cheap.
  void progress(int percent, std::string_view what) const noexcept { host_->progress(ticket_, percent, what); }

 protected:
  FlowData(StepHost& host, const StepTicket& ticket) noexcept : host_(&host), ticket_(ticket) {}
  FlowData(FlowData&& other) noexcept : host_(std::exchange(other.host_, nullptr)), ticket_(other.ticket_) {}
  ~FlowData() = default;

  StepHost* host_;
  StepTicket ticket_;
};

/// One step handed to a flow: its data, and the answer that is due. Move-only: exactly one answer counts.
///
/// Any thread may answer, before or after `run` or `rollback` returns; the run goes on on a thread of the node. A
/// second answer has no effect and is logged as FLOW.1003. A step destroyed without an answer fails its flow with
/// FLOW.1002. After the answer the step must not be used; `get`'s references are gone.
class FlowStep : public FlowData {
 public:
  /// Made by the node only.
  FlowStep(StepHost& host, const StepTicket& ticket) noexcept : FlowData(host, ticket) {}
  FlowStep(FlowStep&&) noexcept = default;
  FlowStep& operator=(FlowStep&&) = delete;
  ~FlowStep() {
    if (host_ != nullptr) host_->dropped(ticket_);
  }

  /// Goes on: forward, to the next flow; in a rollback, to the flow before.
  void next() && {
    if (StepHost* host = take()) host->next(ticket_);
  }

  /// Fails this flow: its own rollback runs first, then those of the flows before it, in reverse. In a rollback: this
  /// undo has failed; the undo of the earlier flows goes on and the run's error lists it.
  void fail(ErrorCode error) && {
    if (StepHost* host = take()) host->fail(ticket_, std::move(error));
  }

  /// In a rollback: this undo is done, and the flows before this one are left as they are, without theirs. Anywhere
  /// else it fails the step with FLOW.1018.
  void skip_rest_rollbacks() && {
    if (StepHost* host = take()) host->skip_rest(ticket_);
  }

  /// Hands the step to the pool for work that may block. If the pool refuses, the flow fails with FLOW.1010.
  void block(BlockingWork work, const Flow& flow) && {
    if (StepHost* host = take()) host->block(ticket_, work, flow);
  }

  /// Hands the step to the pool for work in a transaction of the node's store (tenon/transactional_flow.h), which is
  /// durable before the flow after it begins. If the node has no store, the flow fails with FLOW.1032.
  void transact(TransactionalWork work, const Flow& flow) && {
    if (StepHost* host = take()) host->transact(ticket_, work, flow);
  }

 private:
  StepHost* take() noexcept {
    if (host_ == nullptr) {
      if (detail::this_node != nullptr) detail::this_node->answered_twice(ticket_.run, ticket_.step);
      return nullptr;
    }
    return std::exchange(host_, nullptr);
  }
};

/// One step of a chain that can be run and rolled back. One instance serves all runs at once, hence `const`: what
/// belongs to a run goes into its data, never into a member.
class Flow {
 public:
  static constexpr std::string_view kInterface = "tenon.Flow/2";
  virtual ~Flow() = default;

  /// Whether this run does without the flow: it is then neither checked, run nor undone. Must not block or throw
  /// anything but an Error, which fails the flow without its undo.
  virtual bool skip(const FlowData& /*data*/) const { return false; }

  /// Says before `run` whether it can do its work, and changes nothing: one that fails is not undone, as it has not
  /// begun. Among the extensions of one point, the checks of all come before the first `run`. Must not block
  /// (BlockingFlow::check may).
  virtual void pre_check(FlowStep step) const { std::move(step).next(); }

  /// Does the work and answers `step`, now or later. Must not block (BlockingFlow may). An exception fails the flow;
  /// thrown after the answer it is only logged.
  virtual void run(FlowStep step) const = 0;

  /// Removes what `run` made, completely or in part, or not at all: it is also called for a run that failed, and may be
  /// called again. Sees the data that was committed when the flow had answered, so a failed flow does not see its own.
  virtual void rollback(FlowStep step) const { std::move(step).next(); }
};

/// A flow with a third side, for step-able interfaces: gives back what `run` made in an earlier run, for good, as the
/// last use of it ends. A chain calls it by `<extension-point interface="…" call="release"/>`.
class ReleasableFlow : public Flow {
 public:
  /// Must bear to be repeated, and to find nothing left. Has no undo; one that fails fails its chain.
  virtual void release(FlowStep step) const { std::move(step).next(); }
};

/// A flow that makes nothing that would have to be undone, or whose work is final.
class NoRollbackFlow : public Flow {
 public:
  void rollback(FlowStep step) const final { std::move(step).next(); }
};

namespace detail {

/// Calls `work` with the step's data and answers for it.
template <class Work>
void answer_blocking(FlowStep step, const Work& work) {
  std::optional<ErrorCode> failure;
  try {
    work(step);
  } catch (const Error& e) {
    failure = e.error();
  } catch (const std::exception& e) {
    failure = make_error("FLOW.1001", "flow threw an exception", e.what());
  } catch (...) {
    failure = make_error("FLOW.1001", "flow threw an exception", "not a std::exception");
  }
  if (failure) {
    std::move(step).fail(std::move(*failure));
  } else {
    std::move(step).next();
  }
}

/// Hands the step to the pool, to be answered by `worker.*work`. `F` is the Flow that `worker` is.
template <auto kWork, class F>
void block_on(FlowStep step, const F& worker) {
  std::move(step).block(
      [](const Flow& flow, FlowStep taken) {
        answer_blocking(std::move(taken), [&](FlowData& data) { (static_cast<const F&>(flow).*kWork)(data); });
      },
      worker);
}

}  // namespace detail

/// A flow made of plain functions that may block and throw. They run on the node's bounded pool; a return answers
/// `next()`, an exception `fail()`: an Error with the ErrorCode it carries, any other as FLOW.1001.
class BlockingFlow : public Flow {
 public:
  static constexpr bool kWorksBlocking = true;

  virtual void execute(FlowData& data) const = 0;
  /// The undo of `execute`, under the rules of Flow::rollback.
  virtual void undo(FlowData& /*data*/) const {}
  /// Under the rules of Flow::pre_check, but may block.
  virtual void check(FlowData& /*data*/) const {}

  void run(FlowStep step) const final { detail::block_on<&BlockingFlow::execute>(std::move(step), *this); }
  void rollback(FlowStep step) const final { detail::block_on<&BlockingFlow::undo>(std::move(step), *this); }
  void pre_check(FlowStep step) const final { detail::block_on<&BlockingFlow::check>(std::move(step), *this); }
};

/// A BlockingFlow without an undo: a NoRollbackFlow.
class NoRollbackBlockingFlow : public NoRollbackFlow {
 public:
  static constexpr bool kWorksBlocking = true;

  virtual void execute(FlowData& data) const = 0;
  /// Under the rules of Flow::pre_check, but may block.
  virtual void check(FlowData& /*data*/) const {}

  void run(FlowStep step) const final { detail::block_on<&NoRollbackBlockingFlow::execute>(std::move(step), *this); }
  void pre_check(FlowStep step) const final {
    detail::block_on<&NoRollbackBlockingFlow::check>(std::move(step), *this);
  }
};

}  // namespace tenon
