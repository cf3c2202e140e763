#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace tenon::bench {

/// What the journal writes for runs of eight steps, and nothing else: no engine, no queue, no second thread. Its rate
/// is what the store gives to the protocol, which the journal is measured by. Throws std::runtime_error.
class Protocol {
 public:
  static constexpr int kSteps = 8;

  virtual ~Protocol() = default;
  /// Runs that go in lockstep, with ids from `first` on. Nine commits: their start, seven steps, and the last step
  /// together with their end.
  virtual void cohort(std::int64_t first, int runs) = 0;
};

/// On tables of its own, which are made anew. One statement is one commit: rows through unnest, held by a lease.
/// `address`: as libpq takes it.
[[nodiscard]] std::unique_ptr<Protocol> postgres_protocol(const std::string& address);
/// In a file that is not there yet; WAL, synchronous FULL.
[[nodiscard]] std::unique_ptr<Protocol> sqlite_protocol(const std::string& file);

}  // namespace tenon::bench
