#pragma once

#include <tenon/event.h>
#include <tenon/library.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace tenon::message {

struct EventHubOptions {
  /// How often it looks for events that other nodes have published.
  std::chrono::milliseconds poll{500};
  /// So many of the latest are kept in memory, for those who follow them.
  std::size_t kept = 10'000;
  /// How long events stay in the store; zero: for ever.
  std::chrono::hours retention{72};
  /// Before an event comes to a listener again that has thrown; doubled each time.
  std::chrono::milliseconds backoff{100};
  std::chrono::milliseconds max_backoff{60'000};
};

/// Somebody who listens.
struct ListenerUse {
  EventListener* listener = nullptr;
  std::string bean;
  /// Held as long as it may be called.
  std::shared_ptr<const void> keep;
};

/// Events on their way from the store to those who listen. Any thread may call.
class EventHub final : public EventHost {
 public:
  /// The store must outlive this. Begins with what is published from now on.
  explicit EventHub(store::Store& store, EventHubOptions options = {});
  ~EventHub();
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  Result<void> publish(StoreTransaction& store, std::string_view kind, const std::string& path,
                       const Json& body) override;
  /// The transaction of this thread is committed: if it has published something, it is looked for at once. Cheap.
  void committed() noexcept;

  /// Delivers to these, each on a thread of its own, until `stop` or until they are none of them any more. One that has
  /// the bean id of a former one takes its place: it gets what the former one has not got. One thread at a time.
  void set_listeners(const std::vector<ListenerUse>& listeners);
  /// Returns when no listener is called any more.
  void stop();

  /// What has come after `after`, as far as it is in memory: at most `limit`. Nothing if older ones would be missing:
  /// then they are in the store.
  [[nodiscard]] std::optional<std::vector<std::shared_ptr<const PublishedEvent>>> recent(std::uint64_t after,
                                                                                         std::size_t limit) const;
  /// The same from the store. May block.
  [[nodiscard]] Result<std::vector<PublishedEvent>> stored(std::uint64_t after, std::size_t limit) const;
  /// The id of the latest that has come.
  [[nodiscard]] std::uint64_t last() const;

  /// `wake` is called when more has come, on a thread of this, as long as the handle lives; it must not block, and not
  /// destroy the handle.
  [[nodiscard]] std::shared_ptr<void> subscribe(std::function<void()> wake);

 private:
  struct State;
  const std::shared_ptr<State> state_;
};

}  // namespace tenon::message
