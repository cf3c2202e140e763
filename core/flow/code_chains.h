#pragma once

#include <tenon/chain_host.h>

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "flow/chain.h"
#include "flow/engine.h"

namespace tenon::flow {

/// The chain that `code` describes: volatile, its steps without contracts, its inputs those that are given. Takes what
/// the chain keeps. FLOW.1021 if a lock or a limit can't be named so.
[[nodiscard]] Result<std::shared_ptr<const Chain>> assemble(const CodeChain& code);

/// What is told to those who started a chain from code.
[[nodiscard]] ChainResult chain_result(RunResult result);

/// Starts chains for plugins: those that they build, and those of the wiring. Made before the first plugin and gone
/// after the last one; the engine may come later and go earlier. Any thread may call.
class CodeChains final : public ChainHost {
 public:
  /// Gives the chain of a name, or null.
  using Find = std::function<std::shared_ptr<const Chain>(std::string_view name)>;

  CodeChains() = default;
  CodeChains(const CodeChains&) = delete;
  CodeChains& operator=(const CodeChains&) = delete;

  /// Starts a run; as Engine::start.
  using Start = std::function<Result<std::uint64_t>(RunRequest request)>;

  /// From now on chains are started, on `engine`; those that descriptors define by `start`, if there is one.
  void open(Engine& engine, Find find, Start start = {});
  /// From now on none is started. Returns when no caller is in the engine any more.
  void close();

  Result<std::uint64_t> start(CodeChain code) override;
  Result<std::uint64_t> start_named(std::string_view chain, std::vector<std::pair<std::string, Value>> input,
                                    RunHandlers handlers) override;
  /// `chain`: a `const std::shared_ptr<const Chain>*`.
  Result<std::uint64_t> start_published(const void* chain, std::vector<std::pair<std::string, Value>> input,
                                        RunHandlers handlers) override;
  bool cancel(std::uint64_t run) override;

 private:
  /// Keeps the engine open for one call.
  class Entry;

  std::mutex mutex_;
  std::condition_variable left_;
  Engine* engine_ = nullptr;
  std::shared_ptr<const Find> find_;
  std::shared_ptr<const Start> start_;
  std::size_t inside_ = 0;
};

}  // namespace tenon::flow
