#include <exception>
#include <string>
#include <utility>

#include "flow/data_view.h"
#include "flow/driving.h"
#include "flow/run.h"
#include "flow/strand.h"
#include "flow/transactions.h"

namespace tenon::flow {

void Strand::transact(const StepTicket& ticket, TransactionalWork work, const Flow& flow) noexcept {
  if (run_.engine_.transactions == nullptr) {
    fail(ticket, make_error("FLOW.1032", "the node has no store for a transactional flow"));
    return;
  }
  try {
    run_.engine_.blocking.post([this, ticket, work, &flow] { work_in_transaction(ticket, work, flow); });
  } catch (const std::exception& e) {
    fail(ticket, make_error("FLOW.1010", "the pool for blocking flows refused the work", e.what()));
  }
}

void Strand::work_in_transaction(const StepTicket& ticket, TransactionalWork work, const Flow& flow) noexcept {
  Result<void> done;
  const bool journaled = run_.journal_ != nullptr && direction() != Direction::kCheck;
  const std::uint32_t sequence = journaled ? run_.records_.fetch_add(1, std::memory_order_relaxed) + 1 : 0;
  try {
    done = run_.engine_.transactions->run(
        {ticket.run, ticket.step, ticket.attempt, direction(), sequence},
        [&](StoreTransaction& transaction) { return worked(ticket, work, flow, transaction); });
  } catch (...) {
    done = current_error();
  }
  if (done) {
    transacted_ = journaled;
    next(ticket);
  } else {
    fail(ticket, std::move(done).error());
  }
}

Result<std::vector<DataEntry>> Strand::worked(const StepTicket& ticket, TransactionalWork work, const Flow& flow,
                                              StoreTransaction& transaction) {
  pending_.clear();  // of an attempt that was not committed
  try {
    const WorkingScope scope(this, ticket.step);
    DataView data(*this, ticket);
    work(flow, data, transaction);
  } catch (...) {
    return current_error();
  }
  // Said now and not after the commit, so that nothing is kept of a step that fails by it.
  if (direction() == Direction::kForward) {
    if (const std::string_view missing = missing_write(); !missing.empty()) {
      return make_error("FLOW.1017", "a flow did not write what it declares that it writes", std::string(missing));
    }
  }
  std::vector<DataEntry> written;
  for (const DataEntry& entry : pending_) {
    if (entry.step >= 0 && !Journal::keeps(entry.value)) return unkeepable(entry);
    if (entry.step >= 0) written.push_back(entry);
  }
  return written;
}

}  // namespace tenon::flow
