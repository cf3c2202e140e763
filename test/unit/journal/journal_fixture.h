#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "flow/journal.h"
#include "journal/journal.h"
#include "unit/store/store_fixture.h"

namespace tenon::journal {

/// Remembers what it was told.
class Recorder final : public flow::JournalListener {
 public:
  void recorded(std::uint64_t ticket) noexcept override;
  void refused(std::uint64_t ticket, const ErrorCode& error) noexcept override;
  /// Called first for each ticket that is recorded.
  std::function<void(std::uint64_t)> on_recorded;

  /// Waits until it was told so often; what was recorded, in order. Fails the test if that takes too long.
  std::vector<std::uint64_t> wait(std::size_t count);
  [[nodiscard]] std::vector<std::pair<std::uint64_t, ErrorCode>> refusals() const;
  [[nodiscard]] std::size_t count() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::uint64_t> recorded_;
  std::vector<std::pair<std::uint64_t, ErrorCode>> refused_;
};

/// A migrated store with a node, and a journal of that node.
class JournalTest : public store::StoreTest {
 protected:
  static constexpr std::int64_t kNode = 7;

  void SetUp() override;
  void TearDown() override { journal_.reset(); }
  void open_journal(JournalOptions options = {});
  [[nodiscard]] std::int64_t count(const std::string& from) {
    return store::number(*connection_, "SELECT count(*) FROM " + from);
  }
  void add_node(std::int64_t id);

  /// Nothing is written as long as this is open.
  [[nodiscard]] store::Transaction hold(store::Connection& connection);

  // Each waits until it is durable, or refused.
  void start(std::uint64_t run, std::vector<std::pair<std::string, Value>> input = {},
             std::vector<std::string> locks = {});
  void done(std::uint64_t run, std::uint32_t step, std::vector<std::pair<std::string, Value>> data = {});
  void close(std::uint64_t run, const ErrorCode* outcome = nullptr);
  /// The sequence is filled in.
  void append(flow::JournalRecord record);
  /// As the engine does: turns back, then the undo of the step fails, with a debt; the run stays open.
  void fail_with_debt(std::uint64_t run, std::uint32_t step, const ErrorCode& error, bool awaited = false);

  /// Two steps, `make` and `attach`.
  std::shared_ptr<flow::Chain> chain_ = new_chain("sample.create");
  [[nodiscard]] static std::shared_ptr<flow::Chain> new_chain(const std::string& name);
  std::unique_ptr<StoreJournal> journal_;
  Recorder recorder_;
  std::map<std::uint64_t, std::uint32_t> sequences_;
  std::size_t told_ = 0;
};

[[nodiscard]] flow::DataEntry entry(const std::string& key, Value value, std::int32_t step = 0);
/// What the run writes under the keys, for the call that it is passed to.
[[nodiscard]] std::vector<flow::DataEntry> entries(const std::vector<std::pair<std::string, Value>>& data,
                                                   std::int32_t step);

}  // namespace tenon::journal
