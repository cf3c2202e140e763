#pragma once

#include <tenon/contract.h>
#include <tenon/error.h>
#include <tenon/flow.h>
#include <tenon/library.h>
#include <tenon/value.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What code that starts chains and the node say to each other. Authors of plugins use tenon/chain.h.
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
    for (auto& entry : values_) {
      if (entry.first != key.name) continue;
      return detail::typed_value<T>(entry.second, entry.first,
                                    [&](Value read) -> const Value& { return entry.second = std::move(read); });
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

/// A place in the source of a program. Not std::source_location, which clang 14 can't compile.
struct SourcePlace {
  const char* file = "";
  std::uint32_t line = 0;

  /// As a default argument: where the function that has it is called.
  [[nodiscard]] static constexpr SourcePlace caller(const char* file = __builtin_FILE(),
                                                    std::uint32_t line = __builtin_LINE()) noexcept {
    return {file, line};
  }
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
  SourcePlace place;
  /// What it may touch. Null: any key.
  std::shared_ptr<const FlowContract> contract = {};
  /// Calls the release side of the flow, which is a ReleasableFlow.
  bool release = false;
};

/// A chain as the builders below hand it to the node.
struct CodeChain {
  /// Keeps the library that all functions here are of.
  Pin pin = Pin::here();
  std::string name;
  /// The plugin that built it; empty for code of the node.
  std::string plugin;
  SourcePlace place;
  std::vector<CodeStep> steps;
  std::vector<std::pair<std::string, Value>> input;
  /// May take values of the inputs: `host:{host.uuid}`.
  std::vector<std::string> locks;
  std::chrono::milliseconds timeout{0};
  /// Whether it may be without steps.
  bool allow_empty = false;
  std::function<std::optional<ErrorCode>(const FlowData&)> pre_check;
  /// Called exactly once, when the run has ended. Does not throw.
  std::function<void(ChainResult)> done;
};

/// Whom a run tells of itself.
struct RunHandlers {
  /// Called exactly once, when the run has ended. Does not throw.
  std::function<void(ChainResult)> done;
  /// Called once the run is recorded, before its first step; not if `done` is called before it could be. On any thread;
  /// must not block or throw.
  std::function<void(std::uint64_t run)> accepted = {};
  /// Of all recorded runs with the same key, the first one alone is begun; the others end with STORE.1004. Empty: none.
  std::string start_key = {};
};

/// Starts chains. Implemented by the node; any thread may call it. A run is worked on by the calling thread until a
/// flow answers later, so `done` may be called before a start returns. If a start gives an error, `done` is not called.
class ChainHost {
 public:
  /// Errors: FLOW.1011 the node is stopping, FLOW.1021 a lock or limit can't be named so, FLOW.1015 a lock can't be
  /// named from the inputs, FLOW.1026 the node runs no chains yet, or no more.
  virtual Result<std::uint64_t> start(CodeChain chain) = 0;

  /// Starts a chain that descriptors define. The handlers keep what they need of their library by a Pin. Errors: also
  /// FLOW.1012 an input is missing, FLOW.1013 the chain has no such input, FLOW.1014 there is no such chain.
  virtual Result<std::uint64_t> start_named(std::string_view chain, std::vector<std::pair<std::string, Value>> input,
                                            RunHandlers handlers) = 0;

  /// As `start_named`, for a chain that the node gave to a bean. `chain`: FlowChain::chain(); FLOW.1014 if it is null.
  virtual Result<std::uint64_t> start_published(const void* chain, std::vector<std::pair<std::string, Value>> input,
                                                RunHandlers handlers) = 0;

  /// Asks a run to end and to be undone. False if none of this id is in flight.
  virtual bool cancel(std::uint64_t run) = 0;

 protected:
  ~ChainHost() = default;
};

}  // namespace tenon
