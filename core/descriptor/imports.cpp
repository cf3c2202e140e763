#include "descriptor/file_trust.h"
#include "descriptor/reader.h"
#include "descriptor/source_text.h"

#include <algorithm>
#include <set>
#include <string>
#include <system_error>
#include <utility>

namespace tenon::descriptor {
namespace {

namespace fs = std::filesystem;

/// Each import takes a part of the stack.
constexpr std::size_t kDeepestImport = 64;

/// Reads files and what they import, depth first.
class FileReader {
 public:
  FileReader(const Properties& properties, Diagnostics& diagnostics)
      : properties_(properties), trust_(trust_of(properties)), diagnostics_(diagnostics) {}

  void read(const fs::path& file, const Place& blamed, const std::string& complaint);
  [[nodiscard]] std::vector<Descriptor> take() && { return std::move(descriptors_); }

 private:
  struct Open {
    fs::path canonical;
    fs::path file;
  };

  /// Whether the folder's files may be read. One that is not trusted is reported once, not for each of its files.
  bool trusts(const fs::path& folder, const Place& blamed);
  void refuse_cycle(std::vector<Open>::const_iterator begin, const fs::path& file, const Place& import);
  void read_imports(const fs::path& importer, const std::vector<Text>& imports);

  const Properties& properties_;
  const Trust trust_;
  Diagnostics& diagnostics_;
  std::vector<Descriptor> descriptors_;
  std::set<fs::path> known_;
  std::set<std::string> distrusted_;
  /// The files that are being read, each the importer of the next.
  std::vector<Open> open_;
};

void FileReader::read(const fs::path& file, const Place& blamed, const std::string& complaint) {
  std::error_code unknown;
  fs::path canonical = fs::canonical(file, unknown);
  // Reading says why there is no such file, once for each place that names it.
  if (!unknown) {
    const auto importer = std::ranges::find(open_, canonical, &Open::canonical);
    if (importer != open_.end()) return refuse_cycle(importer, file, blamed);
    if (!known_.insert(canonical).second) return;
  }
  if (open_.size() == kDeepestImport) {
    diagnostics_.error(blamed, "imports are nested more than " + std::to_string(kDeepestImport) + " deep");
    return;
  }
  if (!trusts(file.parent_path(), blamed)) return;
  const auto text = read_regular_file(file, blamed, complaint, diagnostics_, [&](int descriptor) {
    return trust_ == Trust::kAny ? std::string() : file_distrust(file, descriptor);
  });
  if (!text) return;
  std::vector<Text> imports;
  Descriptor descriptor = read_descriptor(file.string(), *text, properties_, diagnostics_, imports);
  open_.push_back({std::move(canonical), file});
  read_imports(file, imports);
  open_.pop_back();
  descriptors_.push_back(std::move(descriptor));
}

bool FileReader::trusts(const fs::path& folder, const Place& blamed) {
  if (trust_ == Trust::kAny) return true;
  const std::string why = folder_distrust(folder);
  if (!why.empty() && distrusted_.insert(why).second) diagnostics_.error(blamed, why);
  return why.empty();
}

void FileReader::read_imports(const fs::path& importer, const std::vector<Text>& imports) {
  for (const Text& import : imports) {
    const fs::path file = (importer.parent_path() / import.text).lexically_normal();
    read(file, import.place, "cannot import '" + file.string() + "'");
  }
}

void FileReader::refuse_cycle(std::vector<Open>::const_iterator begin, const fs::path& file, const Place& import) {
  std::string path;
  for (auto step = begin; step != open_.end(); ++step) path += step->file.string() + " -> ";
  diagnostics_.error(import, "imports go in a circle: " + path + file.string());
}

}  // namespace

std::vector<Descriptor> read_descriptors(const std::vector<fs::path>& files, const Properties& properties,
                                         Diagnostics& diagnostics) {
  FileReader reader(properties, diagnostics);
  for (const fs::path& file : files) reader.read(file, Place{file.string()}, "cannot read");
  return std::move(reader).take();
}

}  // namespace tenon::descriptor
