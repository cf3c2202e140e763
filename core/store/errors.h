#pragma once

#include <tenon/error.h>

#include <string>
#include <string_view>

#include "store/value.h"

/// The errors of the store. `elaboration` may hold: `transient` = `yes` if the same attempt may succeed later;
/// `constraint`, `kind` (`unique`, `foreign key`, `not null`, `check`), `table` and `columns` of a violated constraint;
/// `statement`, the SQL; `sqlstate` or `sqlite`, the engine's own code.
namespace tenon::store {

/// The store can't be reached, or is not ready. Transient.
inline constexpr std::string_view kUnreachable = "STORE.1001";
/// The connection is lost. Transient, with a new connection. Whether a commit that was under way took effect is not
/// known: send it again so that it does nothing the second time (ON CONFLICT DO NOTHING).
inline constexpr std::string_view kConnectionLost = "STORE.1002";
/// Others hold what this needs: locks, a deadlock, a serialization failure. Transient.
inline constexpr std::string_view kBusy = "STORE.1003";
inline constexpr std::string_view kConstraintViolated = "STORE.1004";
/// Nothing of the transaction is kept. Transient: it succeeds when there is room again.
inline constexpr std::string_view kDiskFull = "STORE.1005";
/// The file is damaged, or not one of Tenon's. It is never written to.
inline constexpr std::string_view kCorrupt = "STORE.1006";
inline constexpr std::string_view kBadStatement = "STORE.1007";
/// A value that can't be stored, or is of another type than the column or the caller has.
inline constexpr std::string_view kBadValue = "STORE.1008";
/// The transaction has ended, or a statement of it has failed.
inline constexpr std::string_view kNoTransaction = "STORE.1009";
/// The server's settings would lose what it has acknowledged, or it is of a kind that does not serve.
inline constexpr std::string_view kRefusedSettings = "STORE.1010";
inline constexpr std::string_view kBadAddress = "STORE.1011";
/// Another process has the SQLite file open.
inline constexpr std::string_view kInUse = "STORE.1012";
/// The disk or the file system fails.
inline constexpr std::string_view kInputOutput = "STORE.1013";
/// A thread that is in a transaction of a plugin asked for another one.
inline constexpr std::string_view kNested = "STORE.1014";
/// Migrations: the files are wrong, or do not fit what was applied.
inline constexpr std::string_view kBadMigrations = "STORE.1020";
/// A migration failed; nothing of it is kept.
inline constexpr std::string_view kMigrationFailed = "STORE.1021";
/// Copying a store: the source or the target is not in the state for it.
inline constexpr std::string_view kCopyRefused = "STORE.1030";

/// An error with its description, and `transient` where the code is of that kind.
[[nodiscard]] ErrorCode store_error(std::string_view code, std::string details);
[[nodiscard]] inline ErrorCode bad_value(std::string details) { return store_error(kBadValue, std::move(details)); }

/// Whether another attempt may succeed.
[[nodiscard]] bool is_transient(const ErrorCode& error);

/// Whether both engines can store the text or number: STORE.1008 if not. `index`: of the parameter, from 0.
[[nodiscard]] Result<void> check_value(const Parameter& parameter, std::size_t index);

}  // namespace tenon::store
