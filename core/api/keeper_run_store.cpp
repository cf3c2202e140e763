#include "api/keeper_run_store.h"

#include <chrono>
#include <utility>

#include "api/json_text.h"
#include "journal/errors.h"
#include "journal/recovery.h"
#include "store/rows.h"

namespace tenon::api {
namespace {

/// How long for a connection, when others have all of them.
constexpr std::chrono::seconds kPatience{5};

std::string text_of(const Json& object, std::string_view name) {
  const Json* member = object.find(name);
  return member != nullptr && member->as_string() != nullptr ? *member->as_string() : std::string();
}

}  // namespace

Result<std::vector<StepTitle>> steps_of_definition(std::string_view text) {
  const Result<Json> json = parse_json(text);
  if (!json) return journal::unreadable("a chain's definition: " + json.error().to_string());
  const Json* member = json->find("steps");
  const Json::Array* list = member != nullptr ? member->as_array() : nullptr;
  if (list == nullptr) return journal::unreadable("a chain's definition has no steps");
  std::vector<StepTitle> steps;
  for (const Json& step : *list) steps.push_back({text_of(step, "name"), text_of(step, "plugin")});
  return steps;
}

Result<journal::RunPage> KeeperRunStore::find_runs(const journal::RunFilter& filter) {
  const auto connection = pool_.take(kPatience);
  if (!connection) return connection.error();
  return journal::find_runs(**connection, filter);
}

Result<std::optional<RecordedRun>> KeeperRunStore::read_run(std::uint64_t run) {
  const auto connection = pool_.take(kPatience);
  if (!connection) return connection.error();
  // One state of the database: what is read later must not know more than what was read before.
  Result<store::Transaction> transaction = (**connection).begin(store::Access::kRead);
  if (!transaction) return transaction.error();
  Result<std::optional<journal::RunHistory>> history = journal::read_run(**connection, run);
  if (!history) return std::move(history).error();
  if (!*history) return std::optional<RecordedRun>();
  const Result<journal::Definition> definition = journal::load_definition(**connection, (*history)->run.definition);
  if (!definition) return definition.error();
  Result<std::vector<StepTitle>> steps = steps_of_definition(definition->body);
  if (!steps) return std::move(steps).error();
  return std::optional(RecordedRun{std::move(**history), std::move(steps).value()});
}

Result<std::vector<journal::Debt>> KeeperRunStore::find_debts(const journal::DebtFilter& filter) {
  const auto connection = pool_.take(kPatience);
  if (!connection) return connection.error();
  return journal::find_debts(**connection, filter);
}

Result<std::optional<journal::Debt>> KeeperRunStore::find_debt(std::string_view key) {
  const auto connection = pool_.take(kPatience);
  if (!connection) return connection.error();
  return journal::find_debt(**connection, key);
}

Result<std::uint64_t> KeeperRunStore::count_debts() {
  const auto connection = pool_.take(kPatience);
  if (!connection) return connection.error();
  const Result<store::Rows> rows = (**connection).query("SELECT count(*) FROM debt WHERE state < 8");
  if (!rows) return rows.error();
  return static_cast<std::uint64_t>((*rows)[0].integer(0));
}

}  // namespace tenon::api
