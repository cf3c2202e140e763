#include "plugin_command.h"

#include <iostream>

#include "format.h"
#include "json_access.h"

namespace tenon::cli {
namespace {

std::string diagnostics_text(const Json& report) {
  std::string text;
  for (const Json& one : list_of(report, "diagnostics")) {
    text += text_of(one, "place") + ": " + text_of(one, "severity") + ": " + text_of(one, "message") + "\n";
  }
  return text;
}

void order(const ApiClient& client, const std::string& path, bool json) {
  const Json report = client.post(path, Json::object());
  if (json) return print_answer(report);
  std::cout << reload_text(report);
}

}  // namespace

std::string reload_text(const Json& report) {
  std::string text;
  for (const Json& change : list_of(report, "changes")) text += *change.as_string() + "\n";
  return text + (text.empty() ? "nothing has changed" : "done") + ", in " + count_of(report, "took_ms") + " ms\n" +
         diagnostics_text(report);
}

std::string last_reload_text(const Json& status) {
  const Json* last = status.find("last_reload");
  if (last == nullptr) return {};
  std::string text = text_of(*last, "at") + " " + text_of(*last, "reason") + ": ";
  if (flag_of(*last, "good")) return text + "done";
  const Json::Array& found = list_of(*last, "diagnostics");
  text += "FAILED";
  if (!found.empty()) text += ": " + text_of(found.front(), "place") + ": " + text_of(found.front(), "message");
  if (found.size() > 1) text += " (and " + std::to_string(found.size() - 1) + " more)";
  return text;
}

void reload_plugins(const ApiClient& client, bool json) { order(client, "/v1/plugins/reload", json); }

void order_plugin(const ApiClient& client, const std::string& name, std::string_view verb, bool json) {
  order(client, "/v1/plugins/" + segment(name) + "/" + std::string(verb), json);
}

}  // namespace tenon::cli
