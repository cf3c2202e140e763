#include "daemon/store_command.h"

#include <tenon/json.h>

#include <algorithm>
#include <cstdint>
#include <iomanip>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "api/json_text.h"
#include "daemon/node_store.h"
#include "daemon/report.h"
#include "daemon/settings.h"
#include "store/copy.h"
#include "store/errors.h"
#include "store/migrations.h"
#include "store/store.h"

namespace tenon::daemon {
namespace {

using Sets = std::vector<store::MigrationSet>;

/// `512 B`, `1.5 MiB`.
std::string size_text(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit < 4; ++unit) size /= 1024;
  std::ostringstream text;
  text << std::fixed << std::setprecision(unit == 0 ? 0 : 1) << size << ' ' << kUnits[unit];
  return text.str();
}

/// A store with a connection to it.
struct Opened {
  std::unique_ptr<store::Store> store;
  std::unique_ptr<store::Connection> connection;
};

Result<Opened> open(const store::Address& address, const Settings& settings, store::StoreOptions::Use use) {
  Result<std::unique_ptr<store::Store>> opened =
      store::open_store(address, {.use = use, .allow_unsafe = settings.allow_unsafe_store});
  if (!opened) return std::move(opened).error();
  Result<std::unique_ptr<store::Connection>> connection = (*opened)->connect();
  if (!connection) return std::move(connection).error();
  return Opened{std::move(opened).value(), std::move(connection).value()};
}

Json migrations_json(const std::vector<store::MigrationState>& states) {
  Json list = Json::array();
  for (const store::MigrationState& state : states) {
    list.push(Json::object().add("owner", state.owner).add("name", state.title).add("applied", state.applied));
  }
  return list;
}

Result<void> show_status(const Settings& settings, const Sets& sets, bool json) {
  const Result<Opened> opened = open(settings.store, settings, store::StoreOptions::Use::kReader);
  if (!opened) return opened.error();
  const Result<std::uint64_t> size = opened->connection->size_in_bytes();
  if (!size) return size.error();
  const auto states = store::compare_migrations(*opened->connection, sets);
  if (!states) return states.error();
  if (json) {
    std::cout << api::print_json(Json::object()
                                     .add("engine", opened->store->engine())
                                     .add("place", opened->store->place())
                                     .add("size_bytes", *size)
                                     .add("migrations", migrations_json(*states)))
              << '\n';
    return {};
  }
  const auto applied = std::count_if(states->begin(), states->end(), [](const auto& state) { return state.applied; });
  std::cout << "engine      " << opened->store->engine() << "\nplace       " << opened->store->place()
            << "\nsize        " << size_text(*size) << "\nmigrations  " << applied << " applied, "
            << static_cast<std::ptrdiff_t>(states->size()) - applied << " pending\n";
  for (const store::MigrationState& state : *states) {
    if (!state.applied) std::cout << "pending     " << state.owner << '/' << state.title << '\n';
  }
  return {};
}

Result<void> migrate(const Settings& settings, const Sets& sets, bool json) {
  const Result<Opened> opened = open(settings.store, settings, store::StoreOptions::Use::kOwner);
  if (!opened) return opened.error();
  const auto done = store::migrate(*opened->connection, sets);
  if (!done) return done.error();
  if (json) {
    std::cout << api::print_json(Json::object().add("applied", migrations_json(*done))) << '\n';
    return {};
  }
  for (const store::MigrationState& state : *done) std::cout << state.owner << '/' << state.title << '\n';
  std::cout << counted(done->size(), "migration") << " applied\n";
  return {};
}

Result<void> copy(const Settings& settings, const Sets& sets, const std::string& target, bool json) {
  if (settings.store.engine != store::Address::Engine::kSqlite) {
    return store::store_error(store::kCopyRefused,
                              "the source is not SQLite: nodes could go on writing to it (PostgreSQL has pg_dump)");
  }
  const Result<store::Address> address = store::parse_address(target);
  if (!address) return address.error();
  // Nobody may write to the source while it is copied, and nobody makes one that is not there.
  if (const auto there = open(settings.store, settings, store::StoreOptions::Use::kReader); !there)
    return there.error();
  const Result<Opened> from = open(settings.store, settings, store::StoreOptions::Use::kOwner);
  if (!from) return from.error();
  const Result<Opened> to = open(*address, settings, store::StoreOptions::Use::kOwner);
  if (!to) return to.error();
  const Result<store::CopiedTables> copied = store::copy_store(*from->connection, *to->connection, sets);
  if (!copied) return copied.error();
  if (json) {
    Json tables = Json::object();
    for (const auto& [name, rows] : *copied) tables.add(name, rows);
    std::cout << api::print_json(Json::object().add("place", to->store->place()).add("rows", std::move(tables)))
              << '\n';
    return {};
  }
  std::uint64_t rows = 0;
  for (const auto& [name, count] : *copied) {
    rows += count;
    std::cout << name << ": " << counted(count, "row") << '\n';
  }
  std::cout << counted(copied->size(), "table") << " with " << counted(rows, "row") << " copied to "
            << to->store->place() << "; the node uses it when tenon.store names it\n";
  return {};
}

Result<void> execute(const Options& options, const Settings& settings) {
  const Result<Sets> sets = find_migrations(settings);
  if (!sets) return sets.error();
  const std::string& verb = options.store.front();
  if (verb == "status") return show_status(settings, *sets, options.json);
  if (verb == "migrate") return migrate(settings, *sets, options.json);
  return copy(settings, *sets, options.store.back(), options.json);
}

}  // namespace

int store_command(const Options& options) {
  descriptor::Diagnostics problems;
  const Settings settings = read_settings(read_properties(options, problems), problems);
  std::cerr << diagnostics_text(problems);
  if (problems.has_errors()) return 1;
  const Result<void> done = execute(options, settings);
  if (done) return 0;
  std::cerr << "tenond: " << done.error().to_string() << '\n';
  return 1;
}

}  // namespace tenon::daemon
