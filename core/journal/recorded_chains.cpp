#include "journal/recorded_chains.h"

#include "journal/recovery.h"

namespace tenon::journal {

Result<RecordedChains::Chain> RecordedChains::get(store::Connection& connection, std::int64_t definition) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto known = chains_.find(definition); known != chains_.end()) {
      if (Chain chain = known->second.lock()) return chain;
    }
  }
  const Result<Definition> found = load_definition(connection, definition);
  if (!found) return found.error();
  Result<Chain> made = make_(found->body);
  if (!made) return made;
  const std::lock_guard lock(mutex_);
  chains_[definition] = *made;
  return made;
}

}  // namespace tenon::journal
