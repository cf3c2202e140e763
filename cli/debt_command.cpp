#include "debt_command.h"

#include <iostream>

#include "format.h"
#include "json_access.h"
#include "terminal.h"

namespace tenon::cli {
namespace {

/// When it is tried again, or on what.
std::string next_text(const Json& debt) {
  std::string next = text_of(debt, "next_at");
  const std::string event = text_of(debt, "on_event");
  if (!event.empty() && !next.empty()) next += " or " + event;
  return next;
}

std::string path_of(const std::string& key) { return "/v1/debts/" + segment(key); }

}  // namespace

std::string DebtFilter::query() const {
  std::string text;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) text.append(text.empty() ? "?" : "&").append(name).append("=").append(segment(value));
  };
  add("state", state);
  add("run", run);
  add("plugin", plugin);
  add("chain", chain);
  add("limit", limit);
  add("after", after);
  return text;
}

std::vector<std::string> debt_row(const Json& debt) {
  const Json* error = debt.find("error");
  std::string reason = error != nullptr ? error_text(*error) : std::string();
  // What failed is the cause of the failed undo.
  if (error != nullptr && !list_of(*error, "causes").empty()) reason = error_text(list_of(*error, "causes").front());
  return {text_of(debt, "key"),
          text_of(debt, "chain"),
          text_of(debt, "flow"),
          text_of(debt, "state"),
          count_of(debt, "attempts"),
          next_text(debt),
          reason.substr(0, reason.find('\n'))};
}

void list_debts(const ApiClient& client, const DebtFilter& filter, bool json) {
  const Page page = client.page("/v1/debts" + filter.query());
  print_list(page.list, json, {"KEY", "CHAIN", "FLOW", "STATE", "TRIES", "NEXT", "ERROR"}, debt_row);
  if (page.more && !json) {
    std::cout << "there are more: --after " << text_of(page.list.as_array()->back(), "key") << '\n';
  }
}

void show_debt(const ApiClient& client, const std::string& key, bool json) {
  const Json debt = client.get(path_of(key));
  if (json) return print_answer(debt);
  const Terminal terminal = Terminal::of_stdout();
  std::cout << facts_text({{"debt", text_of(debt, "key")},
                           {"state", text_of(debt, "state")},
                           {"run", text_of(debt, "run")},
                           {"chain", text_of(debt, "chain")},
                           {"flow", text_of(debt, "flow")},
                           {"plugin", text_of(debt, "plugin")},
                           {"since", text_of(debt, "created")},
                           {"tries", count_of(debt, "attempts")},
                           {"next", next_text(debt)}},
                          terminal);
  if (const Json* error = debt.find("error")) {
    std::cout << heading_text("Error", terminal) << error_text(*error) << '\n';
  }
  if (const Json* data = debt.find("data");
      data != nullptr && data->as_object() != nullptr && !data->as_object()->empty()) {
    std::cout << heading_text("Data", terminal);
    print_answer(*data);
  }
}

void retry_debt(const ApiClient& client, const std::string& key, const std::string& why, bool json) {
  Json body = Json::object();
  if (!why.empty()) body.add("why", why);
  const Json debt = client.post(path_of(key) + "/retry", body);
  if (json) return print_answer(debt);
  std::cout << "debt " << text_of(debt, "key") << " is tried now\n";
}

void settle_debt(const ApiClient& client, const std::string& key, const std::string& reason, bool json) {
  const Json debt = client.post(path_of(key) + "/settle", Json::object().add("reason", reason));
  if (json) return print_answer(debt);
  std::cout << "debt " << text_of(debt, "key") << " is settled\n";
}

}  // namespace tenon::cli
