#include "images.h"

#include "json_text.h"

#include <tenon/iaas/registering.h>
#include <tenon/storage/command.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

namespace compute {
namespace {

using tenon::Error;
using tenon::ErrorCode;
using tenon::Json;
using tenon::make_error;
using tenon::Result;
using tenon::iaas::ImageRecord;
using tenon::iaas::SelectedImage;
using tenon::iaas::VmSpec;
using tenon::iaas::VolumeLocation;

constexpr std::string_view kNfs = "nfs://";

bool is_printable(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

/// Nothing if an escape is wrong.
std::optional<std::string> unescaped(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    if (text[0] != '%') {
      result.push_back(text[0]);
      text.remove_prefix(1);
      continue;
    }
    unsigned char byte = 0;
    if (text.size() < 3) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 3, byte, 16);
    if (error != std::errc() || end != text.data() + 3) return std::nullopt;
    result.push_back(static_cast<char>(byte));
    text.remove_prefix(3);
  }
  return result;
}

/// On an NFS server; nothing if the url is not one.
std::optional<VolumeLocation> nfs_location(std::string_view url) {
  const std::size_t slash = url.find('/', kNfs.size());
  if (slash == std::string_view::npos || url.find_first_of("?#") != std::string_view::npos) return std::nullopt;
  const std::string host(url.substr(kNfs.size(), slash - kNfs.size()));
  auto path = unescaped(url.substr(slash));
  if (host.empty() || host.find_first_of("@:[]%") != std::string::npos || !path || path->ends_with('/') ||
      !is_printable(*path)) {
    return std::nullopt;
  }
  return VolumeLocation{"nfs", std::move(*path), host, std::nullopt};
}

ErrorCode unusable(const ImageRecord& image, const std::string& why) {
  return make_error("COMPUTE.1009", "the image can't be used", "image " + image.name + ": " + why);
}

bool says(const Json& info, std::string_view member) {
  const Json* value = info.find(member);
  return value != nullptr && !value->is_null();
}

/// Whether qemu-img's report is of an image that names other files.
bool names_other_files(const Json& info) {
  if (says(info, "backing-filename")) return true;
  const Json* specific = info.find("format-specific");
  const Json* data = specific != nullptr ? specific->find("data") : nullptr;
  return data != nullptr && says(*data, "data-file");
}

SelectedImage registered_image(const VmSpec& vm, const ImageRecord& record) {
  if (vm.image_format && *vm.image_format != record.format) {
    throw Error(
        make_error("COMPUTE.1010", "the image has another format",
                   "image " + record.name + " is " + record.format + ", $.vm.image_format is " + *vm.image_format));
  }
  return {record.name, {image_location(record.url).value(), record.format}};
}

}  // namespace

Result<VolumeLocation> image_location(const std::string& url) {
  if (url.starts_with('/') && !url.ends_with('/') && is_printable(url)) return VolumeLocation{"file", url, {}, {}};
  if (url.starts_with(kNfs)) {
    if (auto location = nfs_location(url)) return std::move(*location);
  }
  return make_error("COMPUTE.1008", "not the url of an image",
                    "expected the absolute path of a file or nfs://HOST/PATH, found '" + url + "'");
}

void CheckImage::execute(tenon::FlowData& data) const {
  const ImageRecord& image = data.get(tenon::iaas::kImage);
  require_record_name(tenon::iaas::kImage, image);
  if (image.format != "qcow2" && image.format != "raw") {
    throw Error(unusable(image, "expected the format qcow2 or raw, found '" + image.format + "'"));
  }
  (void)image_location(image.url).value();
  // A running VM may have it open.
  auto report = storage::run_command(
      {qemu_img, "info", "--force-share", "--output=json", "-f", image.format, image.url}, qemu_img_limit);
  if (!report) {
    ErrorCode error = unusable(image, image.url);
    error.causes.push_back(std::move(report).error());
    throw Error(std::move(error));
  }
  auto info = parse_json(*report);
  if (!info) throw Error(unusable(image, "what qemu-img says of it is no JSON"));
  if (names_other_files(*info)) throw Error(unusable(image, image.url + " names other files"));
}

void SelectImage::execute(tenon::FlowData& data) const {
  const VmSpec& vm = data.get(tenon::iaas::kVm);
  std::optional<SelectedImage> selected;
  if (vm.image && vm.image->starts_with('/')) {
    selected =
        SelectedImage{std::nullopt, {VolumeLocation{"file", *vm.image, {}, {}}, vm.image_format.value_or("qcow2")}};
  } else if (vm.image) {
    auto record = registry->images().find(*vm.image);
    if (!record) throw Error(tenon::iaas::not_registered("image", *vm.image));
    selected = registered_image(vm, *record);
  }
  data.set(tenon::iaas::kSelectedImage, std::move(selected));
}

}  // namespace compute
