#include "daemon/check.h"

#include <tenon/log.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "api/json_text.h"
#include "api/reserved.h"
#include "daemon/node_log.h"
#include "daemon/report.h"
#include "daemon/settings.h"
#include "descriptor/definitions.h"
#include "descriptor/file_trust.h"
#include "descriptor/reader.h"
#include "wiring/loader.h"
#include "wiring/property_binder.h"

namespace tenon::daemon {
namespace {

namespace fs = std::filesystem;
using Counts = std::vector<std::pair<std::string_view, std::size_t>>;

/// The node's cache of libraries if this user may write there, else a folder that goes with the check.
class Cache {
 public:
  explicit Cache(const fs::path& state) : path_(state / "libraries") {
    if (::access(path_.c_str(), W_OK) == 0) return;
    std::string pattern = (fs::temp_directory_path() / "tenon-check-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw std::system_error(errno, std::generic_category(), "cannot make the folder " + pattern);
    }
    path_ = pattern;
    temporary_ = true;
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  ~Cache() {
    std::error_code ignored;
    if (temporary_) fs::remove_all(path_, ignored);
  }
  [[nodiscard]] const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
  bool temporary_ = false;
};

int print(const Options& options, std::string_view what, const descriptor::Diagnostics& diagnostics,
          const Counts& counts) {
  if (options.json) {
    std::cout << api::print_json(diagnostics_json(diagnostics, counts)) << '\n';
    return diagnostics.has_errors() ? 1 : 0;
  }
  std::cerr << diagnostics_text(diagnostics);
  if (diagnostics.has_errors()) return 1;
  std::string found;
  for (const auto& [noun, count] : counts) found.append(found.empty() ? "" : ", ").append(counted(count, noun));
  std::cout << what << " OK: " << found << '\n';
  return 0;
}

/// The files, and the descriptors beside them, which may declare the properties that they use.
std::vector<fs::path> with_neighbours(std::vector<fs::path> files) {
  for (std::size_t i = 0, count = files.size(); i < count; ++i) {
    std::error_code problem;
    const fs::path folder = files[i].has_parent_path() ? files[i].parent_path() : fs::path(".");
    for (fs::directory_iterator entry(folder, problem), end; !problem && entry != end; entry.increment(problem)) {
      if (entry->path().extension() == ".xml") files.push_back(entry->path());
    }
  }
  return files;
}

}  // namespace

int check(const Options& options) {
  descriptor::Diagnostics problems;
  const descriptor::Properties properties = read_properties(options, problems);
  const Settings settings = read_settings(properties, problems);
  if (problems.has_errors()) return print(options, "configuration", problems, {});

  NodeLog log(LogLevel::kWarning, standard_error(stderr_is_journal()));
  tenon::detail::this_node = &log;
  int status = 1;
  {
    const Cache cache(settings.state);
    wiring::LoadRequest request;
    request.descriptor_folders = settings.descriptors;
    request.plugin_folders = settings.plugins;
    request.library_cache = cache.path();
    request.properties = &properties;
    request.node = &log;
    request.node_properties = declared_settings();
    request.reserved = api::reserved_names();
    request.check_only = true;
    const wiring::LoadResult result = wiring::load(request);
    const wiring::LoadCounts& found = result.counts;
    status = print(options, "configuration", result.diagnostics,
                   {{"plugin", found.plugins},
                    {"bean", found.beans},
                    {"driver", found.drivers},
                    {"extension", found.extensions},
                    {"chain", found.chains},
                    {"message", found.messages}});
  }
  tenon::detail::this_node = nullptr;
  return status;
}

int check_syntax(const Options& options) {
  descriptor::Diagnostics diagnostics;
  descriptor::Properties given = read_properties(options, diagnostics);
  given.set(std::string(descriptor::kTrustProperty), "any", "--syntax");  // nothing is loaded of a draft
  wiring::PropertyUse properties(given);
  descriptor::Diagnostics of_neighbours;
  (void)properties.read(with_neighbours(options.syntax), of_neighbours);  // for what they declare
  const descriptor::Counts found =
      descriptor::count(descriptor::read_descriptors(options.syntax, properties.values(), diagnostics));
  return print(
      options, "syntax", diagnostics,
      {{"bean", found.beans}, {"extension", found.extensions}, {"list", found.lists}, {"chain", found.chains}});
}

}  // namespace tenon::daemon
