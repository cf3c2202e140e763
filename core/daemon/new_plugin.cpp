#include "daemon/new_plugin.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "daemon/install_paths.h"
#include "descriptor/diagnostics.h"

namespace tenon::daemon {
namespace {

namespace fs = std::filesystem;

/// What is wrong with what was asked for.
class Refusal : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

constexpr std::size_t kLongestName = 40;

/// A plugin's name is a namespace of its code, too.
constexpr std::array kNotForNamespaces{
    "alignas",  "alignof", "and",     "asm",      "auto",     "bool",     "break",     "case",      "catch",
    "char",     "class",   "concept", "const",    "continue", "decltype", "default",   "delete",    "do",
    "double",   "else",    "enum",    "explicit", "export",   "extern",   "false",     "float",     "for",
    "friend",   "goto",    "if",      "inline",   "int",      "long",     "mutable",   "namespace", "new",
    "noexcept", "not",     "nullptr", "operator", "or",       "private",  "protected", "public",    "register",
    "requires", "return",  "short",   "signed",   "sizeof",   "static",   "struct",    "switch",    "template",
    "this",     "throw",   "true",    "try",      "typedef",  "typeid",   "typename",  "union",     "unsigned",
    "using",    "virtual", "void",    "volatile", "while",    "xor",      "std",       "tenon",     "testing",
    "boost",    "main",    "plugin",  "linux",    "unix"};

void check_name(const std::string& name) {
  const auto is_plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  if (name.empty() || name.size() > kLongestName || name.front() < 'a' || name.front() > 'z' || name.back() == '_' ||
      name.find("__") != std::string::npos || !std::all_of(name.begin(), name.end(), is_plain)) {
    throw Refusal("'" + name + "' can't name a plugin: expected up to " + std::to_string(kLongestName) +
                  " lower-case letters, digits and single '_', a letter first");
  }
  if (std::find(kNotForNamespaces.begin(), kNotForNamespaces.end(), name) != kNotForNamespaces.end()) {
    throw Refusal("'" + name + "' can't name a plugin: its code could not have a namespace of this name");
  }
  if (fs::exists(fs::path(find_install_paths().plugins) / (name + ".so"))) {
    throw Refusal("a plugin named '" + name + "' is installed");
  }
}

/// `my_switch` as `MySwitch`.
std::string camel_case(std::string_view name) {
  std::string text;
  bool begins = true;
  for (const char c : name) {
    if (c != '_') text.push_back(begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c);
    begins = c == '_';
  }
  return text;
}

std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

class Words {
 public:
  explicit Words(const std::string& name)
      : pairs_{{{"acme", name}, {"Acme", camel_case(name)}, {"ACME", upper_case(name)}}} {}

  [[nodiscard]] std::string replaced(std::string text) const {
    for (const auto& [what, with] : pairs_) {
      for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += with.size()) {
        text.replace(at, what.size(), with);
      }
    }
    return text;
  }

 private:
  std::array<std::pair<std::string, std::string>, 3> pairs_;
};

/// The folder of the template. One that has variants has a folder for each.
fs::path find_template(const NewPluginOptions& options) {
  const fs::path folder = find_install_paths().templates / options.template_kind;
  if (!fs::is_directory(folder)) {
    throw Refusal("the template " + folder.string() + " is missing: is the development part of Tenon installed?");
  }
  if (options.variant.empty()) return folder;
  // The version of an interface's id is the installed header's.
  const std::string wanted = options.variant.substr(0, options.variant.find('/'));
  std::vector<std::string> known;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) known.push_back(entry.path().filename());
  if (std::find(known.begin(), known.end(), wanted) != known.end()) return folder / wanted;
  std::sort(known.begin(), known.end());
  std::string list;
  for (const std::string& each : known) list.append(list.empty() ? "" : ", ").append(each);
  throw Refusal("there is no template of a" + std::string(options.template_kind == "extension" ? "n " : " ") +
                options.template_kind + " '" + options.variant + "'" + descriptor::suggestion(wanted, known) +
                "; there are: " + list);
}

std::vector<std::string> write(const fs::path& from, const fs::path& to, const Words& words) {
  std::vector<std::string> written;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(from)) {
    if (!entry.is_regular_file()) continue;
    const std::string name = words.replaced(entry.path().lexically_relative(from).string());
    fs::create_directories((to / name).parent_path());
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    std::ofstream out(to / name, std::ios::binary);
    out << words.replaced(text) << std::flush;
    if (!in || !out) throw Refusal("cannot write " + (to / name).string());
    written.push_back(name);
  }
  std::sort(written.begin(), written.end());
  return written;
}

/// What CMake needs to find this installation, where it does not look by itself.
std::string prefix_option() {
  const fs::path prefix = find_install_paths().prefix;
  return prefix == "/usr" || prefix == "/usr/local" ? "" : " -DCMAKE_PREFIX_PATH=" + prefix.string();
}

}  // namespace

int new_plugin(const NewPluginOptions& options) {
  const fs::path folder = options.folder.empty() ? fs::path(options.name) : options.folder;
  try {
    check_name(options.name);
    const fs::path from = find_template(options);
    if (fs::exists(fs::symlink_status(folder))) throw Refusal(folder.string() + " exists");
    // Under another name until it is whole.
    fs::path part = folder;
    part += ".part";
    fs::remove_all(part);
    std::vector<std::string> files;
    try {
      files = write(from, part, Words(options.name));
      fs::rename(part, folder);
    } catch (...) {
      std::error_code ignored;
      fs::remove_all(part, ignored);
      throw;
    }
    std::cout << "made " << folder.string() << ":\n";
    for (const std::string& file : files) std::cout << "  " << file << '\n';
    std::cout << "next:\n  cd " << folder.string() << "\n  cmake -S . -B build" << prefix_option()
              << "\n  cmake --build build\n  ctest --test-dir build --output-on-failure\n";
    return 0;
  } catch (const Refusal& e) {
    std::cerr << "tenond: " << e.what() << '\n';
  } catch (const fs::filesystem_error& e) {
    std::cerr << "tenond: " << e.what() << '\n';
  }
  return 1;
}

}  // namespace tenon::daemon
