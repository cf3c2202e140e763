#include "flow/transactions.h"

namespace tenon::flow {

Result<void> UnrecordedTransactions::run(const TransactionalStep& /*step*/, const Work& work) {
  return store_.transaction([&](StoreTransaction& transaction) -> Result<void> {
    const Result<std::vector<DataEntry>> written = work(transaction);
    return written ? Result<void>() : written.error();
  });
}

}  // namespace tenon::flow
