#include "message/event_hub.h"

#include <pthread.h>
#include <tenon/log.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <iterator>
#include <list>
#include <mutex>
#include <thread>
#include <utility>

#include "api/json_text.h"
#include "message/event_log.h"
#include "message/event_pattern.h"

namespace tenon::message {
namespace {

using Clock = std::chrono::steady_clock;
using EventPtr = std::shared_ptr<const PublishedEvent>;

constexpr std::size_t kBatch = 1000;
constexpr auto kRetentionInterval = std::chrono::hours(1);

/// Whether this thread has published something since its last commit: a transaction stays on its thread.
constinit thread_local bool has_published = false;

std::int64_t microseconds_now() {
  return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// A connection that is asked for when it is needed, and again when it was lost.
class Link {
 public:
  explicit Link(store::Store& store) : store_(store) {}
  /// What `work` (Connection&) returns.
  template <class Work>
  auto with(const Work& work) -> decltype(work(std::declval<store::Connection&>())) {
    if (connection_ == nullptr || connection_->broken()) {
      auto made = store_.connect();
      if (!made) return std::move(made).error();
      connection_ = std::move(made).value();
    }
    return work(*connection_);
  }

 private:
  store::Store& store_;
  std::unique_ptr<store::Connection> connection_;
};

}  // namespace

struct EventHub::State {
  State(store::Store& opened, EventHubOptions given) : store(opened), options(given) {}

  struct Target {
    ListenerUse use;
    std::vector<EventPattern> patterns;
  };
  struct Listener {
    std::string bean;
    std::thread thread;
    // Under the lock: who gets the next event, null if there is nobody any more, for good then.
    std::shared_ptr<const Target> target;
    bool ended = false;
    /// Its thread has nothing to do any more.
    bool left = false;
  };

  void begin();
  void watch();
  bool find_end(Link& link);
  bool fetch(Link& link);
  void purge(Link& link);
  void listen(Listener& listener);
  /// False if it is to end.
  bool deliver(Listener& listener, const PublishedEvent& event);
  /// Null if it is to end.
  [[nodiscard]] std::shared_ptr<const Target> target_of(const Listener& listener) const;
  [[nodiscard]] std::optional<std::vector<EventPtr>> recent(std::uint64_t after, std::size_t limit) const;
  void wake_subscribers();

  store::Store& store;
  const EventHubOptions options;

  mutable std::mutex mutex;
  std::condition_variable looked_for;
  std::condition_variable come;
  // Under the lock.
  bool stopping = false;
  bool listening = false;
  bool look = false;
  bool begun = false;
  std::uint64_t last = 0;
  /// What `recent` begins after.
  std::uint64_t forgotten = 0;
  std::deque<EventPtr> events;
  std::list<std::function<void()>> subscribers;

