#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "flow/chain.h"

namespace tenon::journal {

/// A chain's definition as it stands in `chain_definition`.
struct KnownDefinition {
  std::int64_t id = 0;
  std::string name;
  std::string sha256;
  std::string body;
  /// When its row was written or renewed last, in microseconds; 0: not by this process. For the writer alone.
  std::int64_t confirmed = 0;
};

/// Names in hex digits.
[[nodiscard]] std::string sha256_of(std::string_view text);

/// Which definition a chain has. Any thread.
class DefinitionCache {
 public:
  explicit DefinitionCache(std::function<std::string(const flow::Chain&)> text) : text_(std::move(text)) {}

  /// Lives as long as the cache.
  [[nodiscard]] KnownDefinition& of(const flow::Chain& chain);

 private:
  struct Entry {
    std::weak_ptr<const flow::Chain> chain;
    KnownDefinition* definition;
  };
  [[nodiscard]] KnownDefinition& add(const flow::Chain& chain);

  const std::function<std::string(const flow::Chain&)> text_;
  std::mutex mutex_;
  /// By address: good for as long as the chain lives.
  std::unordered_map<const flow::Chain*, Entry> chains_;
  std::map<std::int64_t, KnownDefinition> definitions_;
};

}  // namespace tenon::journal
