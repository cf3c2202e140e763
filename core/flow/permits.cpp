#include "flow/permits.h"

#include <algorithm>
#include <utility>

namespace tenon::flow {

bool Permits::take(const std::string& name, std::uint32_t limit, std::uint64_t run, std::function<void()> granted,
                   Request& request) {
  std::lock_guard lock(mutex_);
  Places& places = names_[name];
  request = ++last_;
  if (places.queue.empty() && places.holders.size() < limit) {
    places.holders.push_back(run);
    return true;
  }
  places.queue.push_back({request, run, limit, std::move(granted)});
  return false;
}

bool Permits::claim(const std::string& name, Request request, std::function<void()> granted) {
  std::lock_guard lock(mutex_);
  const auto known = names_.find(name);
  if (known == names_.end()) return true;
  std::deque<Waiter>& queue = known->second.queue;
  const auto waiter = std::find_if(queue.begin(), queue.end(), [&](const Waiter& w) { return w.request == request; });
  if (waiter == queue.end()) return true;
  waiter->granted = std::move(granted);
  return false;
}

bool Permits::withdraw(const std::string& name, Request request) {
  std::vector<std::function<void()>> granted;
  std::function<void()> forgotten;  // destroyed without the lock
  bool found = false;
  {
    std::lock_guard lock(mutex_);
    const auto known = names_.find(name);
    if (known == names_.end()) return false;
    std::deque<Waiter>& queue = known->second.queue;
    const auto waiter = std::find_if(queue.begin(), queue.end(), [&](const Waiter& w) { return w.request == request; });
    if (waiter == queue.end()) return false;
    forgotten = std::move(waiter->granted);
    queue.erase(waiter);
    found = true;
    granted = serve(known->second);  // it may have been in the way of one with a higher limit
    if (known->second.holders.empty() && queue.empty()) names_.erase(known);
  }
  for (const auto& call : granted) call();
  return found;
}

void Permits::give_back(const std::string& name, std::uint64_t run) {
  std::vector<std::function<void()>> granted;
  {
    std::lock_guard lock(mutex_);
    const auto known = names_.find(name);
    if (known == names_.end()) return;
    std::vector<std::uint64_t>& holders = known->second.holders;
    if (const auto held = std::find(holders.begin(), holders.end(), run); held != holders.end()) holders.erase(held);
    granted = serve(known->second);
    if (holders.empty() && known->second.queue.empty()) names_.erase(known);
  }
  for (const auto& call : granted) call();
}

std::vector<std::function<void()>> Permits::serve(Places& places) {
  std::vector<std::function<void()>> granted;
  while (!places.queue.empty() && places.holders.size() < places.queue.front().limit) {
    places.holders.push_back(places.queue.front().run);
    granted.push_back(std::move(places.queue.front().granted));
    places.queue.pop_front();
  }
  return granted;
}

bool Permits::holds(const std::string& name, std::uint64_t run) const {
  std::lock_guard lock(mutex_);
  const auto known = names_.find(name);
  if (known == names_.end()) return false;
  const std::vector<std::uint64_t>& holders = known->second.holders;
  return std::find(holders.begin(), holders.end(), run) != holders.end();
}

std::vector<std::uint64_t> Permits::holders(const std::string& name) const {
  std::lock_guard lock(mutex_);
  const auto known = names_.find(name);
  return known != names_.end() ? known->second.holders : std::vector<std::uint64_t>();
}

}  // namespace tenon::flow
