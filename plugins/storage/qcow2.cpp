#include <tenon/storage/qcow2.h>

#include <algorithm>

namespace storage {
namespace {

using tenon::Result;
using tenon::iaas::VolumeSpec;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

bool is_volume_name(const std::string& name) {
  constexpr std::size_t kLongest = 128;
  return !name.empty() && name.size() <= kLongest && name[0] != '.' && name[0] != '_' && name[0] != '-' &&
         std::all_of(name.begin(), name.end(), is_name_character);
}

std::string unfinished_prefix(const std::string& name) { return "." + name + "~"; }

tenon::ErrorCode bad_order(std::string details) {
  return tenon::make_error("STORAGE.1002", "a volume can't be ordered like this", std::move(details));
}

Result<void> check(const VolumeSpec& spec) {
  if (!is_volume_name(spec.name)) return bad_order("name '" + spec.name + "'");
  if (!spec.size && !spec.image) return bad_order(spec.name + " has neither a size nor an image");
  if (spec.size && *spec.size == 0) return bad_order(spec.name + " has the size 0");
  if (spec.image && spec.image->format != "qcow2" && spec.image->format != "raw") {
    return bad_order(spec.name + " has an image of the format '" + spec.image->format + "', expected qcow2 or raw");
  }
  return {};
}

Result<std::string> image_file(const VolumeSpec& spec) {
  if (!spec.image) return std::string();
  const auto& location = spec.image->location;
  // An absolute path is never taken for one of QEMU's URLs or `json:` descriptions.
  if (location.protocol != "file" || !location.path.starts_with('/')) {
    return bad_order(spec.name + " has an image that is no file with an absolute path: " + location.protocol + " " +
                     location.path);
  }
  return location.path;
}

std::vector<std::string> create_arguments(const std::string& qemu_img, const std::string& target,
                                          const VolumeSpec& spec, const std::string& image) {
  std::vector<std::string> arguments{qemu_img, "create", "-q", "-f", "qcow2"};
  if (spec.image) arguments.insert(arguments.end(), {"-b", image, "-F", spec.image->format});
  arguments.push_back(target);
  if (spec.size) arguments.push_back(std::to_string(*spec.size));
  return arguments;
}

}  // namespace storage
