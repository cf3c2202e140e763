#include "property_command.h"

#include <iostream>

#include "format.h"
#include "json_access.h"
#include "property_file.h"
#include "terminal.h"

namespace tenon::cli {
namespace {

constexpr const char* kRestart = "; it counts when the node is started again\n";

std::string path_of(const std::string& name) { return "/v1/properties/" + segment(name); }

}  // namespace

void list_properties(const ApiClient& client, bool json) {
  print_list(client.get("/v1/properties"), json, {"NAME", "VALUE", "SOURCE", "EXPECTED", "DECLARED BY", "DESCRIPTION"},
             [](const Json& item) -> std::vector<std::string> {
               return {text_of(item, "name"),     text_of(item, "value"),       text_of(item, "source"),
                       text_of(item, "expected"), text_of(item, "declared_by"), text_of(item, "description")};
             });
}

void get_property(const ApiClient& client, const std::string& name, bool json) {
  const Json found = client.get(path_of(name));
  if (json) return print_answer(found);
  std::cout << text_of(found, "value") << '\n';
}

void explain_property(const ApiClient& client, const std::string& name, bool json) {
  const Json found = client.get(path_of(name));
  if (json) return print_answer(found);
  const Terminal terminal = Terminal::of_stdout();
  std::cout << facts_text({{"property", text_of(found, "name")},
                           {"value", text_of(found, "value")},
                           {"expected", text_of(found, "expected")},
                           {"description", text_of(found, "description")},
                           {"declared by", text_of(found, "declared_by")},
                           {"declared at", text_of(found, "place")}},
                          terminal);
  std::cout << heading_text("Levels", terminal);
  Table table({"LEVEL", "VALUE", "COUNTS", "FROM"});
  for (const Json& level : list_of(found, "levels")) {
    table.add({text_of(level, "level"), text_of(level, "value"), flag_of(level, "counts") ? "yes" : "",
               text_of(level, "source")});
  }
  std::cout << table.render(terminal);
}

void set_property(const std::filesystem::path& file, const std::string& name, const std::string& value) {
  edit_property_file(file, [&](const std::string& text) { return with_property(text, name, value); });
  std::cout << file.string() << " has " << name << " = " << value << kRestart;
}

void reset_property(const std::filesystem::path& file, const std::string& name) {
  edit_property_file(file, [&](const std::string& text) { return without_property(text, name); });
  std::cout << file.string() << " does not set " << name << " any more" << kRestart;
}

}  // namespace tenon::cli
