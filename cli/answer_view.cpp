#include "answer_view.h"

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "api/json_text.h"
#include "format.h"

namespace tenon::cli {
namespace {

std::string words_of(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string title_of(std::string name) {
  for (char& c : name) c = c == '_' ? ' ' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

bool are_objects(const Json::Array& list) {
  return !list.empty() &&
         std::all_of(list.begin(), list.end(), [](const Json& item) { return item.as_object() != nullptr; });
}

std::string table_text(const Json::Array& list, const Terminal& terminal) {
  std::vector<std::string> names;
  for (const Json& item : list) {
    for (const auto& [name, value] : *item.as_object()) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  std::vector<std::string> header;
  std::transform(names.begin(), names.end(), std::back_inserter(header), title_of);
  Table table(std::move(header));
  for (const Json& item : list) {
    std::vector<std::string> row;
    for (const std::string& name : names) {
      const Json* value = item.find(name);
      row.push_back(value != nullptr ? cell_text(*value) : std::string());
    }
    table.add(std::move(row));
  }
  return table.render(terminal);
}

/// The rows of an answer that is a page of a list: `items`, and `next` if there are more. Null if it is none.
const Json* page_items(const Json& answer) {
  const Json* items = answer.find("items");
  if (items == nullptr || items->as_array() == nullptr) return nullptr;
  const bool has_next = answer.find("next") != nullptr;
  return answer.as_object()->size() == (has_next ? 2U : 1U) ? items : nullptr;
}

std::string page_text(const Json::Array& items, const Json* next, const Terminal& terminal) {
  if (items.empty()) return "none\n";
  std::string text = list_text(items, terminal);
  if (next != nullptr) text += "more: --cursor " + harmless(cell_text(*next)) + "\n";
  return text;
}

}  // namespace

std::string cell_text(const Json& value) {
  if (value.is_null()) return {};
  if (const std::string* text = value.as_string()) return *text;
  if (const Json::Array* list = value.as_array()) {
    std::string text;
    for (const Json& item : *list) text.append(text.empty() ? "" : ", ").append(cell_text(item));
    return text;
  }
  return api::print_json(value);
}

std::string list_text(const Json::Array& list, const Terminal& terminal) {
  if (are_objects(list)) return table_text(list, terminal);
  std::string text;
  for (const Json& item : list) text += harmless(cell_text(item)) + "\n";
  return text;
}

std::string answer_text(const Json& answer, const Terminal& terminal) {
  if (const Json* items = page_items(answer)) return page_text(*items->as_array(), answer.find("next"), terminal);
  if (const Json::Array* list = answer.as_array()) return list_text(*list, terminal);
  if (answer.as_object() == nullptr) return harmless(cell_text(answer)) + "\n";
  std::vector<std::pair<std::string, std::string>> facts;
  std::string tables;
  for (const auto& [name, value] : *answer.as_object()) {
    if (value.as_array() != nullptr && are_objects(*value.as_array())) {
      tables += heading_text(harmless(words_of(name)), terminal) + table_text(*value.as_array(), terminal);
    } else {
      facts.emplace_back(words_of(name), cell_text(value));
    }
  }
  return facts_text(facts, terminal) + tables;
}

}  // namespace tenon::cli
