#pragma once

#include <tenon/error.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "store/store.h"

/// Changes of the schema, in order, each applied once.
///
/// A migration is a file `NNN_name.sql` (three digits, from 001 without gaps) of SQL that both engines speak. Those of
/// core are part of the program; those of a plugin lie beside its descriptor, in `schema/PLUGIN/`. Each is applied in
/// one transaction with its row in `schema_migration`. One that was applied is never changed: what is wrong with it is
/// put right by the next one.
///
/// A first line `-- after: network, storage` puts all migrations of the plugin behind those of the ones named, so that
/// its tables can refer to theirs.
namespace tenon::store {

struct Migration {
  int number = 0;
  std::string name;
  std::string sql;
  /// The file, or where in the program it comes from.
  std::string place;

  /// `001_node`.
  [[nodiscard]] std::string title() const;
  /// Of the SQL, in hex digits.
  [[nodiscard]] std::string sha256() const;
};

struct MigrationSet {
  /// `core`, or the plugin.
  std::string owner;
  /// By number, from 1.
  std::vector<Migration> list;
};

/// Reads the sets of plugins: `schema/PLUGIN/NNN_name.sql` below each folder; a folder that is not there is passed
/// over. STORE.1020, naming both files, for a gap, a number or a plugin that is there twice; also for a name that does
/// not fit, and for an `-- after:` that can't be kept. In the order in which they are to be applied.
[[nodiscard]] Result<std::vector<MigrationSet>> read_plugin_migrations(
    const std::vector<std::filesystem::path>& folders);

/// A migration, and whether it is applied.
struct MigrationState {
  std::string owner;
  std::string title;
  bool applied = false;
};

/// How the database and the sets compare. STORE.1020 if a migration was changed after it was applied, or if one was
/// applied that its set does not have (an older program on a newer store). Owners without a set are passed over: a
/// plugin may be away for a while.
[[nodiscard]] Result<std::vector<MigrationState>> compare_migrations(Connection& connection,
                                                                     const std::vector<MigrationSet>& sets);

/// Applies what is missing, in the order of the sets; what it has applied. Several nodes may do so at once. After an
/// error, those before it stay applied.
[[nodiscard]] Result<std::vector<MigrationState>> migrate(Connection& connection,
                                                          const std::vector<MigrationSet>& sets);

/// Applies them all within the transaction that is open on an empty database. For copies.
[[nodiscard]] Result<void> apply_all(Connection& connection, const std::vector<MigrationSet>& sets);

}  // namespace tenon::store
