#include "config/configs.h"

#include <tenon/config_event.h>
#include <tenon/event.h>
#include <tenon/log.h>

#include <algorithm>
#include <atomic>

#include "config/errors.h"

namespace tenon::config {
namespace {

std::int64_t now_in_microseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

/// A value that somebody set.
struct SetValue {
  std::string text;
  std::string by;
  std::int64_t at = 0;
  /// Null if it does not fit: then `flaw` says why.
  const ConfigValue* value = nullptr;
  std::string flaw;
};

/// All that is set of one config. Immutable.
struct SetValues {
  std::optional<SetValue> global;
  std::map<ResourceRef, SetValue> resources;
};

ConfigLevel level_of(const SetValue& set, std::optional<ResourceRef> resource) {
  return {std::move(resource), set.text, set.by, set.at, set.flaw, false};
}

ConfigChanged event_of(const ConfigChange& change) {
  return {change.category,
          change.name,
          change.resource ? std::optional(change.resource->kind + ":" + change.resource->id) : std::nullopt,
          change.before,
          change.now,
          change.by};
}

std::string words_of(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

}  // namespace

const ConfigLevel& ConfigView::counting() const {
  const auto found = std::find_if(levels.begin(), levels.end(), [](const ConfigLevel& level) { return level.counts; });
  return found != levels.end() ? *found : levels.front();
}

class Configs::Entry final : public ConfigSlot {
 public:
  Entry(const Configs& configs, ConfigSpec spec) : spec_(std::move(spec)), configs_(configs) {
    value.store(intern(spec_.default_value), std::memory_order_release);
  }

  const ConfigValue* value_for(const ResourceRef& resource) const override {
    const ConfigValue* global = value.load(std::memory_order_acquire);
    if (!overridden_.load(std::memory_order_acquire)) return global;
    const std::shared_ptr<const SetValues> set = values();
    for (const ResourceRef& one : configs_.path_of(resource)) {
      const auto found = set->resources.find(one);
      if (found != set->resources.end() && found->second.value != nullptr) return found->second.value;
    }
    return global;
  }

  /// As the store has it now. [under the mutex of the configs]
  SetValue read(const ConfigRow& row) {
    SetValue set{row.value, row.by, row.at, nullptr, {}};
    Result<ConfigValue> parsed = spec_.rule.parse(row.value);
    const bool allowed = !row.resource || allows(row.resource->kind);
    if (parsed && allowed) {
      set.value = intern(std::move(parsed).value());
      return set;
    }
    set.flaw = allowed ? parsed.error().details : "resources of this kind can't have a value of their own any more";
    if (!has_flaw(row)) {
      log::warning("a config has a value that does not fit, and does not count",
                   {{"config", name()}, {"why", set.flaw}});
    }
    return set;
  }

  /// Whether the global value is another one by now. [under the mutex of the configs]
  bool take(std::shared_ptr<const SetValues> set) {
    set_ = std::move(set);
    overridden_.store(!set_->resources.empty(), std::memory_order_release);
    const bool is_set = set_->global && set_->global->value != nullptr;
    const ConfigValue* now = is_set ? set_->global->value : intern(spec_.default_value);
    return value.exchange(now, std::memory_order_acq_rel) != now;
  }

  [[nodiscard]] std::shared_ptr<const SetValues> values() const {
    const std::lock_guard lock(configs_.mutex_);
    return set_;
  }
  [[nodiscard]] const ConfigSpec& spec() const noexcept { return spec_; }
  /// Whether resources of this kind may have a value of their own.
  [[nodiscard]] bool allows(const std::string& kind) const {
    return std::find(spec_.resources.begin(), spec_.resources.end(), kind) != spec_.resources.end();
  }
  [[nodiscard]] std::string name() const { return full_name(spec_.category, spec_.name); }

