#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace tenon::test {

/// A PostgreSQL server of the test's own, with fsync on, in a temporary folder: on a Unix socket there and on a port of
/// 127.0.0.1. Ends with the test, however that ends. As root it runs as user postgres.
class PostgresServer {
 public:
  /// Nothing if its programs are not installed; otherwise where they are.
  [[nodiscard]] static std::filesystem::path programs();

  /// Makes and starts one. Throws if that fails.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// Waits until it answers. `settings`: such as `fsync=off`.
  void start(const std::vector<std::string>& settings = {});
  /// What `pg_ctl stop -m immediate` does: it dies without a checkpoint, and recovers at the next start.
  void kill();

  /// A connection string with a schema of its own, which is made. On the Unix socket.
  [[nodiscard]] std::string new_schema();
  /// The same one over TCP.
  [[nodiscard]] static std::string over_tcp(const std::string& address);

  /// Makes a certificate for 127.0.0.1 that is signed by itself. Returns its file; the settings that serve it come from
  /// `tls_settings`. Throws if openssl can't.
  std::filesystem::path make_certificate(const std::string& name) const;
  [[nodiscard]] static std::vector<std::string> tls_settings(const std::filesystem::path& certificate);

 private:
  void make_folder();
  /// Runs a program to its end. Throws if it fails.
  void run(const std::vector<std::string>& command) const;
  [[nodiscard]] std::string base() const;

  std::filesystem::path folder_;
  int port_ = 0;
  pid_t process_ = -1;
  int schemas_ = 0;
};

}  // namespace tenon::test
