#pragma once

#include <tenon/chain_host.h>
#include <tenon/class_table.h>
#include <tenon/error.h>
#include <tenon/flow.h>
#include <tenon/flow_traits.h>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

/// For tests of flows, without a node. Link Tenon::testing.
namespace tenon::testing {

/// A failure made on purpose, at one step.
enum class Fault : std::uint8_t {
  kBefore,   ///< the flow is not called
  kAfter,    ///< the flow is called, and what it answers is taken for a failure
  kTimeout,  ///< the flow is told to end at once, and its time counts as up when it answers
};

/// How a run went.
struct RunOutcome {
  /// Why it failed; FLOW.1020 for a failure made on purpose.
  std::optional<ErrorCode> error;
  /// What was written; of a failed run, the inputs.
  ChainData data;
  /// The calls in their order, `check NAME`, `run NAME`, `release NAME`, `undo NAME`, and `skip NAME` for a step that
  /// was left out. Ends where the run has ended: ChainRunner::trace has also what comes after that, for steps that
  /// answer late.
  std::vector<std::string> trace;
  /// What undos failed with.
  std::vector<ErrorCode> undo_errors;

  [[nodiscard]] bool ok() const noexcept { return !error.has_value(); }
  [[nodiscard]] Result<void> result() const { return error ? Result<void>(*error) : Result<void>(); }
};

/// Runs flows one after another on a real engine, whose time stands still until `advance` is called.
/// ```cpp
/// tenon::testing::ChainRunner runner;
/// runner.input(kImage, image).then(download).then(convert, {.timeout = 10s});
/// EXPECT_TRUE(runner.run().ok());
/// EXPECT_EQ(*runner.find(kSize), 42);
/// EXPECT_TRUE(runner.undo().ok());
/// ```
/// A runner stands for one run: all that it calls has the same keys, so that a flow which is run again finds its own
/// work. While it lives it is the node of the test's code, unless that has one: log lines are kept, and chains that are
/// built in code are started on its engine. What it hands out by reference lives until the next run. Used by one
/// thread; flows are called on others, too. Its destructor waits for the flows, and ends the program if one keeps its
/// step for more than ten seconds.
class ChainRunner {
 public:
  using Call = std::function<void(FlowStep)>;

  /// `run`: number of the run; two runners of one number have the same keys.
  explicit ChainRunner(std::uint64_t run = 17);
  ~ChainRunner();
  ChainRunner(const ChainRunner&) = delete;
  ChainRunner& operator=(const ChainRunner&) = delete;

  /// A value that the run begins with; a later one of the same key takes its place.
  template <class T>
  ChainRunner& input(const FlowKey<T>& key, std::type_identity_t<T> value) {
    return input(std::string(key.name), Value::of<T>(std::move(value)));
  }
  /// The same, as a caller of the API gives it.
  ChainRunner& input_json(std::string key, Json json) { return input(std::move(key), Value::of(std::move(json))); }
  ChainRunner& input(std::string key, Value value);