  /// The default and the global value.
  [[nodiscard]] ConfigView view(const SetValues& set) const {
    ConfigView view{&spec_, {{std::nullopt, spec_.default_text, {}, 0, {}, false}}};
    if (set.global) view.levels.push_back(level_of(*set.global, std::nullopt));
    view.levels[set.global && set.global->flaw.empty() ? 1 : 0].counts = true;
    return view;
  }

 private:
  /// Whether this very value was found not to fit before.
  [[nodiscard]] bool has_flaw(const ConfigRow& row) const {
    const SetValue* known = set_->global ? &*set_->global : nullptr;
    if (row.resource) {
      const auto found = set_->resources.find(*row.resource);
      known = found != set_->resources.end() ? &found->second : nullptr;
    }
    return known != nullptr && known->text == row.value;
  }

  /// Equal values are one, so that they can be compared by address, and a value that is set a thousand times is kept
  /// once.
  const ConfigValue* intern(ConfigValue wanted) {
    for (const auto& known : known_) {
      if (*known == wanted) return known.get();
    }
    known_.push_back(std::make_unique<const ConfigValue>(std::move(wanted)));
    return known_.back().get();
  }

  const ConfigSpec spec_;
  const Configs& configs_;
  std::vector<std::unique_ptr<const ConfigValue>> known_;
  std::shared_ptr<const SetValues> set_ = std::make_shared<const SetValues>();
  std::atomic<bool> overridden_{false};
};

Configs::Configs(ConfigsOptions options) : options_(options) {}

Configs::~Configs() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (poller_.joinable()) poller_.join();
}

Result<void> Configs::define(std::vector<ConfigSpec> specs) {
  auto next = std::make_shared<Entries>();
  {
    const std::lock_guard lock(mutex_);
    const auto kept = [&](const ConfigSpec& spec) -> std::shared_ptr<Entry> {
      const auto found = entries_->find(Key{spec.category, spec.name});
      if (found != entries_->end() && found->second->spec() == spec) return found->second;
      const auto former = std::find_if(retired_.begin(), retired_.end(),
                                       [&](const std::shared_ptr<Entry>& one) { return one->spec() == spec; });
      if (former == retired_.end()) return nullptr;
      std::shared_ptr<Entry> entry = *former;
      retired_.erase(former);
      return entry;
    };
    for (ConfigSpec& spec : specs) {
      std::shared_ptr<Entry> entry = kept(spec);
      Key key{spec.category, spec.name};
      if (entry == nullptr) entry = std::make_shared<Entry>(*this, std::move(spec));
      next->emplace(std::move(key), std::move(entry));
    }
    for (const auto& [key, entry] : *entries_) {
      const auto found = next->find(key);
      if (found == next->end() || found->second != entry) retired_.push_back(entry);
    }
    entries_ = std::move(next);
  }
  if (options_.store == nullptr) return {};
  Result<ConfigRows> rows = read(std::nullopt);
  if (!rows) return rows.error();
  apply(std::move(rows).value(), true);
  if (options_.poll.count() > 0 && !poller_.joinable()) poller_ = std::thread([this] { poll(); });
  return {};
}

std::vector<ConfigSpec> Configs::specs() const {
  std::vector<ConfigSpec> all;
  for (const auto& [key, entry] : *entries()) all.push_back(entry->spec());
  return all;
}

std::shared_ptr<const Configs::Entries> Configs::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

Configs::Entry* Configs::find(std::string_view category, std::string_view name) const noexcept {
  const std::shared_ptr<const Entries> all = entries();
  const auto found = all->find(Key{category, name});
  return found != all->end() ? found->second.get() : nullptr;  // what is retired is kept
}

const ConfigSlot* Configs::find_slot(std::string_view category, std::string_view name) const noexcept {
  return find(category, name);
}

const ConfigSpec* Configs::find_spec(std::string_view category, std::string_view name) const noexcept {
  const Entry* entry = find(category, name);
  return entry != nullptr ? &entry->spec() : nullptr;
}

void Configs::set_parents(Parents parents) {
  auto shared = parents ? std::make_shared<const Parents>(std::move(parents)) : nullptr;
  const std::lock_guard lock(mutex_);
  parents_ = std::move(shared);
}

std::uint64_t Configs::subscribe(const ConfigSlot* slot, const ConfigValue* seen, Notifier::Changed changed) {
  // Under the mutex: a change comes either before, and is seen here, or after, and is posted.
  const std::lock_guard lock(mutex_);
  const std::uint64_t subscription = notifier_.subscribe(slot, std::move(changed));
  const ConfigValue* now = slot->value.load(std::memory_order_acquire);
  if (now != seen) notifier_.post_to(subscription, seen, now);
  return subscription;
}

std::vector<ConfigView> Configs::list() const {
  std::vector<ConfigView> all;
  for (const auto& [key, entry] : *entries()) all.push_back(entry->view(*entry->values()));
  return all;
}

Result<Configs::Entry*> Configs::require(std::string_view category, std::string_view name,
                                         const std::optional<ResourceRef>& resource) const {
  Entry* entry = find(category, name);
  if (entry == nullptr) {
    std::vector<std::string> names;
    for (const auto& [key, known] : *entries()) names.push_back(known->name());
    const std::string wanted = full_name(category, name);
    return make_error(kNoSuchConfig, "there is no such config",
                      "'" + wanted + "'" + descriptor::suggestion(wanted, names));
  }
  if (!resource || entry->allows(resource->kind)) return entry;
  const std::vector<std::string>& kinds = entry->spec().resources;
  return make_error(kNotForResource, "a config can't have a value for this resource",
                    entry->name() +
                        (kinds.empty() ? " has one value for all, found "
                                       : ": expected a resource of the kind " + words_of(kinds) + ", found ") +
                        to_string(*resource) + descriptor::suggestion(resource->kind, kinds));
}

Result<ConfigView> Configs::explain(std::string_view category, std::string_view name,
                                    const std::optional<ResourceRef>& resource) const {
  const Result<Entry*> entry = require(category, name, std::nullopt);
  if (!entry) return entry.error();
  const std::shared_ptr<const SetValues> set = (*entry)->values();
  ConfigView view = (*entry)->view(*set);
  if (!resource) {
    for (const auto& [one, value] : set->resources) view.levels.push_back(level_of(value, one));
    return view;
  }
  std::vector<ResourceRef> path = path_of(*resource);
  std::reverse(path.begin(), path.end());
  for (const ResourceRef& one : path) {
    const auto found = set->resources.find(one);
    if (found == set->resources.end()) continue;
    view.levels.push_back(level_of(found->second, one));
    if (!view.levels.back().flaw.empty()) continue;
    for (ConfigLevel& level : view.levels) level.counts = false;
    view.levels.back().counts = true;
  }
  return view;
}

Result<bool> Configs::set(std::string_view category, std::string_view name, std::string_view value,
                          const std::optional<ResourceRef>& resource, std::string_view by) {
  const Result<Entry*> entry = require(category, name, resource);
  if (!entry) return entry.error();
  if (const Result<ConfigValue> fits = (*entry)->spec().rule.parse(value); !fits) {
    ErrorCode error = fits.error();
    error.details = (*entry)->name() + ": " + error.details;
    return error;
  }
  ConfigChange made;
  made.kind = ConfigChange::Kind::kSet;
  made.resource = resource;
  made.now = std::string(value);
  made.by = by;
  return change(**entry, std::move(made));
}

Result<bool> Configs::reset(std::string_view category, std::string_view name,
                            const std::optional<ResourceRef>& resource, std::string_view by) {
  const Result<Entry*> entry = require(category, name, std::nullopt);
  if (!entry) return entry.error();
  ConfigChange made;
  made.kind = ConfigChange::Kind::kReset;
  made.resource = resource;
  made.by = by;
  return change(**entry, std::move(made));
}

Result<bool> Configs::change(Entry& entry, ConfigChange change) {
  if (options_.store == nullptr) return make_error(kNoStore, "there is no store that a value could be kept in");
  change.category = entry.spec().category;
  change.name = entry.spec().name;
  change.at = now_in_microseconds();
  bool changed = false;
  const Result<void> written = options_.store->transaction([&](StoreTransaction& store) -> Result<void> {
    const Result<bool> done = write_change(store, change);
    if (!done) return done.error();
    changed = *done;
    return changed ? publish(store, event_of(change)) : Result<void>();
  });
  // Also when it failed: whether the commit took effect may not be known.
  const Result<void> read = refresh();
  if (!written) return written.error();
  if (!read) return read.error();
  return changed;
}

Result<ConfigRows> Configs::read(std::optional<std::int64_t> since) {
  ConfigRows rows;
  const Result<void> done = options_.store->read([&](StoreTransaction& store) -> Result<void> {
    if (since) {
      const Result<std::int64_t> revision = read_revision(store);
      if (!revision) return revision.error();
      rows.revision = *revision;
      if (*revision == *since) return {};
    }
    Result<ConfigRows> read = read_rows(store, since);
    if (!read) return read.error();
    rows = std::move(read).value();
    return {};
  });
  if (!done) return done.error();
  return rows;
}

Result<void> Configs::refresh() {
  if (options_.store == nullptr) return {};
  std::int64_t known = 0;
  {
    const std::lock_guard lock(mutex_);
    known = revision_;
  }
  Result<ConfigRows> rows = read(known);
  if (!rows) return rows.error();
  if (rows->revision != known) apply(std::move(rows).value());
  return {};
}

void Configs::apply(ConfigRows rows, bool whole) {
  std::map<Key, std::vector<const ConfigRow*>> by_config;
  for (const ConfigRow& row : rows.rows) by_config[{row.category, row.name}].push_back(&row);
  const std::lock_guard lock(mutex_);
  // Another thread may have been faster, with a newer state.
  if (whole ? rows.revision < revision_ : rows.revision <= revision_) return;
  for (const auto& [key, entry] : *entries_) {
    auto set = std::make_shared<SetValues>();
    for (const ConfigRow* row : by_config[key]) {
      SetValue value = entry->read(*row);
      if (row->resource) {
        set->resources.emplace(*row->resource, std::move(value));
      } else {
        set->global = std::move(value);
      }
    }
    const ConfigValue* before = entry->value.load(std::memory_order_acquire);
    if (!entry->take(std::move(set))) continue;
    notifier_.post(entry.get(), before, entry->value.load(std::memory_order_acquire));
  }
  for (ConfigChange& change : rows.changes) {
    if (change.revision > revision_) notifier_.announce(std::move(change));
  }
  revision_ = rows.revision;
}

std::vector<ResourceRef> Configs::path_of(const ResourceRef& resource) const {
  std::shared_ptr<const Parents> parents;
  {
    const std::lock_guard lock(mutex_);
    parents = parents_;
  }
  std::vector<ResourceRef> path{resource};
  while (parents) {
    std::optional<ResourceRef> parent = (*parents)(path.back());
    if (!parent) break;
    const bool known = std::find(path.begin(), path.end(), *parent) != path.end();
    path.push_back(*std::move(parent));
    if (!known) continue;
    std::string circle;
    for (const ResourceRef& one : path) circle.append(circle.empty() ? "" : " -> ").append(to_string(one));
    throw Error(make_error(kParentsInCircle, "resources belong to one another", circle));
  }
  return path;
}

void Configs::poll() {
  bool failed = false;
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, options_.poll, [this] { return stopping_; })) {
    lock.unlock();
    const Result<void> read = refresh();
    if (!read && !failed) {
      log::warning("whether other nodes changed a config is not known", {{"error", read.error().to_string()}});
    }
    failed = !read;
    lock.lock();
  }
}

}  // namespace tenon::config
