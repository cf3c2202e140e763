#include "descriptor/diagnostics.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

namespace tenon::descriptor {
namespace {

/// Longer names are no slip of the fingers, and the table of distances stays small.
constexpr std::size_t kLongestComparedName = 256;
constexpr std::size_t kFar = std::numeric_limits<std::size_t>::max();

bool same_letters(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right,
                            [](unsigned char l, unsigned char r) { return std::tolower(l) == std::tolower(r); });
}

/// Damerau-Levenshtein: insertions, deletions, replacements and swaps of neighbours, each counting 1.
std::size_t edit_distance(std::string_view left, std::string_view right) {
  std::array<std::vector<std::size_t>, 3> rows;
  rows.fill(std::vector<std::size_t>(right.size() + 1));
  for (std::size_t j = 0; j <= right.size(); ++j) rows[0][j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    auto& row = rows[i % 3];
    const auto& above = rows[(i + 2) % 3];
    const auto& two_above = rows[(i + 1) % 3];
    row[0] = i;
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replaced = above[j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1])
        row[j] = std::min(row[j], two_above[j - 2] + 1);
    }
  }
  return rows[left.size() % 3][right.size()];
}

/// The edits between two names plus `penalty`, or kFar if that is more than a slip of the fingers for their length, or
/// if nothing of the one is left in the other.
std::size_t near_distance(std::string_view left, std::string_view right, std::size_t penalty) {
  const auto [shorter, longer] = std::minmax({left.size(), right.size()});
  if (longer == 0 || longer > kLongestComparedName || longer - shorter > 2) return kFar;
  const std::size_t limit = std::clamp<std::size_t>(longer / 3, 1, 2);
  const std::size_t distance = penalty + (same_letters(left, right) ? 0 : edit_distance(left, right));
  return distance <= limit && distance < longer ? distance : kFar;
}

/// `Factory` of `web.Factory`.
std::string_view last_part(std::string_view name) {
  const auto dot = name.rfind('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

/// Of qualified names, a wrong or missing qualifier counts as one edit.
std::size_t name_distance(std::string_view wrong, std::string_view candidate) {
  const std::size_t whole = near_distance(wrong, candidate, 0);
  const bool qualified = candidate.find('.') != std::string_view::npos || wrong.find('.') != std::string_view::npos;
  return qualified ? std::min(whole, near_distance(last_part(wrong), last_part(candidate), 1)) : whole;
}

}  // namespace

std::string Place::to_string() const {
  std::string text;
  text.reserve(file.size() + 22);  // with two numbers of up to ten digits
  text += file;
  if (line > 0) text.append(1, ':').append(std::to_string(line));
  if (line > 0 && column > 0) text.append(1, ':').append(std::to_string(column));
  return text;
}

std::string Diagnostic::to_string() const {
  return place.to_string() + (severity == Severity::kError ? ": error: " : ": warning: ") + message;
}

void Diagnostics::error(Place place, std::string message) {
  add(Severity::kError, std::move(place), std::move(message));
  ++errors_;
}

void Diagnostics::warning(Place place, std::string message) {
  add(Severity::kWarning, std::move(place), std::move(message));
}

void Diagnostics::append(Diagnostics other) {
  for (Diagnostic& one : other.list_) add(one.severity, std::move(one.place), std::move(one.message));
  errors_ += other.errors_;
}

void Diagnostics::add(Severity severity, Place place, std::string message) {
  if (full()) return;
  if (list_.size() == kMostListed) message = "there is more wrong than the first 1000, which are listed";
  list_.push_back({severity, std::move(place), std::move(message)});
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> sorted = list_;
  std::ranges::stable_sort(sorted, {}, &Diagnostic::place);
  return sorted;
}

std::string suggestion(std::string_view wrong, const std::vector<std::string>& candidates) {
  std::size_t least = kFar;
  const std::string* nearest = nullptr;
  for (const std::string& candidate : candidates) {
    const std::size_t distance = name_distance(wrong, candidate);
    if (distance >= least) continue;
    least = distance;
    nearest = &candidate;
  }
  return nearest == nullptr ? std::string() : " (did you mean '" + *nearest + "'?)";
}

}  // namespace tenon::descriptor
