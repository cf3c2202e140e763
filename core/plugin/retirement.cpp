#include "plugin/retirement.h"

#include <tenon/log.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace tenon::plugin {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// How often it is looked again whether something is still held.
constexpr auto kLook = 2ms;
constexpr auto kSlowLook = 50ms;
constexpr auto kSlowAfter = 500ms;
/// Then, and again in that interval, the log says what is waited for.
constexpr auto kReport = 10s;

}  // namespace

Retirement::Retirement(std::function<void()> wake) : wake_(std::move(wake)) {}

Retirement::~Retirement() = default;

void Retirement::add(std::unique_ptr<Retiree> retiree) {
  {
    const auto now = Clock::now();
    const std::lock_guard lock(mutex_);
    entries_.push_back({std::move(retiree), now, {}, {}, {}, now});
  }
  if (wake_) wake_();
}

std::optional<std::chrono::milliseconds> Retirement::work() {
  bool all_gone = false;
  bool again = true;
  auto wait = std::chrono::milliseconds(kSlowLook);
  while (again && !all_gone) {
    again = false;
    std::deque<Entry> waiting;
    {
      const std::lock_guard lock(mutex_);
      waiting.swap(entries_);
    }
    const auto now = Clock::now();
    std::deque<Entry> left;
    for (Entry& entry : waiting) {
      if (!ready(entry, now)) {
        if (now - entry.since < kSlowAfter || entry.holder.empty()) wait = kLook;
        report(entry, now);
        left.push_back(std::move(entry));
        continue;
      }
      entry.retiree->go();
      entry.retiree.reset();
      again = true;  // what it held may have been handed in
    }
    const std::lock_guard lock(mutex_);
    // Older ones first.
    entries_.insert(entries_.begin(), std::make_move_iterator(left.begin()), std::make_move_iterator(left.end()));
    all_gone = entries_.empty();
  }
  if (all_gone) return std::nullopt;
  return wait;
}

bool Retirement::ready(Entry& entry, Clock::time_point now) {
  if (!entry.grace) entry.grace.emplace();
  if (!entry.grace->over()) {
    entry.holder = entry.grace->holder();
    return false;
  }
  entry.holder = entry.retiree->holder();
  if (!entry.holder.empty()) {
    entry.free_since.reset();
    return false;
  }
  if (!entry.free_since) entry.free_since = now;
  return now - *entry.free_since >= entry.retiree->settling();
}

void Retirement::report(Entry& entry, Clock::time_point now) {
  if (entry.holder.empty() || now - entry.reported < kReport) return;
  entry.reported = now;
  log::warning("something that was replaced can't go yet",
               {{"what", entry.retiree->name()},
                {"held_by", entry.holder},
                {"seconds", std::chrono::duration_cast<std::chrono::seconds>(now - entry.since).count()}});
}

bool Retirement::finish(std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (true) {
    const auto again = work();
    if (!again) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::min(*again, std::chrono::milliseconds(kLook)));
  }
}

std::vector<Retirement::Waiting> Retirement::waiting() const {
  const std::lock_guard lock(mutex_);
  std::vector<Waiting> list;
  for (const Entry& entry : entries_) list.push_back({entry.retiree->name(), entry.since, entry.holder});
  return list;
}

}  // namespace tenon::plugin
