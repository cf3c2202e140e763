#include "host_tags.h"

#include <tenon/iaas/l2_driver.h>
#include <tenon/iaas/vm.h>
#include <tenon/log.h>
#include <tenon/storage/command.h>
#include <tenon/tags.h>

#include <utility>

namespace compute {
namespace {

using tenon::Result;
using tenon::StoreTransaction;
using tenon::Tag;
using tenon::iaas::HostRecord;
using tenon::iaas::kHost;

constexpr const char* kPattern = "qemu-img::version::{version}";
constexpr const char* kBeginning = "qemu-img::version::";

tenon::ResourceRef ref(const HostRecord& host) { return {"Host", host.name}; }

/// Those of the pattern, or all if it is empty.
void remove_tags(StoreTransaction& store, const HostRecord& host, const std::string& pattern) {
  const std::vector<Tag> tags = tenon::find_tags(store, {"Host", host.name, pattern}).value();
  for (const Tag& tag : tags) (void)tenon::remove_tag(store, tag.resource, tag.text).value();
}

}  // namespace

std::optional<std::string> qemu_img_version(std::string_view printed) {
  constexpr std::string_view kWords = "qemu-img version ";
  if (!printed.starts_with(kWords)) return std::nullopt;
  printed.remove_prefix(kWords.size());
  std::string version(printed.substr(0, printed.find_first_of(" \n")));
  return version.empty() ? std::nullopt : std::optional(std::move(version));
}

void FindHostTags::execute(tenon::FlowData& data) const {
  const std::string& name = data.get(kHost).name;
  const std::vector<Tag> tags = tenon::read([&](StoreTransaction& store) {
                                  return tenon::find_tags(store, {"Host", name, {}});
                                }).value();
  std::vector<std::string> texts;
  for (const Tag& tag : tags) texts.push_back(tag.text);
  data.set(kHostTags, std::move(texts));
}

void TagHost::execute(tenon::FlowData& data) const {
  const HostRecord& host = data.get(kHost);
  std::optional<std::string> version;
  std::string why = "the host is another machine";
  if (tenon::iaas::is_this_machine(host)) {
    const Result<std::string> printed = storage::run_command({qemu_img, "--version"}, qemu_img_limit);
    if (printed) version = qemu_img_version(*printed);
    why = printed ? "what it prints is not understood" : printed.error().to_string();
  }
  if (!version) tenon::log::info("the version of qemu-img is not known", {{"host", host.name}, {"why", why}});
  tenon::transaction([&](StoreTransaction& store) -> Result<void> {
    if (version) {
      (void)tenon::set_tag(store, ref(host), kBeginning + *version).value();
    } else {
      remove_tags(store, host, kPattern);
    }
    return {};
  }).value();
}

void TagHost::undo(tenon::FlowData& data) const {
  tenon::transaction([&](StoreTransaction& store) -> Result<void> {
    remove_tags(store, data.get(kHost), kPattern);
    for (const std::string& text : data.get(kHostTags)) {
      if (text.starts_with(kBeginning)) (void)tenon::set_tag(store, ref(data.get(kHost)), text).value();
    }
    return {};
  }).value();
}

void ForgetHostTags::execute(tenon::FlowData& data, StoreTransaction& store) const {
  remove_tags(store, data.get(kHost), {});
}

void ForgetHostTags::undo(tenon::FlowData& data, StoreTransaction& store) const {
  for (const std::string& text : data.get(kHostTags)) {
    (void)tenon::set_tag(store, ref(data.get(kHost)), text).value();
  }
}

}  // namespace compute
