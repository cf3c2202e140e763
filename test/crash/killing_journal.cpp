#include "killing_journal.h"

#include <memory>

namespace tenon::crash {
namespace {

/// Passes on what it is told, once.
class Between final : public flow::JournalListener {
 public:
  Between(flow::JournalListener& listener, KillPoints& points) : listener_(listener), points_(points) {}

  void recorded(std::uint64_t ticket) noexcept override {
    const std::unique_ptr<Between> self(this);
    points_.pass("durable, not told");
    listener_.recorded(ticket);
    points_.pass("told");
  }
  void refused(std::uint64_t ticket, const ErrorCode& error) noexcept override {
    const std::unique_ptr<Between> self(this);
    listener_.refused(ticket, error);
  }

 private:
  flow::JournalListener& listener_;
  KillPoints& points_;
};

}  // namespace

void KillingJournal::start(const flow::RunStart& start, flow::JournalListener& listener, std::uint64_t ticket) {
  points_.pass("before the start");
  inner_.start(start, *new Between(listener, points_), ticket);
}

void KillingJournal::append(const flow::JournalRecord& record, flow::JournalListener& listener, std::uint64_t ticket) {
  points_.pass("before a record");
  inner_.append(record, *new Between(listener, points_), ticket);
}

}  // namespace tenon::crash
