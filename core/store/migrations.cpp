#include "store/migrations.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <system_error>
#include <utility>

#include "store/errors.h"

namespace tenon::store {
namespace {

namespace fs = std::filesystem;

constexpr const char* kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_migration (owner text, number bigint, name text NOT NULL, sha256 text NOT NULL, "
    "applied bigint NOT NULL, PRIMARY KEY (owner, number))";

struct Applied {
  std::string name;
  std::string sha256;
};
using AppliedBy = std::map<std::pair<std::string, std::int64_t>, Applied>;

ErrorCode disorder(std::string details) { return store_error(kBadMigrations, std::move(details)); }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The number of `001_node.sql`.
std::optional<int> number_of(std::string_view file) {
  const bool fits = file.size() > 8 && std::all_of(file.begin(), file.begin() + 3, is_digit) && file[3] == '_';
  if (!fits) return std::nullopt;
  return (file[0] - '0') * 100 + (file[1] - '0') * 10 + (file[2] - '0');
}

Result<Migration> read_migration(const fs::path& file) {
  const std::string name = file.filename().string();
  const std::optional<int> number = number_of(name);
  if (!number) return disorder(file.string() + ": expected a name like 001_tables.sql");
  std::ifstream in(file, std::ios::binary);
  std::string sql{std::istreambuf_iterator<char>(in), {}};
  if (!in) return disorder(file.string() + ": it can't be read");
  return Migration{*number, name.substr(4, name.size() - 8), std::move(sql), file.string()};
}

Result<MigrationSet> read_set(const fs::path& folder) {
  MigrationSet set{folder.filename().string(), {}};
  std::error_code problem;
  for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end; entry.increment(problem)) {
    if (entry->path().extension() != ".sql") continue;
    Result<Migration> migration = read_migration(entry->path());
    if (!migration) return std::move(migration).error();
    set.list.push_back(std::move(migration).value());
  }
  if (problem) return disorder(folder.string() + ": " + problem.message());
  std::sort(set.list.begin(), set.list.end(), [](const Migration& a, const Migration& b) {
    return std::pair(a.number, a.place) < std::pair(b.number, b.place);
  });
  int expected = 1;
  std::string before = folder.string();
  for (const Migration& migration : set.list) {
    if (migration.number < expected) return disorder(before + " and " + migration.place + " have one number");
    if (migration.number > expected) {
      return disorder("between " + before + " and " + migration.place + ": number " + std::to_string(expected) +
                      " is missing");
    }
    ++expected;
    before = migration.place;
  }
  return set;
}

/// What comes after `-- after:` in the migration's first line: `-- after: network, storage`.
std::vector<std::string> needed_by(const Migration& migration) {
  constexpr std::string_view kMark = "-- after:";
  std::string_view line(migration.sql);
  line = line.substr(0, line.find('\n'));
  if (!line.starts_with(kMark)) return {};
  std::vector<std::string> needed;
  std::string name;
  for (const char letter : std::string(line.substr(kMark.size())) + ",") {
    if (letter == ',' && !name.empty()) needed.push_back(std::exchange(name, {}));
    if (letter != ',' && letter != ' ' && letter != '\r') name.push_back(letter);
  }
  return needed;
}

/// Puts each set behind those that it needs, and leaves the order otherwise.
class SetOrder {
 public:
  explicit SetOrder(std::vector<MigrationSet> sets) : sets_(std::move(sets)), states_(sets_.size(), State::kNew) {}

  Result<std::vector<MigrationSet>> take() {
    for (std::size_t i = 0; i < sets_.size(); ++i) {
      if (Result<void> placed = place(i); !placed) return placed.error();
    }
    std::vector<MigrationSet> ordered;
    for (const std::size_t i : order_) ordered.push_back(std::move(sets_[i]));
    return ordered;
  }

 private:
  enum class State { kNew, kBegun, kPlaced };

