#include "daemon/report.h"

#include <cstdint>

namespace tenon::daemon {

std::string diagnostics_text(const descriptor::Diagnostics& diagnostics) {
  std::string text;
  const std::vector<descriptor::Diagnostic> list = diagnostics.sorted();
  for (const descriptor::Diagnostic& diagnostic : list) text += diagnostic.to_string() + "\n";
  if (diagnostics.has_errors()) {
    text +=
        counted(diagnostics.errors(), "error") + ", " + counted(list.size() - diagnostics.errors(), "warning") + "\n";
  }
  return text;
}

Json diagnostics_json(const descriptor::Diagnostics& diagnostics,
                      const std::vector<std::pair<std::string_view, std::size_t>>& counts) {
  const std::vector<descriptor::Diagnostic> sorted = diagnostics.sorted();
  Json list = Json::array();
  for (const descriptor::Diagnostic& diagnostic : sorted) {
    Json json = Json::object();
    json.add("severity", diagnostic.severity == descriptor::Severity::kError ? "error" : "warning");
    json.add("file", diagnostic.place.file);
    if (diagnostic.place.line > 0) {
      json.add("line", diagnostic.place.line).add("column", diagnostic.place.column);
    }
    list.push(std::move(json).add("message", diagnostic.message));
  }
  Json report = Json::object()
                    .add("ok", !diagnostics.has_errors())
                    .add("errors", std::uint64_t{diagnostics.errors()})
                    .add("warnings", std::uint64_t{sorted.size() - diagnostics.errors()})
                    .add("diagnostics", std::move(list));
  if (diagnostics.has_errors()) return report;
  Json found = Json::object();
  for (const auto& [name, count] : counts) found.add(name, std::uint64_t{count});
  return std::move(report).add("counts", std::move(found));
}

}  // namespace tenon::daemon