  /// Adds a flow that lives longer than the runner, named after its class: `compute.PrepareVm`.
  template <std::derived_from<Flow> F>
  ChainRunner& then(const F& flow, StepOptions options = {}, SourcePlace place = SourcePlace::caller()) {
    return then(class_name(detail::type_name<F>()), flow, std::move(options), place);
  }
  template <std::derived_from<Flow> F>
  ChainRunner& then(const F&& flow, StepOptions options = {}) = delete;
  template <std::derived_from<Flow> F>
  ChainRunner& then(std::string name, const F& flow, StepOptions options = {},
                    SourcePlace place = SourcePlace::caller()) {
    const bool exact = typeid(flow) == typeid(F);  // else it may have what F has not
    return then(CodeStep{std::move(name),
                         borrowed(flow),
                         std::move(options),
                         true,
                         !exact || detail::has_pre_check<F>(),
                         !exact || detail::has_skip<F>(),
                         place,
                         {},
                         false});
  }
  template <std::derived_from<Flow> F>
  ChainRunner& then(std::string name, const F&& flow, StepOptions options = {}) = delete;
  /// Adds a step of functions.
  ChainRunner& then(std::string name, Call run, Call rollback = {}, StepOptions options = {},
                    SourcePlace place = SourcePlace::caller());
  /// Adds the release side of a flow that lives longer than the runner, named after its class.
  template <std::derived_from<ReleasableFlow> F>
  ChainRunner& then_release(const F& flow, StepOptions options = {}, SourcePlace place = SourcePlace::caller()) {
    return then(CodeStep{class_name(detail::type_name<F>()),
                         borrowed(flow),
                         std::move(options),
                         true,
                         false,
                         detail::has_skip<F>(),
                         place,
                         {},
                         true});
  }
  template <std::derived_from<ReleasableFlow> F>
  ChainRunner& then_release(const F&& flow, StepOptions options = {}) = delete;
  /// Adds a flow of a class as a plugin declares it, made anew, and holds it to the keys that it declares there. Throws
  /// Error FLOW.1030 if the table has no such class or it is no Flow.
  ChainRunner& then_class(const ClassTable& classes, std::string_view name, StepOptions options = {},
                          SourcePlace place = SourcePlace::caller());

  ChainRunner& then(CodeStep step);

  /// The store of transactional flows, and of the test's code unless that has a node of its own, which may have a store
  /// itself. Must outlive the runner.
  ChainRunner& store(StoreHost& store);

  /// For the whole run. Zero: none.
  ChainRunner& timeout(std::chrono::milliseconds timeout);

  /// The next run fails at the step.
  ChainRunner& fail_at(std::string_view step, Fault fault);

  /// Runs all steps, and undoes them if one fails. Lets the time between attempts pass. Throws Error FLOW.1031 if the
  /// run does not end within a minute of real time.
  const RunOutcome& run();
  /// Runs the steps from this one on, as after a crash: those before it are not called, and what they wrote in the last
  /// run is there again. Throws Error FLOW.1030 if there was none that succeeded.
  const RunOutcome& run_from(std::string_view step);
  /// Undoes what the last run made, as if a step after the last one had failed; its outcome fails only if an undo does.
  /// Throws as `run_from`.
  const RunOutcome& undo();
  /// Undoes the steps from this one on.
  const RunOutcome& undo_from(std::string_view step);

  /// Begins a run. Returns when it has ended, or a flow that has not answered has returned.
  void start();
  /// Lets the time pass: time-outs and waits that are over count.
  void advance(std::chrono::nanoseconds duration);
  /// Asks the run to end.
  void cancel();
  /// Waits until the trace has this line so often. Throws as `run`.
  void wait_for(std::string_view line, std::ptrdiff_t times = 1);
  /// Waits for the end of what was started. Throws as `run`.
  const RunOutcome& wait();

  /// Of the last run that ended.
  [[nodiscard]] const RunOutcome& outcome() const;
  /// The value that the last run left under the key, or null.
  template <class T>
  [[nodiscard]] const T* find(const FlowKey<T>& key) const {
    return outcome().data.find(key);
  }
  /// The calls so far.
  [[nodiscard]] std::vector<std::string> trace() const;
  /// Lines of the log, `TEXT key=value …`. Empty if the test has a node of its own.
  [[nodiscard]] std::vector<std::string> log() const;
  /// What `FlowData::key` is in this step.
  [[nodiscard]] std::string key(std::string_view step) const;

 private:
  struct State;
  [[nodiscard]] static std::string class_name(std::string_view type);
  [[nodiscard]] static std::shared_ptr<const Flow> borrowed(const Flow& flow) {
    return {std::shared_ptr<const void>(), &flow};
  }

  std::unique_ptr<State> state_;
};

}  // namespace tenon::testing
