#pragma once

#include <tenon/error.h>
#include <tenon/value.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/run_record.h"
#include "flow/engine.h"

namespace tenon::api {

/// The runs in flight, and as many finished ones as it may keep. Any thread may call. Lives longer than the engine's
/// runs.
class RunLog {
 public:
  /// `kept`: how many finished runs are remembered; the oldest are forgotten.
  explicit RunLog(std::size_t kept) : kept_(kept) {}
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

  /// Starts a run on the engine's threads and records it: its record. Errors are those of Engine::post.
  Result<std::shared_ptr<RunRecord>> start(flow::Engine& engine, std::shared_ptr<const flow::Chain> chain,
                                           std::vector<std::pair<std::string, Value>> input);
  /// The same with all that a request may ask for, but that the record is its observer. Its `done` may be empty; it is
  /// called when the end has been recorded.
  Result<std::shared_ptr<RunRecord>> start(flow::Engine& engine, flow::RunRequest request);

  /// Records a run that the node takes up from another process: its observer, until `taken_up_ended`.
  std::shared_ptr<RunRecord> take_up(std::uint64_t run, const flow::Chain& chain);
  void taken_up_ended(const flow::RunResult& result);

  /// Null if there is no such run, or it is forgotten.
  [[nodiscard]] std::shared_ptr<RunRecord> find(std::uint64_t run) const;
  /// All, the newest first.
  [[nodiscard]] std::vector<std::shared_ptr<RunRecord>> records() const;

 private:
  void finish(const std::shared_ptr<RunRecord>& record, const flow::RunResult& result);

  const std::size_t kept_;
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::shared_ptr<RunRecord>> runs_;
  std::deque<std::uint64_t> finished_;
};

/// The number of a run by its name as flow::run_name writes it; nothing if it is no such name.
[[nodiscard]] std::optional<std::uint64_t> parse_run_name(std::string_view name);

}  // namespace tenon::api