  /// Those that have ended stay until their threads can be joined without waiting.
  std::list<Listener> listeners;
  std::thread watcher;
};

void EventHub::State::begin() {
  Link link(store);
  (void)find_end(link);  // if it is away, the watcher finds it when it is back
  watcher = std::thread([this] { watch(); });
  ::pthread_setname_np(watcher.native_handle(), "tenon-events");
}

void EventHub::State::watch() {
  Link link(store);
  auto purge_at = Clock::now() + std::chrono::seconds(10);
  bool more = false;
  while (true) {
    {
      std::unique_lock lock(mutex);
      if (!more) looked_for.wait_for(lock, options.poll, [&] { return stopping || look; });
      if (stopping) return;
      look = false;
    }
    more = fetch(link);
    if (options.retention.count() > 0 && Clock::now() >= purge_at) {
      purge(link);
      purge_at = Clock::now() + kRetentionInterval;
    }
  }
}

/// False if the store can't be asked.
bool EventHub::State::find_end(Link& link) {
  const Result<std::uint64_t> newest = link.with([](store::Connection& c) { return last_event(c); });
  if (!newest) return false;
  const std::lock_guard lock(mutex);
  last = forgotten = *newest;
  begun = true;
  come.notify_all();
  return true;
}

/// Whether there is more to fetch.
bool EventHub::State::fetch(Link& link) {
  if (!begun && !find_end(link)) return false;
  Result<std::vector<PublishedEvent>> read =
      link.with([&](store::Connection& c) { return read_events(c, last, kBatch); });
  if (!read || read->empty()) return false;  // that the store is away is told by others
  const bool full = read->size() == kBatch;
  {
    const std::lock_guard lock(mutex);
    for (PublishedEvent& event : *read) {
      last = event.id;
      events.push_back(std::make_shared<const PublishedEvent>(std::move(event)));
    }
    while (events.size() > options.kept) {
      forgotten = events.front()->id;
      events.pop_front();
    }
    come.notify_all();
  }
  wake_subscribers();
  return full;
}

void EventHub::State::purge(Link& link) {
  const std::int64_t age = std::chrono::duration_cast<std::chrono::microseconds>(options.retention).count();
  const Result<std::uint64_t> gone =
      link.with([&](store::Connection& c) { return delete_events(c, microseconds_now() - age); });
  if (gone && *gone > 0) log::info("old events were deleted", {{"events", *gone}});
}

void EventHub::State::wake_subscribers() {
  const std::lock_guard lock(mutex);
  for (const auto& wake : subscribers) wake();
}

std::optional<std::vector<EventPtr>> EventHub::State::recent(std::uint64_t after, std::size_t limit) const {
  const std::lock_guard lock(mutex);
  if (!begun || after < forgotten) return std::nullopt;
  const auto first = std::lower_bound(events.begin(), events.end(), after + 1,
                                      [](const EventPtr& event, std::uint64_t id) { return event->id < id; });
  std::vector<EventPtr> found;
  for (auto event = first; event != events.end() && found.size() < limit; ++event) found.push_back(*event);
  return found;
}

std::shared_ptr<const EventHub::State::Target> EventHub::State::target_of(const Listener& listener) const {
  const std::lock_guard lock(mutex);
  return listening ? listener.target : nullptr;
}

void EventHub::State::listen(Listener& listener) {
  Link link(store);
  std::chrono::milliseconds pause = options.backoff;
  std::optional<std::uint64_t> cursor;
  while (true) {
    {
      std::unique_lock lock(mutex);
      come.wait(lock, [&] { return !listening || !listener.target || (begun && (!cursor || last > *cursor)); });
      if (!listening || !listener.target) return;
    }
    Result<void> done;
    if (!cursor) {
      const Result<std::uint64_t> read =
          link.with([&](store::Connection& c) { return read_cursor(c, listener.bean, last); });
      if (read) cursor = *read;
      done = read ? Result<void>() : read.error();
    } else {
      std::optional<std::vector<EventPtr>> batch = recent(*cursor, kBatch);
      if (!batch) {
        batch.emplace();
        Result<std::vector<PublishedEvent>> read =
            link.with([&](store::Connection& c) { return read_events(c, *cursor, kBatch); });
        done = read ? Result<void>() : read.error();
        if (read) {
          for (PublishedEvent& event : *read) {
            batch->push_back(std::make_shared<const PublishedEvent>(std::move(event)));
          }
          if (read->empty()) *cursor = last;  // deleted, as they were old
        }
      }
      for (const EventPtr& event : *batch) {
        if (!deliver(listener, *event)) return;
        *cursor = event->id;
      }
      if (done) done = link.with([&](store::Connection& c) { return move_cursor(c, listener.bean, *cursor); });
    }
    if (done) {
      pause = options.backoff;
      continue;
    }
    std::unique_lock lock(mutex);
    if (come.wait_for(lock, pause, [&] { return !listening || !listener.target; })) return;
    pause = std::min(2 * pause, options.max_backoff);
  }
}

bool EventHub::State::deliver(Listener& listener, const PublishedEvent& event) {
  std::chrono::milliseconds pause = options.backoff;
  while (true) {
    const std::shared_ptr<const Target> target = target_of(listener);
    if (target == nullptr) return false;
    const bool meant = std::any_of(target->patterns.begin(), target->patterns.end(),
                                   [&](const EventPattern& pattern) { return pattern.matches(event.path); });
    if (!meant) return true;
    std::string why;
    try {
      target->use.listener->on_event(event);
      return true;
    } catch (const std::exception& e) {
      why = e.what();
    } catch (...) {
      why = "not a std::exception";
    }
    log::warning("a listener failed; the event comes again",
                 {{"listener", listener.bean}, {"event", event.path}, {"id", event.id}, {"error", why}});
    std::unique_lock lock(mutex);
    if (come.wait_for(lock, pause, [&] { return !listening || listener.target != target; })) continue;
    pause = std::min(2 * pause, options.max_backoff);
  }
}

EventHub::EventHub(store::Store& store, EventHubOptions options) : state_(std::make_shared<State>(store, options)) {
  state_->begin();
}

EventHub::~EventHub() {
  stop();
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->looked_for.notify_all();
  }
  state_->watcher.join();
}

Result<void> EventHub::publish(StoreTransaction& store, std::string_view kind, const std::string& path,
                               const Json& body) {
  const Result<std::uint64_t> id = insert_event(store, kind, path, api::print_json(body), microseconds_now());
  has_published = true;
  return id ? Result<void>() : id.error();
}

void EventHub::committed() noexcept {
  if (!std::exchange(has_published, false)) return;
  const std::lock_guard lock(state_->mutex);
  state_->look = true;
  state_->looked_for.notify_one();
}

void EventHub::set_listeners(const std::vector<ListenerUse>& listeners) {
  std::vector<std::shared_ptr<const State::Target>> targets;
  for (const ListenerUse& use : listeners) {
    auto target = std::make_shared<State::Target>();
    target->use = use;
    for (const std::string& pattern : use.listener->patterns()) target->patterns.emplace_back(pattern);
    targets.push_back(std::move(target));
  }
  std::vector<State::Listener*> fresh;
  std::list<State::Listener> gone;
  std::vector<std::shared_ptr<const State::Target>> former;  // go outside of the lock
  {
    const std::lock_guard lock(state_->mutex);
    state_->listening = true;
    for (State::Listener& listener : state_->listeners) former.push_back(std::exchange(listener.target, nullptr));
    for (const auto& target : targets) {
      const auto known = std::find_if(
          state_->listeners.begin(), state_->listeners.end(),
          [&](const State::Listener& listener) { return listener.bean == target->use.bean && !listener.ended; });
      State::Listener& listener = known != state_->listeners.end() ? *known : state_->listeners.emplace_back();
      listener.bean = target->use.bean;
      listener.target = target;
      if (known == state_->listeners.end()) fresh.push_back(&listener);
    }
    for (auto listener = state_->listeners.begin(); listener != state_->listeners.end();) {
      listener->ended = listener->target == nullptr;
      const auto next = std::next(listener);
      if (listener->left) gone.splice(gone.end(), state_->listeners, listener);
      listener = next;
    }
    state_->come.notify_all();
  }
  for (State::Listener& listener : gone) listener.thread.join();
  for (State::Listener* listener : fresh) {
    listener->thread = std::thread([state = state_.get(), listener] {
      state->listen(*listener);
      const std::lock_guard lock(state->mutex);
      listener->left = true;
    });
    ::pthread_setname_np(listener->thread.native_handle(), "tenon-listener");
  }
}

void EventHub::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->listening = false;
    state_->come.notify_all();
  }
  for (State::Listener& listener : state_->listeners) listener.thread.join();
  state_->listeners.clear();
}

std::optional<std::vector<std::shared_ptr<const PublishedEvent>>> EventHub::recent(std::uint64_t after,
                                                                                   std::size_t limit) const {
  return state_->recent(after, limit);
}

Result<std::vector<PublishedEvent>> EventHub::stored(std::uint64_t after, std::size_t limit) const {
  return Link(state_->store).with([&](store::Connection& c) { return read_events(c, after, limit); });
}

std::uint64_t EventHub::last() const {
  const std::lock_guard lock(state_->mutex);
  return state_->last;
}

std::shared_ptr<void> EventHub::subscribe(std::function<void()> wake) {
  const std::lock_guard lock(state_->mutex);
  const auto place = state_->subscribers.insert(state_->subscribers.end(), std::move(wake));
  return {nullptr, [state = state_, place](void*) {
            const std::lock_guard erase_lock(state->mutex);
            state->subscribers.erase(place);
          }};
}

}  // namespace tenon::message
