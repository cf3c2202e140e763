#include "config/tags.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "config/errors.h"

namespace tenon::config {
namespace {

/// Who sets a tag if it is no user.
constexpr const char* kNode = "node";

std::int64_t now_in_microseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

ErrorCode no_such_tag(const std::vector<TagSpec>& specs, const ResourceRef& resource, std::string_view text) {
  std::string known;
  for (const TagSpec& spec : specs) {
    if (spec.kind == resource.kind) known.append(known.empty() ? "" : ", ").append(spec.pattern);
  }
  return make_error(kNoSuchTag, "no pattern fits the tag",
                    "'" + std::string(text) + "' for a resource of the kind " + resource.kind +
                        " (there are: " + (known.empty() ? "none" : known) + ")");
}

ErrorCode inherent(const ResourceRef& resource, std::string_view text) {
  return make_error(kInherent, "the tag can't be taken away",
                    "'" + std::string(text) + "' of " + to_string(resource) + " is inherent");
}

Result<bool> is_there(StoreTransaction& store, const ResourceRef& resource, std::string_view text) {
  const Result<StoreRows> found =
      store.query("SELECT tag FROM system_tag WHERE resource_kind = $1 AND resource_id = $2 AND tag = $3",
                  {resource.kind, resource.id, text});
  if (!found) return found.error();
  return !found->empty();
}

}  // namespace

Result<Tag> Tags::set_by(StoreTransaction& store, const ResourceRef& resource, std::string_view text,
                         std::string_view by) {
  const TagSpec* spec = find_tag_spec(specs_, resource.kind, text);
  if (spec == nullptr) return no_such_tag(specs_, resource, text);
  Result<TagSpec::Tokens> tokens = spec->read(text);
  if (!tokens) return tokens.error();
  Tag tag{resource, std::string(text), spec->pattern, std::move(tokens).value()};
  const std::string only = spec->unique ? spec->pattern : tag.text;
  const Result<std::uint64_t> replaced = store.execute(
      "DELETE FROM system_tag WHERE resource_kind = $1 AND resource_id = $2 AND only_one = $3 AND tag <> $4",
      {resource.kind, resource.id, only, tag.text});
  if (!replaced) return replaced.error();
  const Result<std::uint64_t> added = store.execute(
      "INSERT INTO system_tag (resource_kind, resource_id, tag, pattern, only_one, created_by, created_at) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
      {resource.kind, resource.id, tag.text, tag.pattern, only, by, now_in_microseconds()});
  if (!added) return added.error();
  if (*added == 1) return tag;
  const Result<bool> there = is_there(store, resource, tag.text);
  if (!there) return there.error();
  if (*there) return tag;
  return make_error(kTakenAtOnce, "another one has just set this tag",
                    "pattern " + spec->pattern + " of " + to_string(resource));
}

Result<Tag> Tags::set_by_user(StoreTransaction& store, const ResourceRef& resource, std::string_view text,
                              std::string_view user) {
  const TagSpec* spec = find_tag_spec(specs_, resource.kind, text);
  if (spec != nullptr && spec->unique && spec->inherent) {
    const Result<std::vector<Tag>> others = find(store, {resource.kind, resource.id, spec->pattern});
    if (!others) return others.error();
    for (const Tag& other : *others) {
      if (other.text != text) return inherent(resource, other.text);
    }
  }
  return set_by(store, resource, text, user);
}

Result<bool> Tags::remove_by_user(StoreTransaction& store, const ResourceRef& resource, std::string_view text) {
  const TagSpec* spec = find_tag_spec(specs_, resource.kind, text);
  if (spec != nullptr && spec->inherent) return inherent(resource, text);
  return remove(store, resource, text);
}

Result<Tag> Tags::set(StoreTransaction& store, const ResourceRef& resource, std::string_view text) {
  return set_by(store, resource, text, kNode);
}

Result<bool> Tags::remove(StoreTransaction& store, const ResourceRef& resource, std::string_view text) {
  const Result<std::uint64_t> removed =
      store.execute("DELETE FROM system_tag WHERE resource_kind = $1 AND resource_id = $2 AND tag = $3",
                    {resource.kind, resource.id, text});
  if (!removed) return removed.error();
  return *removed > 0;
}

Result<std::vector<Tag>> Tags::find(StoreTransaction& store, const TagQuery& query) {
  std::string sql = "SELECT resource_kind, resource_id, tag FROM system_tag WHERE true";
  std::vector<StoreValue> parameters;
  const auto add = [&](const char* column, const std::string& value) {
    if (value.empty()) return;
    parameters.emplace_back(value);
    sql += " AND " + std::string(column) + " = $" + std::to_string(parameters.size());
  };
  if (!query.pattern.empty()) {
    std::vector<std::string> known;
    for (const TagSpec& spec : specs_) known.push_back(spec.pattern);
    if (std::find(known.begin(), known.end(), query.pattern) == known.end()) {
      return make_error(kNoSuchPattern, "there is no such pattern of tags",
                        "'" + query.pattern + "'" + descriptor::suggestion(query.pattern, known));
    }
  }
  add("resource_kind", query.kind);
  add("resource_id", query.id);
  add("pattern", query.pattern);
  const Result<StoreRows> rows = store.query(sql + " ORDER BY resource_kind, resource_id, tag", parameters);
  if (!rows) return rows.error();
  std::vector<Tag> tags;
  for (const StoreRow row : *rows) {
    Tag tag{{row.get<std::string>("resource_kind"), row.get<std::string>("resource_id")},
            row.get<std::string>("tag"),
            {},
            {}};
    const TagSpec* spec = find_tag_spec(specs_, tag.resource.kind, tag.text);
    if (spec == nullptr || (!query.pattern.empty() && spec->pattern != query.pattern)) continue;
    tag.pattern = spec->pattern;
    Result<TagSpec::Tokens> tokens = spec->read(tag.text);
    if (!tokens) continue;
    tag.tokens = std::move(tokens).value();
    tags.push_back(std::move(tag));
  }
  return tags;
}

void CurrentTags::set_current(std::shared_ptr<Tags> tags) {
  const std::lock_guard lock(mutex_);
  current_ = std::move(tags);
}

std::shared_ptr<Tags> CurrentTags::current() const {
  static const auto kNone = std::make_shared<Tags>();
  const std::lock_guard lock(mutex_);
  return current_ ? current_ : kNone;
}

Result<Tag> CurrentTags::set(StoreTransaction& store, const ResourceRef& resource, std::string_view text) {
  return current()->set(store, resource, text);
}

Result<bool> CurrentTags::remove(StoreTransaction& store, const ResourceRef& resource, std::string_view text) {
  return current()->remove(store, resource, text);
}

Result<std::vector<Tag>> CurrentTags::find(StoreTransaction& store, const TagQuery& query) {
  return current()->find(store, query);
}

}  // namespace tenon::config
