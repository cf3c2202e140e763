#include "plugin/handshake.h"

namespace tenon::plugin {

std::vector<std::string> compare_record(const PluginRecord& record, std::string_view name, std::string_view version) {
  const PluginRecord node = make_record("", "");
  std::vector<std::string> differences;
  auto differs = [&](std::string_view field, std::string_view expected, std::string_view found) {
    differences.push_back(std::string(field) + ": expected " + std::string(expected) + ", found " + std::string(found));
  };
  auto quoted = [](std::string_view text) { return "'" + std::string(text) + "'"; };
  auto compare_text = [&](std::string_view field, std::string_view expected, const std::string& found) {
    if (expected != found) differs(field, quoted(expected), quoted(found));
  };

  // With another magic or layout, the other fields mean nothing.
  if (record.magic != node.magic) {
    differs("magic", "a Tenon plugin record", "other bytes");
    return differences;
  }
  if (record.record_size != node.record_size) {
    differs("record_size", std::to_string(node.record_size), std::to_string(record.record_size));
    return differences;
  }
  if (record.abi_major != node.abi_major) {
    differs("abi_major", std::to_string(node.abi_major), std::to_string(record.abi_major));
  } else if (record.abi_minor > node.abi_minor) {
    differs("abi_minor", "at most " + std::to_string(node.abi_minor), std::to_string(record.abi_minor));
  }
  compare_text("name", name, field_text(record.name));
  compare_text("version", version, field_text(record.version));
  compare_text("standard_library", field_text(node.standard_library), field_text(record.standard_library));
  compare_text("containers", field_text(node.containers), field_text(record.containers));
  compare_text("sanitizer", field_text(node.sanitizer), field_text(record.sanitizer));
  return differences;
}

}  // namespace tenon::plugin
