#pragma once

#include <tenon/tags.h>

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/tag_pattern.h"

namespace tenon::config {

/// The tags of resources: rows of the store, each of a pattern that a descriptor declares. Immutable; any thread may
/// call.
class Tags final : public TagHost {
 public:
  Tags() = default;
  /// Sorted by pattern.
  explicit Tags(std::vector<TagSpec> specs) : specs_(std::move(specs)) {}

  [[nodiscard]] const std::vector<TagSpec>& specs() const noexcept { return specs_; }

  /// As tenon::set_tag, for a user: TAG.1004 if it would take the place of one that is inherent.
  [[nodiscard]] Result<Tag> set_by_user(StoreTransaction& store, const ResourceRef& resource, std::string_view text,
                                        std::string_view user);
  /// As tenon::remove_tag, for a user: TAG.1004 for one that is inherent.
  [[nodiscard]] Result<bool> remove_by_user(StoreTransaction& store, const ResourceRef& resource,
                                            std::string_view text);

  Result<Tag> set(StoreTransaction& store, const ResourceRef& resource, std::string_view text) override;
  Result<bool> remove(StoreTransaction& store, const ResourceRef& resource, std::string_view text) override;
  Result<std::vector<Tag>> find(StoreTransaction& store, const TagQuery& query) override;

 private:
  [[nodiscard]] Result<Tag> set_by(StoreTransaction& store, const ResourceRef& resource, std::string_view text,
                                   std::string_view by);

  std::vector<TagSpec> specs_;
};

/// The tags of whichever load is the current one, for code that has its node only. Any thread may call.
class CurrentTags final : public TagHost {
 public:
  /// Null when they go: then no pattern is known. What is under way keeps those that it began with.
  void set_current(std::shared_ptr<Tags> tags);

  Result<Tag> set(StoreTransaction& store, const ResourceRef& resource, std::string_view text) override;
  Result<bool> remove(StoreTransaction& store, const ResourceRef& resource, std::string_view text) override;
  Result<std::vector<Tag>> find(StoreTransaction& store, const TagQuery& query) override;

 private:
  [[nodiscard]] std::shared_ptr<Tags> current() const;

  mutable std::mutex mutex_;
  std::shared_ptr<Tags> current_;
};

}  // namespace tenon::config
