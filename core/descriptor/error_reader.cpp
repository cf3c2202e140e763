#include "descriptor/error_reader.h"

#include "descriptor/first_places.h"
#include "descriptor/single_children.h"
#include "descriptor/units.h"

#include <algorithm>
#include <string>
#include <utility>

namespace tenon::descriptor {
namespace {

constexpr std::int64_t kLeastStatus = 400;
constexpr std::int64_t kMostStatus = 599;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_prefix_letter(char c) { return (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_'; }

ErrorCodeDefinition read_code(pugi::xml_node element, const std::string& prefix, ElementReader& elements,
                              Diagnostics& diagnostics) {
  ErrorCodeDefinition code;
  code.place = elements.place(element);
  static_cast<void>(elements.attributes(element, rules::kCode));
  const Children children = elements.children(element, rules::kCode);
  SingleChildren texts("code", code.place, elements, diagnostics);
  for (const pugi::xml_node child : children.elements) texts.read(child);
  const Text id = texts.require("id", children.complete);
  if (!id.text.empty() && !std::all_of(id.text.begin(), id.text.end(), is_digit)) {
    diagnostics.error(id.place, "<id> of <code>: expected a number, found '" + id.text + "'");
  } else if (!id.text.empty() && !prefix.empty()) {
    code.code = prefix + "." + id.text;
  }
  static_cast<void>(texts.require("description", children.complete));
  code.description = texts.prose("description");
  code.remedy = texts.prose("remedy");
  if (const auto status = texts.find("status"); status && !status->text.empty()) {
    const auto number = parse_integer(status->text);
    if (number && *number >= kLeastStatus && *number <= kMostStatus) {
      code.status = static_cast<std::uint32_t>(*number);
    } else {
      diagnostics.error(status->place,
                        "<status> of <code>: expected a number from 400 to 599, found '" + status->text + "'");
    }
  }
  return code;
}

}  // namespace

std::vector<ErrorCodeDefinition> read_errors(pugi::xml_node root, ElementReader& elements, Diagnostics& diagnostics) {
  static_cast<void>(elements.attributes(root, rules::kError));
  const Children children = elements.children(root, rules::kError);
  SingleChildren texts("error", elements.place(root), elements, diagnostics);
  for (const pugi::xml_node child : children.elements) {
    if (local_name(child.name()) != "code") texts.read(child);
  }
  Text prefix = texts.require("prefix", children.complete);
  if (!std::all_of(prefix.text.begin(), prefix.text.end(), is_prefix_letter)) {
    diagnostics.error(prefix.place,
                      "<prefix> of <error>: expected capital letters, digits and '_', found '" + prefix.text + "'");
    prefix.text.clear();
  }
  std::vector<ErrorCodeDefinition> codes;
  for (const pugi::xml_node child : children.elements) {
    if (local_name(child.name()) != "code") continue;
    if (ErrorCodeDefinition code = read_code(child, prefix.text, elements, diagnostics); !code.code.empty()) {
      codes.push_back(std::move(code));
    }
  }
  return codes;
}

}  // namespace tenon::descriptor
