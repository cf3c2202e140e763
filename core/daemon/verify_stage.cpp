#include "daemon/verify_stage.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "descriptor/reader.h"

namespace tenon::daemon {
namespace {

namespace fs = std::filesystem;
constexpr const char* kBeside[] = {"chains", "services", "errors", "config", "tags", "schema"};

fs::path folder_of(const fs::path& file) { return file.has_parent_path() ? file.parent_path() : fs::path("."); }

/// What lies beside the descriptors of a folder.
void copy_neighbours(const fs::path& from, const fs::path& to) {
  for (const char* name : kBeside) {
    if (!fs::is_directory(from / name)) continue;
    fs::copy(from / name, to / name, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
  }
}

std::vector<fs::path> descriptors_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".xml") files.push_back(entry.path());
  }
  return files;
}

void copy_descriptor(const fs::path& file, const fs::path& to) {
  fs::copy_file(file, to / file.filename(), fs::copy_options::overwrite_existing);
}

/// Links, as libraries are copied when they are loaded.
void link_libraries(const fs::path& from, const fs::path& to) {
  for (const fs::directory_entry& entry : fs::directory_iterator(from)) {
    const fs::path link = to / entry.path().filename();
    if (entry.path().extension() == ".so" && !fs::exists(link)) fs::create_symlink(fs::absolute(entry.path()), link);
  }
}

/// The library of a descriptor, if it has one.
std::optional<descriptor::LibraryDefinition> library_of(const fs::path& file) {
  descriptor::Diagnostics later;  // reported when it is loaded
  for (auto& read : descriptor::read_descriptors({file}, descriptor::Properties(), later)) {
    if (read.library && fs::path(read.file) == file) return std::move(read.library);
  }
  return std::nullopt;
}

bool is_installed(const descriptor::LibraryDefinition& library, const Settings& settings) {
  return std::any_of(settings.plugins.begin(), settings.plugins.end(), [&](const fs::path& folder) {
    return !library.file.text.empty() && fs::exists(folder / library.file.text);
  });
}

void replace_all(std::string& text, const std::string& what, const std::string& with) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

Stage::Stage(const fs::path& folder, const fs::path& library, const fs::path& descriptor, const Settings& settings)
    : descriptors_(folder / "descriptors"),
      libraries_(folder / "plugins"),
      from_(folder_of(descriptor)),
      library_folder_(folder_of(library)) {
  std::vector<fs::path> own{descriptor};
  if (const auto defined = library_of(descriptor)) {
    plugin_ = defined->name.text;
    others_ = !defined->requirements.empty();
  }
  // What it may import, and what shares its chains and messages.
  for (const fs::path& file : descriptors_in(from_)) {
    if (file.filename() == descriptor.filename()) continue;
    const auto defined = library_of(file);
    if (defined && !is_installed(*defined, settings)) continue;
    if (defined) others_ = true;
    own.push_back(file);
  }

  fs::create_directories(descriptors_);
  fs::create_directories(libraries_);
  fs::create_symlink(fs::absolute(library), libraries_ / library.filename());
  if (others_) {
    for (const std::vector<fs::path>* folders : {&settings.descriptors, &settings.plugins}) {
      for (const fs::path& folder_of_others : *folders) {
        if (!fs::is_directory(folder_of_others)) continue;
        for (const fs::path& file : descriptors_in(folder_of_others)) copy_descriptor(file, descriptors_);
        copy_neighbours(folder_of_others, descriptors_);
      }
    }
    for (const fs::path& installed : settings.plugins) {
      if (fs::is_directory(installed)) link_libraries(installed, libraries_);
    }
  }
  for (const fs::path& file : own) copy_descriptor(file, descriptors_);
  copy_neighbours(from_, descriptors_);
}

std::string Stage::errors_text(const descriptor::Diagnostics& diagnostics) const {
  std::string text;
  for (const descriptor::Diagnostic& problem : diagnostics.sorted()) {
    if (problem.severity != descriptor::Severity::kError) continue;
    text.append(text.empty() ? "" : "\n        ").append(original(problem.to_string()));
  }
  return text;
}

std::string Stage::original(std::string text) const {
  replace_all(text, descriptors_.string(), from_.string());
  replace_all(text, libraries_.string(), library_folder_.string());
  return text;
}

}  // namespace tenon::daemon