  Result<void> place(std::size_t set) {
    if (states_[set] == State::kPlaced) return {};
    states_[set] = State::kBegun;
    for (const Migration& migration : sets_[set].list) {
      for (const std::string& owner : needed_by(migration)) {
        if (Result<void> placed = place_before(owner, migration); !placed) return placed;
      }
    }
    states_[set] = State::kPlaced;
    order_.push_back(set);
    return {};
  }

  Result<void> place_before(const std::string& owner, const Migration& migration) {
    const auto needed =
        std::find_if(sets_.begin(), sets_.end(), [&](const MigrationSet& s) { return s.owner == owner; });
    if (needed == sets_.end()) {
      return disorder(migration.place + " comes after those of plugin '" + owner + "', which are not there");
    }
    const auto index = static_cast<std::size_t>(needed - sets_.begin());
    if (states_[index] == State::kBegun) {
      return disorder(migration.place + " comes after those of plugin '" + owner + "', which come after it");
    }
    return place(index);
  }

  std::vector<MigrationSet> sets_;
  std::vector<State> states_;
  std::vector<std::size_t> order_;
};

/// Those of the database; none if it has no table of them.
Result<AppliedBy> read_applied(Connection& connection) {
  const Result<std::vector<TableInfo>> tables = connection.tables();
  if (!tables) return tables.error();
  AppliedBy applied;
  if (std::none_of(tables->begin(), tables->end(), [](const TableInfo& t) { return t.name == "schema_migration"; })) {
    return applied;
  }
  const Result<Rows> rows = connection.query("SELECT owner, number, name, sha256 FROM schema_migration");
  if (!rows) return rows.error();
  for (const Row row : *rows) {
    applied[{std::string(row.text(0)), row.integer(1)}] = {std::string(row.text(2)), std::string(row.text(3))};
  }
  return applied;
}

/// Refuses a set that does not go on where the database stands.
Result<void> check_set(const MigrationSet& set, const AppliedBy& applied) {
  for (const Migration& migration : set.list) {
    const auto found = applied.find({set.owner, migration.number});
    if (found == applied.end() || found->second.sha256 == migration.sha256()) continue;
    return disorder(migration.place + " was changed after it was applied as " + set.owner + "/" +
                    Migration{migration.number, found->second.name, {}, {}}.title() + " (then " +
                    found->second.sha256.substr(0, 12) + ", now " + migration.sha256().substr(0, 12) +
                    "): restore it, and change the schema by a new migration");
  }
  for (const auto& [key, value] : applied) {
    if (key.first != set.owner || static_cast<std::size_t>(key.second) <= set.list.size()) continue;
    return disorder("the store has " + set.owner + "/" +
                    Migration{static_cast<int>(key.second), value.name, {}, {}}.title() +
                    ", which this installation does not know: it is older than the store");
  }
  return {};
}

Result<void> apply(Connection& connection, const std::string& owner, const Migration& migration) {
  const auto failed = [&](const ErrorCode& cause) {
    ErrorCode error = store_error(kMigrationFailed,
                                  owner + "/" + migration.title() + " (" + migration.place + "): " + cause.to_string());
    error.elaboration = cause.elaboration;
    error.causes.push_back(cause);
    return error;
  };
  if (Result<void> done = connection.run_script(migration.sql); !done) return failed(done.error());
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto noted = connection.execute(
      "INSERT INTO schema_migration (owner, number, name, sha256, applied) VALUES ($1, $2, $3, $4, $5)",
      {owner, migration.number, migration.name, migration.sha256(),
       std::chrono::duration_cast<std::chrono::microseconds>(now).count()});
  return noted ? Result<void>() : failed(noted.error());
}

/// The first migration that the database lacks.
std::optional<std::pair<std::string, const Migration*>> first_pending(const std::vector<MigrationSet>& sets,
                                                                      const AppliedBy& applied) {
  for (const MigrationSet& set : sets) {
    for (const Migration& migration : set.list) {
      if (!applied.contains({set.owner, migration.number})) return std::pair(set.owner, &migration);
    }
  }
  return std::nullopt;
}

Result<void> check_sets(const std::vector<MigrationSet>& sets, const AppliedBy& applied) {
  for (const MigrationSet& set : sets) {
    if (Result<void> fits = check_set(set, applied); !fits) return fits;
  }
  return {};
}

/// Applies one, under the lock; nothing if there is none left.
Result<std::optional<MigrationState>> migrate_one(Connection& connection, const std::vector<MigrationSet>& sets) {
  Result<Transaction> transaction = connection.begin();
  if (!transaction) return transaction.error();
  if (Result<void> locked = connection.lock_schema(); !locked) return locked.error();
  if (Result<void> made = connection.run_script(kCreateTable); !made) return made.error();
  const Result<AppliedBy> applied = read_applied(connection);
  if (!applied) return applied.error();
  if (Result<void> fits = check_sets(sets, *applied); !fits) return fits.error();
  const auto next = first_pending(sets, *applied);
  std::optional<MigrationState> done;
  if (next) {
    if (Result<void> result = apply(connection, next->first, *next->second); !result) return result.error();
    done = MigrationState{next->first, next->second->title(), true};
  }
  if (Result<void> committed = transaction->commit(); !committed) return committed.error();
  return done;
}

}  // namespace

std::string Migration::title() const {
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "%03d_", number);
  return digits.data() + name;
}

