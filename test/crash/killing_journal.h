#pragma once

#include <cstdint>

#include "flow/journal.h"
#include "kill_points.h"

namespace tenon::crash {

/// A journal with kill points before each record is given to it, when it is durable and nobody has been told, and when
/// the run was told.
class KillingJournal final : public flow::Journal {
 public:
  KillingJournal(flow::Journal& inner, KillPoints& points) : inner_(inner), points_(points) {}

  void start(const flow::RunStart& start, flow::JournalListener& listener, std::uint64_t ticket) override;
  void append(const flow::JournalRecord& record, flow::JournalListener& listener, std::uint64_t ticket) override;

 private:
  flow::Journal& inner_;
  KillPoints& points_;
};

}  // namespace tenon::crash
