#pragma once

#include <tenon/error.h>
#include <tenon/library.h>
#include <tenon/resource_ref.h>
#include <tenon/store.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// System tags: short texts that plugins and operators attach to resources, each of a pattern that a descriptor in
/// `tags/` declares: `paint::color::{color}`. Kept in the node's store, changed within the caller's transaction.
/// ```cpp
/// tenon::transaction([&](tenon::StoreTransaction& store) {
///   return tenon::set_tag(store, {"Wall", "north"}, "paint::color::blue");
/// });
/// ```
namespace tenon {

struct Tag {
  ResourceRef resource;
  /// The text: `paint::color::blue`.
  std::string text;
  /// The pattern that it is of: `paint::color::{color}`.
  std::string pattern;
  /// What stands in the place of each token: `color` = `blue`.
  std::map<std::string, std::string, std::less<>> tokens;
};

/// Which tags are meant: what is empty is no condition.
struct TagQuery {
  std::string kind;
  std::string id;
  /// A declared pattern, as it is declared.
  std::string pattern;
};

/// Tags of the node. Implemented by the node; any thread may call. Plugins use the functions below.
class TagHost {
 public:
  virtual Result<Tag> set(StoreTransaction& store, const ResourceRef& resource, std::string_view text) = 0;
  virtual Result<bool> remove(StoreTransaction& store, const ResourceRef& resource, std::string_view text) = 0;
  virtual Result<std::vector<Tag>> find(StoreTransaction& store, const TagQuery& query) = 0;

 protected:
  ~TagHost() = default;
};

namespace detail {

/// Calls `call` with the node's tags, or gives TAG.1006.
template <class Call>
auto with_tags(const Call& call) -> decltype(call(std::declval<TagHost&>())) {
  TagHost* host = this_node != nullptr ? this_node->tags() : nullptr;
  if (host == nullptr) return make_error("TAG.1006", "there are no tags here");
  return call(*host);
}

}  // namespace detail

/// Attaches a tag; the one that is there already is left as it is. Of a pattern that is unique, it takes the place of
/// the resource's other one. Errors: TAG.1001 no pattern for this kind of resource fits, 1002 a token's value does not
/// fit; those of the store.
[[nodiscard]] inline Result<Tag> set_tag(StoreTransaction& store, const ResourceRef& resource, std::string_view text) {
  return detail::with_tags([&](TagHost& host) { return host.set(store, resource, text); });
}

/// Takes a tag away, also one that is inherent; whether it was there.
[[nodiscard]] inline Result<bool> remove_tag(StoreTransaction& store, const ResourceRef& resource,
                                             std::string_view text) {
  return detail::with_tags([&](TagHost& host) { return host.remove(store, resource, text); });
}

/// The tags that fit the query, sorted by resource, then text. Tags of patterns that no descriptor declares any more
/// are left out. Error TAG.1003 if no descriptor declares the query's pattern.
[[nodiscard]] inline Result<std::vector<Tag>> find_tags(StoreTransaction& store, const TagQuery& query) {
  return detail::with_tags([&](TagHost& host) { return host.find(store, query); });
}

/// What stands in the place of a token of the resource's first tag of this pattern, or nothing.
[[nodiscard]] inline Result<std::optional<std::string>> tag_token(StoreTransaction& store, const ResourceRef& resource,
                                                                  std::string_view pattern, std::string_view token) {
  const Result<std::vector<Tag>> tags = find_tags(store, {resource.kind, resource.id, std::string(pattern)});
  if (!tags) return tags.error();
  if (tags->empty()) return std::optional<std::string>();
  const auto found = tags->front().tokens.find(token);
  return found != tags->front().tokens.end() ? std::optional(found->second) : std::nullopt;
}

}  // namespace tenon
