#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_map>

#include "flow/chain.h"
#include "store/store.h"

namespace tenon::journal {

/// The chains that recorded runs began with, made again of their definitions: each once, for as long as somebody has
/// it. Any thread.
class RecordedChains {
 public:
  using Chain = std::shared_ptr<const flow::Chain>;
  using Make = std::function<Result<Chain>(std::string_view text)>;

  /// `make`: `flow::chain_from_definition`.
  explicit RecordedChains(Make make) : make_(std::move(make)) {}

  /// JOURNAL.1003 if there is no such definition; what `make` says.
  [[nodiscard]] Result<Chain> get(store::Connection& connection, std::int64_t definition);

 private:
  const Make make_;
  std::mutex mutex_;
  std::unordered_map<std::int64_t, std::weak_ptr<const flow::Chain>> chains_;
};

}  // namespace tenon::journal