std::string Migration::sha256() const {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::EVP_Digest(sql.data(), sql.size(), digest.data(), &size, ::EVP_sha256(), nullptr);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    text.push_back(kHex[digest[i] >> 4]);
    text.push_back(kHex[digest[i] & 15]);
  }
  return text;
}

Result<std::vector<MigrationSet>> read_plugin_migrations(const std::vector<fs::path>& folders) {
  std::map<std::string, fs::path> found;
  for (const fs::path& folder : folders) {
    std::error_code missing;
    for (fs::directory_iterator entry(folder / "schema", missing), end; !missing && entry != end;
         entry.increment(missing)) {
      if (!entry->is_directory(missing)) continue;
      const auto [known, added] = found.emplace(entry->path().filename().string(), entry->path());
      if (!added) {
        return disorder("migrations of '" + known->first + "' lie in " + known->second.string() + " and in " +
                        entry->path().string());
      }
      if (known->first == "core") return disorder(entry->path().string() + ": a plugin can't be called core");
    }
  }
  std::vector<MigrationSet> sets;
  for (const auto& [owner, folder] : found) {
    Result<MigrationSet> set = read_set(folder);
    if (!set) return std::move(set).error();
    if (!set->list.empty()) sets.push_back(std::move(set).value());
  }
  return SetOrder(std::move(sets)).take();
}

Result<std::vector<MigrationState>> compare_migrations(Connection& connection, const std::vector<MigrationSet>& sets) {
  const Result<AppliedBy> applied = read_applied(connection);
  if (!applied) return applied.error();
  if (Result<void> fits = check_sets(sets, *applied); !fits) return fits.error();
  std::vector<MigrationState> states;
  for (const MigrationSet& set : sets) {
    for (const Migration& migration : set.list) {
      states.push_back({set.owner, migration.title(), applied->contains({set.owner, migration.number})});
    }
  }
  return states;
}

Result<std::vector<MigrationState>> migrate(Connection& connection, const std::vector<MigrationSet>& sets) {
  std::vector<MigrationState> done;
  while (true) {
    Result<std::optional<MigrationState>> one = migrate_one(connection, sets);
    if (!one) return std::move(one).error();
    if (!*one) return done;
    done.push_back(**std::move(one));
  }
}

Result<void> apply_all(Connection& connection, const std::vector<MigrationSet>& sets) {
  if (Result<void> locked = connection.lock_schema(); !locked) return locked;
  if (Result<void> made = connection.run_script(kCreateTable); !made) return made;
  for (const MigrationSet& set : sets) {
    for (const Migration& migration : set.list) {
      if (Result<void> done = apply(connection, set.owner, migration); !done) return done;
    }
  }
  return {};
}

}  // namespace tenon::store
