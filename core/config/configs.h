#pragma once

#include <tenon/config.h>
#include <tenon/error.h>
#include <tenon/store.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "config/config_rows.h"
#include "config/notifier.h"
#include "config/spec.h"

namespace tenon::config {

struct ConfigsOptions {
  /// Null: everything has its default, and nothing can be set.
  StoreHost* store = nullptr;
  /// How often it is looked whether another node has changed something; 0: there is no other node.
  std::chrono::milliseconds poll{0};
};

/// One of the values that a config is given, from the most general to the most special.
struct ConfigLevel {
  /// Nothing: the default, or the global value.
  std::optional<ResourceRef> resource;
  std::string value;
  /// Who set it, and when, in microseconds since 1970 UTC; empty for the default.
  std::string by;
  std::int64_t at = 0;
  /// Why it does not count though it is set; empty if it may.
  std::string flaw;
  bool counts = false;
};

/// A config with its values; the first level is the default.
struct ConfigView {
  const ConfigSpec* spec = nullptr;
  std::vector<ConfigLevel> levels;

  [[nodiscard]] const ConfigLevel& counting() const;
};

/// The configs of a node: what descriptors define and users set. Everything is kept in memory, and read anew when the
/// store's revision of it has changed. Any thread may call; the store must outlive it.
class Configs {
 public:
  using Parents = std::function<std::optional<ResourceRef>(const ResourceRef&)>;

  explicit Configs(ConfigsOptions options = {});
  ~Configs();
  Configs(const Configs&) = delete;
  Configs& operator=(const Configs&) = delete;

  /// Takes the definitions in place of those there were, and reads what is set: from then on slots have values. A
  /// config whose definition is the same keeps its slot; so does one that gets back a definition which it once had. One
  /// thread at a time. Errors of the store.
  [[nodiscard]] Result<void> define(std::vector<ConfigSpec> specs);
  /// The definitions there are.
  [[nodiscard]] std::vector<ConfigSpec> specs() const;
  /// Null if there is none. Lives as long as this.
  [[nodiscard]] const ConfigSlot* find_slot(std::string_view category, std::string_view name) const noexcept;
  [[nodiscard]] const ConfigSpec* find_spec(std::string_view category, std::string_view name) const noexcept;
  /// Who knows what resources belong to; null when that goes.
  void set_parents(Parents parents);
  /// Who hears of every change on any node, once, in order. Before the first `define`.
  void set_listener(Notifier::Listener listener) { notifier_.set_listener(std::move(listener)); }

  /// `changed` hears of new global values of the slot; also of a change since it had the value `seen`.
  [[nodiscard]] std::uint64_t subscribe(const ConfigSlot* slot, const ConfigValue* seen, Notifier::Changed changed);
  /// As Notifier::unsubscribe.
  void unsubscribe(std::uint64_t subscription) { notifier_.unsubscribe(subscription); }

  /// All of them by category and name, with the default and the global value.
  [[nodiscard]] std::vector<ConfigView> list() const;
  /// With a resource: the values that may count for it, along its parents, the nearest one last. Without: the global
  /// ones, and those of all resources, of which none counts. CONFIG.1001.
  [[nodiscard]] Result<ConfigView> explain(std::string_view category, std::string_view name,
                                           const std::optional<ResourceRef>& resource = {}) const;

  /// Sets the value, globally or for one resource: effective here when this returns, on other nodes soon; whether it
  /// changed anything. CONFIG.1001–1004, and errors of the store, after which nothing has changed unless the error says
  /// that this is not known. May block.
  [[nodiscard]] Result<bool> set(std::string_view category, std::string_view name, std::string_view value,
                                 const std::optional<ResourceRef>& resource, std::string_view by);
  /// Takes the value away; whether there was one.
  [[nodiscard]] Result<bool> reset(std::string_view category, std::string_view name,
                                   const std::optional<ResourceRef>& resource, std::string_view by);

  /// Reads what has changed in the store. May block.
  [[nodiscard]] Result<void> refresh();
  /// Waits until everybody has been told of what has changed. For tests.
  void flush() { notifier_.flush(); }

 private:
  class Entry;
  using Key = std::pair<std::string, std::string>;
  using Entries = std::map<Key, std::shared_ptr<Entry>>;

  [[nodiscard]] Entry* find(std::string_view category, std::string_view name) const noexcept;
  [[nodiscard]] Result<Entry*> require(std::string_view category, std::string_view name,
                                       const std::optional<ResourceRef>& resource) const;
  [[nodiscard]] Result<bool> change(Entry& entry, ConfigChange change);
  [[nodiscard]] std::shared_ptr<const Entries> entries() const;
  [[nodiscard]] Result<ConfigRows> read(std::optional<std::int64_t> since);
  /// `whole`: the rows are all there are, for configs that may not have seen some of them.
  void apply(ConfigRows rows, bool whole = false);
  /// The resource, what it belongs to, and so on. Throws what extensions throw, and Error CONFIG.1005.
  [[nodiscard]] std::vector<ResourceRef> path_of(const ResourceRef& resource) const;
  /// [poller_]
  void poll();

  const ConfigsOptions options_;
  mutable std::mutex mutex_;
  std::shared_ptr<const Entries> entries_ = std::make_shared<const Entries>();
  /// What is not defined any more, or otherwise by now: others may still have pointers to it.
  std::vector<std::shared_ptr<Entry>> retired_;
  std::shared_ptr<const Parents> parents_;
  /// Of what is in memory.
  std::int64_t revision_ = 0;
  Notifier notifier_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread poller_;
};

}  // namespace tenon::config
