#include "support/postgres.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace tenon::test {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds kPatience{60};

/// What makes a program run as a user that the server accepts, and end with this process.
std::vector<std::string> as_server_user() {
  if (::geteuid() != 0) return {"setpriv", "--pdeathsig", "QUIT"};
  return {"setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--pdeathsig", "QUIT"};
}

pid_t spawn(const std::vector<std::string>& command, const fs::path& log) {
  std::vector<char*> argv;
  for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0666);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t pid = -1;
  const int problem = ::posix_spawnp(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) throw std::system_error(problem, std::generic_category(), argv[0]);
  return pid;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

int free_port() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const bool bound = ::bind(descriptor, reinterpret_cast<sockaddr*>(&address), size) == 0 &&
                     ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&address), &size) == 0;
  ::close(descriptor);
  if (!bound) throw std::runtime_error("no port is free");
  return ::ntohs(address.sin_port);
}

}  // namespace

fs::path PostgresServer::programs() {
  std::vector<fs::path> found;
  std::error_code missing;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", missing)) {
    if (::access((version.path() / "bin/initdb").c_str(), X_OK) == 0) found.push_back(version.path() / "bin");
  }
  return found.empty() ? fs::path() : *std::max_element(found.begin(), found.end());
}

PostgresServer::PostgresServer() : port_(free_port()) {
  make_folder();
  std::vector<std::string> initdb = as_server_user();
  initdb.insert(initdb.end(), {programs() / "initdb", "-D", folder_ / "data", "-U", "postgres", "-A", "trust", "-E",
                               "UTF8", "--locale", "C", "--no-sync"});
  run(initdb);
  start();
}

PostgresServer::~PostgresServer() {
  if (process_ >= 0) kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

void PostgresServer::make_folder() {
  std::string pattern = (fs::temp_directory_path() / "tenon-pg-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  folder_ = pattern;
  if (::geteuid() != 0) return;
  const passwd* user = ::getpwnam("postgres");
  if (user == nullptr || ::chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("no user postgres");
  }
}

void PostgresServer::run(const std::vector<std::string>& command) const {
  int status = 0;
  ::waitpid(spawn(command, folder_ / "log"), &status, 0);
  if (status != 0) throw std::runtime_error("a program failed: " + text_of(folder_ / "log"));
}

fs::path PostgresServer::make_certificate(const std::string& name) const {
  const fs::path certificate = folder_ / (name + ".crt");
  std::vector<std::string> openssl = as_server_user();  // who must own the key
  openssl.insert(openssl.end(),
                 {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days",
                  "2", "-subj", "/CN=" + name, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                  folder_ / (name + ".key"), "-out", certificate});
  run(openssl);
  return certificate;
}

std::vector<std::string> PostgresServer::tls_settings(const fs::path& certificate) {
  return {"ssl=on", "ssl_cert_file=" + certificate.string(),
          "ssl_key_file=" + fs::path(certificate).replace_extension(".key").string()};
}

std::string PostgresServer::base() const {
  return "host=" + folder_.string() + " port=" + std::to_string(port_) + " user=postgres dbname=postgres";
}

void PostgresServer::start(const std::vector<std::string>& settings) {
  std::vector<std::string> command = as_server_user();
  command.insert(command.end(),
                 {programs() / "postgres", "-D", folder_ / "data", "-k", folder_, "-p", std::to_string(port_), "-c",
                  "listen_addresses=127.0.0.1", "-c", "shared_buffers=16MB", "-c", "max_wal_size=256MB"});
  for (const std::string& setting : settings) command.insert(command.end(), {"-c", setting});
  process_ = spawn(command, folder_ / "log");
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (::PQping(base().c_str()) != PQPING_OK) {
    int status = 0;
    if (std::chrono::steady_clock::now() > deadline || ::waitpid(process_, &status, WNOHANG) != 0) {
      throw std::runtime_error("the server does not start: " + text_of(folder_ / "log"));
    }
    ::poll(nullptr, 0, 10);
  }
}

void PostgresServer::kill() {
  ::kill(process_, SIGQUIT);
  ::waitpid(process_, nullptr, 0);
  process_ = -1;
}

std::string PostgresServer::new_schema() {
  const std::string name = "test" + std::to_string(++schemas_);
  const std::unique_ptr<PGconn, decltype(&::PQfinish)> connection(::PQconnectdb(base().c_str()), ::PQfinish);
  const std::unique_ptr<PGresult, decltype(&::PQclear)> made(
      ::PQexec(connection.get(), ("CREATE SCHEMA " + name).c_str()), ::PQclear);
  if (::PQresultStatus(made.get()) != PGRES_COMMAND_OK) throw std::runtime_error(::PQerrorMessage(connection.get()));
  return base() + " options='-c search_path=" + name + "'";
}

std::string PostgresServer::over_tcp(const std::string& address) {
  return "host=127.0.0.1" + address.substr(address.find(' '));
}

}  // namespace tenon::test
