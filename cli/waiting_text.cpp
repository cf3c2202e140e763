#include "waiting_text.h"

#include <array>
#include <string_view>

#include "format.h"
#include "json_access.h"

namespace tenon::cli {
namespace {

struct Words {
  std::string_view waiting;
  std::string_view sentence;
};
constexpr std::array<Words, 7> kWords{{{"answer", "waits for its answer"},
                                       {"grace", "was told to end, waits for its answer"},
                                       {"lock", "waits for lock"},
                                       {"concurrency", "waits for a place at"},
                                       {"backoff", "waits before the next attempt"},
                                       {"branches", "waits for its branches"},
                                       {"late answer", "waits for a late answer"}}};

std::string sentence_of(const std::string& waiting) {
  for (const Words& words : kWords) {
    if (words.waiting == waiting) return std::string(words.sentence);
  }
  return "waits for " + waiting;
}

}  // namespace

std::string waiting_sentence(const Json& waits, const std::string& what, double waited_ms) {
  std::string text = sentence_of(text_of(waits, "waiting"));
  if (!what.empty()) text += " " + what;
  const Json::Array& holders = list_of(waits, "holders");
  if (!holders.empty()) text.append(", held by ").append(holders.size() > 1 ? "runs " : "run ").append(joined(holders));
  if (waited_ms >= 0) text += ", " + duration_text(waited_ms);
  return harmless(text);
}

std::string waiting_cell(const Json& waits, const std::string& what, double waited_ms) {
  std::string text = text_of(waits, "waiting");
  if (!what.empty()) text += " " + what;
  const std::string holders = joined(list_of(waits, "holders"));
  if (!holders.empty()) text += " held by " + holders;
  if (waited_ms >= 0) text += " " + duration_text(waited_ms);
  return text;
}

}  // namespace tenon::cli
