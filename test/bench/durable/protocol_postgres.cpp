#include <libpq-fe.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "bench/durable/protocol.h"

namespace tenon::bench {
namespace {

using Result = std::unique_ptr<PGresult, decltype(&::PQclear)>;

constexpr const char* kTables = R"sql(
  SET client_min_messages = error;
  DROP TABLE IF EXISTS protocol_node, protocol_run, protocol_journal;
  CREATE TABLE protocol_node (id int PRIMARY KEY, expires timestamptz NOT NULL);
  INSERT INTO protocol_node VALUES (7, now() + interval '1 hour');
  CREATE TABLE protocol_run (
    id bigint PRIMARY KEY, definition int NOT NULL, owner int NOT NULL, state smallint NOT NULL, updated bigint NOT NULL,
    input bytea
  ) WITH (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.02);
  CREATE INDEX protocol_run_live ON protocol_run (owner) WHERE state < 8;
  CREATE TABLE protocol_journal (
    run bigint NOT NULL, seq int NOT NULL, kind smallint NOT NULL, step smallint NOT NULL, at bigint NOT NULL, data bytea,
    PRIMARY KEY (run, seq)
  );
)sql";

constexpr const char* kStart = R"sql(
  WITH lease AS MATERIALIZED (SELECT 1 FROM protocol_node WHERE id = 7 FOR KEY SHARE)
  INSERT INTO protocol_run (id, definition, owner, state, updated, input)
    SELECT u.id, 1, 7, 1, 0, u.input FROM unnest($1::bigint[], $2::bytea[]) AS u(id, input), lease
)sql";

constexpr const char* kDone = R"sql(
  WITH lease AS MATERIALIZED (SELECT 1 FROM protocol_node WHERE id = 7 FOR KEY SHARE)
  INSERT INTO protocol_journal (run, seq, kind, step, at, data)
    SELECT u.run, u.seq, 2::smallint, u.seq::smallint, 0, u.data
    FROM unnest($1::bigint[], $2::int[], $3::bytea[]) AS u(run, seq, data), lease
)sql";

constexpr const char* kClose = R"sql(
  WITH lease AS MATERIALIZED (SELECT 1 FROM protocol_node WHERE id = 7 FOR KEY SHARE),
  done AS (
    INSERT INTO protocol_journal (run, seq, kind, step, at, data)
      SELECT u.run, u.seq, 2::smallint, u.seq::smallint, 0, u.data
      FROM unnest($1::bigint[], $2::int[], $3::bytea[]) AS u(run, seq, data), lease)
  UPDATE protocol_run AS r SET state = 8, updated = 0 FROM unnest($1::bigint[]) AS u(id), lease WHERE r.id = u.id
)sql";

/// 42 bytes, as a value that a step writes.
constexpr std::string_view kData =
    R"("\\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223242526272829")";

/// The text of an array.
class Array {
 public:
  Array& add(std::string_view value) {
    text_.append(text_.empty() ? 1 : 0, '{').append(text_.size() > 1 ? 1 : 0, ',').append(value);
    return *this;
  }
  const char* text() {
    text_ += '}';
    return text_.c_str();
  }

 private:
  std::string text_;
};

class PostgresProtocol final : public Protocol {
 public:
  explicit PostgresProtocol(const std::string& address) : connection_(::PQconnectdb(address.c_str()), ::PQfinish) {
    if (::PQstatus(connection_.get()) != CONNECTION_OK) fail("connect");
    check(::PQexec(connection_.get(), kTables), "make the tables");
    check(::PQprepare(connection_.get(), "start", kStart, 0, nullptr), "prepare the start");
    check(::PQprepare(connection_.get(), "done", kDone, 0, nullptr), "prepare a step");
    check(::PQprepare(connection_.get(), "close", kClose, 0, nullptr), "prepare the close");
  }

  void cohort(std::int64_t first, int runs) override {
    Array ids;
    Array inputs;
    for (int i = 0; i < runs; ++i) {
      ids.add(std::to_string(first + i));
      inputs.add(kData);
    }
    write("start", {ids.text(), inputs.text()}, runs);
    for (int step = 1; step <= kSteps; ++step) write_step(step == kSteps ? "close" : "done", step, first, runs);
  }

 private:
  void write_step(const char* statement, int step, std::int64_t first, int runs) {
    Array ids;
    Array steps;
    Array data;
    for (int i = 0; i < runs; ++i) {
      ids.add(std::to_string(first + i));
      steps.add(std::to_string(step));
      data.add(kData);
    }
    write(statement, {ids.text(), steps.text(), data.text()}, runs);
  }

  void write(const char* statement, std::initializer_list<const char*> values, int rows) {
    const Result result = check(::PQexecPrepared(connection_.get(), statement, static_cast<int>(values.size()),
                                                 values.begin(), nullptr, nullptr, 0),
                                statement);
    if (::PQcmdTuples(result.get()) != std::to_string(rows)) fail("write all rows of");
  }

  Result check(PGresult* given, const char* what) const {
    Result result(given, ::PQclear);
    const ExecStatusType status = ::PQresultStatus(given);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(what);
    return result;
  }

  [[noreturn]] void fail(const char* what) const {
    throw std::runtime_error(std::string("can't ") + what + ": " + ::PQerrorMessage(connection_.get()));
  }

  std::unique_ptr<PGconn, decltype(&::PQfinish)> connection_;
};

}  // namespace

std::unique_ptr<Protocol> postgres_protocol(const std::string& address) {
  return std::make_unique<PostgresProtocol>(address);
}

}  // namespace tenon::bench
