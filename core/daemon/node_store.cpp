#include "daemon/node_store.h"

#include <fcntl.h>
#include <tenon/log.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <climits>
#include <fstream>
#include <system_error>
#include <utility>

#include "daemon/install_paths.h"
#include "descriptor/file_trust.h"
#include "store/core_schema.h"

namespace tenon::daemon {
namespace {

constexpr std::chrono::seconds kInterval{2};

std::string host_name() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

/// What no other node has: this machine, and the state folder, which this process alone uses.
std::string place_of(const Settings& settings) {
  std::string machine;
  std::ifstream("/etc/machine-id") >> machine;
  return (machine.empty() ? host_name() : machine) + ":" + settings.state.string();
}

Result<std::int64_t> add_node(store::Connection& connection, bool alone, const std::string& place) {
  Result<store::Transaction> transaction = connection.begin();
  if (!transaction) return transaction.error();
  if (alone) {
    // This is the only node: what others have left did not end as it should.
    if (const auto removed = connection.execute("DELETE FROM node"); !removed) return removed.error();
  }
  // The process that was here before is dead, as its lock on the folder is free. A batch of it that is under way yet is
  // waited for.
  if (const auto removed = connection.execute("DELETE FROM node WHERE place = $1", {place}); !removed) {
    return removed.error();
  }
  const Result<store::Rows> next =
      connection.query("UPDATE counter SET next = next + 1 WHERE name = 'node' RETURNING next - 1");
  if (!next) return next.error();
  const std::int64_t id = (*next)[0].integer(0);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto added = connection.execute(
      "INSERT INTO node (id, host, process, version, started, place) VALUES ($1, $2, $3, $4, $5, $6)",
      {id, host_name(), ::getpid(), kVersion, std::chrono::duration_cast<std::chrono::microseconds>(now).count(),
       place});
  if (!added) return added.error();
  if (Result<void> committed = transaction->commit(); !committed) return committed.error();
  return id;
}

/// Asked after they were read: what is trusted nobody could have changed meanwhile.
Result<void> check_trust(const std::vector<store::MigrationSet>& sets) {
  for (const store::MigrationSet& set : sets) {
    for (const store::Migration& migration : set.list) {
      const std::filesystem::path file = migration.place;
      std::string why = descriptor::folder_distrust(file.parent_path());
      const int descriptor = why.empty() ? ::open(file.c_str(), O_RDONLY | O_CLOEXEC) : -1;
      if (descriptor >= 0) {
        why = descriptor::file_distrust(file, descriptor);
        ::close(descriptor);
      } else if (why.empty()) {
        why = file.string() + ": " + std::generic_category().message(errno);
      }
      if (!why.empty()) return make_error("PLUGIN.1012", "others could change a migration", why);
    }
  }
  return {};
}

}  // namespace

Result<std::vector<store::MigrationSet>> find_migrations(const Settings& settings) {
  std::vector<std::filesystem::path> folders = settings.descriptors;
  folders.insert(folders.end(), settings.plugins.begin(), settings.plugins.end());
  Result<std::vector<store::MigrationSet>> sets = store::read_plugin_migrations(folders);
  if (!sets) return sets;
  if (settings.trust == descriptor::Trust::kOwner) {
    if (const Result<void> trusted = check_trust(*sets); !trusted) return trusted.error();
  }
  sets->insert(sets->begin(), store::core_migrations());
  return sets;
}

namespace {

Result<void> apply(store::Connection& connection, const std::vector<store::MigrationSet>& sets) {
  const Result<std::vector<store::MigrationState>> applied = store::migrate(connection, sets);
  if (!applied) return applied.error();
  for (const store::MigrationState& migration : *applied) {
    log::info("migration applied", {{"owner", migration.owner}, {"name", migration.title}});
  }
  return {};
}

}  // namespace

Result<void> NodeStore::migrate(const Settings& settings) {
  const Result<std::vector<store::MigrationSet>> sets = find_migrations(settings);
  if (!sets) return sets.error();
  const Result<std::unique_ptr<store::Connection>> connection = store_->connect();
  if (!connection) return connection.error();
  return apply(**connection, *sets);
}

Result<std::unique_ptr<NodeStore>> NodeStore::open(const Settings& settings) {
  const Result<std::vector<store::MigrationSet>> sets = find_migrations(settings);
  if (!sets) return sets.error();
  Result<std::unique_ptr<store::Store>> opened =
      store::open_store(settings.store, {.allow_unsafe = settings.allow_unsafe_store});
  if (!opened) return std::move(opened).error();
  store::Store& store = **opened;
  const Result<std::unique_ptr<store::Connection>> connection = store.connect();
  if (!connection) return connection.error();
  if (Result<void> applied = apply(**connection, *sets); !applied) return applied.error();
  const Result<std::int64_t> node = add_node(**connection, store.engine() == "sqlite", place_of(settings));
  if (!node) return node.error();
  log::info("store opened", {{"engine", store.engine()}, {"place", store.place()}, {"node", *node}});
  const Result<store::Rows> last = (*connection)->query("SELECT coalesce(max(id), 0) FROM chain_run");
  if (!last) return last.error();
  const auto last_run = static_cast<std::uint64_t>((*last)[0].integer(0));
  return std::unique_ptr<NodeStore>(new NodeStore(std::move(opened).value(), *node, last_run));
}

NodeStore::NodeStore(std::unique_ptr<store::Store> store, std::int64_t node, std::uint64_t last_run)
    : store_(std::move(store)), node_(node), last_run_(last_run) {
  thread_ = std::thread([this] { watch(); });
}

NodeStore::~NodeStore() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Json NodeStore::status() const {
  const std::lock_guard lock(mutex_);
  Json json = Json::object()
                  .add("engine", store_->engine())
                  .add("place", store_->place())
                  .add("node", node_)
                  .add("state", error_.empty() ? "open" : "unreachable");
  if (!error_.empty()) json.add("error", error_);
  return json;
}

void NodeStore::watch() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kInterval, [this] { return stopping_; })) {
    lock.unlock();
    const Result<void> answer = ask();
    lock.lock();
    note(answer);
  }
  lock.unlock();
  remove_node();
}

Result<void> NodeStore::ask() {
  if (connection_ && connection_->broken()) connection_.reset();
  if (!connection_) {
    Result<std::unique_ptr<store::Connection>> connection = store_->connect();
    if (!connection) return std::move(connection).error();
    connection_ = std::move(connection).value();
  }
  const Result<store::Rows> answer = connection_->query("SELECT id FROM node WHERE id = $1", {node_});
  return answer ? Result<void>() : answer.error();
}

void NodeStore::note(const Result<void>& answer) {
  const bool was_open = error_.empty();
  error_ = answer ? std::string() : answer.error().to_string();
  if (was_open && !answer) log::error("the store does not answer", {{"error", error_}});
  if (!was_open && answer) log::info("the store answers again");
}

void NodeStore::remove_node() {
  Result<void> removed = ask();
  if (removed) {
    const auto deleted = connection_->execute("DELETE FROM node WHERE id = $1", {node_});
    if (!deleted) removed = deleted.error();
  }
  if (!removed) log::warning("the node stays in the store's list", {{"error", removed.error().to_string()}});
}

}  // namespace tenon::daemon
