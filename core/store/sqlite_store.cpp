#include "store/sqlite_store.h"

#include <sqlite3.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "store/errors.h"
#include "store/file_lock.h"
#include "store/sqlite_connection.h"

namespace tenon::store {
namespace {

/// `application_id` of the file: "Teno".
constexpr std::int64_t kApplication = 0x54656e6f;
/// `user_version`: of what this code expects of the file itself; tables have migrations.
constexpr std::int64_t kFormat = 1;

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string file, StoreOptions options, std::optional<FileLock> lock)
      : file_(std::move(file)), options_(options), lock_(std::move(lock)) {}

  [[nodiscard]] std::string engine() const override { return "sqlite"; }
  [[nodiscard]] std::string place() const override { return file_; }
  Result<std::unique_ptr<Connection>> connect() override {
    Result<std::unique_ptr<SqliteConnection>> connection = SqliteConnection::open(file_, options_);
    if (!connection) return std::move(connection).error();
    return std::unique_ptr<Connection>(std::move(connection).value());
  }

 private:
  const std::string file_;
  const StoreOptions options_;
  const std::optional<FileLock> lock_;
};

Result<std::int64_t> number_of(SqliteConnection& connection, std::string_view pragma) {
  const Result<Rows> rows = connection.query(pragma);
  if (!rows) return rows.error();
  return (*rows)[0].integer(0);
}

/// Makes an empty file one of Tenon's. Before WAL is on, so that the mark is in the file itself.
Result<void> mark(SqliteConnection& connection) {
  Result<Transaction> transaction = connection.begin();
  if (!transaction) return transaction.error();
  for (const std::string& pragma : {"PRAGMA application_id = " + std::to_string(kApplication),
                                    "PRAGMA user_version = " + std::to_string(kFormat)}) {
    if (const auto done = connection.execute(pragma); !done) return done.error();
  }
  return transaction->commit();
}

/// Refuses a file that is none of Tenon's. Writes nothing but into an empty one.
Result<void> identify(SqliteConnection& connection, const std::string& file, bool may_create) {
  const Result<std::int64_t> pages = number_of(connection, "PRAGMA page_count");
  if (!pages) return pages.error();
  if (*pages == 0 && may_create) return mark(connection);
  const Result<std::int64_t> application = number_of(connection, "PRAGMA application_id");
  if (!application) return application.error();
  const Result<std::int64_t> format = number_of(connection, "PRAGMA user_version");
  if (!format) return format.error();
  if (*application != kApplication) return store_error(kCorrupt, file + ": a SQLite database, but not Tenon's");
  if (*format != kFormat) {
    return store_error(kCorrupt, file + ": expected format " + std::to_string(kFormat) + ", found " +
                                     std::to_string(*format) + ": a newer Tenon has made it");
  }
  return {};
}

/// The file behind symbolic links: its lock must be one, whatever it is called.
std::string resolved(const std::string& file) {
  std::error_code problem;
  const std::filesystem::path path = std::filesystem::weakly_canonical(file, problem);
  return problem ? file : path.string();
}

/// A file that is empty or gone, while its log is there, was Tenon's and is damaged: SQLite would take it for new and
/// throw the log away.
Result<void> check_log(const std::string& file) {
  std::error_code missing;
  const std::uintmax_t size = std::filesystem::file_size(file, missing);
  if (!missing && size > 0) return {};
  const std::string log = file + "-wal";
  const std::uintmax_t left = std::filesystem::file_size(log, missing);
  if (missing || left == 0) return {};
  return store_error(kCorrupt, file + ": it is empty or gone, but " + log + " is there");
}

Result<void> prepare_file(SqliteConnection& connection, const std::string& file) {
  const Result<Rows> checked = connection.query("PRAGMA quick_check(1)");
  if (!checked) return checked.error();
  if ((*checked)[0].text(0) != "ok") {
    return store_error(kCorrupt, file + ": " + std::string((*checked)[0].text(0)));
  }
  const Result<Rows> mode = connection.query("PRAGMA journal_mode = WAL");
  if (!mode) return mode.error();
  if ((*mode)[0].text(0) != "wal") {
    return store_error(kInputOutput, file + ": the file system is not fit for a write-ahead log");
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const Address& address, const StoreOptions& options) {
  const std::string file = resolved(address.target);
  const bool owner = options.use == StoreOptions::Use::kOwner;
  std::error_code problem;
  const auto status = std::filesystem::status(file, problem);
  if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
    return store_error(kCorrupt, file + ": not a file");
  }
  if (!owner && !std::filesystem::exists(status)) return store_error(kUnreachable, file + ": there is no such file");
  std::optional<FileLock> lock;
  if (owner) {
    Result<FileLock> taken = FileLock::take(file + ".lock");
    if (!taken) return std::move(taken).error();
    lock.emplace(std::move(taken).value());
  }
  if (Result<void> sound = check_log(file); !sound) return sound.error();
  Result<std::unique_ptr<SqliteConnection>> connection = SqliteConnection::open(file, options);
  if (!connection) return std::move(connection).error();
  if (Result<void> known = identify(**connection, file, owner); !known) return known.error();
  if (owner) {
    if (Result<void> sound = prepare_file(**connection, file); !sound) return sound.error();
  }
  return std::unique_ptr<Store>(std::make_unique<SqliteStore>(file, options, std::move(lock)));
}

}  // namespace tenon::store
