#include "store/address.h"

#include <libpq-fe.h>

#include <filesystem>
#include <map>
#include <memory>
#include <system_error>

#include "store/errors.h"

namespace tenon::store {
namespace {

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { ::PQconninfoFree(options); }
};

/// The options that the string sets; an error message that may repeat parts of it.
Result<std::map<std::string, std::string>> read_options(const std::string& target) {
  char* problem = nullptr;
  const std::unique_ptr<PQconninfoOption, FreeOptions> options(::PQconninfoParse(target.c_str(), &problem));
  if (!options) {
    std::string why = problem != nullptr ? problem : "out of memory";
    ::PQfreemem(problem);
    while (!why.empty() && why.back() == '\n') why.pop_back();
    return store_error(kBadAddress, why);
  }
  std::map<std::string, std::string> found;
  for (const PQconninfoOption* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->val != nullptr) found.emplace(option->keyword, option->val);
  }
  return found;
}

}  // namespace

std::string Address::place() const {
  if (engine == Engine::kSqlite) return target;
  const auto options = read_options(target);
  if (!options) return "?";
  std::string text;
  for (const char* name : {"service", "host", "hostaddr", "port", "dbname", "user"}) {
    const auto found = options->find(name);
    if (found != options->end()) text.append(text.empty() ? "" : " ").append(name).append("=").append(found->second);
  }
  return text;
}

Result<Address> parse_address(std::string_view text) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (text.starts_with(kSqlite)) {
    const std::string_view file = text.substr(kSqlite.size());
    if (file.empty()) return store_error(kBadAddress, "sqlite: needs a file, as in sqlite:/var/lib/tenon/tenon.db");
    if (file.find('\0') != std::string_view::npos) return store_error(kBadAddress, "the file's name holds a NUL");
    std::error_code problem;
    const std::filesystem::path path = std::filesystem::absolute(file, problem);
    if (problem) return store_error(kBadAddress, std::string(file) + ": " + problem.message());
    return Address{Address::Engine::kSqlite, path.lexically_normal().string()};
  }
  const bool postgresql = text.starts_with("postgresql://") || text.starts_with("postgres://") ||
                          (text.find("://") == std::string_view::npos && text.find('=') != std::string_view::npos);
  if (!postgresql) {
    return store_error(kBadAddress, "expected sqlite:FILE, postgresql://… or host=… dbname=…, found '" +
                                        std::string(text.substr(0, text.find_first_of(":@/"))) + "…'");
  }
  Address address{Address::Engine::kPostgresql, std::string(text)};
  const auto options = read_options(address.target);
  if (!options) return options.error();
  return address;
}

}  // namespace tenon::store
